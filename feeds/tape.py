"""Tapes: quotes, headlines and feed events as JSON Lines, one object a line, plain or gzip.

The format is public, see ``docs/json.md``. Prices are exact, and times exact to the nanosecond.
"""

import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal, DecimalException
from io import FileIO
from typing import Annotated, Any, NamedTuple

import msgspec

from market.clock import MILLISECOND, parse_rfc3339, rfc3339
from market.errors import ParseError, SymbolError, TickwallError
from market.freshness import Health
from market.headline import Headline
from market.quote import Quote
from market.session import Phase
from market.symbol import canonical
from market.text import clean, safe_link

CHUNK = 65_536
"""Bytes to read at a time: some 250 lines, or 1 ms of work."""

LONGEST_LINE = 65_536

# What any market pays or trades lies between. 1e-999999999 is a number, too, and takes minutes to print.
_LEAST, _MOST = Decimal("1e-12"), Decimal("1e15")
_MOST_WORDS = 10_000
_GZIP = b"\x1f\x8b"
_MARK = b"\xef\xbb\xbf"  # of UTF-8, which some editors put first

# Decimal reads more than a number: "1_000", " 119", full-width digits. Looked for at 0.9 us a line.
_ODD = re.compile(rb'"(?:last|prev_close|open|high|low|volume)"\s*:\s*"[^"]*[^0-9.eE+"-]')
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)

OnError = Callable[[ParseError], None]
"""Is told of a line that cannot be used, its number in the reason; reading goes on unless it raises."""


class TapeError(TickwallError):
    """A tape that cannot be opened."""

    exit_code = 65


class FeedEvent(NamedTuple):
    """A feed's state turned, as a tape tells it; ``ts_recv`` in nanoseconds UTC."""

    source: str
    state: Health
    ts_recv: int
    reason: str | None = None


Entry = Quote | Headline | FeedEvent
"""What one line of a tape holds."""


def read_tape(path: str, on_error: OnError | None = None) -> Iterator[Entry]:
    """Every entry of a tape, in the order of its lines; ``-`` is standard input.

    A bad line goes to ``on_error``; without ``on_error`` it is raised as ``ParseError``. Raises
    ``TapeError`` for a file that cannot be read.
    """
    reader = TapeReader(on_error)
    with open_tape(path) as file:
        while chunk := read_chunk(file):
            yield from reader.feed(chunk)
    yield from reader.close()


def open_tape(path: str) -> FileIO:
    """The file, or standard input for ``-``, unbuffered; ``TapeError`` when it cannot be opened."""
    try:
        return FileIO(0, closefd=False) if path == "-" else FileIO(path)
    except OSError as error:
        raise TapeError(f"{path}: {error.strerror}") from None


def read_chunk(file: FileIO) -> bytes:
    """The next piece, empty at the end; ``TapeError`` when it cannot be read, as a folder cannot."""
    try:
        return file.read(CHUNK)
    except OSError as error:
        raise TapeError(f"{file.name}: {error.strerror}") from None


def tape_line(entry: Entry) -> bytes:
    """The line that ``read_tape`` reads back as the same entry, line break included."""
    if isinstance(entry, Quote):
        line: msgspec.Struct = _QuoteLine(
            symbol=entry.symbol,
            ts_event=_stamp(entry.ts_event),
            ts_recv=_stamp(entry.ts_recv),
            last=entry.last,
            prev_close=entry.prev_close,
            open=entry.open,
            high=entry.high,
            low=entry.low,
            volume=entry.volume,
            source=entry.source,
            currency=entry.currency,
            phase=None if entry.phase is None else Phase(entry.phase),
            delay=entry.delay,
        )
    elif isinstance(entry, Headline):
        line = _HeadlineLine(
            id=entry.id,
            ts_event=_stamp(entry.ts_event),
            ts_recv=_stamp(entry.ts_recv),
            title=entry.title,
            link=entry.link,
            source=entry.source,
            symbols=entry.symbols,
            topic=entry.topic,
            amounts=entry.amounts,
        )
    else:
        line = _FeedLine(
            source=entry.source, state=entry.state, ts_recv=_stamp(entry.ts_recv), reason=entry.reason
        )
    return _encode(line) + b"\n"


