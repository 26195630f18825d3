"""The rules of a file changed in place: nothing else of it changes, and nothing is ever lost."""

import os
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import Config, ConfigError, load
from monitor.rule_file import WRITTEN_OUT, RuleFile, RuleFileError, touching, written_defaults
from monitor.rules import rule_book

TODAY = date(2025, 9, 17)
NOWHERE = {"XDG_CONFIG_HOME": "/nonexistent"}

FILE = """\
# Mine, since 2024.
schema = 1
watchlist = "tech"                # first

[watchlists]
tech = ["@hstech"]   # thirty
own  =   ["9888", "AAPL"]

[[rule]]
id = "big-mover"       # the one that counts
kind = "pct_prev_close"
symbols = ["@hstech"]
threshold = 5          # not six
steps = [
  "10",
  "15",
]

# Crashes:
[[rule]]
id = 'crash'
kind = "pct_prev_close"
symbols = ["HSTECH"]
direction = "down"
threshold = "2.5"

[display]
fps = 5
"""


def check(path: Path) -> Config:
    """As the program does, without this machine's own environment."""
    return load(path, environ=NOWHERE)


def opened(path: Path) -> RuleFile:
    """The rules of a file that is valid, or not there."""
    config = check(path) if path.exists() else load(environ=NOWHERE)
    return RuleFile(path, config.settings, TODAY)


