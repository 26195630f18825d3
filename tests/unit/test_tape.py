"""Tapes: every line is read exactly or reported by its number, and what is written is read back."""

import gzip
import zlib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.tape import (
    LONGEST_LINE,
    Entry,
    FeedEvent,
    TapeError,
    TapeReader,
    read_tape,
    tape_line,
)
from market.clock import SECOND, parse_rfc3339
from market.errors import ParseError
from market.freshness import Health
from market.headline import Headline
from market.quote import Quote
from market.session import Phase

QUOTE = (
    b'{"t":"quote","symbol":"9888.HK","ts_event":"2025-09-17T02:14:07.120Z",'
    b'"ts_recv":"2025-09-17T02:14:07.180Z","last":"124.60","prev_close":"113.20","open":"121.00",'
    b'"high":"124.70","low":"120.20","volume":21500000,"source":"demo","currency":"HKD"}\n'
)
HEADLINE = (
    b'{"t":"headline","id":"h1","ts_event":"2025-09-17T02:00:00.000Z","ts_recv":"2025-09-17T02:00:05.000Z",'
    b'"title":"Baidu wins a contract","link":"https://example.com/1","source":"rthk"}\n'
)
FEED = b'{"t":"feed","source":"demo","state":"stale","ts_recv":"2025-09-17T02:14:08.000Z","reason":null}\n'


def read(*pieces: bytes) -> tuple[list[Entry], list[str]]:
    """What a tape that comes in these pieces holds, and what was said of its bad lines."""
    errors: list[str] = []
    reader = TapeReader(lambda error: errors.append(error.reason))
    entries = [entry for piece in pieces for entry in reader.feed(piece)]
    return entries + reader.close(), errors


def test_a_quote_with_everything_the_contract_names() -> None:
    entries, errors = read(QUOTE)
    assert errors == []
    assert entries == [
        Quote(
            symbol="9888.HK",
            last=Decimal("124.60"),
            ts_event=parse_rfc3339("2025-09-17T02:14:07.120Z"),
            ts_recv=parse_rfc3339("2025-09-17T02:14:07.180Z"),
            source="demo",
            prev_close=Decimal("113.20"),
            open=Decimal("121.00"),
            high=Decimal("124.70"),
            low=Decimal("120.20"),
            volume=21_500_000,
            currency="HKD",
        )
    ]
    assert str(entries[0].last if isinstance(entries[0], Quote) else "") == "124.60"


def test_the_required_fields_alone_make_a_quote() -> None:
    entries, errors = read(
        b'{"t":"quote","symbol":"hk00700","ts_event":"2025-09-17T10:14:07+08:00",'
        b'"ts_recv":"2025-09-17T02:14:07Z","last":661.5,"source":"x"}'
    )
    assert errors == []
    at = parse_rfc3339("2025-09-17T02:14:07Z")
    assert entries == [Quote("0700.HK", Decimal("661.5"), at, at, "x")]


def test_phase_delay_numbers_for_prices_and_unknown_keys() -> None:
    line = QUOTE.replace(b'"124.60"', b"131.6000061").replace(b"21500000", b"0.25")
    line = line.replace(b'"currency"', b'"phase":"lunch","delay":900,"venue_says":{"a":[1]},"currency"')
    entries, errors = read(line)
    assert errors == []
    (quote,) = entries
    assert isinstance(quote, Quote)
    assert quote.last == Decimal("131.6000061")
    assert quote.volume == Decimal("0.25")
    assert quote.phase is Phase.LUNCH
    assert quote.delay == 900


def test_headlines_and_feed_events() -> None:
    entries, errors = read(HEADLINE, FEED)
    assert errors == []
    assert entries == [
        Headline(
            id="h1",
            title="Baidu wins a contract",
            link="https://example.com/1",
            ts_event=parse_rfc3339("2025-09-17T02:00:00Z"),
            ts_recv=parse_rfc3339("2025-09-17T02:00:05Z"),
            source="rthk",
        ),
        FeedEvent("demo", Health.STALE, parse_rfc3339("2025-09-17T02:14:08Z")),
    ]


