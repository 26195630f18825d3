"""Write ``market/calendars/XHKG.toml`` and ``XNYS.toml`` from exchange_calendars, its known gaps corrected.

A development tool, run once a year when the next year's holidays are known::

    python tools/calendars.py

Trading hours are typed in here, because the package knows neither the auctions nor the days that opened
late; closed and half days come from the package.
"""

import textwrap
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

import exchange_calendars

UNTIL = date(2027, 12, 31)
TABLES = Path(__file__).resolve().parent.parent / "market" / "calendars"

# Closed although the package opens them: two days of typhoon and black rain (its issue 600), and three
# holidays of the 1990s on which the index has no close (the eves of 1991 and 1997 stood in for a third
# New Year day that fell on a Sunday; 1993-10-01 followed the Mid-Autumn Festival).
CLOSED_TOO = {
    "XHKG": ["1991-02-14", "1993-10-01", "1997-02-06", "2023-09-01", "2023-09-08"],
    "XNYS": [],
}

# Open although the package closes them: Buddha's Birthday became a holiday in 1999 only, and 1998-08-17
# stood in for another that was abolished; the index has a close on each.
OPEN_AFTER_ALL = {
    "XHKG": [
        "1987-05-05", "1988-05-23", "1989-05-12", "1990-05-02", "1991-05-21", "1992-05-11", "1993-05-28",
        "1994-05-18", "1995-05-08", "1996-05-24", "1997-05-14", "1998-05-04", "1998-08-17",
    ],
    "XNYS": [],
}  # fmt: skip

HOURS = {
    "XHKG": """
# Before 2002 there was no pre-opening auction, and some years closed a little earlier: those dates are
# exact, the hours near enough. A closing auction existed from 2008-05-26 to 2009-03-20 and exists since
# 2016-07-25; it ends at random in its last two minutes.
[[hours]]
from = 1987-01-01
full = ["09:30 pre_open", "10:00 morning", "12:30 lunch", "14:30 afternoon", "16:00 closed"]
half = ["09:30 pre_open", "10:00 morning", "12:30 closed"]

[[hours]]
from = 2008-05-26
full = [
    "09:30 pre_open", "10:00 morning", "12:30 lunch", "14:30 afternoon",
    "16:00 closing_auction", "16:10 closed",
]
half = ["09:30 pre_open", "10:00 morning", "12:30 closing_auction", "12:40 closed"]

[[hours]]
from = 2009-03-23
full = ["09:30 pre_open", "10:00 morning", "12:30 lunch", "14:30 afternoon", "16:00 closed"]
half = ["09:30 pre_open", "10:00 morning", "12:30 closed"]

[[hours]]
from = 2011-03-07
full = ["09:00 pre_open", "09:30 morning", "12:00 lunch", "13:30 afternoon", "16:00 closed"]
half = ["09:00 pre_open", "09:30 morning", "12:00 closed"]

[[hours]]
from = 2012-03-05
full = ["09:00 pre_open", "09:30 morning", "12:00 lunch", "13:00 afternoon", "16:00 closed"]
half = ["09:00 pre_open", "09:30 morning", "12:00 closed"]

[[hours]]
from = 2016-07-25
full = [
    "09:00 pre_open", "09:30 morning", "12:00 lunch", "13:00 afternoon",
    "16:00 closing_auction", "16:10 closed",
]
half = ["09:00 pre_open", "09:30 morning", "12:00 closing_auction", "12:10 closed"]

# Storms: the morning cancelled (then there is no pre-opening auction either), or the afternoon cut short.
[days]
2020-08-19 = ["13:30 afternoon", "16:00 closing_auction", "16:10 closed"]
2021-06-28 = ["13:30 afternoon", "16:00 closing_auction", "16:10 closed"]
2022-08-25 = ["13:00 afternoon", "16:00 closing_auction", "16:10 closed"]
2022-11-02 = ["09:00 pre_open", "09:30 morning", "12:00 lunch", "13:00 afternoon", "13:55 closed"]
2023-10-09 = ["14:00 afternoon", "16:00 closing_auction", "16:10 closed"]
""",
    "XNYS": """
[[hours]]
from = 1985-01-01
full = ["04:00 pre", "09:30 regular", "16:00 post", "20:00 closed"]
half = ["04:00 pre", "09:30 regular", "14:00 post", "18:00 closed"]

[[hours]]
from = 1993-01-01
full = ["04:00 pre", "09:30 regular", "16:00 post", "20:00 closed"]
half = ["04:00 pre", "09:30 regular", "13:00 post", "17:00 closed"]
""",
}
ZONES = {"XHKG": "Asia/Hong_Kong", "XNYS": "America/New_York"}
SINCE = {"XHKG": date(1987, 1, 1), "XNYS": date(1985, 1, 1)}


def listed(name: str, days: Iterable[date]) -> str:
    """A TOML array of dates, each year on lines of its own."""
    lines = [f"{name} = ["]
    for _, year in groupby(sorted(days), key=lambda day: day.year):
        text = ", ".join(day.isoformat() for day in year) + ","
        lines += textwrap.wrap(
            text, 106, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
        )
    return "\n".join([*lines, "]"])


def table(mic: str) -> str:
    """The whole table of one exchange as TOML."""
    since = SINCE[mic]
    source = exchange_calendars.get_calendar(mic, start=since.isoformat(), end=UNTIL.isoformat())
    sessions = {stamp.date() for stamp in source.sessions}
    sessions -= {date.fromisoformat(day) for day in CLOSED_TOO[mic]}
    sessions |= {date.fromisoformat(day) for day in OPEN_AFTER_ALL[mic]}
    assert all(day.weekday() < 5 for day in sessions)
    weekdays = (since + timedelta(days=n) for n in range((UNTIL - since).days + 1))
    closed = [day for day in weekdays if day.weekday() < 5 and day not in sessions]
    half = sessions & {stamp.date() for stamp in source.early_closes}
    return f"""\
# Written by tools/calendars.py from exchange_calendars {exchange_calendars.__version__}; do not edit here.
mic = "{mic}"
zone = "{ZONES[mic]}"
valid_from = {since}
valid_until = {UNTIL}

{listed("closed", closed)}

{listed("half", half)}
{HOURS[mic]}"""


if __name__ == "__main__":
    for mic in HOURS:
        (TABLES / f"{mic}.toml").write_text(table(mic), encoding="utf-8")
