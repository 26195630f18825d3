"""Settings: what a configuration file may say, with its defaults. See ``docs/configuration.md``."""

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec

from feeds.headlines import HeadlineSettings
from market.session import Phase


class DisplaySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the wall looks. ``fps`` is frames a second, 1 to 30."""

    colours: Literal["green_up", "red_up", "colour_blind"] = "green_up"
    names: Literal["en", "zh-Hant", "zh-Hans"] = "en"
    fps: int = 10
    low_bandwidth: bool = False
    glyphs: Literal["auto", "unicode", "ascii"] = "auto"
    bell: bool = True
    notices: Literal["auto", "bell", "osc9", "osc777", "osc99", "off"] = "auto"


class NewsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What headlines are to a person: whom they name, which are left out, which stand out."""

    aliases: str = ""
    mute: tuple[str, ...] = ()
    highlight: tuple[str, ...] = ()


class HistorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where daily history comes from: a folder of ``SYMBOL.csv``, else the feeds."""

    dir: str = ""


class CalendarSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the exchanges' calendars cannot know: ``file`` names a TOML file of surprise closures."""

    file: str = ""


class ContextSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What no feed brings: ``file`` names a TOML file of dated, sourced figures; empty: that which ships."""

    file: str = ""


class AlertSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits that hold for every rule; durations as text (``"90s"``)."""

    max_age: str = "90s"
    max_delay: str = "20m"
    feed_health: bool = True


class HeadlessSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``tickwall headless`` says of itself: where it answers, and how often it gives a sign of life.

    ``listen`` is an address such as ``127.0.0.1:9108``; empty opens none.
    """

    listen: str = ""
    heartbeat: str = "60s"
    deadman_url: str = ""
    deadman_url_file: str = ""


class RuleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[rule]]``. Which keys mean something to which kind, ``monitor.rule_checks`` knows.

    ``threshold`` is a percentage, a price or a multiple, written as text or number; for ``stale`` a duration.
    """

    id: str
    kind: str
    symbols: tuple[str, ...] = ("*",)
    direction: Literal["up", "down", "both"] = "both"
    threshold: Any = None
    steps: tuple[Decimal, ...] = ()
    clear: Decimal | None = None
    frequency: Literal["once", "once_per_session", "every_cross", "on_new_extreme"] = "once_per_session"
    hold: str = msgspec.field(name="for", default="")
    cooldown: str = ""
    sessions: tuple[Phase, ...] = ()
    expires: Any = None
    confirm: Literal["", "other_source"] = ""
    confirm_within: str = "10s"
    window: str = "5m"
    lookback: Literal["day", "52w", "record"] = "day"
    period: Literal["day", "week", "month", "quarter", "year"] = "week"
    length: int = 3
    basis: Literal["closed", "in_progress"] = "closed"
    index: str = "HSTECH"
    any: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    severity: Literal["info", "warning", "critical"] = "warning"
    sinks: tuple[str, ...] = ("*",)


BUILT_IN_SINKS = ("tui", "stdout")
"""Told by the process that has them; everything else is a ``[[sink]]``."""


class SinkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[sink]]``: where alerts are sent besides the screen and standard output."""

    id: str
    kind: Literal["webhook", "exec", "smtp", "apprise", "alertmanager"]
    url: str = ""
    url_file: str = ""
    secret_file: str = ""
    token_file: str = ""
    command: tuple[str, ...] = ()
    host: str = ""
    port: int = 0
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_file: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    timeout: str = "10s"
    max_age: str = "15m"
    rate: int = 0
    burst: int = 20


class RecordSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tapes of what the feeds of a wall or a headless process say; ``max_mb`` bounds them all, in MiB."""

    dir: str = ""
    max_mb: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] = 4096


class SimulationSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A simulated venue whose clock the whole program follows."""

    clock_url: str = ""


WATCHLISTS: dict[str, tuple[str, ...]] = {
    "tech": ("@hstech",),
    "also": ("3750.HK", "AAPL", "BTC-USD"),
    "indices": ("HSTECH", "HSI", "^NDX"),
}
"""The built-in watchlists; naming any in the file replaces all."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole configuration, valid and complete. ``feeds`` holds each feed's own settings by name."""

    schema: Literal[1] = 1
    watchlist: str = "tech"
    watchlists: dict[str, tuple[str, ...]] = msgspec.field(default_factory=lambda: dict(WATCHLISTS))
    display: DisplaySettings = DisplaySettings()
    feeds: dict[str, Any] = {}
    headlines: tuple[HeadlineSettings, ...] = ()
    news: NewsSettings = NewsSettings()
    history: HistorySettings = HistorySettings()
    calendar: CalendarSettings = CalendarSettings()
    context: ContextSettings = ContextSettings()
    alerts: AlertSettings = AlertSettings()
    headless: HeadlessSettings = HeadlessSettings()
    rule: tuple[RuleSettings, ...] = ()
    sink: tuple[SinkSettings, ...] = ()
    record: RecordSettings = RecordSettings()
    simulation: SimulationSettings = SimulationSettings()


DEFAULT_HEADLINES: tuple[dict[str, str], ...] = (
    {
        "name": "hkexnews",
        "kind": "hkexnews",
        "url": "https://www1.hkexnews.hk/ncms/json/eds/lcisehk1relsde_1.json",
        "interval": "60s",
    },
    {
        "name": "rthk",
        "kind": "rss",
        "url": "https://rthk.hk/rthk/news/rss/e_expressnews_efinance.xml",
        "interval": "60s",
    },
    {"name": "scmp-tech", "url": "https://www.scmp.com/rss/36/feed", "interval": "5m"},
    {"name": "scmp-stocks", "url": "https://www.scmp.com/rss/318198/feed", "interval": "5m"},
    {
        "name": "yahoo-tech",
        "url": "https://feeds.finance.yahoo.com/rss/2.0/headline"
        "?s=BIDU,BABA,TCEHY,JD,NTES,PDD,BILI,TCOM,LI,NIO,XPEV&region=US&lang=en-US",
        "interval": "5m",
    },
)
"""Read where the file names no ``[[headlines]]``."""
