"""Configuration: what holds, where it comes from, and what is said of a bad one."""

import re
from pathlib import Path

import pytest

from monitor.config import ConfigError, default_path, effective, load, notes
from monitor.configure import masked, show

NOWHERE = {"XDG_CONFIG_HOME": "/nonexistent"}


def written(tmp_path: Path, text: str) -> Path:
    """A file with that text."""
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(tmp_path: Path, text: str) -> list[str]:
    """What loading it says."""
    with pytest.raises(ConfigError) as refused:
        load(written(tmp_path, text), environ=NOWHERE)
    assert refused.value.exit_code == 78
    return refused.value.problems


def test_a_file_of_closures_is_read_and_a_bad_one_named(tmp_path: Path) -> None:
    """At the start, with the configuration: a closure that is ignored would be found out too late."""
    closures = tmp_path / "closures.toml"
    config = f'[calendar]\nfile = "{closures}"\n'
    assert problems(tmp_path, config) == [
        f"calendar.file: {closures}: [Errno 2] No such file or directory: '{closures}'"
    ]
    closures.write_text("[XHKG]\nclosed = [2025]\n", encoding="utf-8")
    [problem] = problems(tmp_path, config)
    assert problem.startswith(f"calendar.file: {closures}: [XHKG] closed: must be a list of dates")
    closures.write_text("[XHKG]\nclosed = [2025-09-24]\n", encoding="utf-8")
    assert load(written(tmp_path, config), environ=NOWHERE).closures == closures
    assert load(environ=NOWHERE).closures is None


def test_without_a_file_the_defaults_hold() -> None:
    """The keyless feeds, the built-in watchlists, two headline sources, and no rules of one's own."""
    config = load(environ=NOWHERE)
    settings = config.settings
    assert not config.found
    assert settings.watchlists["tech"] == ("@hstech",)
    assert [name for name, feed in settings.feeds.items() if feed.enabled] == ["tencent", "yahoo"]
    assert [source.name for source in settings.headlines] == [
        "hkexnews", "rthk", "scmp-tech", "scmp-stocks", "yahoo-tech"
    ]  # fmt: skip
    assert config.max_age == 90_000_000_000
    assert {origin for _, _, origin in effective(config)} == {"default"}


def test_the_file_that_init_writes_holds_the_defaults(tmp_path: Path) -> None:
    """So that a line taken out of its comment changes one thing."""
    shipped = Path(__file__).parents[2] / "monitor" / "config.toml"
    assert load(shipped, environ=NOWHERE).settings == load(environ=NOWHERE).settings
    uncommented = re.sub(r"(?m)^# (?=\[|\w+ = )", "", shipped.read_text("utf-8"))
    settings = load(written(tmp_path, uncommented), environ=NOWHERE).settings
    assert settings.rule[0].id == "big-mover"
    assert settings.display == load(environ=NOWHERE).settings.display


def test_flag_over_environment_over_file(tmp_path: Path) -> None:
    """And each value says whose it is."""
    path = written(tmp_path, "[display]\nfps = 5\nbell = false\n[history]\ndir = 'a'\n")
    environ = {"TICKWALL_DISPLAY_FPS": "7", "TICKWALL_HISTORY_DIR": "b"}
    config = load(path, flags={"history.dir": "c"}, environ=environ)
    assert (config.settings.display.fps, config.settings.history.dir) == (7, "c")
    origins = {key: origin for key, _, origin in effective(config)}
    assert origins["display.fps"] == "environment TICKWALL_DISPLAY_FPS"
    assert (origins["display.bell"], origins["history.dir"], origins["schema"]) == ("file", "flag", "default")


