"""Know what passwords are called, in the languages that mail is written in.

One table for a person to read and to add to.  A word is compared in small letters, after
NFKC, without accents where a writer may leave them out (a pattern says so), and with the
Latin letters that Greek and Cyrillic ones are drawn like.  Long words stand inside others
too ("Zip-Passwort", "Archivkennwort"), and endings follow them ("паролем").  Short ones
stand alone, or half of all texts would speak of passwords.

`LINKS` are the words that stand between that word and the password itself.
"""

import re

# Inside other words too, and with endings.
LONG: dict[str, tuple[str, ...]] = {
    "English": (
        r"p[a@4][s5$]{2}[\s_.-]?w[o0]r[dt]",
        r"pass[\s-]?(?:phrase|code|key)",
        r"access[\s-]?(?:code|key)",
        r"(?:un|de)lock(?:ing)?[\s-]?(?:code|key)",
        r"(?:archive|zip|rar|decryption|encryption|security)[\s-]?(?:code|key|pin|pass)",
    ),
    "German": (r"passw[oö]r[td]", r"kennw[oö]rt", r"pa(?:ss|ß)w[oö]rt", r"schlüsselwort",
               r"zugangs(?:code|wort)", r"lösungswort", r"losung\b"),
    "French": (r"mots?[\s-]de[\s-]passe", r"code[\s-]d.acc[eè]s",
               r"phrase[\s-]secr[eè]te"),
    "Spanish": (r"contrase(?:ñ|n|ni|nh|ny)a", r"palabra[\s-]clave", r"c[oó]digo[\s-]de[\s-]acceso"),
    "Italian": (r"parola[\s-](?:d.ordine|chiave|di[\s-]accesso)", r"codice[\s-]di[\s-]accesso"),
    "Portuguese": (r"palavra[\s-](?:passe|chave)", r"c[oó]digo[\s-]de[\s-]acesso"),
    "Russian": (r"парол", r"кодовое[\s-]слово", r"код[\s-]доступа"),
    "Japanese": (r"パスワ[ー-]ド", r"パスフレ[ー-]ズ", r"パスコ[ー-]ド", r"暗証番号",
                 r"暗号キ[ー-]", r"合言葉", r"解凍(?:キ[ー-]|コ[ー-]ド)",
                 r"開封(?:キ[ー-]|コ[ー-]ド)"),
    "Chinese": (r"密[码碼]", r"口令", r"[暗秘]语", r"提取[码碼]", r"解[压壓][码碼]", r"通行[码碼]",
                r"验证[码碼]", r"驗證[码碼]"),
    "Dutch": (r"wachtwoord",),
    "Polish": (r"has(?:ł|l)[oae]\b",),
    "Turkish": (r"parola", r"[sş]ifre"),
    "Korean": (r"비밀\s?번호", r"암호", r"패스워드"),
    "Swedish": (r"l[oö]senord", r"adgangskode", r"passord"),
}  # fmt: skip

# As words of their own only.
SHORT: dict[str, tuple[str, ...]] = {
    "English": ("pass", "pwd", "pw", "psw", "psswd", "passwd", "pword", "p/w", "pin",
                "code", "key"),
    "German": ("pass", "kw", "schlüssel", "code", "pin"),
    "French": ("passe", "code", "cl[eé]", "mdp"),
    "Spanish": ("clave", "pase", "c[oó]digo"),
    "Italian": ("chiave", "codice", "parola"),
    "Portuguese": ("senha", "chave", "c[oó]digo"),
    "Russian": ("ключ", "код", "пасс"),
    "Japanese": ("キ[ー-]", "コ[ー-]ド", "鍵"),
    "Chinese": ("码", "碼"),
}  # fmt: skip

# Between the word and the password: "is".
LINKS: dict[str, tuple[str, ...]] = {
    "English": ("is", "was", "will be", "[’']s"),
    "German": ("ist", "lautet", "lauten", "war", "hei(?:ss|ß)t"),
    "French": ("est", "sera"),
    "Spanish": ("es", "ser[aá]"),
    "Italian": ("è", "e[’']", "sar[aà]"),
    "Portuguese": ("é", "ser[aá]"),
    "Russian": ("это", "такой", "следующий", "будет"),
    "Japanese": ("は", "が"),
    "Chinese": ("是", "为", "為", "[设設]为"),
    "Dutch": ("luidt",),
    "Polish": ("to", "jest"),
    "Korean": ("는", "은"),
    "Swedish": ("[aä]r",),
}  # fmt: skip

# Scripts that put no blanks between their words.
UNSPACED = frozenset({"Japanese", "Chinese", "Korean"})

# Right behind a password word, and no password: "password for ...", "protected".
FILLERS = frozenset(
    # English
    "a an and any archive as at attached attachment below by can contact document file folder"
    " following follows for from here if in it message my needed not of on open or please"
    " protected protection provided required same sent separate separately so text that the"
    " their them then this to unzip use via was we when will with you your zip"
    # German
    " an anbei auf bitte das dass datei dem den der des die diese dieser ein einer folgt für ihr"
    " ihre im in lautet mit nicht oder per sie und von wird zu zum zur"
    # French, Spanish, Italian, Portuguese
    " le la les de du des pour et un une votre ce cette est fichier archive el los las del para"
    " y su este esta archivo il lo gli di da per una questo questa o os as do da um uma seu"
    " arquivo anexo"
    # Russian
    " на для от к в и архив архива архиву файл файла файлу вложения письма это".split()
)


def small(text: str) -> str:
    """A text in small letters, each at its place: what these patterns are held against."""
    # The one letter that becomes two.
    return text.replace("\u0130", "I").lower()


def _any(table: dict[str, tuple[str, ...]], *, spaced: bool) -> str:
    chosen = [words for name, words in table.items() if (name not in UNSPACED) is spaced]
    return "|".join({word: None for words in chosen for word in words})


# An ending, if a word's end follows it.
_ENDING = r"(?:[a-zäöüßа-яё]{1,4}(?![^\W_]))?"
_ALONE = r"(?<![a-zà-ɏа-яё0-9])(?:{})(?![a-zà-ɏа-яё0-9])"
# What follows in hiragana ("キーは") is another word.
_ALONE_UNSPACED = r"(?<![ぁ-ヿ一-鿿])(?:{})(?![ァ-ヿ一-鿿])"
PASSWORD = re.compile(
    "|".join(
        (
            _any(LONG, spaced=False),
            rf"(?:{_any(LONG, spaced=True)}){_ENDING}",
            _ALONE.format(_any(SHORT, spaced=True)),
            _ALONE_UNSPACED.format(_any(SHORT, spaced=False)),
        )
    )
)
LINK = re.compile(rf"{_ALONE.format(_any(LINKS, spaced=True))}|{_any(LINKS, spaced=False)}")
COLON = re.compile(r"[:=>→＝：﹕︰»]|[-\u2012-\u2015](?=\s)")
