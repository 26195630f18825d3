"""Frames a second through each adapter's parser, against the bare decoder on the same bytes.

The reference is ``msgspec.json.decode`` without a type for JSON, ``split`` at the separator for the pages of
text, and for Yahoo what its frames cannot be read without: the envelope, base64 and protobuf's own runtime.
None of the references makes a price exact, an instant of a time, or checks anything.

Every frame has its own stamp and volume, and prices that move by a few ticks. A ratio differs by up to 0.03
from process to process. Nearest to the goal, in ns a frame, or a row of a page, where to make a quote of what
was read, and to forget it, is 190 of each:

- Binance, 1,100 against 440: the decoder 350, the volume's decimal 180 and its bounds 40, four prices and the
  pair 230, the time 45. Only fewer digits or fewer checks would spare more.
- Kraken, 1,700 against 700: the decoder 830, as it makes two decimals and looks three prices up; the stamp
  270, the price of 24 hours ago 100.
- Alpaca, 900 a trade against 365: the decoder 270; the stamp 390, as no decoder keeps its nanoseconds.
- EastMoney, 900 a row against 370, and Sina, 870 against 360: of Sina's, the split is the reference's own; to
  compare the columns that seldom change 75, the rest of the prices 40, volume 75, time 75, and the head 20.
- ``json_ws``, 1,050 against 430: the decoder 340 and a row's five places 150, as their paths are the table's.
- Yahoo, 1,560 against 650: besides the reference's own work, its twelve fields are fetched one by one, 500
  together, which the reference never does.
"""

import json
import time
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from bench.measure import MEASURED_CORE, Ratio, interleaved, pin, report
from feeds import alpaca, binance, coinbase, eastmoney, finnhub, kraken, massive, sina, tencent, yahoo
from feeds.json_ws import JsonWsSettings
from feeds.pricing_pb2 import PricingData
from feeds.table import Parser

FRAMES = 2_000
PASSES = 5
REPEATS = 5
GOAL = 0.4
NOW = 1_758_075_247_180_000_000
COINS = [f"{chr(65 + n // 26)}{chr(65 + n % 26)}C" for n in range(50)]
SHARES = [f"{chr(65 + n // 26)}{chr(65 + n % 26)}X" for n in range(50)]


def price(index: int) -> str:
    """A price of its own for each symbol, which moves by a few ticks."""
    return f"{100 + index % 50 + index * 7919 % 12 / 50:.2f}"


def stamp(index: int) -> str:
    """A microsecond of one minute."""
    return f"2025-09-17T14:14:{index % 60:02d}.{index:06d}Z"


def milliseconds(index: int) -> int:
    """The same in milliseconds since 1970."""
    return NOW // 1_000_000 + index


def frames(make: Callable[[int], Any]) -> list[bytes]:
    """The frames that a venue would send in a few seconds."""
    return [json.dumps(make(index), separators=(",", ":")).encode() for index in range(FRAMES)]


def coinbase_frame(index: int) -> Any:
    """A ticker."""
    return {
        "type": "ticker", "sequence": index, "product_id": f"{COINS[index % 50]}-USD", "price": price(index),
        "open_24h": "100.25", "volume_24h": f"3120.{index:08d}", "low_24h": "98.11", "high_24h": "203.40",
        "volume_30d": "91204.11", "best_bid": "101.20", "best_ask": "101.21", "side": "buy",
        "time": stamp(index), "trade_id": index, "last_size": "0.02",
    }  # fmt: skip


def binance_frame(index: int) -> Any:
    """A rolling-day ticker."""
    coin = COINS[index % 50]
    return {
        "stream": f"{coin.lower()}usdt@miniTicker",
        "data": {
            "e": "24hrMiniTicker", "E": milliseconds(index), "s": f"{coin}USDT", "c": price(index) + "000000",
            "o": "100.25000000", "h": "203.40000000", "l": "98.11000000", "v": f"3120.{index:08d}",
            "q": f"31204.{index:08d}",
        },
    }  # fmt: skip