def test_the_environment_sets_feeds_and_lists() -> None:
    """Symbols are parted by commas."""
    environ = {"TICKWALL_FEEDS_TENCENT_SYMBOLS": "9888, 700", "TICKWALL_FEEDS_YAHOO_ENABLED": "false"}
    feeds = load(environ=NOWHERE | environ).settings.feeds
    assert feeds["tencent"].symbols == ("9888", "700")
    assert not feeds["yahoo"].enabled


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("watchlits = 'x'", "watchlits: unknown key; did you mean 'watchlists'?"),
        ("[display]\nfsp = 3", "display.fsp: unknown key; did you mean 'fps'?"),
        ("[display]\nfps = 31", "display.fps: 31 is not from 1 to 30"),
        (
            "[display]\ncolours = 'red'",
            "display.colours: 'red' is not one of green_up, red_up, colour_blind; did",
        ),
        ("display = 1", "display: not a table"),
        ("feeds = 1", "feeds: not a table"),
        ("[feeds]\ntencent = 1", "feeds.tencent: not a table"),
        ("watchlists = 1", "watchlists: not a table"),
        ("[watchlists]\ntech = '@hstech'", "watchlists.tech: Expected `array`"),
        ("[feeds.yahoo]\nsymbols = ['@x']", "feeds.yahoo.symbols: no list '@x' ships"),
        ("[headlines]\nname = 'a'", "headlines: Expected `array`"),
        (
            "[[headlines]]\nname = 'a'\nurl = 'http://a/'\nkind = 'rs'",
            "headlines[0].kind: 'rs' is not one of rss,",
        ),
        (
            "[[headlines]]\nname = 'a'\nurl = 'http://a/'\ntimuot = '1s'",
            "headlines[0].timuot: unknown key; did",
        ),
        ("[[headlines]]\nname = 'a'\nurl = 'a'", "headlines[0].url: not an address"),
        ("[[sink]]\nid = 'tui'\nkind = 'exec'", "sink 'tui': the id is used twice, or built in"),
        ("[feeds.tencnt]\nenabled = true", "feeds.tencnt: unknown key; did you mean 'tencent'?"),
        ("[feeds.tencent]\ninterval = 'fast'", "feeds.tencent.interval: "),
        ("[feeds.tencent]\nquote_url = 'ftp://x'", "feeds.tencent.quote_url: "),
        ("watchlist = 'mine'", "watchlist: 'mine' is not one of tech, also, indices"),
        ("[watchlists]\ntech = ['@nope']", "watchlists.tech: no list '@nope' ships"),
        ("[alerts]\nmax_age = '90'", "alerts.max_age: "),
        ("[[rule]]\nkind = 'pct_prev_close'", "rule[0]: "),
        (
            "[[rule]]\nid = 'a'\nkind = 'pct_prev_close'\nthreshold = '5'\nclear = '4%'",
            "rule[0].clear: not a number",
        ),
        ("[[rule]]\nid = 'a'\nkind = 'pct'", "rule 'a': kind 'pct' is not one of pct_prev_close"),
        ("[[rule]]\nid = 'a'\nkind = 'pct_prev_close'\nthreshold = '-5'", "rule 'a': threshold and steps"),
        ("[[rule]]\nid = 'a'\nkind = 'pct_prev_close'\nthreshold = '1e400'", "rule 'a': threshold and steps"),
        ("[[rule]]\nid = 'a'\nkind = 'pct_prev_close'\nsymbols = []", "rule 'a': symbols is empty"),
        (
            "[[rule]]\nid = 'a'\nkind = 'pct_prev_close'\nsessions = ['noon']",
            "rule[0].sessions[0]: 'noon' is not one",
        ),
        ("[[rule]]\nid = 'a'\nkind = 'pct_prev_close'\nsessions = ['halted']", "rule 'a': sessions: no rule"),
        ("[[rule]]\nid = 'a'\nkind = 'pct_prev_close'\n" * 2, "rule 'a': the id is used twice"),
        ("[[rule]]\nid = 'a'\nkind = 'pct_prev_close'\nsteps = ['4']", "rule 'a': steps rise"),
        ("[[rule]]\nid = 'a'\nkind = 'pct_prev_close'\nclear = '6'", "rule 'a': clear lies"),
        ("[[rule]]\nid = 'a'\nkind = 'pct_prev_close'\nsinks = ['dsk']", "rule 'a': no sink 'dsk'"),
        ("[[rule]]\nid = 'a'\nkind = 'pct_prev_close'\nsymbols = ['@x']", "rule 'a': symbols: no list '@x'"),
        ("[[rule]]\nid = 'a'\nkind = 'price_cross'", "rule 'a': threshold and steps: price_cross needs a"),
        ("[[rule]]\nid = 'a'\nkind = 'gap_open'\nfor = '5s'", "rule 'a': for is no key of gap_open"),
        ("[[rule]]\nid = 'a'\nkind = 'stale'\nsteps = [3]", "rule 'a': steps is no key of stale"),
        ("[[rule]]\nid = 'a'\nkind = 'stale'\nthreshold = '120'", "rule 'a': threshold: not a duration"),
        (
            "[[rule]]\nid = 'a'\nkind = 'new_high'\ndirection = 'down'",
            "rule 'a': direction 'down' is not for",
        ),
        ("[[rule]]\nid = 'a'\nkind = 'streak'\nthreshold = 3", "rule 'a': threshold is no key of streak"),
        (
            "[[rule]]\nid = 'a'\nkind = 'streak'\nfrequency = 'every_cross'",
            "rule 'a': frequency 'every_cross'",
        ),
        ("[[rule]]\nid = 'a'\nkind = 'headline'", "rule 'a': any is empty"),
        ("[[rule]]\nid = 'a'\nkind = 'pct_window'\nwindow = '5'", "rule 'a': window: not a duration"),
        ("[[rule]]\nid = 'a'\nkind = 'feed_down'\nfeeds = ['tencnt']", "rule 'a': no feed 'tencnt'; did you"),
        ("[[rule]]\nid = 'a'\nkind = 'relative'\nindex = '@'", "rule 'a': index: no list '@' ships"),
        ("[[rule]]\nid = 'a'\nkind = 'streak'\nexpires = 'soon'", "rule 'a': expires is a date"),
        ("schema = 2", "schema: '2' is not one of 1"),
    ],
)
def test_a_bad_key_is_named_with_the_nearest_good_one(tmp_path: Path, text: str, said: str) -> None:
    """One line each, the key first."""
    assert [problem for problem in problems(tmp_path, text) if problem.startswith(said)]


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """Nobody wants to mend one line and hear of the next."""
    assert len(problems(tmp_path, "a = 1\nb = 2\n[display]\nc = 3\n")) == 3


