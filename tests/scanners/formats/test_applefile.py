"""Macintosh files in AppleSingle and AppleDouble."""

from pratique.scanners.formats.applefile import Applefile


def test_both_forks_and_the_name_are_given(samples, open_with):
    octets = samples("applefile").applefile(b"hello", b"a.exe", b"icons")
    opened = open_with(Applefile(), octets)
    assert opened.called == {"a.exe": b"hello", "": b"icons"}
    assert opened.members[1].step == "applefile:a.exe/resources"


def test_half_a_file_has_no_data_fork(samples, open_with):
    octets = samples("applefile").applefile(b"", b"a.exe", b"icons", 0x00051607)
    assert open_with(Applefile(), octets).octets == [b"icons"]


def test_places_that_lie_are_told(samples, open_with):
    octets = samples("applefile").good(b"hello")
    lying = octets[:54] + b"\xff\xff\xff\xff" + octets[58:]
    assert open_with(Applefile(), lying).known.unopened == "unreadable"
