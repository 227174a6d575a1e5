"""What other programs pack, our readers open; what we make by hand, other programs open."""

import shutil
import subprocess
from pathlib import Path

import pytest

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.formats.ar import Ar
from pratique.scanners.formats.arj import Arj
from pratique.scanners.formats.cab import Cab
from pratique.scanners.formats.cpio import Cpio
from pratique.scanners.formats.fat import Fat
from pratique.scanners.formats.iso import Iso
from pratique.scanners.formats.lha import Lha
from pratique.scanners.formats.rar import Rar
from pratique.scanners.formats.sevenzip import Sevenzip
from pratique.scanners.formats.vhd import Vhd
from pratique.scanners.keys import Keys
from pratique.scanners.part import Member, Part

TEXT = b"The quick brown fox jumps over the lazy dog.\r\n" * 2000
FILES = {"fox.txt": TEXT, "prog.exe": b"MZ" + bytes(range(256)) * 300, "empty.txt": b""}

pytestmark = pytest.mark.slow


def run(command: str, folder: Path, said: bytes = b"") -> bytes:
    return subprocess.run(
        ["sh", "-c", command], cwd=folder, input=said, check=True, capture_output=True
    ).stdout


@pytest.fixture
def folder(tmp_path):
    for name, octets in FILES.items():
        (tmp_path / name).write_bytes(octets)
    return tmp_path


def opened(reader, octets: bytes, *words: str) -> dict[str, bytes]:
    """The members by their names in lower case, all of which were opened to the end."""
    part, budget = Part(facts.Part(type="?", kind="archive"), memoryview(octets)), Budget(Limits())
    # Lha looks at the type, as it may lie in a program.
    part.known.type = next(iter(reader.types))
    given = (
        reader.unlock(part, budget, Keys(words))
        if words and reader.locked(part)
        else reader.members(part, budget)
    )
    found = {}
    for each in given:
        assert isinstance(each, Member), each
        assert not each.unopened, each
        for name in (each.name, *each.names):
            found[name.lower().rsplit("/", 1)[-1]] = bytes(each.octets)
    assert (part.known.unopened, part.known.why) == ("", "")
    return found


METHODS = [
    "-m0=LZMA", "-m0=LZMA2", "-m0=BZip2", "-m0=Deflate", "-mx=0", "-mf=BCJ -m0=LZMA",
    "-mf=BCJ -m0=LZMA2", "-mf=BCJ2 -mx=9", "-mf=Delta:4 -m0=LZMA", "-mf=ARM -m0=LZMA", "-ms=off",
]  # fmt: skip
LOCKS = ["-psecret", "-psecret -mhe=on", "-psecret -mx=0", "-psecret -mhe=on -m0=BZip2"]


@pytest.mark.real("7z")
@pytest.mark.parametrize("method", METHODS)
def test_7z_by_each_method(method, folder):
    run(f"7zz a {method} x.7z fox.txt prog.exe empty.txt", folder)

    assert opened(Sevenzip(), (folder / "x.7z").read_bytes()) == FILES


@pytest.mark.real("7z")
@pytest.mark.parametrize("method", LOCKS)
def test_7z_that_is_locked(method, folder):
    run(f"7zz a {method} x.7z fox.txt prog.exe empty.txt", folder)

    assert opened(Sevenzip(), (folder / "x.7z").read_bytes(), "wrong", "secret") == FILES


@pytest.mark.real("7z")
@pytest.mark.parametrize(("password", "hidden"), [("", ""), ("secret", ""), ("secret", "secret")])
def test_our_samples_of_7z_are_7z(password, hidden, samples, tmp_path):
    made = samples("sevenzip")
    octets = made.sevenzip(FILES, made.LZMA, password, hidden)
    (tmp_path / "x.7z").write_bytes(octets)
    run("7zz x -psecret x.7z", tmp_path)

    assert {name: (tmp_path / name).read_bytes() for name in FILES} == FILES


@pytest.mark.real("unar")
@pytest.mark.parametrize("form", ["rar5", "locked", "hidden", "old"])
def test_our_samples_of_rar_are_rar(form, samples, tmp_path):
    made, files = samples("rar"), {"fox.txt": TEXT}
    octets = {
        "rar5": lambda: made.rar5(files),
        "locked": lambda: made.rar5(files, "secret"),
        "hidden": lambda: made.hidden(files, "secret"),
        "old": lambda: made.old(files),
    }[form]()
    (tmp_path / "archive.rar").write_bytes(octets)
    run("unar -q -D -p secret archive.rar", tmp_path)

    assert (tmp_path / "fox.txt").read_bytes() == TEXT
    assert opened(Rar(), octets, "secret") == files


