"""What commands do, and where paths lead."""

import pytest

from pratique.scanners.documents import commands


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", ""),
        ("C:\\a", ""),
        ("a\\b", ""),
        ("\\a\\b", ""),
        ("/usr/bin/a", ""),
        ("\\\\?\\C:\\a", ""),
        ("\\\\.\\pipe\\a", ""),
        ("file:///C:/a", ""),
        ("file:///usr/bin/a", ""),
        ("file://C:/a", ""),
        ("mailto:ann@example.org", ""),
        ("\\\\files\\s", "near"),
        ("\\\\files\\s\\a", "near"),
        ("\\\\10.1.2.3\\s\\a", "near"),
        ("\\\\172.31.0.1\\s\\a", "near"),
        ("\\\\files.corp.local\\s\\a", "near"),
        ("//files/s/a", "near"),
        ("file://files/s/a", "near"),
        ("file:////files/s/a", "near"),
        ("\\\\?\\UNC\\files\\s\\a", "near"),
        ("\\\\files.example\\s\\a", "share"),
        ("file://files.example/s", "share"),
        ('"\\\\files.example\\s"', "share"),
        ("\\\\198.51.100.7\\s\\a", "far"),
        ("\\\\172.32.0.1\\s\\a", "far"),
        ("\\\\files@80\\s\\a", "far"),
        ("\\\\files@SSL@8443\\s\\a", "far"),
        ("\\\\files\\DavWWWRoot\\a", "far"),
        ("file://198.51.100.7:80/s/a", "far"),
        ("url:file://198.51.100.7/s/a", "far"),
        ("https://example.org", "web"),
        (" HTTP://example.org", "web"),
        ("ftp://example.org", "web"),
    ],
)
def test_where_a_path_leads(path, place):
    assert commands.place(path) == place


@pytest.mark.parametrize(
    ("paths", "arguments", "shell"),
    [
        ("C:\\Windows\\System32\\cmd.exe", "", "cmd"),
        ("C:\\a\nPOWERSHELL.EXE", "", "powershell"),
        ("%windir%\\system32\\mshta.exe", "", "mshta"),
        ("mshta", "", "mshta"),
        ("C:\\cmd\\a.exe", "", ""),
        ("C:\\my cmd.exe.txt", "", ""),
        ("C:\\notcmd.exe", "", ""),
        ("C:\\a.exe", "cmd /c start b", "cmd"),
        ("C:\\a.exe", "%ComSpec% x", "%comspec%"),
        ("C:\\a.exe", "--cmd x", ""),
        ("C:\\a.exe", "c:\\windows\\rundll32.exe a,b", "rundll32"),
    ],
)
def test_a_program_that_runs_what_it_is_told(paths, arguments, shell):
    assert commands.shell(paths, arguments) == shell


@pytest.mark.parametrize(
    ("command", "shell"),
    [
        ("bash -c 'a'", "bash"),
        ("env A=1 /bin/sh x", "sh"),
        ("%windir%\\system32\\cmd.exe /c a", "cmd"),
        ("gimp %F", ""),
        ("/opt/shell/run", ""),
    ],
)
def test_such_a_program_in_a_command(command, shell):
    assert commands.shell_in(command) == shell


@pytest.mark.parametrize(
    "arguments",
    [
        "/c curl http://a.example/x",
        "-w hidden -c a",
        "-WindowStyle Hidden -c a",
        "-e SQBFAFgAIAAoAE4AZQB3",
        "-EncodedCommand SQBFAFgAIAAoAE4AZQB3",
        "-c iex(a)",
        "p^o^w^er",
        "/c %TEMP%\\a.exe",
        "/c \\\\198.51.100.7\\s\\a.exe",
        "vbscript:a",
    ],
)
def test_what_gives_a_command_away(arguments):
    assert commands.telling(arguments)


@pytest.mark.parametrize(
    "arguments",
    ["", "/c start a.pdf", "-File C:\\tools\\a.ps1", "-NoExit -Command cd C:\\src", "/k vars.bat",
     "-ExecutionPolicy Bypass -File b.ps1", "-window 3", "-encoding utf8"],
)  # fmt: skip
def test_what_developers_have_on_their_desktops_does_not(arguments):
    assert not commands.telling(arguments)


@pytest.mark.parametrize(
    ("command", "library"),
    [
        ("rundll32 scan.dat,Start", "scan.dat"),
        ('rundll32.exe "C:\\a b\\scan.dll",#1', "scan.dll"),
        ("rundll32 shell32.dll,Control_RunDLL", ""),
        ("rundll32 C:\\Windows\\System32\\PRINTUI.DLL,PrintUIEntry", ""),
        ("regsvr32 /s a.ocx", "a.ocx"),
        ("cmd /c a.dll,b", ""),
    ],
)
def test_a_library_that_is_not_of_windows(command, library):
    assert commands.loads(command) == library


def test_only_so_much_of_a_command_is_read():
    assert commands.telling(" " * (commands.LONGEST - 3) + "iex")
    assert not commands.telling(" " * (commands.LONGEST - 2) + "iex")
