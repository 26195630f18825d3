"""Every parser of strangers' bytes, on damaged ones, for a bounded time: ``make fuzz``.

A parser may give results or raise an error of this program's own; it may not raise anything else, take longer
than ``SLOW_S`` or more memory than ``MEMORY``. With atheris installed the bytes are bred by coverage, one
process for each parser; else they are payloads cut, spliced, repeated and sprinkled, the same for the same
``--seed``. Payloads to begin with are those below, and the real samples where the folder of them is there.
What breaks a parser is written to ``.fuzz/``, named after it.
"""

import argparse
import hashlib
import importlib
import importlib.util
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from market.errors import TickwallError

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT.parent / "shared" / "samples"
FOUND = ROOT / ".fuzz"

SLOW_S = 5.0
"""CPU seconds for one input of at most ``LONGEST`` bytes: what is linear takes milliseconds."""

MEMORY = 2 << 30
"""Bytes of address space for the whole process."""

LONGEST = 200_000
ENOUGH = 5
"""Kinds of faults of one parser after which it is left."""

NOW = 1_758_075_247_000_000_000

Parser = Callable[[bytes], object]

RSS = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><item><title>Baidu &amp; co</title>'
    b"<link>https://a.b/1</link><guid>1</guid><pubDate>Wed, 17 Sep 2025 10:00:00 +0800</pubDate>"
    b"</item></channel></rss>"
)
ATOM = (
    b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="html">&lt;b&gt;x</title>'
    b"<id>urn:1</id></entry></feed>"
)
JSON_FEED = (
    b'{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","title":"t","url":"https://a.b"}]}'
)
FILINGS = b'{"newsInfoLst":[{"newsId":1,"title":"t","stock":[{"sc":"9888"}],"relTime":"17/09/2025 08:13"}]}'
BIG5 = "<rss><channel><item><title>百度升</title></item></channel></rss>".encode("big5")
TITLE = "高盛上調百度(09888)目標價至HK$150, US$3-4 billion raised, 32億港元, Li Auto".encode()
TAPE = 3 * (
    b'{"t":"quote","symbol":"9888.HK","ts_event":"2025-09-17T02:14:07.120Z",'
    b'"ts_recv":"2025-09-17T02:14:07Z","last":"1.5","source":"d"}\n'
)


@dataclass(frozen=True)
class Target:
    """A parser, payloads of our own to begin with, and the folder of real ones."""

    name: str
    parse: Parser
    seeds: Sequence[bytes]
    samples: str = ""

    def corpus(self) -> list[bytes]:
        """What to damage."""
        real = sorted((SAMPLES / self.samples).iterdir()) if self.samples and SAMPLES.is_dir() else []
        return [*self.seeds, *(path.read_bytes()[:LONGEST] for path in real if path.is_file())]


def targets() -> Iterator[Target]:
    """Every parser that reads what a stranger sent."""
    yield from _headline_targets()
    yield from _quote_targets()


def _headline_targets() -> Iterator[Target]:
    from feeds.charset import decode
    from feeds.hkexnews import parse_hkexnews
    from feeds.rss import parse_feed
    from feeds.tape import TapeReader
    from market.instrument import known
    from market.matching import Matcher
    from market.money import amounts
    from market.topics import topic

    matcher = Matcher(known())

    def titles(raw: bytes) -> object:
        title = raw.decode("utf-8", "replace")[:300]
        return matcher.symbols(title), topic(title), amounts(title)

    def tape(raw: bytes) -> object:
        reader = TapeReader(lambda error: None)
        return reader.feed(raw), reader.close()

    yield Target("feed", lambda raw: parse_feed(raw, None, "fuzz", NOW), (RSS, ATOM, JSON_FEED), "rss")
    yield Target("hkexnews", lambda raw: parse_hkexnews(raw, "fuzz", NOW), (FILINGS,), "rss")
    yield Target("charset", lambda raw: decode(raw, "text/xml; charset=big5"), (BIG5,), "rss")
    yield Target("titles", titles, (TITLE,))
    yield Target("tape", tape, (TAPE,))


