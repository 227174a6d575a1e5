"""What JavaScript of documents does, by its words."""

import pytest

from pratique.scanners.documents import scripts

HONEST = [
    "this.print(true);",
    "print();",
    "this.print({bUI: true, bSilent: false, bShrinkToFit: true});",
    (
        "var pp = this.getPrintParams(); pp.interactive = pp.constants.interactionLevel.automatic;"
        " this.print(pp);"
    ),
    "this.zoom = 100;\nthis.pageNum = 0;",
    "this.layout = 'SinglePage'",
    "app.fullScreen = true",
    'this.getField("today").value = util.printd("dd.mm.yyyy", new Date());',
    "getField('name').setFocus();",
]
FORMS = [
    "",
    'AFNumber_Format(2, 0, 0, 0, "", true);',
    "event.value = this.getField('a').value * 1.08;",
    "if (!event.willCommit) event.change = event.change.toUpperCase();",
    "var s = String.fromCharCode(65);",
    "this.collectAll(); printed = true; mediaNew();",
    "var o = eval('(' + text + ')');",
]


@pytest.mark.parametrize("text", HONEST)
def test_printing_and_looking_are_harmless(text):
    assert scripts.is_harmless(text)
    assert not scripts.exploit(text)
    assert not scripts.reach(text)


@pytest.mark.parametrize("text", FORMS)
def test_what_forms_do_is_no_exploit_and_stays_within(text):
    assert not scripts.exploit(text)
    assert not scripts.reach(text)


@pytest.mark.parametrize(
    "text",
    [
        *FORMS[1:],
        "this.print(); app.launchURL('a')",
        "print(eval(a))",
        "x" * 1001,
        "getField('a').value = util.printd('d', new Date()); app.launchURL('a')",
        "getField('a').value = util.printd(a(), new Date())",
    ],
)
def test_what_does_more_is_not_harmless(text):
    assert not scripts.is_harmless(text)


@pytest.mark.parametrize(("blanks", "harmless"), [(990, True), (991, False)])
def test_a_long_script_is_not_harmless(blanks, harmless):
    assert scripts.is_harmless("print();" + " " * (blanks + 2)) is harmless


@pytest.mark.parametrize(
    "text",
    [
        "Collab.collectEmailInfo({msg: a})",
        "Collab . getIcon(a)",
        "media.newPlayer(null)",
        'util.printf("%45000f", a)',
        "spell.customDictionaryOpen(0, a)",
        '"' + "%u9090" * 8 + '"',
        '"\\u9090\\u9090"',
    ],
)
def test_holes_of_readers(text):
    assert scripts.exploit(text)


@pytest.mark.parametrize(("times", "found"), [(7, False), (8, True)])
def test_so_many_numbers_in_a_row_fill_a_memory(times, found):
    assert bool(scripts.exploit("%u4f60" * times)) is found


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("app.launchURL('http://a.example')", "launchURL"),
        ("this.exportDataObject({cName: 'a'})", "exportDataObject"),
        ("this.submitForm('http://a.example')", "submitForm"),
        ("eval(unescape(a))", scripts.MADE),
        ("a = String.fromCharCode(1); eval(a)", scripts.MADE),
    ],
)
def test_what_leaves_the_document(text, what):
    assert scripts.reach(text) == what


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("this.exportDataObject({cName: 'a', nLaunch: 2})", True),
        ('exportDataObject({"nLaunch":1, cName: b})', True),
        ("exportDataObject({cName: 'a', nLaunch: 0})", False),
        ("exportDataObject({cName: 'a'})", False),
    ],
)
def test_what_opens_an_attached_file(text, opens):
    assert scripts.opens_attached(text) is opens


def test_only_so_much_of_a_script_is_read():
    assert scripts.exploit(" " * (scripts.LONGEST - 22) + "Collab.collectEmailInfo"[:22]) == ""
    assert scripts.exploit(" " * (scripts.LONGEST - 23) + "Collab.collectEmailInfo")
