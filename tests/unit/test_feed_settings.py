"""The feeds' sections of the configuration, and what importing the registry costs."""

import subprocess
import sys
from tempfile import NamedTemporaryFile

import msgspec
import pytest

from feeds.clock import SystemClock
from feeds.registry import DEFAULT, build, settings_of, shipped
from tests.paths import ROOT


@pytest.mark.parametrize("name", shipped())
def test_the_defaults_stand(name: str) -> None:
    """An empty section is a valid one, and builds a feed of its name."""
    settings = msgspec.convert({}, settings_of(name))
    assert settings.enabled is (name in DEFAULT)
    asked = ["0700.HK", "BTC-EUR", "AAPL"]
    feed = build(name, settings, asked, SystemClock())
    assert feed.name == name
    served = [symbol for symbol in asked if feed.serves(symbol)]
    assert served
    assert settings.takes_rest or served == [symbol for symbol in asked if settings.covers(symbol)]
    assert not feed.serves("MSFT")


@pytest.mark.parametrize(
    ("name", "section", "complaint"),
    [("tencent", {"interval": "2"}, "interval: not a duration"),
     ("tencent", {"quote_url": "ftp://x/"}, "quote_url: not an address"),
     ("tencent", {"kline_url": "qt.gtimg.cn"}, "kline_url: not an address"),
     ("yahoo", {"stream_url": "https://x/"}, "stream_url: not an address .ws://"),
     ("yahoo", {"stream_url": "ws://x:port/"}, "stream_url: Port"),
     ("coinbase", {"delay": "late"}, "delay: not a duration"),
     ("coinbase", {"idle_timeout": ""}, "idle_timeout: not a duration"),
     ("yahoo", {"strem_url": "ws://x"}, "unknown field `strem_url`"),
     ("yahoo", {"enabled": "perhaps"}, "bool")],
)  # fmt: skip
def test_bad_values_name_their_key(name: str, section: dict[str, str], complaint: str) -> None:
    """The message says which key and what would do."""
    with pytest.raises(msgspec.ValidationError, match=complaint):
        msgspec.convert(section, settings_of(name))


def test_loopback_addresses_will_do() -> None:
    """Plain schemes and ports, so that a test can name its own server."""
    assert msgspec.convert({"stream_url": "ws://127.0.0.1:9/x"}, settings_of("coinbase"))
    assert msgspec.convert({"quote_url": "http://[::1]:80/q="}, settings_of("tencent"))


def test_only_the_adapters_that_are_configured_are_loaded() -> None:
    """A dozen that nobody uses would cost every start; naming one loads that one."""
    code = (
        "import os, sys\n"
        "os.environ['XDG_CONFIG_HOME'] = '/nonexistent'\n"
        "{setting}\n"
        "from monitor.config import load\n"
        "load()\n"
        "print(sorted(name[6:] for name in sys.modules if name[6:] in {names}))"
    )
    for setting, more in (("", []), ("os.environ['TICKWALL_CONFIG'] = sys.argv[1]", ["kraken"])):
        script = code.format(setting=setting, names=set(shipped()))
        with NamedTemporaryFile("w", suffix=".toml") as file:
            file.write("[feeds.kraken]\nenabled = true\n")
            file.flush()
            command = [sys.executable, "-c", script, file.name]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == str(sorted([*DEFAULT, *more]))


def test_the_registry_is_cheap_to_import() -> None:
    """A configuration is read by commands that open no connection."""
    heavy = ("websockets", "aiohttp", "google.protobuf", "feedparser", "pandas", "textual")
    code = f"import feeds.registry, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
