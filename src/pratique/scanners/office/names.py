"""List what may be found in documents of Office and in RTF: each name, and what it means.

docs/findings/office.md is made of it: each name with the severities that it may have and a
sentence.  `information` is worth knowing and stands in harmless mail; `suspicious` is what
honest mail seldom has; `malicious` what it never has.
"""

NAMES: dict[str, tuple[str, str]] = {
    "Office.Macros": ("information", "There are macros: VBA, Basic, or another language."),
    "Office.AutoExec": (
        "information",
        "A macro that runs by itself, when the document is opened, closed, or drawn.",
    ),
    "Office.MacroExecutes": (
        "information, suspicious, malicious",
        (
            "A macro starts programs: `suspicious` if it runs by itself, `malicious` if it does "
            "so and hides them, or as a macro sheet."
        ),
    ),
    "Office.MacroDownloads": (
        "information, suspicious, malicious",
        (
            "A macro fetches files: `suspicious` if it also starts programs, `malicious` if it "
            "does both and runs by itself."
        ),
    ),
    "Office.MacroInjects": (
        "suspicious, malicious",
        "A macro writes machine code into memory and runs it: `malicious` if it runs by itself.",
    ),
    "Office.MacroDisarms": (
        "suspicious, malicious",
        "A macro turns Office's protection off: `malicious` if it runs by itself.",
    ),
    "Office.MacroObfuscated": (
        "suspicious",
        (
            "A macro that runs by itself and can act hides its words (letters by number, turned "
            "around, long coded strings)."
        ),
    ),
    "Office.MacroSheet": ("suspicious", "A sheet of Excel 4 macros."),
    "Office.PCodeOnly": ("suspicious", "Compiled macros whose source was taken away."),
    "Office.BrokenProject": (
        "suspicious",
        "Macros in a project that cannot be read as the programs read it.",
    ),
    "Office.ExternalTemplate": (
        "information, suspicious, malicious",
        (
            "The template is fetched from elsewhere: `information` from a company's own server by"
            " its short name."
        ),
    ),
    "Office.ExternalObject": (
        "information, suspicious, malicious",
        "An object, a frame or a picture is fetched from elsewhere when the document is opened.",
    ),
    "Office.Dde": (
        "information, suspicious, malicious",
        (
            "A field or cell asks another program: `malicious` if that program runs commands, "
            "`information` if it is Office."
        ),
    ),
    "Office.OleObject": ("information", "An object of another program is embedded."),
    "Office.Package": ("suspicious", "A program, script or shortcut is embedded."),
    "Office.ActiveX": (
        "information, suspicious",
        (
            "A control is embedded: `suspicious` if it is one that shows pages of the web or is "
            "known for its holes."
        ),
    ),
    "Office.Equation": (
        "information, suspicious, malicious",
        (
            "An object of the equation editor: `suspicious` in RTF, `malicious` if its font's "
            "name would overrun the editor's memory."
        ),
    ),
    "Office.Flash": ("suspicious", "A Flash film is embedded."),
    "Office.HiddenByPassword": (
        "suspicious",
        "Locked with the word that Excel or PowerPoint opens without asking.",
    ),
    "Office.WebQuery": (
        "information, suspicious",
        "A table that is fetched from the web when it is opened.",
    ),
    "Rtf.Object": ("information", "An object is embedded in RTF."),
    "Rtf.ObjectUpdate": (
        "suspicious",
        "An object in RTF that is loaded as soon as the text is shown.",
    ),
    "Rtf.LinkedObject": ("suspicious", "An object in RTF that is a link."),
    "Rtf.Template": (
        "information, suspicious, malicious",
        "The template is fetched from elsewhere.",
    ),
    "Rtf.Header": ("suspicious", "A beginning that no program writes, with objects behind it."),
}
