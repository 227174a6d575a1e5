from pratique.scanners import facts_pb2 as _facts_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Request(_message.Message):
    __slots__ = ("setup", "inspect", "spawn", "adopt")
    SETUP_FIELD_NUMBER: _ClassVar[int]
    INSPECT_FIELD_NUMBER: _ClassVar[int]
    SPAWN_FIELD_NUMBER: _ClassVar[int]
    ADOPT_FIELD_NUMBER: _ClassVar[int]
    setup: Setup
    inspect: Inspect
    spawn: Spawn
    adopt: Adopt
    def __init__(self, setup: _Optional[_Union[Setup, _Mapping]] = ..., inspect: _Optional[_Union[Inspect, _Mapping]] = ..., spawn: _Optional[_Union[Spawn, _Mapping]] = ..., adopt: _Optional[_Union[Adopt, _Mapping]] = ...) -> None: ...

class Setup(_message.Message):
    __slots__ = ("rule_folders", "budget", "confinement", "memory")
    RULE_FOLDERS_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    CONFINEMENT_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    rule_folders: _containers.RepeatedScalarFieldContainer[str]
    budget: Budget
    confinement: str
    memory: int
    def __init__(self, rule_folders: _Optional[_Iterable[str]] = ..., budget: _Optional[_Union[Budget, _Mapping]] = ..., confinement: _Optional[str] = ..., memory: _Optional[int] = ...) -> None: ...

class Budget(_message.Message):
    __slots__ = ("octets", "part_octets", "parts", "mime_depth", "archive_depth", "ratio", "seconds", "header_octets", "header_fields")
    OCTETS_FIELD_NUMBER: _ClassVar[int]
    PART_OCTETS_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    MIME_DEPTH_FIELD_NUMBER: _ClassVar[int]
    ARCHIVE_DEPTH_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    HEADER_OCTETS_FIELD_NUMBER: _ClassVar[int]
    HEADER_FIELDS_FIELD_NUMBER: _ClassVar[int]
    octets: int
    part_octets: int
    parts: int
    mime_depth: int
    archive_depth: int
    ratio: int
    seconds: float
    header_octets: int
    header_fields: int
    def __init__(self, octets: _Optional[int] = ..., part_octets: _Optional[int] = ..., parts: _Optional[int] = ..., mime_depth: _Optional[int] = ..., archive_depth: _Optional[int] = ..., ratio: _Optional[int] = ..., seconds: _Optional[float] = ..., header_octets: _Optional[int] = ..., header_fields: _Optional[int] = ...) -> None: ...

class Spawn(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Adopt(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Inspect(_message.Message):
    __slots__ = ("envelope", "without", "direction")
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    envelope: _facts_pb2.Envelope
    without: _containers.RepeatedScalarFieldContainer[str]
    direction: str
    def __init__(self, envelope: _Optional[_Union[_facts_pb2.Envelope, _Mapping]] = ..., without: _Optional[_Iterable[str]] = ..., direction: _Optional[str] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("hello", "started", "found", "done", "unfit")
    HELLO_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    UNFIT_FIELD_NUMBER: _ClassVar[int]
    hello: Hello
    started: Started
    found: _facts_pb2.Facts
    done: Done
    unfit: str
    def __init__(self, hello: _Optional[_Union[Hello, _Mapping]] = ..., started: _Optional[_Union[Started, _Mapping]] = ..., found: _Optional[_Union[_facts_pb2.Facts, _Mapping]] = ..., done: _Optional[_Union[Done, _Mapping]] = ..., unfit: _Optional[str] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("format", "pid", "confinement", "scanners")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    CONFINEMENT_FIELD_NUMBER: _ClassVar[int]
    SCANNERS_FIELD_NUMBER: _ClassVar[int]
    format: int
    pid: int
    confinement: str
    scanners: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, format: _Optional[int] = ..., pid: _Optional[int] = ..., confinement: _Optional[str] = ..., scanners: _Optional[_Iterable[str]] = ...) -> None: ...

class Started(_message.Message):
    __slots__ = ("name", "part")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    name: str
    part: int
    def __init__(self, name: _Optional[str] = ..., part: _Optional[int] = ...) -> None: ...

class Done(_message.Message):
    __slots__ = ("seconds",)
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    seconds: float
    def __init__(self, seconds: _Optional[float] = ...) -> None: ...
