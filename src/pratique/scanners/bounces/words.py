"""Know a bounce by the words of its subject, in the languages that servers speak.

Each pattern stands at the subject's beginning: whoever answers or forwards a bounce puts
`Re:` or `Fwd:` before them.  The words are those of the servers themselves (Postfix,
Sendmail, Exim, qmail, Exchange, Domino, Sun's Messaging Server, Gmail, smail, ...), and
how Exchange and Outlook say "Undeliverable:" elsewhere.  Couriers too write of delivery
and of failure, so a bounce has to speak of mail, or in a form that only servers have.

A subject alone is cheap to fake and earns no trust: it makes a claim, and nothing else.
And where nothing else makes one, the words have to be all that it says: what goes on with
words of its own ("Failure notice for server db1") was written by somebody else.
"""

import re

from pratique.scanners.bounces.fold import beginnings, fold

_MAIL = r"(?:e-?mails?|mails?|messages?)"
_NOT = (
    r"(?:could|can|was|is|has|have) ?(?:not|n't|n’t) (?:yet )?(?:be |been )?"
    r"(?:deliver|sent\b|accept)"
)
_WRONG = (
    r"(?:failed|failure|failing|error|problem|delayed|delay|status|report|notification|attempt)"
)
_LASTING = r"(?:permanent|temporary|transient)"
_ZUGESTELLT = (
    r"(?:zu|über|aus|ver|ge)(?:gestellt|stellbar|mittelt|geliefert|lieferbar|sandt|schickt|sendet)"
)
_END = r"(?:$| ?[:(,-])"
_ENGLISH = (
    rf"undelivered {_MAIL}\b",
    rf"undeliver(?:able|ed)(?:$|:|,| {_MAIL}| to )",
    rf"{_MAIL} (?:to .{{1,200}} )?(?:delivery )?(?:not deliver|undeliver(?:able|ed)\b|{_NOT})",
    rf"{_MAIL} delivery (?:has |was )?(?:{_WRONG}\b|(?:sub)?system)",
    rf"(?:mail|message) (?:failed|failure|delayed|returned|rejected)(?:{_END}| (?:at|to|by|for) )",
    r"mail (?:transaction failed|system error)",
    rf"{_MAIL} status (?:report|notification|- undeliver)",
    r"delivery status notifications?\b",
    r"delivery status(?: ?\(|$)",
    r"delivery notification: delivery has",
    r"delivery reports? about your e-?mail",
    rf"delivery of (?:your |the )?{_MAIL} (?:has |was )?(?:failed|delayed)",
    rf"delivery (?:has |was )?(?:failed|failure|error)(?:{_END}| (?:notice|notification|report)\b)",
    r"delivery (?:failed|failure|delayed) (?:for|to|by) \S{1,64}@",
    r"delivery delayed ?[:(]",
    r"(?:failure|failed) (?:notice|delivery|mail)\b",
    rf"returned? {_MAIL}\b",
    rf"{_LASTING} (?:mail |message )?(?:delivery|mail|message) (?:failure|error)\b",
    rf"non-? ?deliver(?:y|able)(?:$|:| {_MAIL}| (?:report|notification|notice|receipt)\b)",
    r"nd[nr]: ",
    r"postmaster notify:",
    r"warning: (?:could not (?:send|deliver)|message (?:.{1,200} )?delayed)",
    rf"warning: (?:your )?{_MAIL} .{{0,200}}(?:delayed|not (?:yet )?(?:been )?delivered)",
    rf"delayed {_MAIL}(?:$| ?\()",
    rf"(?:sorry,? )?your {_MAIL}(?: .{{1,300}})? (?:{_NOT}|has been (?:rejected|delayed))",
    rf"(?:unable to|could not|cannot|can't) deliver(?: .{{1,100}})? {_MAIL}",
    rf"there was an error (?:sending|delivering) your {_MAIL}",
    rf"automatically rejected {_MAIL}",
    r"\[?bounced?\]?: ",
    rf"\W{{0,3}}{_MAIL} you sent (?:blocked|rejected|was)",
)
_ELSEWHERE = (
    # German
    r"unzustellbar", r"nicht zustellbar", r"nicht zugestellt",
    rf"(?:e-?mail|nachricht|mail)s?(?: .{{1,100}})? (?:unzustellbar|nicht {_ZUGESTELLT})",
    r"benachrichtigung (?:zum|über den) (?:über|zu)",
    # French, Italian, Spanish, Portuguese
    r"non remis", r"(?:message|courriel|courrier) non (?:remis|distribu|délivr)",
    r"[ée]chec (?:de (?:la )?)?(?:remise|distribution|livraison)", r"notification d.[ée]tat de re",
    r"non recapitabile", r"mancato recapito", r"messaggio non (?:recapitat|consegnat)",
    r"(?:el )?(?:mensaje|correo) no (?:se (?:pudo|ha podido)|entregado)",
    r"no se (?:puede|pudo|ha podido) entregar", r"no entregado", r"(?:correo )?devuelto:",
    r"n[ãa]o (?:é possível|foi possível|p[ôo]de ser) entreg", r"n[ãa]o entregue",
    r"falha (?:na|de) entrega", r"mensagem n[ãa]o (?:p[ôo]de |foi )?(?:ser )?entreg",
    # Dutch, Swedish, Danish, Norwegian, Finnish
    r"onbestelbaar", r"niet (?:te bestellen|bezorg|bestelbaar)", r"kan inte leverera",
    r"olevererbart", r"kan ikke levere", r"ikke levert", r"ei voi(?:tu)? toimittaa",
    # Polish, Czech, Hungarian, Turkish, Russian
    r"niedostarcz", r"nie można dostarczyć", r"nelze doručit", r"nedoručiteln",
    r"kézbesíthetetlen", r"teslim edilem", r"iletilemedi",
    r"(?:ваше )?(?:сообщение|письмо) не (?:было )?доставлен", r"недоставлен",
    r"не удается доставить",
    # Japanese, Korean, Chinese
    r"未送達", r"未配達", r"配信不能", r"配信(?:に)?失敗", r"配信でき(?:ません|なかった)",
    r"配送不能",
    r"(?:メール|メッセージ)(?:が|を)?.{0,20}(?:配信|送信|配送)でき(?:ません|なかった)",
    r"エラーメール", r"メールエラー", r"배달(?:되지| 실패)", r"전달되지 않음",
    r"无法(?:投递|传递|送达)", r"無法(?:投遞|傳遞|傳送)", r"未(?:送达|传递|傳遞)",
    r"(?:系统|系統)?退信",
)  # fmt: skip
_PHRASE = "|".join((*_ENGLISH, *_ELSEWHERE))
# What servers add: to whom, by whom, since when; then the subject, or the reason.
_TAIL = (
    # The rest of the word; writing without blanks between its words has none.
    r"(?:(?<=\w)[^\W\d_\u2e80-\ud7ff]+)?"
    r"(?: ?(?:returned|returning|return|sent|see|to|by|for|from|at|an|a|the|message|mail|e-?mail"
    r"|sender|author|your|past|in|be|been|deliver\w*|notification|notice|report|status|werden"
    r"|fail\w*|error|delay\w*|\d+|hours|days|transcript|details|sub)\b){0,12}"
    r"(?:の?(?:お?知らせ|ご?連絡|通知)|(?:い?たし)?まし?た|通知|消息)?"
    r" ?(?:$|[:(.!?<。（：]|\S{1,64}@)"
)
_BOUNCE = re.compile(_PHRASE)
_WHOLE = re.compile(rf"(?:{_PHRASE})(?:{_TAIL}|(?<=[:(]))")
# What responders put before the subject that they answer; RFC 5230 4.1 has "Auto: ".
_REPLY = re.compile(
    r"auto(?:matic|mated)?[ -]?(?:reply|response|respon[ds]s?|responder|antwort)\b|auto: "
    r"|out of (?:the )?office|abwesenheits(?:notiz|nachricht|benachrichtigung|assistent)"
    r"|automatische antwort|réponse automatique|absence du bureau|risposta automatica"
    r"|respuesta automática|resposta automática|automatisch antwoord|自動応答|自動返信"
    r"|自动(?:回复|答复)|자동 (?:회신|응답)"
)


