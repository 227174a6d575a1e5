"""State what an admin may set for a milter."""

from typing import Literal, Self

from pydantic import Field, model_validator

from pratique.milter.config_types import LARGEST, MilterSocket, Mode, Octets
from pratique.milter.sections.section import Section


class MilterListener(Section):
    """A milter: Postfix asks us about each message before it takes it."""

    name: str = Field("milter", description="How logs, facts and policies call this milter.")
    socket: MilterSocket = Field(
        "unix:/run/pratique/milter.sock",
        description="Where to listen, as Postfix writes it: `unix:PATH`, or `inet:IP:PORT` "
        "(with libmilter a hundred times slower: its small packets wait for each other).",
    )
    reply: Literal["sender", "queue"] | None = Field(
        None,
        description="Who hears our reply: `sender` (smtpd_milters) or `queue` "
        "(non_smtpd_milters, where a refusal is a bounce).  There is no default.",
    )
    direction: Literal["by_client", "inbound", "outbound"] = Field(
        "by_client",
        description="Whether mail that comes here is ours, which goes out: `by_client` if its "
        "client is in `sent.networks` or has authenticated, or it came by sendmail(1); or all of "
        "it, or none.",
    )
    server: Literal["own", "libmilter"] = Field(
        "own",
        description="Who speaks the protocol: Pratique itself, or Sendmail's libmilter, by "
        "pymilter (the extra `milter`), which takes more than twice the processor time.",
    )
    quarantine: Literal["own", "postfix"] = Field(
        "own",
        description="Where mail is held: in our quarantine, or in Postfix's hold queue, where "
        "postqueue and postsuper list and release it.",
    )
    socket_mode: Mode = Field("0660", description="Permissions of a unix socket.")
    socket_group: str | None = Field(
        None, description="Group that a unix socket is given to, so that Postfix may connect."
    )
    max_size: Octets = Field(
        50 * 1024**2,
        ge=64 * 1024,
        le=LARGEST,
        description="The largest content that is looked into; what is larger is `over_budget`.",
    )
    max_connections: int = Field(
        500, ge=1, le=5_000, description="Connections at one time; with libmilter a thread each."
    )

    @model_validator(mode="after")
    def _says_who_hears_the_reply(self) -> Self:
        if self.reply is None:
            raise ValueError(
                "a milter must say who hears its reply: reply = 'sender' (smtpd_milters) or "
                "reply = 'queue' (non_smtpd_milters)"
            )
        return self