def test_text_from_a_tape_is_harmless() -> None:
    line = HEADLINE.replace(b"Baidu wins", b"\\u001b[31mBaidu\\u202e wins").replace(b"https", b"javascript")
    (headline,), errors = read(line)
    assert errors == []
    assert isinstance(headline, Headline)
    assert headline.title == "[31mBaidu wins a contract"
    assert headline.link == ""


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"not json", "malformed"),
        (b'{"t":"quote"}', "required field `symbol`"),
        (b'{"symbol":"9888.HK"}', "required field `t`"),
        (b'{"t":"bar"}', "Invalid value 'bar'"),
        (b"[]", "Expected `object`"),
        (QUOTE.replace(b"9888.HK", b"??"), "not a symbol"),
        (QUOTE.replace(b"124.60", b"-5"), "out of all bounds"),
        (QUOTE.replace(b"124.60", b"0"), "last price is zero"),
        (QUOTE.replace(b"124.60", b"NaN"), "not a number"),
        (QUOTE.replace(b"113.20", b"sNaN"), "not a number"),
        (QUOTE.replace(b"124.60", b"1_000"), "not a number: '1_000'"),
        (QUOTE.replace(b"120.20", b" 119"), "not a number"),
        (QUOTE.replace(b"120.20", b"119\\n"), "not a number"),
        (QUOTE.replace(b"121.00", "１１９".encode()), "not a number"),
        (QUOTE.replace(b"21500000", b'"2_150"'), "not a number"),
        (QUOTE.replace(b"120.20", b"Infinity"), "not a number"),
        (QUOTE.replace(b"124.70", b"1e-99999999"), "out of all bounds"),
        (QUOTE.replace(b"21500000", b"-1"), "out of all bounds"),
        (QUOTE.replace(b"21500000", b"9" * 5000), "$.volume"),
        (QUOTE.replace(b'"124.60"', b"true"), "$.last"),
        (QUOTE.replace(b"2025-09-17T02:14:07.120Z", b"yesterday"), "not an RFC 3339 time"),
        (QUOTE.replace(b"demo", b""), "name is empty"),
        (QUOTE.replace(b"demo", b"\xff"), "utf-8"),
        (QUOTE.replace(b'"currency"', b'"delay":-1,"currency"'), "$.delay"),
        (QUOTE.replace(b'"currency"', b'"phase":"dawn","currency"'), "$.phase"),
        (b'{"a":' + b"[" * 60_000, "recursion"),
        (HEADLINE.replace(b"Baidu wins a contract", b"\\u202e"), "without a title"),
        (FEED.replace(b"stale", b"fine"), "$.state"),
    ],
)
def test_a_bad_line_is_reported_by_its_number_and_skipped(line: bytes, reason: str) -> None:
    entries, errors = read(QUOTE, b"\n", line.rstrip(b"\n") + b"\n", QUOTE)
    assert len(entries) == 2
    (error,) = errors
    assert error.startswith("line 3: ")
    assert reason in error
    assert error.isprintable()


def test_a_strict_reader_hands_out_what_was_good_and_raises() -> None:
    reader = TapeReader()
    assert len(reader.feed(QUOTE + b"bad\n" + QUOTE)) == 1
    with pytest.raises(ParseError, match="line 2: "):
        reader.feed(QUOTE)
    reader = TapeReader()
    assert len(reader.feed(QUOTE + b"bad")) == 1
    with pytest.raises(ParseError, match="line 2: "):
        reader.close()


def test_a_line_that_never_ends_costs_no_memory() -> None:
    entries, errors = read(QUOTE, *[b"x" * LONGEST_LINE] * 20, b"\n" + QUOTE)
    assert len(entries) == 2
    assert errors == [f"line 2: longer than {LONGEST_LINE} bytes"]


def test_a_tape_with_windows_line_ends_and_no_last_one() -> None:
    entries, errors = read(QUOTE.replace(b"\n", b"\r\n") + b"\r\n", QUOTE.rstrip())
    assert len(entries) == 2
    assert errors == []


def test_gzip_members_one_after_another() -> None:
    packed = gzip.compress(QUOTE) + gzip.compress(HEADLINE) + b"\0" * 7 + gzip.compress(FEED)
    assert read(packed) == read(QUOTE, HEADLINE, FEED)


