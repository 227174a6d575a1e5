"""Say what would be right where CEL's types do not go together, and name those types."""

from pratique.policies.language import vocabulary

_TIME, _DURATION = "google.protobuf.Timestamp", "google.protobuf.Duration"
# Functions that are given a list where they take one text.
_NO_LIST = {
    "cidr": "`cidr` takes one network; several are a `[[list]]`: "
    '`in_list(envelope.client.ip, "plants")`',
    "in_list": '`in_list` takes the name of a `[[list]]`; what is written out is `x in ["a", "b"]`',
}


def mend(sign: str, left: str, right: str, name: str) -> str:
    """Return a hint for a sign or a function between two types; `name` stands before it."""
    if sign == "in" and name.startswith("rcpt"):
        return 'groups are texts: `"board" in rcpt.groups`; a list is `in_list(x, "partners")`'
    if sign in ("<", "<=", ">", ">=") and left == "bool":
        return "two comparisons are joined: `1 < x && x < 10`"
    if sign == "in" and right == "string":
        into = '`in` looks into a list: `x in ["a", "b"]`'
        return f'{into}; text in text is `a.contains(b)`, a list `in_list(x, "name")`'
    if sign in _NO_LIST and right.startswith("list("):
        return _NO_LIST[sign]
    if sign in ("&&", "||"):
        return "both sides must be conditions: each compares something"
    if left.startswith("list(") and sign != "in":
        return _mend_list(left, right, name.removesuffix(f".{sign}"))
    if left.startswith(vocabulary.PACKAGE) and sign.isalpha():
        return _mend_types({left})
    if sign.isalpha() and sign != "in":
        return f"`{sign}` asks a text for a text"
    if sign == "[]":
        return "a field is read with a dot: `mail.subject`"
    return _mend_types({left, right})


def _mend_types(both: set[str]) -> str:
    if "null_type" in both:
        return 'no field is null: compare with `""`, or ask `has(envelope.reverse_path)`'
    if both in ({"bool", "string"}, {"bool", "int"}):
        return "a truth value stands alone: `bounce.claimed` or `!bounce.claimed`"
    if both == {"int", "string"}:
        return "a number is written without quotation marks"
    if both == {"int", "double"}:
        return "a fraction is compared with a number that has a point: `6.0`"
    if both == {_TIME, _DURATION}:
        return "a duration lies between two times: `envelope.received_at - f.database_date < 7d`"
    if _DURATION in both:
        return "`7d` is a duration; a number has no unit, a size one such as `10MB`"
    if _TIME in both:
        return 'a time is written `timestamp("2026-01-31T00:00:00Z")`'
    if message := next((each for each in both if each.startswith(vocabulary.PACKAGE)), None):
        fields = vocabulary.descriptor(message)
        return "name a field of it: " + ", ".join(fields.fields_by_name) if fields else ""
    return "both sides must be of one type"


def _mend_list(kind: str, other: str, name: str) -> str:
    if other == "int":
        return f"ask their number: `{name}.size() > 0`"
    if kind == "list(string)":
        return f'ask whether it is among them: `"..." in {name}`'
    return f"ask the elements: `{name}.exists({name[0]}, {name[0]}. ...)`"


def called(name: str) -> str:
    """Return a type of CEL as a person would call it."""
    short = name.replace(vocabulary.PACKAGE, "")
    plain = {
        "string": "a text", "int": "a number", "double": "a fraction", "bool": "a truth value",
        "null_type": "null", _TIME: "a time", "timestamp": "a time", _DURATION: "a duration",
        "duration": "a duration",
    }  # fmt: skip
    if short.lower().startswith("list"):
        inner = short[5:-1]
        return f"a list of {inner}" if inner else "a list"
    return plain.get(short, plain.get(short.lower(), f"a {short}"))
