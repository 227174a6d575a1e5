"""Tell mail that we send from mail that comes to us.

Mail is ours if its client has authenticated, lies in one of our networks, or is this host
itself; or because a listener exists for nothing else.  Mail taken for ours is stamped, so that
its bounces can be verified, and is exempt from the SPF, DMARC and spoofing checks: whoever
can pass for one of our clients writes in our name.  So none of these grounds may be forgeable:

- an identity is what a listed peer states by XCLIENT, or what a mail server tells its milter;
- an address is that of the connection, or what a listed peer says (PROXY, XCLIENT, XFORWARD).
  The client is unknown where a peer speaks for others and has not said for whom, wherever that
  peer itself stands; so is a client on a unix socket, and one that is not named;
- this host is where one of our Postfix servers says so (XFORWARD SOURCE=LOCAL without an
  address, the made-up client of a milter): sendmail(1), which no network client can be.

Unknown mail is inbound, which costs it a stamp and opens nothing.
"""

from typing import Literal

from pratique.milter.doors.networks import Networks, listed
from pratique.milter.mail import Client

Direction = Literal["by_client", "inbound", "outbound"]

# The client of mail that came by sendmail(1).
THIS_HOST = Client(source="LOCAL")


def direction_of(
    setting: Direction, own_networks: Networks, client: Client, authenticated: str
) -> Literal["inbound", "outbound"]:
    """Return which way mail of this client goes."""
    if setting != "by_client":
        return setting
    is_ours = authenticated or listed(client.ip, own_networks) or _is_this_host(client)
    return "outbound" if is_ours else "inbound"


def _is_this_host(client: Client) -> bool:
    return not client.ip and client.source == THIS_HOST.source