def test_a_file_that_is_no_toml_or_not_there(tmp_path: Path) -> None:
    """Named, with what to do."""
    assert problems(tmp_path, "= 3")[0].startswith("not TOML: ")
    with pytest.raises(ConfigError, match="tickwall config init"):
        load(tmp_path / "none.toml", environ=NOWHERE)


def test_an_unknown_variable_is_an_error() -> None:
    """A typing error in a unit file must not go unseen."""
    with pytest.raises(ConfigError, match="did you mean 'TICKWALL_DISPLAY_FPS'"):
        load(environ=NOWHERE | {"TICKWALL_DISPLAY_FSP": "3"})


def test_percentages_are_exact_however_they_are_written(tmp_path: Path) -> None:
    """A TOML float is read as the decimal that was written."""
    text = "[[rule]]\nid = 'a'\nkind = 'pct_prev_close'\nthreshold = 2.1\nsteps = [5, '7.3']\n"
    rule = load(written(tmp_path, text), environ=NOWHERE).settings.rule[0]
    assert [str(step) for step in (rule.threshold, *rule.steps)] == ["2.1", "5", "7.3"]


def test_a_bad_value_of_the_environment_is_told_as_such(tmp_path: Path) -> None:
    """The file is not to blame."""
    with pytest.raises(ConfigError, match=r"fps: Expected .* \(environment TICKWALL_DISPLAY_FPS\)"):
        load(written(tmp_path, "schema = 1"), environ=NOWHERE | {"TICKWALL_DISPLAY_FPS": "x"})


def test_several_problems_are_told_at_once(tmp_path: Path) -> None:
    """One edit mends them all."""
    assert len(problems(tmp_path, "[watchlists]\na = 1\nb = [2]\n[feeds.tencent]\ninterval = 2")) == 3


def test_a_file_of_an_editor_that_marks_it_is_read(tmp_path: Path) -> None:
    """Some put a byte order mark in front."""
    assert load(written(tmp_path, "\ufeffschema = 1\r\n"), environ=NOWHERE).found