@pytest.mark.real("arj")
@pytest.mark.parametrize("options", ["-m0", "-m1", "-m2", "-m3", "-gsecret", "-je"])
def test_arj_by_each_method(options, folder):
    run(f"arj a -y {options} x fox.txt prog.exe empty.txt && mv x.arj x || true", folder)
    made = folder / ("x" if options != "-je" else "x.exe")
    if not made.exists():
        made = folder / "x"
    octets = made.read_bytes()

    assert opened(Arj(), octets, "wrong", "secret") == FILES


@pytest.mark.real("jlha")
@pytest.mark.parametrize("options", ["o5", "o6", "o7", "z", "0", "1", "2"])
def test_lha_by_each_method_and_level(options, folder):
    run(f"jlha -aq{options} x.lzh fox.txt prog.exe empty.txt", folder)

    assert opened(Lha(), (folder / "x.lzh").read_bytes()) == FILES


@pytest.mark.real("gcab")
@pytest.mark.parametrize("options", ["-c", "-cz"])
def test_a_cabinet_is_read_stored_and_packed(options, folder):
    run(f"gcab {options} x.cab fox.txt prog.exe", folder)

    found = opened(Cab(), (folder / "x.cab").read_bytes())
    assert found == {name: FILES[name] for name in ("fox.txt", "prog.exe")}


@pytest.mark.real("cpio")
@pytest.mark.parametrize("form", ["odc", "newc", "crc", "bin"])
def test_cpio_in_each_form(form, folder):
    octets = run(f"cpio -o -H {form}", folder, "\n".join(FILES).encode())

    assert opened(Cpio(), octets) == FILES


@pytest.mark.real("binutils")
def test_ar_with_short_and_with_long_names(folder):
    long = "a-name-that-is-longer-than-sixteen.exe"
    shutil.copy(folder / "prog.exe", folder / long)
    run(f"ar rc x.a fox.txt prog.exe empty.txt {long}", folder)

    assert opened(Ar(), (folder / "x.a").read_bytes()) == FILES | {long: FILES["prog.exe"]}


@pytest.mark.real("genisoimage")
@pytest.mark.parametrize("options", ["", "-J", "-R", "-J -R", "-udf", "-J -R -udf", "-iso-level 4"])
def test_images_of_discs(options, folder):
    run(f"genisoimage -quiet {options} -o x.iso fox.txt prog.exe empty.txt", folder)

    assert opened(Iso(), (folder / "x.iso").read_bytes()) == FILES


@pytest.mark.real("genisoimage")
def test_what_a_disc_boots_from_is_a_file(folder):
    run("genisoimage -quiet -b prog.exe -no-emul-boot -o x.iso fox.txt prog.exe", folder)

    assert opened(Iso(), (folder / "x.iso").read_bytes())["prog.exe"] == FILES["prog.exe"]


@pytest.mark.real("mtools")
@pytest.mark.parametrize("options", ["", "-T 131072 -h 16 -s 63 -F"])
def test_fat_with_short_and_with_long_names(options, folder):
    long = "請求書 with a long name.exe"
    (folder / "a").write_bytes(b"MZ")
    image = folder / "x"
    image.write_bytes(bytes(2 << 20) if not options else bytes(64 << 20))
    make = f"mformat -i x {options or '-T 4096 -h 2 -s 8'} ::"
    run(f"{make} && mcopy -i x fox.txt prog.exe empty.txt ::", folder)
    run(f"LC_ALL=C.UTF-8 mcopy -i x a '::{long}'", folder)
    run("mcopy -i x a ::gone.exe && mdel -i x ::gone.exe", folder)

    found = opened(Fat(), image.read_bytes())
    assert {name: found[name] for name in FILES} == FILES
    assert found[long] == b"MZ"
    assert "gone.exe" not in found


@pytest.mark.real("qemu-img")
@pytest.mark.parametrize("form", ["fixed", "dynamic"])
def test_a_vhd_is_the_disk_that_it_was_made_of(form, tmp_path):
    disk = b"".join(bytes([n % 251]) * 512 for n in range(4096)) + bytes(2 << 20)
    (tmp_path / "x").write_bytes(disk)
    run(f"qemu-img convert -f raw -O vpc -o subformat={form},force_size=on x x.vhd", tmp_path)

    (octets,) = opened(Vhd(), (tmp_path / "x.vhd").read_bytes()).values()
    assert octets[: len(disk)] == disk
