from pratique.scanners import facts_pb2 as _facts_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Request(_message.Message):
    __slots__ = ("setup", "inspect", "spawn", "adopt", "rewrite")
    SETUP_FIELD_NUMBER: _ClassVar[int]
    INSPECT_FIELD_NUMBER: _ClassVar[int]
    SPAWN_FIELD_NUMBER: _ClassVar[int]
    ADOPT_FIELD_NUMBER: _ClassVar[int]
    REWRITE_FIELD_NUMBER: _ClassVar[int]
    setup: Setup
    inspect: Inspect
    spawn: Spawn
    adopt: Adopt
    rewrite: Rewrite
    def __init__(self, setup: _Optional[_Union[Setup, _Mapping]] = ..., inspect: _Optional[_Union[Inspect, _Mapping]] = ..., spawn: _Optional[_Union[Spawn, _Mapping]] = ..., adopt: _Optional[_Union[Adopt, _Mapping]] = ..., rewrite: _Optional[_Union[Rewrite, _Mapping]] = ...) -> None: ...

class Setup(_message.Message):
    __slots__ = ("rule_folders", "budget", "confinement", "memory", "passwords", "own_scanners", "own_domains", "lists", "families", "rule_cache", "shorteners", "people")
    RULE_FOLDERS_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    CONFINEMENT_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    PASSWORDS_FIELD_NUMBER: _ClassVar[int]
    OWN_SCANNERS_FIELD_NUMBER: _ClassVar[int]
    OWN_DOMAINS_FIELD_NUMBER: _ClassVar[int]
    LISTS_FIELD_NUMBER: _ClassVar[int]
    FAMILIES_FIELD_NUMBER: _ClassVar[int]
    RULE_CACHE_FIELD_NUMBER: _ClassVar[int]
    SHORTENERS_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    rule_folders: _containers.RepeatedScalarFieldContainer[str]
    budget: Budget
    confinement: str
    memory: int
    passwords: _containers.RepeatedScalarFieldContainer[str]
    own_scanners: _containers.RepeatedCompositeFieldContainer[OwnScanner]
    own_domains: _containers.RepeatedScalarFieldContainer[str]
    lists: _containers.RepeatedScalarFieldContainer[str]
    families: str
    rule_cache: str
    shorteners: _containers.RepeatedScalarFieldContainer[str]
    people: _containers.RepeatedCompositeFieldContainer[Person]
    def __init__(self, rule_folders: _Optional[_Iterable[str]] = ..., budget: _Optional[_Union[Budget, _Mapping]] = ..., confinement: _Optional[str] = ..., memory: _Optional[int] = ..., passwords: _Optional[_Iterable[str]] = ..., own_scanners: _Optional[_Iterable[_Union[OwnScanner, _Mapping]]] = ..., own_domains: _Optional[_Iterable[str]] = ..., lists: _Optional[_Iterable[str]] = ..., families: _Optional[str] = ..., rule_cache: _Optional[str] = ..., shorteners: _Optional[_Iterable[str]] = ..., people: _Optional[_Iterable[_Union[Person, _Mapping]]] = ...) -> None: ...

class Person(_message.Message):
    __slots__ = ("name", "addresses")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    name: str
    addresses: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., addresses: _Optional[_Iterable[str]] = ...) -> None: ...

