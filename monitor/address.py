"""Address: where this process listens, as a person writes it."""

from ipaddress import ip_address

HERE = "127.0.0.1"


def host_and_port(listen: str) -> tuple[str, int]:
    """Host and port of ``9108``, ``127.0.0.1:9108`` or ``[::1]:9108``; ``ValueError`` for anything else.

    A port alone is this machine's: prices and rules are nobody else's business.
    """
    host, _, port = listen.rpartition(":")
    bad = ValueError(f"not an address such as {HERE}:9108: {listen[:60]!a}")
    if not port.isascii() or not port.isdecimal() or int(port) > 65_535:
        raise bad
    if host.startswith("["):
        return str(ip_address(host[1:-1])), int(port)
    if any(sign in host for sign in ":/@ "):
        raise bad
    return host or HERE, int(port)
