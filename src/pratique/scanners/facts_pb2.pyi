import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Facts(_message.Message):
    __slots__ = ("mail", "envelope", "parts", "ambiguities", "findings", "bounce", "auth", "limits", "parts_left_out", "failures", "links", "links_left_out", "scores", "sources", "lists_away", "signatures", "stated_results", "spoof_signs")
    MAIL_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    AMBIGUITIES_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    BOUNCE_FIELD_NUMBER: _ClassVar[int]
    AUTH_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    PARTS_LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    LINKS_LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    LISTS_AWAY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    STATED_RESULTS_FIELD_NUMBER: _ClassVar[int]
    SPOOF_SIGNS_FIELD_NUMBER: _ClassVar[int]
    mail: Mail
    envelope: Envelope
    parts: _containers.RepeatedCompositeFieldContainer[Part]
    ambiguities: _containers.RepeatedCompositeFieldContainer[Ambiguity]
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    bounce: Bounce
    auth: Auth
    limits: _containers.RepeatedCompositeFieldContainer[Limit]
    parts_left_out: PartsLeftOut
    failures: _containers.RepeatedCompositeFieldContainer[Failure]
    links: _containers.RepeatedCompositeFieldContainer[Link]
    links_left_out: int
    scores: _containers.RepeatedCompositeFieldContainer[Score]
    sources: _containers.RepeatedCompositeFieldContainer[Source]
    lists_away: _containers.RepeatedScalarFieldContainer[str]
    signatures: _containers.RepeatedCompositeFieldContainer[Signature]
    stated_results: _containers.RepeatedCompositeFieldContainer[StatedResults]
    spoof_signs: _containers.RepeatedCompositeFieldContainer[SpoofSign]
    def __init__(self, mail: _Optional[_Union[Mail, _Mapping]] = ..., envelope: _Optional[_Union[Envelope, _Mapping]] = ..., parts: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., ambiguities: _Optional[_Iterable[_Union[Ambiguity, _Mapping]]] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., bounce: _Optional[_Union[Bounce, _Mapping]] = ..., auth: _Optional[_Union[Auth, _Mapping]] = ..., limits: _Optional[_Iterable[_Union[Limit, _Mapping]]] = ..., parts_left_out: _Optional[_Union[PartsLeftOut, _Mapping]] = ..., failures: _Optional[_Iterable[_Union[Failure, _Mapping]]] = ..., links: _Optional[_Iterable[_Union[Link, _Mapping]]] = ..., links_left_out: _Optional[int] = ..., scores: _Optional[_Iterable[_Union[Score, _Mapping]]] = ..., sources: _Optional[_Iterable[_Union[Source, _Mapping]]] = ..., lists_away: _Optional[_Iterable[str]] = ..., signatures: _Optional[_Iterable[_Union[Signature, _Mapping]]] = ..., stated_results: _Optional[_Iterable[_Union[StatedResults, _Mapping]]] = ..., spoof_signs: _Optional[_Iterable[_Union[SpoofSign, _Mapping]]] = ...) -> None: ...

class Mail(_message.Message):
    __slots__ = ("size", "sha256", "subject", "message_id", "date", "header", "direction", "received_count", "header_anomalies", "raw_subject", "foreign_fields", "release_token")
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    HEADER_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    HEADER_ANOMALIES_FIELD_NUMBER: _ClassVar[int]
    RAW_SUBJECT_FIELD_NUMBER: _ClassVar[int]
    FOREIGN_FIELDS_FIELD_NUMBER: _ClassVar[int]
    RELEASE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    size: int
    sha256: str
    subject: str
    message_id: str
    date: str
    header: Header
    direction: str
    received_count: int
    header_anomalies: _containers.RepeatedScalarFieldContainer[str]
    raw_subject: bytes
    foreign_fields: _containers.RepeatedCompositeFieldContainer[ForeignField]
    release_token: str
    def __init__(self, size: _Optional[int] = ..., sha256: _Optional[str] = ..., subject: _Optional[str] = ..., message_id: _Optional[str] = ..., date: _Optional[str] = ..., header: _Optional[_Union[Header, _Mapping]] = ..., direction: _Optional[str] = ..., received_count: _Optional[int] = ..., header_anomalies: _Optional[_Iterable[str]] = ..., raw_subject: _Optional[bytes] = ..., foreign_fields: _Optional[_Iterable[_Union[ForeignField, _Mapping]]] = ..., release_token: _Optional[str] = ...) -> None: ...