def kraken_frame(index: int) -> Any:
    """An update."""
    last = float(price(index))
    ticker = {
        "symbol": f"{COINS[index % 50]}/USD", "bid": last - 0.1, "bid_qty": 0.109, "ask": last + 0.1,
        "ask_qty": 0.056, "last": last, "volume": 627.0 + index / 1000, "vwap": 166.2, "low": 98.1,
        "high": 203.4, "change": round(last - 100.25, 2), "change_pct": 1.5, "trades": 24757,
        "timestamp": stamp(index),
    }  # fmt: skip
    return {"channel": "ticker", "type": "update", "data": [ticker]}


def finnhub_frame(index: int) -> Any:
    """Three trades, as a busy second has."""
    trades = [
        {"c": ["1"], "p": float(price(n)), "s": SHARES[n % 50], "t": milliseconds(n), "v": 8}
        for n in range(index, index + 3)
    ]
    return {"data": trades, "type": "trade"}


def alpaca_frame(index: int) -> Any:
    """Three trades."""
    return [
        {"T": "t", "S": SHARES[n % 50], "i": n, "x": "V", "p": float(price(n)), "s": 8, "c": ["@"], "z": "C",
         "t": stamp(n)[:-1] + "123Z"}
        for n in range(index, index + 3)
    ]  # fmt: skip


def massive_frame(index: int) -> Any:
    """Three trades."""
    return [
        {"ev": "T", "sym": SHARES[n % 50], "x": 4, "i": str(n), "z": 3, "p": float(price(n)), "s": 8,
         "c": [12, 37], "t": milliseconds(n), "q": n}
        for n in range(index, index + 3)
    ]  # fmt: skip


def json_ws_frame(index: int) -> Any:
    """A row, as a desk might send it."""
    row = {
        "name": SHARES[index % 50], "px": {"last": float(price(index)), "close": 113.2},
        "vol": 3_000_000 + index, "at": milliseconds(index), "bid": 1.5, "ask": 1.6,
    }  # fmt: skip
    return {"op": "quotes", "quotes": [row]}


def eastmoney_page(index: int) -> Any:
    """A list of thirty."""
    rows = []
    for code in range(1, 31):
        last = float(price(index + code))
        rows.append({
            "f2": last, "f3": round((last - 100.0), 2), "f5": 21_500_000 + index * code, "f12": f"{code:05d}",
            "f13": 116, "f15": 203.4, "f16": 98.1, "f17": 101.2, "f18": 100.0,
            "f124": NOW // 10**9 + index // 40,
        })  # fmt: skip
    return {"rc": 0, "rt": 11, "svr": 177617940, "lt": 1, "full": 1, "data": {"total": 30, "diff": rows}}


def tencent_page(index: int) -> bytes:
    """A page of thirty codes."""
    rows = []
    for code in range(1, 31):
        fields = ["0"] * 78
        fields[:7] = ["100", "百度集团-SW", f"{code:05d}", price(index + code) + "0", "113.200", "121.000",
                      f"{21_500_000 + index * code}.0"]  # fmt: skip
        fields[30] = f"2025/09/17 10:14:{index // 40 % 60:02d}"
        fields[33], fields[34], fields[75] = "203.400", "98.100", "HKD"
        rows.append(f'v_r_hk{code:05d}="{"~".join(fields)}";')
    return "\n".join(rows).encode("gb18030")


def sina_page(index: int) -> bytes:
    """A page of thirty codes."""
    rows = []
    for code in range(1, 31):
        row = (
            f"BIDU-SW,百度集團,121.000,113.200,203.400,98.100,{price(index + code)}0,1.4,1.071,124.6,124.7,"
            f"2600000000.123,{21_500_000 + index * code},15.701,0.000,135.000,70.000,2025/09/17,"
            f"10:14:{index // 40 % 60:02d},100|0,N|Y|Y,124.600|118.400|130.800,0|||0|0|0, |0,Y"
        )
        rows.append(f'var hq_str_rt_hk{code:05d}="{row}";')
    return "\n".join(rows).encode("gb18030")


