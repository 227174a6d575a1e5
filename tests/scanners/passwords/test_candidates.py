"""What people write beside a locked file, in nine languages: the word is tried early."""

import unicodedata

import pytest

from pratique.scanners.passwords.candidates import (
    EACH,
    HITS,
    USUAL,
    Rank,
    in_name,
    in_subject,
    in_text,
    usual,
)
from pratique.scanners.passwords.page import CLOSES, OPENS

# An encrypted Office document takes 160 ms a try, which leaves it twelve.
FEW = 12

ENGLISH = [
    (
        'For security purposes the attached file is password protected. Password is "87240".',
        "87240",
    ),
    ("Password: 48213\n\nThe Management,\nThe example.org team", "48213"),
    ("In order to read the attach you have to use the following password: 32768.", "32768"),
    ("Note: Use password 51447 to open archive.", "51447"),
    (
        "Attached file is protected with the password for security reasons. Password is 93716",
        "93716",
    ),
    ("See attached.\n\nArchive password - 777", "777"),
    ("PW: U523\n", "U523"),
    ("The password to open the document is Invoice!2023.", "Invoice!2023"),
    ("Zip pass = qwErty_9", "qwErty_9"),
    ("Please find the file below.\nThe unlock code is\n\n    9-Kx-44\n\nRegards", "9-Kx-44"),
    ("Password for the attached archive: Tr0ub4dor&3 (case sensitive)", "Tr0ub4dor&3"),
    ("use **abc123** as the password", "abc123"),
    ("4711 is the password for the zip.", "4711"),
    ("the pass phrase is 'correct horse battery'", "correct horse battery"),
    ("Passphrase: correct horse battery staple", "correct horse battery staple"),
    ("P@ssw0rd: hunter2", "hunter2"),
    ("Your PIN 8842 opens it.", "8842"),
    ("The password is secret.", "secret"),
    ("password=secret.", "secret"),
    ("password = secret!", "secret!"),
    ("Password: 1 2 3 4 5", "12345"),
    ("the password’s Winter24", "Winter24"),
    ("P\u0430ssw\u043erd: cyrillic1", "cyrillic1"),
    ("The password you need\nto open it is as follows:\n\nZq88", "Zq88"),
    ("Open the file with the code word (Kappa9).", "Kappa9"),
    ("| File | Password |\n| invoice.zip | Rt56yu |", "Rt56yu"),
    ("Password:\n\n  secret\n", "secret"),
]
GERMAN = [
    ("Das Passwort für den Anhang lautet Rechnung2020.", "Rechnung2020"),
    ("Ihr Kennwort: 7391", "7391"),
    ("Archivpasswort: 1234qwer", "1234qwer"),
    ("Anbei die Rechnung. Das Paßwort ist „Sommer24“.", "Sommer24"),
    ("Zum Öffnen benötigen Sie das Passwort\n\nkJ8-22xz\n\nMit freundlichen Grüßen", "kJ8-22xz"),
    ("PASSWORT ZUM ENTPACKEN -> hallo", "hallo"),
    ("Passwörter: Zip = abc99, Word = def88", "def88"),
    ("Die Datei ist mit dem Kennwort »Geheim« geschützt.", "Geheim"),
    ("Zugangscode für die ZIP-Datei: 6655", "6655"),
]
FRENCH = [
    ("Le mot de passe est : facture2023", "facture2023"),
    ("Mot de passe de l'archive : 8844", "8844"),
    ("mdp: azerty12", "azerty12"),
    ("Voici le mot de passe pour ouvrir le fichier « Été2024 ».", "Été2024"),
    ("Le mot\u00a0de\u00a0passe sera le suivant :\n\nXk29", "Xk29"),
    ("Code d’accès : 5512", "5512"),
]
SPANISH = [
    ("La contraseña del archivo es 4455.", "4455"),
    ("Contraseña: factura77", "factura77"),
    ("contrasena para abrir: abcd", "abcd"),
    ("Clave: 998877", "998877"),
    ("El archivo está protegido, la clave es «Lima2024»", "Lima2024"),
    ("CONTRASEN\u0303A = x9x9", "x9x9"),
]
ITALIAN = [
    ("La password per aprire l'allegato è fattura22", "fattura22"),
    ("Password: 1234ab", "1234ab"),
    ('Usare la parola chiave "Roma99" per il file', "Roma99"),
    ("Codice di accesso: 3344", "3344"),
    ("In allegato il documento, password dell'archivio: ZKA12", "ZKA12"),
]
PORTUGUESE = [
    ("A senha é boleto2024", "boleto2024"),
    ("Senha para abrir o anexo: 5566", "5566"),
    ("senha:7788", "7788"),
    ("A palavra-passe do ficheiro é “Porto44”.", "Porto44"),
    ("Código de acesso: 9900", "9900"),
]
RUSSIAN = [
    ("Пароль: 12345к", "12345к"),
    ("пароль на архив 2211", "2211"),
    ("Пароль к архиву - секрет7", "секрет7"),
    ("Архив с паролем «Весна24»", "Весна24"),
    ("Код доступа: 7070", "7070"),
    ("Пароль от архива следующий:\n\nqaz123", "qaz123"),
]
JAPANESE = [
    ("添付ファイルのパスワードは「Ab12Cd34」です。", "Ab12Cd34"),
    ("解凍パスワード：xK9mP2q", "xK9mP2q"),
    ("パスワードは以下の通りです。\n\nhR7#kk2\n\nよろしくお願いいたします。", "hR7#kk2"),
    ("先ほどお送りしたファイルのパスワードをお知らせします。\n\nパスワード：2d9Fq\n", "2d9Fq"),
    ("ＰＷ：１２３４ａ", "1234a"),
    ("ﾊﾟｽﾜｰﾄﾞ:abc999", "abc999"),
    ("暗証番号は４５６７です", "4567"),
    ("パスワード【Zz11】で解凍してください", "Zz11"),
    ("■解凍キー\n　T4b-9\n", "T4b-9"),
    ("合言葉は『さくら』", "さくら"),
    ("パスワードはabc123です", "abc123"),
    ("下記パスワードにて解凍をお願いします。\nPass: 20200902", "20200902"),
]
CHINESE = [
    ("解压密码：abc123", "abc123"),
    ("密码是 8866", "8866"),
    ("附件密码为“发票2024”", "发票2024"),
    ("解壓密碼: 7788", "7788"),
    ("口令:qwe321", "qwe321"),
    ("压缩包的密码是kk2233，请查收", "kk2233"),
    ("提取码 a1b2", "a1b2"),
]
OTHERS = [
    ("Hasło: zima24", "zima24"),
    ("Wachtwoord: fiets12", "fiets12"),
    ("Şifre: 4321a", "4321a"),
    ("비밀번호는 kr2024 입니다", "kr2024"),
    ("Lösenord: vinter1", "vinter1"),
]
SAID = (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE, RUSSIAN, JAPANESE, CHINESE, OTHERS)

