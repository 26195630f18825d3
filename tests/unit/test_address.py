"""Addresses to listen on."""

import pytest

from monitor.address import host_and_port


@pytest.mark.parametrize(
    ("listen", "meant"),
    [
        ("127.0.0.1:9108", ("127.0.0.1", 9108)),
        ("9108", ("127.0.0.1", 9108)),
        (":9108", ("127.0.0.1", 9108)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),
        ("[::1]:9108", ("::1", 9108)),
        ("desk.example:80", ("desk.example", 80)),
    ],
)
def test_an_address(listen: str, meant: tuple[str, int]) -> None:
    """A port alone is this machine's."""
    assert host_and_port(listen) == meant


@pytest.mark.parametrize(
    "listen", ["", "here", "127.0.0.1", "::1:9108", "[x]:1", "a:65536", "http://a:1", "a:-1"]
)
def test_no_address(listen: str) -> None:
    """Told with what one looks like, or which part is none."""
    with pytest.raises(ValueError, match=r"9108|IPv"):
        host_and_port(listen)