def _quote_targets() -> Iterator[Target]:
    import msgspec

    from feeds import (
        alpaca,
        binance,
        coinbase,
        eastmoney,
        finnhub,
        glance,
        kraken,
        longbridge,
        massive,
        sina,
        tencent,
        yahoo,
        yahoo_splits,
    )
    from feeds.json_ws import JsonWsSettings
    from feeds.table import Parser as Table

    names = {"9888.HK": "9888.HK", "BTCUSDT": "BTC-USDT"}
    symbols = frozenset({"AAPL"})
    table = {
        "stream_url": "ws://x/",
        "rows": "quotes",
        "symbol": "s",
        "price": "p",
        "time": "t",
    }

    def desk(opened: str) -> Parser:
        settings = msgspec.convert({"kind": "json_ws", "open": opened, **table}, JsonWsSettings)
        parse = Table("desk", settings, {"AAPL": "AAPL"}).quotes
        return lambda raw: parse(raw, NOW)

    chart = (
        b'{"chart":{"result":[{"meta":{"symbol":"0700.HK"},"timestamp":[1],"indicators":{"quote":[{}]}}]}}'
    )
    parsers: dict[str, tuple[Parser, bytes, str]] = {
        "tencent": (lambda raw: tencent.parse_quotes(raw, NOW), b'v_pv_none_match="1";', "tencent"),
        "tencent-kline": (lambda raw: tencent.parse_kline(raw, "0700.HK"), b'{"code":0}', "tencent"),
        "sina": (lambda raw: sina.parse_quotes(raw, NOW), b'var hq_str_xx="";', "sina"),
        "eastmoney": (lambda raw: eastmoney.parse_quotes(raw, NOW), b'{"data":null}', "eastmoney"),
        "yahoo": (
            lambda raw: yahoo.Parser(names).quotes(raw, NOW),
            b'{"type":"pricing","message":"CgVCVEM="}',
            "yahoo",
        ),
        "yahoo-chart": (yahoo.parse_chart, chart, "yahoo"),
        "yahoo-splits": (yahoo_splits.parse_splits, chart, "yahoo"),
        "glance": (lambda raw: glance.parse_glance(raw, "0700.HK", NOW), chart, "yahoo"),
        "minutes": (glance.parse_minutes, chart, "yahoo"),
        "coinbase": (
            lambda raw: coinbase.parse_frame(raw, NOW),
            b'{"type":"ticker","product_id":"BTC-USD","price":"1"}',
            "coinbase",
        ),
        "binance": (
            lambda raw: binance.Parser(names).quotes(raw, NOW),
            b'{"stream":"a","data":{"s":"BTCUSDT","c":"1"}}',
            "binance",
        ),
        "kraken": (lambda raw: kraken.parse_frame(raw, NOW), b'{"channel":"ticker","data":[]}', "kraken"),
        "finnhub": (
            lambda raw: finnhub.parse_frame(symbols, raw, NOW),
            b'{"type":"trade","data":[{"p":1,"s":"AAPL","t":1,"v":0}]}',
            "finnhub",
        ),
        "alpaca": (
            lambda raw: alpaca.parse_frame(symbols, raw, NOW),
            b'[{"T":"t","S":"AAPL","p":1,"t":"2025-09-17T02:14:07Z"}]',
            "alpaca",
        ),
        "massive": (
            lambda raw: massive.parse_frame(symbols, raw, NOW),
            b'[{"ev":"T","sym":"AAPL","p":1,"t":1}]',
            "massive",
        ),
        "json_ws": (
            desk("c.o"),
            b'{"op":"quotes","quotes":[{"s":"AAPL","p":1,"t":1,"c":{"o":2}}]}',
            "finnhub",
        ),
        "json_ws-array": (
            desk("c.0"),
            b'{"op":"quotes","quotes":[{"s":"AAPL","p":1,"t":1,"c":[2]}]}',
            "finnhub",
        ),
        "longbridge": (
            lambda raw: longbridge.Conversation(["0700.HK"]).parse(raw, NOW),
            b'{"method":"quote.updated","params":{"symbol":"700.HK","last_done":"1","timestamp":"2025-09-17T02:14:07Z"}}',
            "longbridge",
        ),
    }
    for name, (parse, seed, folder) in parsers.items():
        yield Target(name, parse, (seed,), f"feeds/{folder}")


# -- without atheris

_MORSELS = (
    b"<![CDATA[", b"]]>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"</item>", b"<item>", b"\xef\xbb\xbf",
    b"\xff\xfe", b"\x00", b"\xa4\xa4", b"{", b"[", b'"', b"\\u0000", b"null", b"-1", b"1e999", b"NaN",
    b"9" * 40, b"~", b";", b"=", b"\x1f\x8b\x08", b"\n", b"2025-02-30", b"\xf0\x9f\x98\x80", "億元".encode(),
)  # fmt: skip