SILENT = [
    "Please see the attached file for details.",
    "Hello,\n\nthe minutes of our meeting are attached.\n\nKind regards\nAnn",
    "お世話になっております。\n議事録をお送りします。",
    "Anbei die Unterlagen wie besprochen.",
    "",
]


def words(ranked) -> list[str]:
    ordered = sorted(ranked, key=lambda each: each[0])
    return list(dict.fromkeys(word for _, word in ordered))


@pytest.mark.parametrize(("text", "word"), [case for language in SAID for case in language])
def test_the_word_that_a_mail_says_is_among_the_first_few(text, word):
    found = words(in_text(unicodedata.normalize("NFKC", text)))

    assert word in found[:FEW], found[:20]


@pytest.mark.parametrize("text", SILENT)
def test_a_mail_that_speaks_of_no_password_offers_no_word(text):
    assert list(in_text(text)) == []


def test_what_is_set_apart_beside_the_password_word_comes_before_the_rest():
    text = f"Password protected file {OPENS}blue sky{CLOSES} in 2024"

    assert words(in_text(text))[:2] == ["blue sky", "2024"]


def test_far_from_a_password_word_quotes_come_before_numbers_and_these_before_other_tokens():
    assert words(in_text('a1b2c3 and 4711 and "blue"')) == ["blue", "4711", "a1b2c3"]


def test_a_rank_holds_so_many_words_and_no_more():
    numbers = [str(1000 + number) for number in range(EACH + 1)]

    found = words(in_text(" ".join(numbers)))

    assert found == numbers[:EACH]
    assert words(in_text(" ".join(numbers[:EACH]))) == numbers[:EACH]


def test_of_too_many_password_words_the_first_and_the_last_are_looked_at():
    lines = [f"password:{'x' * 9}{number}" for number in range(HITS + 1)]

    def told(text):
        return [
            word for rank, word in in_text(text) if rank is Rank.told and "password" not in word
        ]

    middle = HITS // 2
    assert f"xxxxxxxxx{middle}" in told("\n\n\n\n\n".join(lines[:-1]))
    assert f"xxxxxxxxx{middle}" not in told("\n\n\n\n\n".join(lines))
    assert f"xxxxxxxxx{middle - 1}" in told("\n\n\n\n\n".join(lines))
    assert f"xxxxxxxxx{HITS}" in told("\n\n\n\n\n".join(lines))


def test_a_password_word_before_a_colon_is_looked_at_behind_any_noise():
    noise = "code pin key\n" * HITS

    assert (Rank.told, "mellon") in list(in_text(f"{noise}Password: mellon"))


def test_a_subject_offers_what_it_says_and_then_its_tokens():
    assert words(in_subject("Re: pass 7788")) == ["7788", "Re", "Re:", "pass"]
    assert words(in_subject("Rechnung 2024")) == ["Rechnung", "2024"]
    assert words(in_subject("")) == []


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("invoice_7788.zip", ["invoice_7788", "7788", "invoice"]),
        ("a/b\\report.pdf.zip", ["report.pdf", "report"]),
        ("REF#4412.7z", ["REF#4412", "4412", "REF"]),
        ("請求書.zip", ["請求書"]),
    ],
)
def test_a_file_name_offers_its_stem_its_digits_and_its_steps(name, offered):
    found = words(in_name(name))

    assert [word for word in found if word in offered] == offered


def test_a_name_without_words_offers_none():
    assert list(in_name("")) == []
    assert list(in_name("/")) == []


def test_the_usual_ones_are_the_last():
    assert [word for _, word in usual()] == list(USUAL)
    assert {rank for rank, _ in usual()} == {max(Rank)}