class OwnScanner(_message.Message):
    __slots__ = ("name", "path", "settings", "distribution", "places")
    class PlacesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    PLACES_FIELD_NUMBER: _ClassVar[int]
    name: str
    path: str
    settings: str
    distribution: str
    places: _containers.ScalarMap[str, str]
    def __init__(self, name: _Optional[str] = ..., path: _Optional[str] = ..., settings: _Optional[str] = ..., distribution: _Optional[str] = ..., places: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Budget(_message.Message):
    __slots__ = ("octets", "part_octets", "parts", "mime_depth", "archive_depth", "ratio", "seconds", "header_octets", "header_fields", "mime_parts")
    OCTETS_FIELD_NUMBER: _ClassVar[int]
    PART_OCTETS_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    MIME_DEPTH_FIELD_NUMBER: _ClassVar[int]
    ARCHIVE_DEPTH_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    HEADER_OCTETS_FIELD_NUMBER: _ClassVar[int]
    HEADER_FIELDS_FIELD_NUMBER: _ClassVar[int]
    MIME_PARTS_FIELD_NUMBER: _ClassVar[int]
    octets: int
    part_octets: int
    parts: int
    mime_depth: int
    archive_depth: int
    ratio: int
    seconds: float
    header_octets: int
    header_fields: int
    mime_parts: int
    def __init__(self, octets: _Optional[int] = ..., part_octets: _Optional[int] = ..., parts: _Optional[int] = ..., mime_depth: _Optional[int] = ..., archive_depth: _Optional[int] = ..., ratio: _Optional[int] = ..., seconds: _Optional[float] = ..., header_octets: _Optional[int] = ..., header_fields: _Optional[int] = ..., mime_parts: _Optional[int] = ...) -> None: ...

class Spawn(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Adopt(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Inspect(_message.Message):
    __slots__ = ("envelope", "without", "direction", "extras", "hand_out", "show")
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    EXTRAS_FIELD_NUMBER: _ClassVar[int]
    HAND_OUT_FIELD_NUMBER: _ClassVar[int]
    SHOW_FIELD_NUMBER: _ClassVar[int]
    envelope: _facts_pb2.Envelope
    without: _containers.RepeatedScalarFieldContainer[str]
    direction: str
    extras: _containers.RepeatedCompositeFieldContainer[Extra]
    hand_out: _containers.RepeatedScalarFieldContainer[str]
    show: str
    def __init__(self, envelope: _Optional[_Union[_facts_pb2.Envelope, _Mapping]] = ..., without: _Optional[_Iterable[str]] = ..., direction: _Optional[str] = ..., extras: _Optional[_Iterable[_Union[Extra, _Mapping]]] = ..., hand_out: _Optional[_Iterable[str]] = ..., show: _Optional[str] = ...) -> None: ...

class Extra(_message.Message):
    __slots__ = ("sha256", "program", "password", "unopened", "why")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    UNOPENED_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    program: str
    password: str
    unopened: str
    why: str
    def __init__(self, sha256: _Optional[str] = ..., program: _Optional[str] = ..., password: _Optional[str] = ..., unopened: _Optional[str] = ..., why: _Optional[str] = ...) -> None: ...

class Rewrite(_message.Message):
    __slots__ = ("strip", "rebuild")
    STRIP_FIELD_NUMBER: _ClassVar[int]
    REBUILD_FIELD_NUMBER: _ClassVar[int]
    strip: _containers.RepeatedCompositeFieldContainer[TakenOut]
    rebuild: bool
    def __init__(self, strip: _Optional[_Iterable[_Union[TakenOut, _Mapping]]] = ..., rebuild: _Optional[bool] = ...) -> None: ...

class TakenOut(_message.Message):
    __slots__ = ("numbers", "sha256", "note")
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    numbers: _containers.RepeatedScalarFieldContainer[int]
    sha256: str
    note: str
    def __init__(self, numbers: _Optional[_Iterable[int]] = ..., sha256: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("hello", "found", "done", "unfit", "rewritten", "handed_out")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    UNFIT_FIELD_NUMBER: _ClassVar[int]
    REWRITTEN_FIELD_NUMBER: _ClassVar[int]
    HANDED_OUT_FIELD_NUMBER: _ClassVar[int]
    hello: Hello
    found: _facts_pb2.Facts
    done: Done
    unfit: str
    rewritten: Rewritten
    handed_out: HandedOut
    def __init__(self, hello: _Optional[_Union[Hello, _Mapping]] = ..., found: _Optional[_Union[_facts_pb2.Facts, _Mapping]] = ..., done: _Optional[_Union[Done, _Mapping]] = ..., unfit: _Optional[str] = ..., rewritten: _Optional[_Union[Rewritten, _Mapping]] = ..., handed_out: _Optional[_Union[HandedOut, _Mapping]] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("format", "pid", "confinement", "scanners", "sources")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    CONFINEMENT_FIELD_NUMBER: _ClassVar[int]
    SCANNERS_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    format: int
    pid: int
    confinement: str
    scanners: _containers.RepeatedScalarFieldContainer[str]
    sources: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, format: _Optional[int] = ..., pid: _Optional[int] = ..., confinement: _Optional[str] = ..., scanners: _Optional[_Iterable[str]] = ..., sources: _Optional[_Iterable[str]] = ...) -> None: ...

class Started(_message.Message):
    __slots__ = ("name", "part")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    name: str
    part: int
    def __init__(self, name: _Optional[str] = ..., part: _Optional[int] = ...) -> None: ...

class HandedOut(_message.Message):
    __slots__ = ("type", "size", "passwords", "octets", "shown", "hidden")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    PASSWORDS_FIELD_NUMBER: _ClassVar[int]
    OCTETS_FIELD_NUMBER: _ClassVar[int]
    SHOWN_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_FIELD_NUMBER: _ClassVar[int]
    type: str
    size: int
    passwords: _containers.RepeatedScalarFieldContainer[str]
    octets: bytes
    shown: bool
    hidden: bool
    def __init__(self, type: _Optional[str] = ..., size: _Optional[int] = ..., passwords: _Optional[_Iterable[str]] = ..., octets: _Optional[bytes] = ..., shown: _Optional[bool] = ..., hidden: _Optional[bool] = ...) -> None: ...

class Done(_message.Message):
    __slots__ = ("seconds",)
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    seconds: float
    def __init__(self, seconds: _Optional[float] = ...) -> None: ...

class Rewritten(_message.Message):
    __slots__ = ("refused", "header", "pieces")
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PIECES_FIELD_NUMBER: _ClassVar[int]
    refused: str
    header: NewHeader
    pieces: _containers.RepeatedCompositeFieldContainer[Piece]
    def __init__(self, refused: _Optional[str] = ..., header: _Optional[_Union[NewHeader, _Mapping]] = ..., pieces: _Optional[_Iterable[_Union[Piece, _Mapping]]] = ...) -> None: ...

class NewHeader(_message.Message):
    __slots__ = ("end", "cut", "added", "separator")
    END_FIELD_NUMBER: _ClassVar[int]
    CUT_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    SEPARATOR_FIELD_NUMBER: _ClassVar[int]
    end: int
    cut: _containers.RepeatedCompositeFieldContainer[Span]
    added: bytes
    separator: bytes
    def __init__(self, end: _Optional[int] = ..., cut: _Optional[_Iterable[_Union[Span, _Mapping]]] = ..., added: _Optional[bytes] = ..., separator: _Optional[bytes] = ...) -> None: ...

class Span(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class Piece(_message.Message):
    __slots__ = ("old", "new")
    OLD_FIELD_NUMBER: _ClassVar[int]
    NEW_FIELD_NUMBER: _ClassVar[int]
    old: Span
    new: bytes
    def __init__(self, old: _Optional[_Union[Span, _Mapping]] = ..., new: _Optional[bytes] = ...) -> None: ...
