"""The documents: whole, and true of the program as it is. What is not there is not promised."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin

import click
import msgspec
import pytest

from feeds.registry import settings_of, shipped
from feeds.tape import TapeReader
from feeds.venue.faults import KINDS, PATHS
from market.freshness import Health
from market.session import read_amendments
from market.state import Verdict
from monitor.config import effective, load
from monitor.context import read_context
from monitor.settings import Settings
from tests.paths import ROOT
from tui.__main__ import cli

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *ROOT.glob("*.md")])
NOWHERE = {"XDG_CONFIG_HOME": "/nonexistent"}

_FENCE = re.compile(r"^[ ]*```(\w*)\n(.*?)^[ ]*```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_TABLE_HEAD = re.compile(r"^\|.*\n\|[-|]+\|$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_ASSIGNMENT = re.compile(r"\w+=")
_END_OF_COMMAND = frozenset(("|", ">", ">>", "2>>", "&", "#"))


class Leaf(NamedTuple):
    """One key: the heading it stands under, its name, its default, and its environment name if it has one."""

    heading: str
    key: str
    default: Any
    variable: str | None


def text(page: Path) -> str:
    """A page."""
    return page.read_text("utf-8")


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", text(page))


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return [body for found, body in _FENCE.findall(text(page)) if found == language]


def sections(page: Path) -> dict[str, str]:
    """What stands under each heading, up to the next of any level."""
    parts = _HEADING.split(prose(page))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(section: str) -> dict[str, list[str]]:
    """The rows of its tables by their first cell, without the heads; a cell's code marks are kept."""
    found: dict[str, list[str]] = {}
    for line in _TABLE_HEAD.sub("", section).splitlines():
        if line.startswith("|"):
            first, *rest = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            found[first] = rest
    return found


def structs(kind: Any) -> type[msgspec.Struct] | None:
    """The struct that an annotation is, or is an array of."""
    if get_origin(kind) is tuple:
        kind = get_args(kind)[0]
    return kind if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else None


def fields(heading: str, kind: type[msgspec.Struct], prefix: str | None) -> Iterator[Leaf]:
    """The leaves of one section."""
    for field in msgspec.structs.fields(kind):
        variable = None if prefix is None else f"{prefix}_{field.name}".upper()
        yield Leaf(heading, field.encode_name, field.default, variable)


def leaves() -> Iterator[Leaf]:
    """Every key that a file may hold, besides the names of watchlists."""
    for outer in msgspec.structs.fields(Settings):
        if outer.name == "feeds":
            for name in shipped():
                yield from fields(f"`[feeds.{name}]`", settings_of(name), f"TICKWALL_FEEDS_{name}")
        elif (inner := structs(outer.type)) is None:
            if outer.name != "watchlists":
                yield Leaf("The first lines", outer.name, outer.default, f"TICKWALL_{outer.name}".upper())
        elif get_origin(outer.type) is tuple:
            yield from fields(f"`[[{outer.name}]]`", inner, None)
        else:
            yield from fields(f"`[{outer.name}]`", inner, f"TICKWALL_{outer.name}")


@pytest.mark.parametrize("leaf", leaves(), ids=lambda leaf: f"{leaf.heading} {leaf.key}")
def test_every_key_stands_in_the_configuration(leaf: Leaf) -> None:
    """Under its section, with the default that holds and the name of its variable."""
    row = rows(sections(DOCS / "configuration.md")[leaf.heading])[f"`{leaf.key}`"]
    told = row[1]
    if leaf.default is msgspec.NODEFAULT:
        assert told == "required"
    elif leaf.default is not None:
        assert tomllib.loads(f"x = {told.strip('`')}")["x"] == json.loads(msgspec.json.encode(leaf.default))
    if leaf.variable is not None:
        assert row[2] == f"`{leaf.variable}`"


def test_every_key_of_a_feed_of_ones_own_stands_in_the_configuration() -> None:
    """With its default; such a section is set in the file only."""
    told = rows(sections(DOCS / "configuration.md")["`[feeds.NAME]`"])
    keys = {f"`{leaf.key}`": leaf.default for leaf in fields("", settings_of("x", {"kind": "json_ws"}), None)}
    assert set(told) == set(keys)
    for key, default in keys.items():
        if default is msgspec.NODEFAULT:
            assert told[key][1] in ("required", "`{}`")
        else:
            written = tomllib.loads(f"x = {told[key][1].strip('`')}")["x"]
            assert written == json.loads(msgspec.json.encode(default))


