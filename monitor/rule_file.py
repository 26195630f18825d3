"""The rules of a configuration file, changed in place: comments, order and the way it is written all stay."""

import os
import stat
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from market.errors import TickwallError
from market.watchlist import expand
from monitor.config import Config, load
from monitor.rules import default_rules
from monitor.settings import Settings

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

Values = Mapping[str, Any]
"""What stands in one ``[[rule]]``."""

WRITTEN_OUT = "These held while the file named no rule of its own."


class RuleFileError(TickwallError):
    """A file that is not changed, because that would lose something; the message says what to do."""


class RuleFile:
    """One file as it was read, and the rules that it is to have.

    State to read: ``rules``; ``are_default`` while they are the ones that hold where a file has none,
    ``wrote_defaults`` once those are to be written out.
    """

    def __init__(self, path: Path, settings: Settings, today: date) -> None:
        """``settings`` are those of the file, ``today`` the day that its lists are read as of."""
        self.path = path
        self._read = _bytes(path)
        text = _template() if self._read is None else _decoded(path, self._read)
        self._document = _parsed(path, text)
        self._rest = tomllib.loads(text)
        written = self._rest.pop("rule", [])
        self.are_default = not written
        self.wrote_defaults = False
        self.rules: list[dict[str, Any]] = written or [*written_defaults(settings, today)]

    def put(self, values: Values, place: int | None = None) -> int:
        """Write a rule in the place of another, or after the last; where it stands now."""
        self._write_defaults_out()
        tables = self._document["rule"]
        if place is None:
            place = len(self.rules)
            self.rules.append(dict(values))
            tables.append(_table(values))
            return place
        self.rules[place] = dict(values)
        table = tables[place]
        for key in [key for key in table if key not in values]:
            del table[key]
        for key, value in values.items():
            if key not in table or table[key].unwrap() != value:
                table[key] = value
        return place

    def remove(self, place: int) -> None:
        """Take a rule away. ``RuleFileError`` for the last one: without any the default ones would hold."""
        if len(self.rules) == 1:
            raise RuleFileError("the last rule stays: without any the default ones hold again")
        self._write_defaults_out()
        del self.rules[place]
        del self._document["rule"][place]

    def _write_defaults_out(self) -> None:
        """The first rule of one's own must not silently take the default ones away."""
        if not self.are_default:
            return
        from tomlkit import aot

        self.are_default, self.wrote_defaults = False, True
        tables = aot()
        for place, rule in enumerate(self.rules):
            tables.append(_table(rule, "" if place else WRITTEN_OUT))
        self._document.pop("rule", None)
        self._document.append("rule", tables)

    def save(self, check: Callable[[Path], Config] = load) -> None:
        """Put the new file in the place of the old one, at once and whole.

        It is checked first as every configuration is: ``ConfigError`` names what is wrong, and nothing has
        changed. ``RuleFileError`` when the file was changed since it was read, or cannot be written.
        """
        target = self.path.resolve()  # the file behind a link, which stays one
        new = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                _write(new, self._text(), target)
                check(new)
                if _bytes(self.path) != self._read:
                    raise RuleFileError(f"{self.path}: changed meanwhile by somebody else; open it anew")
                new.replace(target)
            finally:
                new.unlink(missing_ok=True)
        except OSError as error:
            raise RuleFileError(f"{self.path}: {error.strerror or error}") from None

    def _text(self) -> str:
        """The new file; ``RuleFileError`` should it be anything but the old one with these rules."""
        text = self._document.as_string()
        try:
            after = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            after = {"rule": str(error)}
        if after.pop("rule", []) != self.rules or after != self._rest:
            raise RuleFileError(f"{self.path}: written in a way that only an editor can change")
        return text


def written_defaults(settings: Settings, today: date) -> Iterable[dict[str, Any]]:
    """The rules that hold without any, in the words of the file."""
    for rule in default_rules(settings, today):
        if rule.symbols:
            yield {
                "id": rule.id,
                "kind": rule.kind,
                "symbols": _names(rule.symbols, settings, today),
                "threshold": str(rule.threshold),
                "steps": [str(step) for step in rule.steps],
            }


def touching(rules: Sequence[Values], symbol: str, settings: Settings, today: date) -> list[int]:
    """The places of the rules that watch a name."""
    return [
        place
        for place, rule in enumerate(rules)
        if symbol in expand(rule.get("symbols", ["*"]), settings.watchlists, today)
    ]


def _names(symbols: Sequence[str], settings: Settings, today: date) -> list[str]:
    """Symbols in as few words as say the same: the lists that hold nothing else, then what is left."""
    left = dict.fromkeys(symbols)
    names = []
    for name in settings.watchlists:
        held = expand([name], settings.watchlists, today)
        if held and not set(held) - set(symbols) and not left.keys().isdisjoint(held):
            names.append(name)
            left = {symbol: None for symbol in left if symbol not in held}
    return [*names, *left]


def _table(values: Values, remark: str = "") -> Any:
    from tomlkit import comment, table

    made = table()
    if remark:
        made.add(comment(remark))
    for key, value in values.items():
        made.add(key, value)
    return made


def _parsed(path: Path, text: str) -> "TOMLDocument":
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise RuleFileError(f"{path}: not TOML: {error}; mend it first") from None


def _bytes(path: Path) -> bytes | None:
    """What the file holds; ``None`` where there is none. One that cannot be read is never written over."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RuleFileError(f"{path}: cannot be read: {error.strerror or error}") from None


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RuleFileError(f"{path}: cannot be read: {error}") from None


def _template() -> str:
    return (resources.files("monitor") / "config.toml").read_text("utf-8")


def _write(new: Path, text: str, like: Path) -> None:
    """A file that is not there yet, on the disk when this returns, with another's owner and permissions."""
    with new.open("xb") as file:
        if like.exists():
            was, made = like.stat(), os.fstat(file.fileno())
            if (was.st_uid, was.st_gid) != (made.st_uid, made.st_gid):
                try:
                    os.fchown(file.fileno(), was.st_uid, was.st_gid)
                except PermissionError:
                    raise RuleFileError(
                        f"{like}: belongs to somebody else, who alone can change it"
                    ) from None
            os.fchmod(file.fileno(), stat.S_IMODE(was.st_mode))
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