class Header(_message.Message):
    __slots__ = ("from_", "sender", "to", "cc", "reply_to")
    FROM__FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    CC_FIELD_NUMBER: _ClassVar[int]
    REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    from_: _containers.RepeatedCompositeFieldContainer[Address]
    sender: _containers.RepeatedCompositeFieldContainer[Address]
    to: _containers.RepeatedCompositeFieldContainer[Address]
    cc: _containers.RepeatedCompositeFieldContainer[Address]
    reply_to: _containers.RepeatedCompositeFieldContainer[Address]
    def __init__(self, from_: _Optional[_Iterable[_Union[Address, _Mapping]]] = ..., sender: _Optional[_Iterable[_Union[Address, _Mapping]]] = ..., to: _Optional[_Iterable[_Union[Address, _Mapping]]] = ..., cc: _Optional[_Iterable[_Union[Address, _Mapping]]] = ..., reply_to: _Optional[_Iterable[_Union[Address, _Mapping]]] = ...) -> None: ...

class Address(_message.Message):
    __slots__ = ("address", "domain", "display_name", "raw_display_name")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    RAW_DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    address: str
    domain: str
    display_name: str
    raw_display_name: bytes
    def __init__(self, address: _Optional[str] = ..., domain: _Optional[str] = ..., display_name: _Optional[str] = ..., raw_display_name: _Optional[bytes] = ...) -> None: ...