class _QuoteLine(msgspec.Struct, kw_only=True, tag="quote", tag_field="t", omit_defaults=True):
    symbol: str
    ts_event: str
    ts_recv: str
    last: Decimal
    prev_close: Decimal | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: int | Decimal | None = None
    source: str
    currency: str | None = None
    phase: Phase | None = None
    delay: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0


class _Written(msgspec.Struct):
    """The numbers of a quote as they stand there."""

    last: Any = None
    prev_close: Any = None
    open: Any = None
    high: Any = None
    low: Any = None
    volume: Any = None


class _HeadlineLine(msgspec.Struct, kw_only=True, tag="headline", tag_field="t", omit_defaults=True):
    id: str = ""
    ts_event: str
    ts_recv: str
    title: str
    link: str = ""
    source: str
    symbols: tuple[str, ...] = ()
    topic: str | None = msgspec.field(name="class", default=None)
    amounts: tuple[str, ...] = ()


class _FeedLine(msgspec.Struct, kw_only=True, tag="feed", tag_field="t", omit_defaults=True):
    source: str
    state: Health
    ts_recv: str
    reason: str | None = None


_decode = msgspec.json.Decoder(_QuoteLine | _HeadlineLine | _FeedLine).decode
_decode_written = msgspec.json.Decoder(_Written).decode
_encode = msgspec.json.Encoder().encode


class TapeReader:
    """Turns the bytes of a tape into entries, in whatever pieces they come.

    ``lines`` counts what was read, ``bad`` what of it could not be used and went to ``on_error``. Without
    ``on_error`` nothing is read beyond the first bad line: what was good before it is handed out, and
    the next call raises ``ParseError``.
    """

    def __init__(self, on_error: OnError | None = None) -> None:
        self.lines = 0
        self.bad = 0
        self._on_error = on_error
        self._failed: ParseError | None = None
        self._head = b""
        self._begun = False
        self._gunzip: _Gunzip | None = None
        self._rest = b""
        self._skipping = False
        self._words: dict[str, str] = {}

    def feed(self, chunk: bytes) -> list[Entry]:
        """The entries of the lines that this piece completes."""
        if self._failed is not None:
            raise self._failed
        if not self._begun:
            chunk = self._head = self._head + chunk
            if len(chunk) < len(_GZIP):
                return []
            self._begun, self._head = True, b""
            self._gunzip = _Gunzip() if chunk.startswith(_GZIP) else None
        if self._gunzip is None:
            return self._take(chunk)
        entries: list[Entry] = []
        try:
            for piece in self._gunzip.feed(chunk):
                entries += self._take(piece)
        except zlib.error:
            self._gunzip.damaged = True
            self._report(self.lines + 1, "the compressed data is damaged from here on")
        return entries

    def close(self) -> list[Entry]:
        """The entry of a last line without its line break; tells of a compressed tape that was cut short."""
        entries: list[Entry] = []
        if self._failed is None:
            if self._gunzip is not None and self._gunzip.is_cut:
                self._report(self.lines + 1, "the compressed tape is cut short here")
            elif self._gunzip is not None and self._gunzip.damaged:
                pass  # told already; the line that it broke off in is a part of it
            elif self._rest or self._head:
                entries = self._take(self._head + b"\n")
        if self._failed is not None and not entries:
            raise self._failed
        return entries

    def _take(self, piece: bytes) -> list[Entry]:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if not self.lines and lines:
            lines[0] = lines[0].removeprefix(_MARK)
        entries: list[Entry] = []
        for line in lines:
            if self._failed is not None:
                break
            self.lines += 1
            if self._skipping:
                self._skipping = False
                continue
            try:
                entries.append(self._entry(line))
            except (msgspec.DecodeError, ValueError, SymbolError, RecursionError) as error:
                if line.strip():
                    self._report(self.lines, str(error), line)
            except DecimalException:
                self._report(self.lines, "a price is not a number", line)
        if len(self._rest) > LONGEST_LINE:
            if not self._skipping:
                self._report(self.lines + 1, f"longer than {LONGEST_LINE} bytes", self._rest)
            self._skipping, self._rest = True, b""
        return entries

    def _entry(self, raw: bytes) -> Entry:
        line = _decode(raw)
        if type(line) is _QuoteLine:
            if _ODD.search(raw):
                _demand_numbers(raw)
            last, volume = line.last, line.volume
            for price in (last, line.prev_close, line.open, line.high, line.low, volume):
                # Zero stands for "none yet" in many an open or volume; as the last price it is none.
                if price and not _LEAST < price < _MOST:
                    raise ValueError("a price or the volume is out of all bounds")
            if not last:
                raise ValueError("the last price is zero")
            words = self._words
            return Quote(
                words.get(line.symbol) or self._learn(line.symbol, canonical),
                last,
                parse_rfc3339(line.ts_event),
                parse_rfc3339(line.ts_recv),
                words.get(line.source) or self._learn(line.source, _name),
                line.prev_close,
                line.open,
                line.high,
                line.low,
                volume,
                line.currency and (words.get(line.currency) or self._learn(line.currency, _name)),
                line.phase,
                line.delay,
            )
        if type(line) is _HeadlineLine:
            return _headline(line)
        reason = None if line.reason is None else clean(line.reason)
        return FeedEvent(_name(line.source), line.state, parse_rfc3339(line.ts_recv), reason)

    def _learn(self, written: str, read: Callable[[str], str]) -> str:
        """Symbols and sources come again on every line: each spelling is read once."""
        if len(self._words) >= _MOST_WORDS:
            self._words.clear()
        word = self._words[written] = read(written)
        return word

    def _report(self, number: int, reason: str, line: bytes = b"") -> None:
        self.bad += 1
        error = ParseError("tape", f"line {number}: {clean(reason, 160)}", line)
        if self._on_error is None:
            self._failed = error
        else:
            self._on_error(error)