def test_a_gzip_tape_cut_short_keeps_what_was_read() -> None:
    packed = gzip.compress(b"".join(QUOTE.replace(b"124.60", b"%d" % n) for n in range(1, 2001)))
    entries, errors = read(packed[: len(packed) // 2])
    assert 500 < len(entries) < 2000
    assert errors == [f"line {len(entries) + 1}: the compressed tape is cut short here"]


def test_a_damaged_gzip_tape_keeps_what_was_read() -> None:
    first = gzip.compress(QUOTE * 3)
    entries, errors = read(first + b"garbage", QUOTE)
    assert len(entries) == 3
    assert errors == ["line 4: the compressed data is damaged from here on"]


def test_damage_inside_a_line_is_told_once() -> None:
    packer = zlib.compressobj(wbits=31)
    begun = packer.compress(QUOTE * 3 + QUOTE[:50]) + packer.flush(zlib.Z_FULL_FLUSH)
    entries, errors = read(begun, b"\xff" * 40)
    assert len(entries) == 3
    assert errors == ["line 4: the compressed data is damaged from here on"]


def test_a_mark_of_utf_8_is_no_part_of_the_first_line() -> None:
    for tape in (b"\xef\xbb\xbf" + QUOTE, gzip.compress(b"\xef\xbb\xbf" + QUOTE)):
        assert read(tape, HEADLINE if tape[:1] == b"\xef" else b"")[1] == []
    assert len(read(b"\xef", b"\xbb\xbf" + QUOTE)[0]) == 1


def test_what_only_looks_odd_is_read() -> None:
    line = QUOTE.replace(b'"currency"', b'"venue_says":{"open":"yes","low":" 1"},"currency"')
    assert read(line)[1] == []


def test_a_bomb_is_unpacked_in_pieces() -> None:
    entries, errors = read(gzip.compress(b"0" * 50_000_000))
    assert entries == []
    assert len(errors) == 1


def test_a_file_is_read_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(QUOTE * 400))
    assert len(list(read_tape(str(tmp_path / "a.jsonl.gz")))) == 400
    (tmp_path / "empty").write_bytes(b"")
    assert list(read_tape(str(tmp_path / "empty"))) == []


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match="nowhere: No such file"):
        list(read_tape(str(tmp_path / "nowhere")))
    with pytest.raises(TapeError, match="Is a directory"):
        list(read_tape(str(tmp_path)))


INSTANTS = st.integers(0, 4_000_000_000 * SECOND)
PRICES = st.decimals("0.001", "99999999", places=4) | st.decimals("1", "999999", places=0)
QUOTES = st.builds(
    Quote,
    symbol=st.sampled_from(["9888.HK", "HSTECH", "AAPL", "BTC-USD"]),
    last=PRICES,
    ts_event=INSTANTS,
    ts_recv=INSTANTS,
    source=st.sampled_from(["demo", "tencent"]),
    prev_close=st.none() | PRICES,
    open=st.none() | PRICES,
    high=st.none() | PRICES,
    low=st.none() | PRICES,
    volume=st.none() | st.integers(0, 10**12) | PRICES,
    currency=st.none() | st.just("HKD"),
    phase=st.none() | st.sampled_from(list(Phase)),
    delay=st.integers(0, 900),
)
HEADLINES = st.builds(
    Headline,
    id=st.text("abc-1:/", min_size=1),
    title=st.text("abc 百度", min_size=1).map(str.strip).filter(bool).map(lambda s: " ".join(s.split())),
    link=st.sampled_from(["", "https://example.com/?a=b"]),
    ts_event=INSTANTS,
    ts_recv=INSTANTS,
    source=st.just("rthk"),
    symbols=st.lists(st.sampled_from(["9888.HK", "0700.HK"])).map(tuple),
    topic=st.none() | st.just("rating"),
    amounts=st.lists(st.just("USD 3.2 bn")).map(tuple),
)
EVENTS = st.builds(
    FeedEvent,
    st.just("demo"),
    st.sampled_from(list(Health)),
    INSTANTS,
    st.none() | st.just("silent for 60 s"),
)


@given(st.lists(QUOTES | HEADLINES | EVENTS, max_size=5), st.integers(1, 300), st.booleans())
def test_what_is_written_is_read_back_exactly(entries: list[Entry], size: int, packed: bool) -> None:
    tape = b"".join(map(tape_line, entries))
    tape = gzip.compress(tape) if packed else tape
    again, errors = read(*(tape[at : at + size] for at in range(0, len(tape), size)))
    assert errors == []
    assert again == entries
    assert [str(e.last) for e in again if isinstance(e, Quote)] == [
        str(e.last) for e in entries if isinstance(e, Quote)
    ]


def test_lines_are_written_as_the_contract_shows_them() -> None:
    entries, _ = read(QUOTE)
    assert tape_line(entries[0]) == QUOTE


@given(st.binary(max_size=200), st.integers(0, len(QUOTE)), st.sampled_from([QUOTE, HEADLINE, FEED]))
def test_any_damage_is_a_bad_line_and_nothing_else(damage: bytes, at: int, line: bytes) -> None:
    damaged = line[:at] + damage + line[at + len(damage) :]
    entries, errors = read(damaged + b"\n" + QUOTE)
    assert len(entries) + len(errors) >= 1
    read(gzip.compress(line)[:at] + damage)