class ForeignField(_message.Message):
    __slots__ = ("name", "start", "end")
    NAME_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    name: str
    start: int
    end: int
    def __init__(self, name: _Optional[str] = ..., start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class HeaderAnomalies(_message.Message):
    __slots__ = ()
    class Word(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        none: _ClassVar[HeaderAnomalies.Word]
        bad_charset: _ClassVar[HeaderAnomalies.Word]
        several_from: _ClassVar[HeaderAnomalies.Word]
        no_from: _ClassVar[HeaderAnomalies.Word]
        repeated_field: _ClassVar[HeaderAnomalies.Word]
        not_a_field: _ClassVar[HeaderAnomalies.Word]
        nul: _ClassVar[HeaderAnomalies.Word]
        eight_bit: _ClassVar[HeaderAnomalies.Word]
        address_list_cut: _ClassVar[HeaderAnomalies.Word]
        empty_message_id: _ClassVar[HeaderAnomalies.Word]
    none: HeaderAnomalies.Word
    bad_charset: HeaderAnomalies.Word
    several_from: HeaderAnomalies.Word
    no_from: HeaderAnomalies.Word
    repeated_field: HeaderAnomalies.Word
    not_a_field: HeaderAnomalies.Word
    nul: HeaderAnomalies.Word
    eight_bit: HeaderAnomalies.Word
    address_list_cut: HeaderAnomalies.Word
    empty_message_id: HeaderAnomalies.Word
    def __init__(self) -> None: ...

class Envelope(_message.Message):
    __slots__ = ("received_at", "reverse_path", "client", "tls", "authenticated", "queue_id", "door", "address_problems", "mta_id", "macros")
    class MacrosEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    REVERSE_PATH_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    TLS_FIELD_NUMBER: _ClassVar[int]
    AUTHENTICATED_FIELD_NUMBER: _ClassVar[int]
    QUEUE_ID_FIELD_NUMBER: _ClassVar[int]
    DOOR_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    MTA_ID_FIELD_NUMBER: _ClassVar[int]
    MACROS_FIELD_NUMBER: _ClassVar[int]
    received_at: _timestamp_pb2.Timestamp
    reverse_path: str
    client: Client
    tls: str
    authenticated: str
    queue_id: str
    door: str
    address_problems: _containers.RepeatedCompositeFieldContainer[AddressProblem]
    mta_id: str
    macros: _containers.ScalarMap[str, str]
    def __init__(self, received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reverse_path: _Optional[str] = ..., client: _Optional[_Union[Client, _Mapping]] = ..., tls: _Optional[str] = ..., authenticated: _Optional[str] = ..., queue_id: _Optional[str] = ..., door: _Optional[str] = ..., address_problems: _Optional[_Iterable[_Union[AddressProblem, _Mapping]]] = ..., mta_id: _Optional[str] = ..., macros: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Client(_message.Message):
    __slots__ = ("ip", "name", "helo", "listed", "recent_recipients", "recent_findings")
    IP_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    HELO_FIELD_NUMBER: _ClassVar[int]
    LISTED_FIELD_NUMBER: _ClassVar[int]
    RECENT_RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    RECENT_FINDINGS_FIELD_NUMBER: _ClassVar[int]
    ip: str
    name: str
    helo: str
    listed: _containers.RepeatedScalarFieldContainer[str]
    recent_recipients: int
    recent_findings: int
    def __init__(self, ip: _Optional[str] = ..., name: _Optional[str] = ..., helo: _Optional[str] = ..., listed: _Optional[_Iterable[str]] = ..., recent_recipients: _Optional[int] = ..., recent_findings: _Optional[int] = ...) -> None: ...

class AddressProblem(_message.Message):
    __slots__ = ("address", "detail")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    address: str
    detail: str
    def __init__(self, address: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class Recipient(_message.Message):
    __slots__ = ("address", "domain", "groups")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    address: str
    domain: str
    groups: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, address: _Optional[str] = ..., domain: _Optional[str] = ..., groups: _Optional[_Iterable[str]] = ...) -> None: ...

class Part(_message.Message):
    __slots__ = ("id", "parent", "path", "name", "names", "declared_type", "type", "kind", "size", "sha256", "depth", "inside", "views", "encrypted", "unopened", "why", "disguised", "raw_name", "disposition", "returned", "may_carry_macros", "password")
    ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    DECLARED_TYPE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    INSIDE_FIELD_NUMBER: _ClassVar[int]
    VIEWS_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTED_FIELD_NUMBER: _ClassVar[int]
    UNOPENED_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    DISGUISED_FIELD_NUMBER: _ClassVar[int]
    RAW_NAME_FIELD_NUMBER: _ClassVar[int]
    DISPOSITION_FIELD_NUMBER: _ClassVar[int]
    RETURNED_FIELD_NUMBER: _ClassVar[int]
    MAY_CARRY_MACROS_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    id: int
    parent: int
    path: str
    name: str
    names: _containers.RepeatedScalarFieldContainer[str]
    declared_type: str
    type: str
    kind: str
    size: int
    sha256: str
    depth: int
    inside: _containers.RepeatedScalarFieldContainer[str]
    views: _containers.RepeatedScalarFieldContainer[str]
    encrypted: bool
    unopened: str
    why: str
    disguised: _containers.RepeatedScalarFieldContainer[str]
    raw_name: bytes
    disposition: str
    returned: bool
    may_carry_macros: bool
    password: str
    def __init__(self, id: _Optional[int] = ..., parent: _Optional[int] = ..., path: _Optional[str] = ..., name: _Optional[str] = ..., names: _Optional[_Iterable[str]] = ..., declared_type: _Optional[str] = ..., type: _Optional[str] = ..., kind: _Optional[str] = ..., size: _Optional[int] = ..., sha256: _Optional[str] = ..., depth: _Optional[int] = ..., inside: _Optional[_Iterable[str]] = ..., views: _Optional[_Iterable[str]] = ..., encrypted: _Optional[bool] = ..., unopened: _Optional[str] = ..., why: _Optional[str] = ..., disguised: _Optional[_Iterable[str]] = ..., raw_name: _Optional[bytes] = ..., disposition: _Optional[str] = ..., returned: _Optional[bool] = ..., may_carry_macros: _Optional[bool] = ..., password: _Optional[str] = ...) -> None: ...

class Kinds(_message.Message):
    __slots__ = ()
    class Word(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        other: _ClassVar[Kinds.Word]
        executable: _ClassVar[Kinds.Word]
        script: _ClassVar[Kinds.Word]
        shortcut: _ClassVar[Kinds.Word]
        document: _ClassVar[Kinds.Word]
        archive: _ClassVar[Kinds.Word]
        disk_image: _ClassVar[Kinds.Word]
        html: _ClassVar[Kinds.Word]
        image: _ClassVar[Kinds.Word]
        message: _ClassVar[Kinds.Word]
        text: _ClassVar[Kinds.Word]
        multipart: _ClassVar[Kinds.Word]
        audio: _ClassVar[Kinds.Word]
        video: _ClassVar[Kinds.Word]
    other: Kinds.Word
    executable: Kinds.Word
    script: Kinds.Word
    shortcut: Kinds.Word
    document: Kinds.Word
    archive: Kinds.Word
    disk_image: Kinds.Word
    html: Kinds.Word
    image: Kinds.Word
    message: Kinds.Word
    text: Kinds.Word
    multipart: Kinds.Word
    audio: Kinds.Word
    video: Kinds.Word
    def __init__(self) -> None: ...

class Unopened(_message.Message):
    __slots__ = ()
    class Word(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        none: _ClassVar[Unopened.Word]
        pgp: _ClassVar[Unopened.Word]
        smime: _ClassVar[Unopened.Word]
        document_password: _ClassVar[Unopened.Word]
        archive_password: _ClassVar[Unopened.Word]
        over_budget: _ClassVar[Unopened.Word]
        needs_program: _ClassVar[Unopened.Word]
        elsewhere: _ClassVar[Unopened.Word]
        unreadable: _ClassVar[Unopened.Word]
        failure: _ClassVar[Unopened.Word]
    none: Unopened.Word
    pgp: Unopened.Word
    smime: Unopened.Word
    document_password: Unopened.Word
    archive_password: Unopened.Word
    over_budget: Unopened.Word
    needs_program: Unopened.Word
    elsewhere: Unopened.Word
    unreadable: Unopened.Word
    failure: Unopened.Word
    def __init__(self) -> None: ...

class Views(_message.Message):
    __slots__ = ()
    class Word(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        standard: _ClassVar[Views.Word]
        further: _ClassVar[Views.Word]
    standard: Views.Word
    further: Views.Word
    def __init__(self) -> None: ...

class Disguises(_message.Message):
    __slots__ = ()
    class Word(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        none: _ClassVar[Disguises.Word]
        double_extension: _ClassVar[Disguises.Word]
        spaces: _ClassVar[Disguises.Word]
        right_to_left: _ClassVar[Disguises.Word]
        trailing_dots: _ClassVar[Disguises.Word]
        lookalike: _ClassVar[Disguises.Word]
        name_against_type: _ClassVar[Disguises.Word]
        path: _ClassVar[Disguises.Word]
    none: Disguises.Word
    double_extension: Disguises.Word
    spaces: Disguises.Word
    right_to_left: Disguises.Word
    trailing_dots: Disguises.Word
    lookalike: Disguises.Word
    name_against_type: Disguises.Word
    path: Disguises.Word
    def __init__(self) -> None: ...

class Ambiguity(_message.Message):
    __slots__ = ("class_", "where", "detail")
    CLASS__FIELD_NUMBER: _ClassVar[int]
    WHERE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    class_: str
    where: str
    detail: str
    def __init__(self, class_: _Optional[str] = ..., where: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class Ambiguities(_message.Message):
    __slots__ = ()
    class Word(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        none: _ClassVar[Ambiguities.Word]
        duplicate_content_type: _ClassVar[Ambiguities.Word]
        duplicate_transfer_encoding: _ClassVar[Ambiguities.Word]
        duplicate_disposition: _ClassVar[Ambiguities.Word]
        duplicate_parameter: _ClassVar[Ambiguities.Word]
        unknown_transfer_encoding: _ClassVar[Ambiguities.Word]
        missing_boundary: _ClassVar[Ambiguities.Word]
        unused_boundary: _ClassVar[Ambiguities.Word]
        invalid_boundary: _ClassVar[Ambiguities.Word]
        unclosed_multipart: _ClassVar[Ambiguities.Word]
        part_outside: _ClassVar[Ambiguities.Word]
        bad_base64: _ClassVar[Ambiguities.Word]
        bad_quoted_printable: _ClassVar[Ambiguities.Word]
        encoded_container: _ClassVar[Ambiguities.Word]
        header_end: _ClassVar[Ambiguities.Word]
        malformed_field: _ClassVar[Ambiguities.Word]
        odd_value: _ClassVar[Ambiguities.Word]
        conflicting_names: _ClassVar[Ambiguities.Word]
        nul_in_header: _ClassVar[Ambiguities.Word]
        mixed_line_ends: _ClassVar[Ambiguities.Word]
        archive_directories: _ClassVar[Ambiguities.Word]
        extra_octets: _ClassVar[Ambiguities.Word]
        nested_boundary: _ClassVar[Ambiguities.Word]
        odd_delimiter: _ClassVar[Ambiguities.Word]
        odd_name: _ClassVar[Ambiguities.Word]
        archive_checksum: _ClassVar[Ambiguities.Word]
        archive_overlap: _ClassVar[Ambiguities.Word]
    none: Ambiguities.Word
    duplicate_content_type: Ambiguities.Word
    duplicate_transfer_encoding: Ambiguities.Word
    duplicate_disposition: Ambiguities.Word
    duplicate_parameter: Ambiguities.Word
    unknown_transfer_encoding: Ambiguities.Word
    missing_boundary: Ambiguities.Word
    unused_boundary: Ambiguities.Word
    invalid_boundary: Ambiguities.Word
    unclosed_multipart: Ambiguities.Word
    part_outside: Ambiguities.Word
    bad_base64: Ambiguities.Word
    bad_quoted_printable: Ambiguities.Word
    encoded_container: Ambiguities.Word
    header_end: Ambiguities.Word
    malformed_field: Ambiguities.Word
    odd_value: Ambiguities.Word
    conflicting_names: Ambiguities.Word
    nul_in_header: Ambiguities.Word
    mixed_line_ends: Ambiguities.Word
    archive_directories: Ambiguities.Word
    extra_octets: Ambiguities.Word
    nested_boundary: Ambiguities.Word
    odd_delimiter: Ambiguities.Word
    odd_name: Ambiguities.Word
    archive_checksum: Ambiguities.Word
    archive_overlap: Ambiguities.Word
    def __init__(self) -> None: ...

class Finding(_message.Message):
    __slots__ = ("scanner", "name", "family", "severity", "part", "engine_version", "database_version", "database_date", "note", "reference")
    SCANNER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DATABASE_VERSION_FIELD_NUMBER: _ClassVar[int]
    DATABASE_DATE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    scanner: str
    name: str
    family: str
    severity: str
    part: int
    engine_version: str
    database_version: str
    database_date: _timestamp_pb2.Timestamp
    note: str
    reference: str
    def __init__(self, scanner: _Optional[str] = ..., name: _Optional[str] = ..., family: _Optional[str] = ..., severity: _Optional[str] = ..., part: _Optional[int] = ..., engine_version: _Optional[str] = ..., database_version: _Optional[str] = ..., database_date: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., note: _Optional[str] = ..., reference: _Optional[str] = ...) -> None: ...

class Link(_message.Message):
    __slots__ = ("url", "host", "shown", "part", "tricks", "listed")
    URL_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    SHOWN_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TRICKS_FIELD_NUMBER: _ClassVar[int]
    LISTED_FIELD_NUMBER: _ClassVar[int]
    url: str
    host: str
    shown: str
    part: int
    tricks: _containers.RepeatedScalarFieldContainer[str]
    listed: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, url: _Optional[str] = ..., host: _Optional[str] = ..., shown: _Optional[str] = ..., part: _Optional[int] = ..., tricks: _Optional[_Iterable[str]] = ..., listed: _Optional[_Iterable[str]] = ...) -> None: ...

class LinkTricks(_message.Message):
    __slots__ = ()
    class Word(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        none: _ClassVar[LinkTricks.Word]
        shown_differs: _ClassVar[LinkTricks.Word]
        userinfo: _ClassVar[LinkTricks.Word]
        ip_host: _ClassVar[LinkTricks.Word]
        lookalike: _ClassVar[LinkTricks.Word]
        mixed_script: _ClassVar[LinkTricks.Word]
        shortener: _ClassVar[LinkTricks.Word]
        odd_spelling: _ClassVar[LinkTricks.Word]
        carries_content: _ClassVar[LinkTricks.Word]
    none: LinkTricks.Word
    shown_differs: LinkTricks.Word
    userinfo: LinkTricks.Word
    ip_host: LinkTricks.Word
    lookalike: LinkTricks.Word
    mixed_script: LinkTricks.Word
    shortener: LinkTricks.Word
    odd_spelling: LinkTricks.Word
    carries_content: LinkTricks.Word
    def __init__(self) -> None: ...

class Score(_message.Message):
    __slots__ = ("engine", "value", "threshold", "symbols")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    engine: str
    value: float
    threshold: float
    symbols: _containers.RepeatedCompositeFieldContainer[Symbol]
    def __init__(self, engine: _Optional[str] = ..., value: _Optional[float] = ..., threshold: _Optional[float] = ..., symbols: _Optional[_Iterable[_Union[Symbol, _Mapping]]] = ...) -> None: ...

class Symbol(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class Source(_message.Message):
    __slots__ = ("name", "version", "date")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    date: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., date: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Severities(_message.Message):
    __slots__ = ()
    class Word(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        information: _ClassVar[Severities.Word]
        suspicious: _ClassVar[Severities.Word]
        malicious: _ClassVar[Severities.Word]
    information: Severities.Word
    suspicious: Severities.Word
    malicious: Severities.Word
    def __init__(self) -> None: ...

class Bounce(_message.Message):
    __slots__ = ("claimed", "verified", "evidence", "other", "returned", "weight", "lately", "flood")
    CLAIMED_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    OTHER_FIELD_NUMBER: _ClassVar[int]
    RETURNED_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    LATELY_FIELD_NUMBER: _ClassVar[int]
    FLOOD_FIELD_NUMBER: _ClassVar[int]
    claimed: bool
    verified: bool
    evidence: _containers.RepeatedCompositeFieldContainer[Evidence]
    other: str
    returned: Returned
    weight: float
    lately: int
    flood: bool
    def __init__(self, claimed: _Optional[bool] = ..., verified: _Optional[bool] = ..., evidence: _Optional[_Iterable[_Union[Evidence, _Mapping]]] = ..., other: _Optional[str] = ..., returned: _Optional[_Union[Returned, _Mapping]] = ..., weight: _Optional[float] = ..., lately: _Optional[int] = ..., flood: _Optional[bool] = ...) -> None: ...

class Returned(_message.Message):
    __slots__ = ("message_ids", "watermarks", "failed", "reporter", "date", "authors", "recipients", "received_by", "signatures", "header_fields")
    MESSAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    WATERMARKS_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    REPORTER_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    AUTHORS_FIELD_NUMBER: _ClassVar[int]
    RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_BY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    HEADER_FIELDS_FIELD_NUMBER: _ClassVar[int]
    message_ids: _containers.RepeatedScalarFieldContainer[str]
    watermarks: _containers.RepeatedScalarFieldContainer[str]
    failed: _containers.RepeatedScalarFieldContainer[str]
    reporter: str
    date: _timestamp_pb2.Timestamp
    authors: _containers.RepeatedScalarFieldContainer[str]
    recipients: _containers.RepeatedScalarFieldContainer[str]
    received_by: _containers.RepeatedScalarFieldContainer[str]
    signatures: _containers.RepeatedCompositeFieldContainer[Signature]
    header_fields: int
    def __init__(self, message_ids: _Optional[_Iterable[str]] = ..., watermarks: _Optional[_Iterable[str]] = ..., failed: _Optional[_Iterable[str]] = ..., reporter: _Optional[str] = ..., date: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., authors: _Optional[_Iterable[str]] = ..., recipients: _Optional[_Iterable[str]] = ..., received_by: _Optional[_Iterable[str]] = ..., signatures: _Optional[_Iterable[_Union[Signature, _Mapping]]] = ..., header_fields: _Optional[int] = ...) -> None: ...

class OtherReports(_message.Message):
    __slots__ = ()
    class Word(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        none: _ClassVar[OtherReports.Word]
        feedback_report: _ClassVar[OtherReports.Word]
        dmarc_report: _ClassVar[OtherReports.Word]
        tls_report: _ClassVar[OtherReports.Word]
        disposition_notification: _ClassVar[OtherReports.Word]
        automatic_reply: _ClassVar[OtherReports.Word]
    none: OtherReports.Word
    feedback_report: OtherReports.Word
    dmarc_report: OtherReports.Word
    tls_report: OtherReports.Word
    disposition_notification: OtherReports.Word
    automatic_reply: OtherReports.Word
    def __init__(self) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("kind", "weight", "detail")
    KIND_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    kind: str
    weight: float
    detail: str
    def __init__(self, kind: _Optional[str] = ..., weight: _Optional[float] = ..., detail: _Optional[str] = ...) -> None: ...

class EvidenceKinds(_message.Message):
    __slots__ = ()
    class Word(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        none: _ClassVar[EvidenceKinds.Word]
        report_structure: _ClassVar[EvidenceKinds.Word]
        report_without_status: _ClassVar[EvidenceKinds.Word]
        delivery_status: _ClassVar[EvidenceKinds.Word]
        daemon_author: _ClassVar[EvidenceKinds.Word]
        subject_words: _ClassVar[EvidenceKinds.Word]
        automatic: _ClassVar[EvidenceKinds.Word]
        failed_recipient: _ClassVar[EvidenceKinds.Word]
        returned_header: _ClassVar[EvidenceKinds.Word]
        returned_message_id: _ClassVar[EvidenceKinds.Word]
        html_only: _ClassVar[EvidenceKinds.Word]
        bulk_mail: _ClassVar[EvidenceKinds.Word]
        no_message_id: _ClassVar[EvidenceKinds.Word]
        reverse_path: _ClassVar[EvidenceKinds.Word]
        attachment: _ClassVar[EvidenceKinds.Word]
        structure: _ClassVar[EvidenceKinds.Word]
        sent_message: _ClassVar[EvidenceKinds.Word]
        watermark: _ClassVar[EvidenceKinds.Word]
        tagged_address: _ClassVar[EvidenceKinds.Word]
        own_signature: _ClassVar[EvidenceKinds.Word]
        sent_recipient: _ClassVar[EvidenceKinds.Word]
        mark_missing: _ClassVar[EvidenceKinds.Word]
        mark_bad: _ClassVar[EvidenceKinds.Word]
        own_reporter: _ClassVar[EvidenceKinds.Word]
        never_ours: _ClassVar[EvidenceKinds.Word]
        several_recipients: _ClassVar[EvidenceKinds.Word]
        too_old: _ClassVar[EvidenceKinds.Word]
        replayed: _ClassVar[EvidenceKinds.Word]
        never_sent: _ClassVar[EvidenceKinds.Word]
    none: EvidenceKinds.Word
    report_structure: EvidenceKinds.Word
    report_without_status: EvidenceKinds.Word
    delivery_status: EvidenceKinds.Word
    daemon_author: EvidenceKinds.Word
    subject_words: EvidenceKinds.Word
    automatic: EvidenceKinds.Word
    failed_recipient: EvidenceKinds.Word
    returned_header: EvidenceKinds.Word
    returned_message_id: EvidenceKinds.Word
    html_only: EvidenceKinds.Word
    bulk_mail: EvidenceKinds.Word
    no_message_id: EvidenceKinds.Word
    reverse_path: EvidenceKinds.Word
    attachment: EvidenceKinds.Word
    structure: EvidenceKinds.Word
    sent_message: EvidenceKinds.Word
    watermark: EvidenceKinds.Word
    tagged_address: EvidenceKinds.Word
    own_signature: EvidenceKinds.Word
    sent_recipient: EvidenceKinds.Word
    mark_missing: EvidenceKinds.Word
    mark_bad: EvidenceKinds.Word
    own_reporter: EvidenceKinds.Word
    never_ours: EvidenceKinds.Word
    several_recipients: EvidenceKinds.Word
    too_old: EvidenceKinds.Word
    replayed: EvidenceKinds.Word
    never_sent: EvidenceKinds.Word
    def __init__(self) -> None: ...

class Auth(_message.Message):
    __slots__ = ("spf", "dkim", "dmarc", "arc", "authenticated_as", "checker", "dmarc_policy")
    SPF_FIELD_NUMBER: _ClassVar[int]
    DKIM_FIELD_NUMBER: _ClassVar[int]
    DMARC_FIELD_NUMBER: _ClassVar[int]
    ARC_FIELD_NUMBER: _ClassVar[int]
    AUTHENTICATED_AS_FIELD_NUMBER: _ClassVar[int]
    CHECKER_FIELD_NUMBER: _ClassVar[int]
    DMARC_POLICY_FIELD_NUMBER: _ClassVar[int]
    spf: str
    dkim: _containers.RepeatedCompositeFieldContainer[DkimResult]
    dmarc: str
    arc: str
    authenticated_as: str
    checker: str
    dmarc_policy: str
    def __init__(self, spf: _Optional[str] = ..., dkim: _Optional[_Iterable[_Union[DkimResult, _Mapping]]] = ..., dmarc: _Optional[str] = ..., arc: _Optional[str] = ..., authenticated_as: _Optional[str] = ..., checker: _Optional[str] = ..., dmarc_policy: _Optional[str] = ...) -> None: ...

class DkimResult(_message.Message):
    __slots__ = ("domain", "result")
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    domain: str
    result: str
    def __init__(self, domain: _Optional[str] = ..., result: _Optional[str] = ...) -> None: ...

class Signature(_message.Message):
    __slots__ = ("kind", "domain", "selector", "algorithm", "identity", "signed_sha256", "value", "body_ok", "signed_at", "expires_at", "fields", "body_length", "instance", "chain", "problem")
    KIND_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    SELECTOR_FIELD_NUMBER: _ClassVar[int]
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    SIGNED_SHA256_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    BODY_OK_FIELD_NUMBER: _ClassVar[int]
    SIGNED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    BODY_LENGTH_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    kind: str
    domain: str
    selector: str
    algorithm: str
    identity: str
    signed_sha256: bytes
    value: bytes
    body_ok: bool
    signed_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    fields: _containers.RepeatedScalarFieldContainer[str]
    body_length: int
    instance: int
    chain: str
    problem: str
    def __init__(self, kind: _Optional[str] = ..., domain: _Optional[str] = ..., selector: _Optional[str] = ..., algorithm: _Optional[str] = ..., identity: _Optional[str] = ..., signed_sha256: _Optional[bytes] = ..., value: _Optional[bytes] = ..., body_ok: _Optional[bool] = ..., signed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., fields: _Optional[_Iterable[str]] = ..., body_length: _Optional[int] = ..., instance: _Optional[int] = ..., chain: _Optional[str] = ..., problem: _Optional[str] = ...) -> None: ...

class SignatureProblems(_message.Message):
    __slots__ = ()
    class Word(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        none: _ClassVar[SignatureProblems.Word]
        syntax: _ClassVar[SignatureProblems.Word]
        version: _ClassVar[SignatureProblems.Word]
        algorithm: _ClassVar[SignatureProblems.Word]
        from_unsigned: _ClassVar[SignatureProblems.Word]
        identity: _ClassVar[SignatureProblems.Word]
        canonicalization: _ClassVar[SignatureProblems.Word]
        times: _ClassVar[SignatureProblems.Word]
        body_length: _ClassVar[SignatureProblems.Word]
        arc_set: _ClassVar[SignatureProblems.Word]
        header: _ClassVar[SignatureProblems.Word]
    none: SignatureProblems.Word
    syntax: SignatureProblems.Word
    version: SignatureProblems.Word
    algorithm: SignatureProblems.Word
    from_unsigned: SignatureProblems.Word
    identity: SignatureProblems.Word
    canonicalization: SignatureProblems.Word
    times: SignatureProblems.Word
    body_length: SignatureProblems.Word
    arc_set: SignatureProblems.Word
    header: SignatureProblems.Word
    def __init__(self) -> None: ...

class StatedResults(_message.Message):
    __slots__ = ("authserv_id", "results", "start", "end")
    AUTHSERV_ID_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    authserv_id: str
    results: _containers.RepeatedCompositeFieldContainer[StatedResult]
    start: int
    end: int
    def __init__(self, authserv_id: _Optional[str] = ..., results: _Optional[_Iterable[_Union[StatedResult, _Mapping]]] = ..., start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class StatedResult(_message.Message):
    __slots__ = ("method", "result", "properties")
    class PropertiesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    METHOD_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    method: str
    result: str
    properties: _containers.ScalarMap[str, str]
    def __init__(self, method: _Optional[str] = ..., result: _Optional[str] = ..., properties: _Optional[_Mapping[str, str]] = ...) -> None: ...

class SpoofSign(_message.Message):
    __slots__ = ("kind", "detail")
    KIND_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    kind: str
    detail: str
    def __init__(self, kind: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class SpoofSigns(_message.Message):
    __slots__ = ()
    class Word(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        none: _ClassVar[SpoofSigns.Word]
        own_domain: _ClassVar[SpoofSigns.Word]
        name_is_address: _ClassVar[SpoofSigns.Word]
        name_of_ours: _ClassVar[SpoofSigns.Word]
        reply_elsewhere: _ClassVar[SpoofSigns.Word]
        lookalike: _ClassVar[SpoofSigns.Word]
        own_greeting: _ClassVar[SpoofSigns.Word]
        own_reverse_path: _ClassVar[SpoofSigns.Word]
        name_via: _ClassVar[SpoofSigns.Word]
        reply_by_list: _ClassVar[SpoofSigns.Word]
    none: SpoofSigns.Word
    own_domain: SpoofSigns.Word
    name_is_address: SpoofSigns.Word
    name_of_ours: SpoofSigns.Word
    reply_elsewhere: SpoofSigns.Word
    lookalike: SpoofSigns.Word
    own_greeting: SpoofSigns.Word
    own_reverse_path: SpoofSigns.Word
    name_via: SpoofSigns.Word
    reply_by_list: SpoofSigns.Word
    def __init__(self) -> None: ...

class Limit(_message.Message):
    __slots__ = ("class_", "part", "detail")
    CLASS__FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    class_: str
    part: int
    detail: str
    def __init__(self, class_: _Optional[str] = ..., part: _Optional[int] = ..., detail: _Optional[str] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ()
    class Word(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        none: _ClassVar[Limits.Word]
        octets: _ClassVar[Limits.Word]
        part_octets: _ClassVar[Limits.Word]
        parts: _ClassVar[Limits.Word]
        depth: _ClassVar[Limits.Word]
        ratio: _ClassVar[Limits.Word]
        seconds: _ClassVar[Limits.Word]
        header: _ClassVar[Limits.Word]
        names: _ClassVar[Limits.Word]
        parts_for_policy: _ClassVar[Limits.Word]
        findings: _ClassVar[Limits.Word]
        ambiguities: _ClassVar[Limits.Word]
        passwords: _ClassVar[Limits.Word]
        engine: _ClassVar[Limits.Word]
        links: _ClassVar[Limits.Word]
        signatures: _ClassVar[Limits.Word]
    none: Limits.Word
    octets: Limits.Word
    part_octets: Limits.Word
    parts: Limits.Word
    depth: Limits.Word
    ratio: Limits.Word
    seconds: Limits.Word
    header: Limits.Word
    names: Limits.Word
    parts_for_policy: Limits.Word
    findings: Limits.Word
    ambiguities: Limits.Word
    passwords: Limits.Word
    engine: Limits.Word
    links: Limits.Word
    signatures: Limits.Word
    def __init__(self) -> None: ...

class PartsLeftOut(_message.Message):
    __slots__ = ("total", "by_kind")
    class ByKindEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    BY_KIND_FIELD_NUMBER: _ClassVar[int]
    total: int
    by_kind: _containers.ScalarMap[str, int]
    def __init__(self, total: _Optional[int] = ..., by_kind: _Optional[_Mapping[str, int]] = ...) -> None: ...

class Failure(_message.Message):
    __slots__ = ("class_", "part", "detail")
    CLASS__FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    class_: str
    part: int
    detail: str
    def __init__(self, class_: _Optional[str] = ..., part: _Optional[int] = ..., detail: _Optional[str] = ...) -> None: ...

class Failures(_message.Message):
    __slots__ = ()
    class Word(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        none: _ClassVar[Failures.Word]
        scanner: _ClassVar[Failures.Word]
        reader: _ClassVar[Failures.Word]
        worker: _ClassVar[Failures.Word]
        deadline: _ClassVar[Failures.Word]
        unavailable: _ClassVar[Failures.Word]
        policy: _ClassVar[Failures.Word]
        engine: _ClassVar[Failures.Word]
        engine_away: _ClassVar[Failures.Word]
        engine_late: _ClassVar[Failures.Word]
        engine_unproven: _ClassVar[Failures.Word]
    none: Failures.Word
    scanner: Failures.Word
    reader: Failures.Word
    worker: Failures.Word
    deadline: Failures.Word
    unavailable: Failures.Word
    policy: Failures.Word
    engine: Failures.Word
    engine_away: Failures.Word
    engine_late: Failures.Word
    engine_unproven: Failures.Word
    def __init__(self) -> None: ...
