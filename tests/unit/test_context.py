"""Context figures: the file, and what is known when."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.clock import parse_rfc3339
from market.context import Figure, known
from monitor.config import ConfigError, load
from monitor.context import SHIPPED, ContextError, read_context

WHOLE = {
    "symbols": '["hk09888", "HSTECH"]',
    "what": '"forward P/E"',
    "value": '"20.5"',
    "as_of": "2025-09-17",
    "source": '"a paper"',
}


def file(path: Path, **changes: str | None) -> Path:
    """A file of one figure; ``None`` leaves a key out."""
    keys = {key: value for key, value in (WHOLE | changes).items() if value is not None}
    path.write_text("[[figure]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()), "utf-8")
    return path


def test_a_figure_as_it_is_typed(tmp_path: Path) -> None:
    [figure] = read_context(file(tmp_path / "c.toml", note='"av\\u001berage"'))
    assert (figure.symbols, figure.value, figure.note) == (("9888.HK", "HSTECH"), "20.5", "av erage")
    assert figure.as_of == date(2025, 9, 17)
    assert figure.since == parse_rfc3339("2025-09-17T00:00:00+08:00")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": None}, r"figure\[0\]\.value: missing"),
        ({"symbol": '"x"'}, r"figure\[0\]\.symbol: unknown key; did you mean 'symbols'\?"),
        ({"symbols": "[]"}, r"figure\[0\]\.symbols: not a list of symbols"),
        ({"symbols": '["no such thing"]'}, r"figure\[0\]\.symbols: not a symbol"),
        ({"value": "20.5"}, r"figure\[0\]\.value: not text"),
        ({"source": '" "'}, r"figure\[0\]\.source: empty"),
        ({"as_of": '"2025-09-17"'}, r"figure\[0\]\.as_of: not a date"),
        ({"as_of": "2025-09-17T12:00:00"}, r"as_of: a time needs its zone: 2025-09-17T12:00:00\+08:00"),
    ],
)
def test_a_bad_key_is_named(changes: dict[str, str | None], message: str, tmp_path: Path) -> None:
    with pytest.raises(ContextError, match=message):
        read_context(file(tmp_path / "c.toml", **changes))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[figure]\nwhat = 'x'\n", "two brackets"),
        ("figures = 1\n", "figures: unknown key"),
        ("[[", "c.toml: "),
    ],
)
def test_a_file_of_another_shape(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(content)
    with pytest.raises(ContextError, match=message):
        read_context(path)


def test_the_configuration_checks_it(tmp_path: Path) -> None:
    file(tmp_path / "c.toml", value=None)
    config = tmp_path / "config.toml"
    config.write_text(f'[context]\nfile = "{tmp_path / "c.toml"}"\n')
    with pytest.raises(ConfigError, match=r"context\.file: .*c\.toml: figure\[0\]\.value: missing"):
        load(config, environ={})


def test_what_is_known_when() -> None:
    figures = read_context(SHIPPED)
    noon, evening = (parse_rfc3339(f"2025-09-17T{time}+08:00") for time in ("12:00:00", "17:36:00"))

    def said(symbol: str, now: int) -> dict[str, str]:
        return {figure.what: figure.value for figure in known(figures, symbol, now)}

    assert "forward P/E" not in said("HSTECH", noon - 1)
    assert said("HSTECH", noon)["forward P/E"] == "20.5×"
    assert said("HSTECH", evening)["forward P/E"] == "about 21×"
    assert said("9988.HK", noon).keys() == {"capital expenditure", "convertible bond", "analyst"}
    assert said("9988.HK", parse_rfc3339("2025-09-12T00:00:00Z")).keys() == {"convertible bond"}
    assert said("AAPL", noon) == {}


@given(days=st.integers(0, 4000))
def test_age_counts_whole_days(days: int) -> None:
    at = datetime(2025, 9, 17, 4, tzinfo=UTC)
    figure = Figure(("HSI",), "x", "y", at, "z")
    assert figure.age(figure.since + days * 86_400 * 10**9 + 5) == days