def test_every_variable_is_heeded() -> None:
    """Each of those names sets its key."""
    heeded = {leaf.variable: "" for leaf in leaves() if leaf.variable is not None}
    for leaf in leaves():
        if leaf.variable is not None and leaf.default != ():
            heeded[leaf.variable] = str(leaf.default)
    origins = {origin for _, _, origin in effective(load(environ=NOWHERE | heeded))}
    assert {f"environment {name}" for name in heeded} <= origins


def test_no_key_is_promised_that_is_not_there() -> None:
    """A row for each key, and none besides."""
    page = sections(DOCS / "configuration.md")
    for heading in {leaf.heading for leaf in leaves()}:
        keys = {f"`{leaf.key}`" for leaf in leaves() if leaf.heading == heading}
        assert set(rows(page[heading])) == keys


def commands(
    group: click.Group = cli, path: tuple[str, ...] = ("tickwall",)
) -> Iterator[tuple[str, click.Command]]:
    """Every command with a name of its own, in full."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif not command.hidden:
            yield " ".join((*path, name)), command


def options(command: click.Command) -> set[str]:
    """The long names of the options that a person may give."""
    return {
        max(option.opts, key=len)
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden
    }


@pytest.mark.parametrize(("name", "command"), commands(), ids=[name for name, _ in commands()])
def test_every_command_and_option_stands_in_the_guide(name: str, command: click.Command) -> None:
    """Under its own heading; those that every command takes are told once. Nothing else is promised."""
    page = sections(DOCS / "guide.md")
    told = {found for cell in rows(page[f"`{name}`"]) for found in re.findall(r"--[\w-]+", cell)}
    common = {found for cell in rows(page["Every command"]) for found in re.findall(r"--[\w-]+", cell)}
    assert common == {"--config", "--debug", "--help"}
    assert told | {"--config", "--debug"} == options(command)
    assert options(cli) <= common | set(re.findall(r"--[\w-]+", page["Every command"]))


def test_every_example_is_a_command_line() -> None:
    """It parses; running it is for a person."""
    count = 0
    for page in PAGES:
        for line in "\n".join(blocks(page, "sh")).splitlines():
            words = shlex.split(line)
            while words and _ASSIGNMENT.match(words[0]):
                del words[0]
            if words[:1] != ["tickwall"]:
                continue
            ends = (at for at, word in enumerate(words) if word in _END_OF_COMMAND)
            arguments = words[1 : next(ends, None)]
            command: click.Command = cli
            while isinstance(command, click.Group) and arguments and arguments[0] in command.commands:
                command = command.commands[arguments.pop(0)]
            command.make_context("tickwall", arguments)
            count += 1
    assert count > 20


def test_every_fault_is_told() -> None:
    """Each kind in the table of the guide, each path beside its page in the feeds."""
    told = rows(sections(DOCS / "guide.md")["Faults"])
    assert {name.strip("`") for name in told} == set(KINDS)
    venue = rows(sections(DOCS / "feeds.md")["The simulated venue"])
    assert {row[-1].strip("`") for row in venue.values()} - {""} == set(PATHS)


def test_every_word_of_a_state_is_told() -> None:
    """A feed's healths, and what became of a quote."""
    healths = rows(sections(DOCS / "guide.md")["The lines at the bottom"])
    assert {name.strip("`") for name in healths} == set(Health)
    lines = sections(DOCS / "json.md")["`headless` lines"]
    for verdict in set(Verdict) - {Verdict.QUIET, Verdict.LOUD}:
        assert f"`{verdict.value}`" in lines


def anchor(heading: str) -> str:
    """What a heading is called in a link."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """To a file, and to a heading in it."""
    for link in _LINK.findall(prose(page)):
        if "://" in link:
            continue
        name, _, place = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        if place:
            assert place in map(anchor, sections(target)), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_of_a_configuration_load(page: Path, tmp_path: Path) -> None:
    """As they stand; a table of closures is read as one."""
    for number, block in enumerate(blocks(page, "toml")):
        path = tmp_path / f"{number}.toml"
        path.write_text(block, encoding="utf-8")
        if "[XHKG]" in block:
            assert read_amendments(path)["XHKG"]
        elif "[[figure]]" in block:
            assert read_context(path)
        else:
            assert load(path, environ=NOWHERE).found


def test_examples_of_json_are_json() -> None:
    """Documents of one line or several; those of a tape can be played."""
    examples = blocks(DOCS / "json.md", "json")
    for example in examples:
        try:
            json.loads(example)
        except json.JSONDecodeError:
            for line in example.splitlines():
                json.loads(line)
    reader = TapeReader()
    [tape] = [example for example in examples if '"t":' in example]
    assert (
        len([*reader.feed(tape.replace('"…"', '"2025-09-17T02:20:00.000Z"').encode()), *reader.close()]) == 3
    )