def damaged(corpus: Sequence[bytes], chance: random.Random) -> bytes:
    """One payload, damaged a few times over."""
    raw = bytearray(chance.choice(corpus))
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(raw))
        end = min(len(raw), at + int(chance.expovariate(1 / 20)))
        match chance.randint(0, 6):
            case 0:
                del raw[at:end]
            case 1:
                raw[at:at] = chance.choice(_MORSELS)
            case 2:
                raw[at:at] = bytes(raw[at:end]) * chance.choice((1, 2, 200))
            case 3:
                del raw[at:]
            case 4:
                raw[at:end] = chance.randbytes(end - at)
            case 5:
                other = chance.choice(corpus)
                raw[at:] = other[chance.randint(0, len(other)) :]
            case 6 if at < len(raw):
                raw[at] ^= 1 << chance.randint(0, 7)
    return bytes(raw[:LONGEST])


def fault(parse: Parser, raw: bytes) -> str | None:
    """What a parser did to one input that it may not do."""
    begun = time.process_time()
    try:
        parse(raw)
    except TickwallError:
        pass
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
    taken = time.process_time() - begun
    return f"took {taken:.1f} s for {len(raw)} bytes" if taken > SLOW_S else None


def damages(target: Target, seed: int) -> Iterator[bytes]:
    """Damaged payloads for one parser without end, the same for the same seed."""
    chance = random.Random(f"{seed} {target.name}")
    corpus = target.corpus()
    while True:
        yield damaged(corpus, chance)


def mutate(target: Target, seconds: float, seed: int) -> int:
    """Try damaged payloads for so long, and print what came of it; how many kinds of faults were found."""
    found: dict[str, bytes] = {}
    until = time.monotonic() + seconds
    count = 0
    for raw in damages(target, seed):
        count += 1
        if (why := fault(target.parse, raw)) is not None:
            found.setdefault(why, raw)
        if time.monotonic() > until or len(found) == ENOUGH:
            break
    say(f"{target.name:<14} {count:>9,} inputs, {len(found)} faults")
    for why, raw in found.items():
        say(f"    {why}: {write(target, raw)}")
    return len(found)


def write(target: Target, raw: bytes) -> Path:
    """An input that broke a parser, to try again."""
    FOUND.mkdir(exist_ok=True)
    path = FOUND / f"{target.name}-{hashlib.sha256(raw).hexdigest()[:12]}"
    path.write_bytes(raw)
    return path


# -- with atheris


def breed(name: str, seconds: float) -> None:
    """Hand one parser to atheris, which ends this process: with 0, or another code when it broke."""
    atheris = importlib.import_module("atheris")

    with atheris.instrument_imports(include=["feeds", "market"]):
        target = next(target for target in targets() if target.name == name)

    def one(raw: bytes) -> None:
        if (why := fault(target.parse, raw)) is not None:
            raise AssertionError(why)

    corpus = FOUND / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for raw in target.corpus():
        (corpus / hashlib.sha256(raw).hexdigest()[:12]).write_bytes(raw)
    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={max(1, int(seconds))}",
            "-timeout=10",
            "-rss_limit_mb=2048",
            f"-max_len={LONGEST}",
            f"-artifact_prefix={FOUND}/{name}-",
            "-verbosity=0",
            str(corpus),
        ],
        one,
    )
    atheris.Fuzz()


def bred(name: str, seconds: float) -> int:
    """Let atheris have one parser in a process of its own; 1 when it broke."""
    command = [sys.executable, "-m", "tools.fuzz", "--breed", name, "--seconds", str(seconds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    say(f"{name:<14} " + ("nothing found" if not done.returncode else done.stderr[-2000:]))
    return int(bool(done.returncode))


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Fuzz every parser, or those named; 1 when one broke."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", metavar="PARSER", help="which; all without any")
    options.add_argument("--seconds", type=float, default=120.0, help="for all together")
    options.add_argument("--seed", type=int, default=917)
    options.add_argument("--breed", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.breed:
        breed(chosen.names[0], chosen.seconds)
        return 0
    wanted = [target for target in targets() if not chosen.names or target.name in chosen.names]
    each = chosen.seconds / max(1, len(wanted))
    if importlib.util.find_spec("atheris") is not None:
        faults = sum(bred(target.name, each) for target in wanted)
    else:
        say("atheris is not installed: payloads are damaged at random, the same for the same seed")
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        faults = sum(mutate(target, each, chosen.seed) for target in wanted)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