def held(folder: Path) -> list[str]:
    """The names of its files."""
    return [file.name for file in folder.iterdir()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file as people write them."""
    path = tmp_path / "config.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_a_value_is_changed_and_nothing_else(path: Path) -> None:
    file = opened(path)
    file.put({**file.rules[0], "threshold": "6"}, 0)
    file.save(check)
    assert path.read_text("utf-8") == FILE.replace("threshold = 5 ", 'threshold = "6" ')


def test_a_key_comes_and_goes(path: Path) -> None:
    file = opened(path)
    crash = {key: value for key, value in file.rules[1].items() if key != "direction"}
    file.put({**crash, "severity": "critical"}, 1)
    file.save(check)
    text = path.read_text("utf-8")
    kept = [line for line in FILE.splitlines() if line != 'direction = "down"']
    assert [line for line in text.splitlines() if line != 'severity = "critical"'] == kept
    assert tomllib.loads(text)["rule"][1]["severity"] == "critical"


def test_a_rule_is_added_and_removed(path: Path) -> None:
    file = opened(path)
    place = file.put({"id": "new", "kind": "price_cross", "symbols": ["9888.HK"], "threshold": "120"})
    file.save(check)
    text = path.read_text("utf-8")
    assert place == 2
    assert all(line in text.splitlines() for line in FILE.splitlines())
    assert tomllib.loads(text)["display"] == {"fps": 5}
    again = opened(path)
    again.remove(place)
    again.save(check)
    assert tomllib.loads(path.read_text("utf-8")) == tomllib.loads(FILE)
    assert "# Crashes:" in path.read_text("utf-8")
    last = opened(path)
    last.remove(0)
    with pytest.raises(RuleFileError, match="the last rule stays"):
        last.remove(0)


def test_the_first_rule_takes_no_default_away(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "config.toml"
    file = opened(path)
    assert file.are_default
    assert [rule["id"] for rule in file.rules] == ["stocks", "indices"]
    before = load(environ=NOWHERE).settings
    file.put({"id": "new", "kind": "price_cross", "symbols": ["9888.HK"], "threshold": "120"})
    file.save(check)
    after = check(path).settings
    assert [rule.id for rule in after.rule] == ["stocks", "indices", "new"]
    for old, new in zip(rule_book(before, TODAY).rules, rule_book(after, TODAY).rules, strict=False):
        assert old == new, "so a reload goes on with what it has told"
        assert set(old.symbols) == set(new.symbols)
    text = path.read_text("utf-8")
    assert WRITTEN_OUT in text
    assert "every line that is commented out" in text.lower(), "the commented template"


def test_default_rules_of_mixed_lists_name_what_they_watch(path: Path) -> None:
    path.write_text('watchlist = "mine"\n[watchlists]\nmine = ["9888", "HSI"]\nmore = ["AAPL"]\n', "utf-8")
    settings = check(path).settings
    assert [rule["symbols"] for rule in written_defaults(settings, TODAY)] == [["more", "9888.HK"], ["HSI"]]


def test_the_rules_of_a_name(path: Path) -> None:
    settings = check(path).settings
    rules = opened(path).rules
    assert touching(rules, "9888.HK", settings, TODAY) == [0]
    assert touching(rules, "HSTECH", settings, TODAY) == [1]
    assert touching([{"id": "all"}], "AAPL", settings, TODAY) == [0]


# -- what is refused


def test_a_bad_rule_changes_nothing(path: Path) -> None:
    file = opened(path)
    file.put({**file.rules[0], "threshold": "-1", "direction": "sideways"}, 0)
    with pytest.raises(ConfigError) as refused:
        file.save(check)
    assert any("direction" in problem for problem in refused.value.problems)
    assert path.read_text("utf-8") == FILE
    assert held(path.parent) == [path.name]


def test_a_file_that_changed_meanwhile_is_left(path: Path) -> None:
    file = opened(path)
    file.put({**file.rules[0], "threshold": "6"}, 0)
    path.write_text(FILE + "# mine\n", "utf-8")
    with pytest.raises(RuleFileError, match="changed meanwhile"):
        file.save(check)
    assert path.read_text("utf-8") == FILE + "# mine\n"
    assert held(path.parent) == [path.name]


def test_one_that_came_meanwhile_is_left(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    file = opened(path)
    file.put({"id": "new", "kind": "price_cross", "threshold": "1"})
    path.write_text(FILE, "utf-8")
    with pytest.raises(RuleFileError, match="changed meanwhile"):
        file.save(check)
    assert path.read_text("utf-8") == FILE


def test_one_that_cannot_be_read_is_never_written(tmp_path: Path) -> None:
    settings = load(environ=NOWHERE).settings
    with pytest.raises(RuleFileError, match="cannot be read"):
        RuleFile(tmp_path, settings, TODAY)  # a folder
    (tmp_path / "bad").write_bytes(b"# \xff\n")
    with pytest.raises(RuleFileError, match="cannot be read"):
        RuleFile(tmp_path / "bad", settings, TODAY)
    (tmp_path / "torn").write_text("[[rule")
    with pytest.raises(RuleFileError, match="not TOML"):
        RuleFile(tmp_path / "torn", settings, TODAY)


# -- the file itself


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_file_of_somebody_else_stays_his(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(path, 65534, 65534)
    file = opened(path)
    file.remove(0)
    file.save(check)
    assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65534)

    def refuse(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refuse)  # as the system does to whoever is not root
    file, before = opened(path), path.read_bytes()
    file.put({"id": "new", "kind": "price_cross", "threshold": "1"})
    with pytest.raises(RuleFileError, match="belongs to somebody else"):
        file.save(check)
    assert path.read_bytes() == before
    assert held(path.parent) == [path.name]


def test_a_link_stays_one_and_permissions_are_kept(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "tickwall.toml"
    real.parent.mkdir()
    path.rename(real)
    path.symlink_to(real)
    real.chmod(0o640)
    file = opened(path)
    file.put({**file.rules[0], "threshold": "6"}, 0)
    file.save(check)
    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert '"6"' in real.read_text("utf-8")
    assert held(real.parent) == [real.name]


_RULES = st.lists(st.sampled_from("abc"), min_size=1, max_size=4)
_BETWEEN = st.lists(st.sampled_from(["\n", "# a comment\n", "\n# two\n\n"]), min_size=5, max_size=5)


@given(ids=_RULES, between=_BETWEEN, act=st.sampled_from(["put", "add", "remove"]), data=st.data())
def test_whatever_is_done_only_that_is_done(
    ids: list[str], between: list[str], act: str, data: st.DataObject
) -> None:
    tables = "".join(
        f'{gap}[[rule]]\nid = "{name}{place}" # {name}\nkind = "pct_prev_close"\n'
        for place, (name, gap) in enumerate(zip(ids, between, strict=False))
    )
    text = f"# top\nschema = 1\n{tables}{between[4]}[display]\nfps = 3 # slow\n"
    settings = load(environ=NOWHERE).settings
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"tickwall-rules-{os.getpid()}.toml"
    try:
        path.write_text(text, "utf-8")
        file = RuleFile(path, settings, TODAY)
        place = data.draw(st.integers(0, len(ids) - 1))
        wanted = [dict(rule) for rule in file.rules]
        if act == "remove" and len(ids) > 1:
            file.remove(place)
            del wanted[place]
        else:
            where = None if act == "add" else place
            new = {"id": "new", "kind": "pct_prev_close", "steps": ["10"]}
            file.put(new, where)
            wanted[place : place + 1] = [new] if where is not None else [wanted[place]]
            wanted += [new] if where is None else []
        file.save(check)
        written = path.read_text("utf-8")
        assert tomllib.loads(written) == {"schema": 1, "display": {"fps": 3}, "rule": wanted}
        assert written.startswith("# top\n")
        assert "fps = 3 # slow\n" in written
    finally:
        path.unlink(missing_ok=True)