def test_the_file_is_where_xdg_says() -> None:
    """Under the user's own home otherwise."""
    assert default_path({"XDG_CONFIG_HOME": "/x"}) == Path("/x/tickwall/config.toml")
    assert default_path({}).parts[-3:] == (".config", "tickwall", "config.toml")


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        ("https://user:pw@host/x?token=abc&y=1", "https://***@host/x?token=***&y=1"),
        ("wss://host/?api_key=abc", "wss://host/?api_key=***"),
        (["https://host/?apikey=s"], ["https://host/?apikey=***"]),
        ("https://qt.gtimg.cn/q=", "https://qt.gtimg.cn/q="),
        ("http://user:p@w@host/", "http://***@host/"),
    ],
)
def test_secrets_in_addresses_are_masked(shown: object, wanted: object) -> None:
    """Whatever they are called."""
    assert masked(shown) == wanted


def test_a_sink_is_checked_by_its_kind(tmp_path: Path) -> None:
    """A key of another kind is an error that says which there are."""
    sink = '[[sink]]\nid = "desk"\nkind = "webhook"\n'
    assert problems(tmp_path, f'{sink}command = ["page"]') == [
        "sink 'desk': command is not for the kind webhook (it takes secret_file, token_file, url, url_file)"
    ]
    assert problems(tmp_path, f'{sink}ulr = "x"') == ["sink[0].ulr: unknown key; did you mean 'url'?"]
    assert problems(tmp_path, f'{sink}timeout = "soon"\nrate = -1') == [
        "sink 'desk': timeout: not a duration: 'soon' (write 500ms, 2s, 5m or 1h)",
        "sink 'desk': rate is a number of messages a minute from 0, burst one from 1",
    ]
    rule = '[[rule]]\nid = "r"\nkind = "pct_prev_close"\nsinks = ["dsek"]'
    assert problems(tmp_path, f"{sink}{rule}") == ["rule 'r': no sink 'dsek'; did you mean 'desk'?"]


def test_secrets_of_sinks_are_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even where the token is the path, or stands in a user's name."""
    path = written(
        tmp_path,
        '[[sink]]\nid = "a"\nkind = "webhook"\nurl = "https://kit:hush@hooks.example:8443/T0KEN/B?x=1"\n'
        '[[sink]]\nid = "b"\nkind = "apprise"\nurl = "tgram://T0KEN/chat"\n'
        '[[sink]]\nid = "c"\nkind = "exec"\ncommand = ["page", "--token=T0KEN"]\n',
    )
    for as_json in (False, True):
        assert show(str(path), as_json=as_json) == 0
        shown = capsys.readouterr().out
        assert "https://hooks.example:8443/***" in shown and "tgram://***" in shown
        assert "T0KEN" not in shown and "hush" not in shown


def test_a_variable_for_a_sink_that_is_none_s_is_an_error(tmp_path: Path) -> None:
    """A slip of the pen would leave the sink without its key."""
    path = written(tmp_path, '[[sink]]\nid = "desk-1"\nkind = "webhook"\n')
    load(path, environ=NOWHERE | {"TICKWALL_SINK_DESK_1_URL": "https://alerts.example"})
    with pytest.raises(ConfigError, match="TICKWALL_SINK_DESK1_URL: no such sink"):
        load(path, environ=NOWHERE | {"TICKWALL_SINK_DESK1_URL": "https://alerts.example"})


def test_what_does_less_than_it_seems_to_is_said(tmp_path: Path) -> None:
    """A second source that is not there cannot agree; a level without clear re-arms far away."""
    text = "[[rule]]\nid = 'a'\nkind = 'price_cross'\nsymbols = ['9888']\nthreshold = 120\n"
    alone = load(written(tmp_path, text + "confirm = 'other_source'"), environ=NOWHERE).settings
    assert notes(alone) == ["rule 'a': only one feed serves 9888.HK, and no other source can agree"]
    two = text + "confirm = 'other_source'\n[feeds.yahoo]\nsymbols = ['9888']"
    assert notes(load(written(tmp_path, two), environ=NOWHERE).settings) == []
    far = load(written(tmp_path, text + "frequency = 'every_cross'"), environ=NOWHERE).settings
    assert notes(far) == ["rule 'a': without clear it re-arms a fifth of the price away from its level"]