class _Gunzip:
    """Unpacks gzip in pieces of bounded size; members may follow one another, as in a tape appended to."""

    def __init__(self) -> None:
        self.damaged = False
        self._member: zlib._Decompress | None = None

    @property
    def is_cut(self) -> bool:
        """Whether more was to come."""
        return self._member is not None and not self.damaged

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What the data unpacks to; ``zlib.error`` where it is damaged."""
        while not self.damaged and (data or self._member is not None):
            member = self._member = self._member or zlib.decompressobj(wbits=31)
            piece = member.decompress(data, CHUNK)
            if piece:
                yield piece
            if member.eof:
                self._member = None
                data = member.unused_data.lstrip(b"\0")  # some writers pad
            else:
                data = member.unconsumed_tail
                if not data and len(piece) < CHUNK:
                    return


def _demand_numbers(raw: bytes) -> None:
    """``ValueError`` for a price in quotes that no market wrote."""
    for written in msgspec.structs.astuple(_decode_written(raw)):
        if isinstance(written, str) and not _NUMBER.fullmatch(written):
            raise ValueError(f"not a number: {written[:40]!a}")


def _headline(line: _HeadlineLine) -> Headline:
    title = clean(line.title)
    if not title:
        raise ValueError("a headline without a title")
    return Headline(
        id=clean(line.id) or hashlib.sha256(f"{line.ts_event} {title}".encode()).hexdigest()[:16],
        title=title,
        link=safe_link(line.link),
        ts_event=parse_rfc3339(line.ts_event),
        ts_recv=parse_rfc3339(line.ts_recv),
        source=_name(line.source),
        symbols=tuple(map(canonical, line.symbols)),
        topic=None if line.topic is None else clean(line.topic),
        amounts=tuple(map(clean, line.amounts)),
    )


def _name(text: str) -> str:
    if not (name := clean(text, 40)):
        raise ValueError("a name is empty")
    return name


def _stamp(instant: int) -> str:
    """RFC 3339 with as many digits as the instant needs; milliseconds at least, as the format's own."""
    if instant % MILLISECOND == 0:
        return rfc3339(instant)
    return f"{rfc3339(instant)[:-1]}{instant % MILLISECOND:06d}".removesuffix("000") + "Z"