def yahoo_frame(index: int) -> bytes:
    """A version 2 frame of a share."""
    last = float(price(index))
    message = PricingData(
        id=SHARES[index % 50], price=last, time=milliseconds(index) // 1000 * 1000, exchange="NMS",
        quote_type="EQUITY", market_hours="REGULAR_MARKET", change=last - 113.2, change_percent=1.5,
        day_volume=21_500_000 + index, price_hint=2,
    ).SerializeToString()  # fmt: skip
    return json.dumps({"type": "pricing", "message": b64encode(message).decode()}).encode()


class _Envelope(msgspec.Struct):
    type: str
    message: str


def bare_yahoo() -> Callable[[bytes], object]:
    """Envelope, base64, protobuf."""
    decode, read = msgspec.json.Decoder(_Envelope).decode, PricingData.FromString
    return lambda frame: read(a2b_base64(decode(frame).message))


def rate(parse: Callable[[bytes, int], object], bodies: Sequence[bytes]) -> Callable[[], float]:
    """One repeat of a parser of ours: frames a CPU-second, each with its receipt."""

    def once() -> float:
        began = time.process_time()
        for _ in range(PASSES):
            for body in bodies:
                parse(body, NOW)
        return PASSES * len(bodies) / (time.process_time() - began)

    return once


def bare_rate(decode: Callable[[bytes], object], bodies: Sequence[bytes]) -> Callable[[], float]:
    """One repeat of a reference, in a loop of its own: to pass on what is given costs more than to call."""

    def once() -> float:
        began = time.process_time()
        for _ in range(PASSES):
            for body in bodies:
                decode(body)
        return PASSES * len(bodies) / (time.process_time() - began)

    return once


def cases() -> list[tuple[str, Callable[[bytes, int], object], Callable[[bytes], object], list[bytes]]]:
    """Each adapter: its parser, the bare reference, and what both are given."""
    asked = frozenset(SHARES)
    names = {share: share for share in SHARES}
    pairs = {f"{coin}USDT": f"{coin}-USDT" for coin in COINS}
    desk = msgspec.convert(
        {"kind": "json_ws", "stream_url": "ws://x/", "rows": "quotes", "symbol": "name", "price": "px.last",
         "prev_close": "px.close", "time": "at", "volume": "vol", "where": {"op": "quotes"}},
        JsonWsSettings,
    )  # fmt: skip
    loads = msgspec.json.decode
    pages = range(0, FRAMES, 40)
    yahoos = [yahoo_frame(n) for n in range(FRAMES)]
    return [
        ("tencent", tencent.parse_quotes, lambda body: body.split(b"~"), [tencent_page(n) for n in pages]),
        ("sina", sina.parse_quotes, lambda body: body.split(b","), [sina_page(n) for n in pages]),
        ("eastmoney", eastmoney.parse_quotes, loads, frames(eastmoney_page)[::40]),
        ("yahoo", yahoo.Parser(names).quotes, bare_yahoo(), yahoos),
        ("coinbase", coinbase.parse_frame, loads, frames(coinbase_frame)),
        ("binance", binance.Parser(pairs).quotes, loads, frames(binance_frame)),
        ("kraken", kraken.parse_frame, loads, frames(kraken_frame)),
        ("finnhub", partial(finnhub.parse_frame, asked), loads, frames(finnhub_frame)),
        ("alpaca", partial(alpaca.parse_frame, asked), loads, frames(alpaca_frame)),
        ("massive", partial(massive.parse_frame, asked), loads, frames(massive_frame)),
        ("json_ws", Parser("desk", desk, names).quotes, loads, frames(json_ws_frame)),
    ]


def main() -> list[Ratio]:
    """Run the benchmark."""
    pin(MEASURED_CORE)
    rows = []
    for name, parse, bare, bodies in cases():
        runs = [rate(parse, bodies), bare_rate(bare, bodies)]
        ours, reference = interleaved(runs, REPEATS)
        rows.append(Ratio(f"parse, {name}", ours, reference, "frames/CPU-s", GOAL, at_least=True))
    return rows


if __name__ == "__main__":
    report(main())