# A server says in the first lines what became of the mail; then come transcripts.
_LINES, _CHARACTERS = 40, 200
# How it says so in a sentence of a text.
_TOLD = re.compile(
    rf"{_NOT}|undeliver(?:able|ed)\b|(?:unable to|could not|cannot|can't) deliver"
    r"|deliver(?:y|ing)\b.{0,40}\b(?:fail|error|delayed)"
    r"|(?:mailbox|user|address|account|recipient)\b.{0,40}"
    r"\b(?:full|unknown|not found|rejected|does(?: not|n't) exist)"
)


def tells_of_bounce(text: str) -> bool:
    """Tell whether a text says in its first lines that mail was not delivered."""
    lines = (line[:_CHARACTERS] for line in text.split("\n", _LINES)[:_LINES])
    return any(_TOLD.search(fold(line)) or speaks_of_bounce(line) for line in lines)


def speaks_of_bounce(subject: str) -> bool:
    """Tell whether the subject begins as those of bounces do."""
    return any(_BOUNCE.match(one) for one in beginnings(subject))


def is_of_bounce(subject: str) -> bool:
    """Tell whether the subject is one of a bounce as a whole."""
    return any(_WHOLE.match(one) for one in beginnings(subject))


def speaks_of_absence(subject: str) -> bool:
    """Tell whether the subject begins as those of automatic replies do."""
    return any(_REPLY.match(one) for one in beginnings(subject))
