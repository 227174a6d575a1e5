"""Tell mail that we send from mail that comes to us.

Mail is ours if its client has authenticated, lies in a network of ours, or is this host
itself; or because a listener is there for nothing else.  What is taken for ours is stamped,
so that its bounces are proved, and is held to no SPF, DMARC or spoof signs: whoever can pass
for a client of ours writes with our name.  So each ground is one that a stranger cannot make:

- an identity is what a listed peer names by XCLIENT, or what a mail server tells its milter;
- an address is that of the connection, or what a listed peer says (PROXY, XCLIENT, XFORWARD).
  A peer that speaks for others and has not said for whom is unknown, wherever it stands
  itself; so is who connects to a unix socket, and who is not named;
- this host is where a Postfix of ours says so (XFORWARD SOURCE=LOCAL without an address, the
  made-up client of a milter): sendmail(1), and nobody comes so over a network.

What is unknown is inbound, which costs a stamp and opens nothing.
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
    """Which way mail of this client goes."""
    if setting != "by_client":
        return setting
    is_ours = authenticated or listed(client.ip, own_networks) or _is_this_host(client)
    return "outbound" if is_ours else "inbound"


def _is_this_host(client: Client) -> bool:
    return not client.ip and client.source == THIS_HOST.source
