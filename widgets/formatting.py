"""Numbers and text as the screen shows them. Pure; a value that is not there is one hyphen, never ``nan``."""

from decimal import Decimal

from rich.cells import cell_len, set_cell_size

from market.freshness import Quality, age_text

ABSENT = "-"


def price(value: Decimal | None) -> str:
    """``1,234.50``: thousands parted, decimals exactly as the venue wrote them."""
    return ABSENT if value is None or not value.is_finite() else f"{value:,f}"


def signed(value: Decimal | None) -> str:
    """``+17.80``: a change, with its sign; zero has none."""
    if value is None or not value.is_finite():
        return ABSENT
    return f"{value:+,f}" if value else f"{value:,f}"


def percent(value: Decimal | None, decimals: int = 2) -> str:
    """``+15.72%``: rounded half to even for the eye; rules compare the exact value.

    The sign is that of the exact value, so that a small loss reads ``-0.00%`` and agrees with its arrow.
    """
    if value is None or not value.is_finite():
        return ABSENT
    # A fixed specification formats in 0.3 µs, one put together each time in 0.5.
    text = format(value, "+,.2f" if decimals == 2 else f"+,.{decimals}f")
    return f"{text if value else text[1:]}%"


def volume(value: Decimal | int | None) -> str:
    """``68.7M``: at most six cells, for anything below 10^15."""
    if value is None:
        return ABSENT
    number = float(value)
    if number < 1000:
        return f"{number:.0f}" if number == int(number) else f"{number:.1f}"
    for unit in "KMB":
        number /= 1000
        if number < 999.95:
            return f"{number:.1f}{unit}"
    return f"{number / 1000:,.1f}T"


def count(value: int) -> str:
    """``+7``: a streak of rises, ``-3`` one of falls."""
    return f"{value:+d}" if value else "0"


def coarse_age(seconds: float) -> str:
    """``now``, ``20s``, ``5m``, ``3h``, ``4d``: an age that changes seldom, because each change is repainted.

    A wall of live tiles whose ages count single seconds repaints every tile every second.
    """
    if seconds < 10:
        return "now"
    if seconds < 60:
        return f"{int(seconds) // 10 * 10}s"
    if seconds < 3600:
        return f"{int(seconds) // 60}m"
    return f"{int(seconds) // 3600}h" if seconds < 86_400 else f"{int(seconds) // 86_400}d"


def tag(quality: Quality, age_s: float, delay_s: float = 0, mark: str = "") -> str:
    """What stands beside a name whose price is not simply live: ``STALE 2:13``, ``D15``, ``SIM``.

    ``mark`` (``SIM``, ``REPLAY``) says where the whole screen's prices come from, and stays beside staleness.
    """
    if quality is Quality.STALE:
        word = f"STALE {age_text(age_s)}"
    elif quality is Quality.DELAYED:
        word = f"D{round(delay_s / 60)}"
    else:
        return mark
    return f"{mark} {word}" if mark else word


def code(symbol: str) -> str:
    """The short code a trader reads: ``9888`` for ``9888.HK``, else the symbol itself."""
    return symbol.removesuffix(".HK")


def fit(text: str, cells: int, ellipsis: str = "…") -> str:
    """The text in exactly that many cells, cut with an ellipsis or padded on the right.

    Cells, not characters: an ideograph takes two, and never half of one is drawn.
    """
    if cells <= 0:
        return ""
    if (width := cell_len(text)) <= cells:
        return text + " " * (cells - width)
    return set_cell_size(set_cell_size(text, cells - 1).rstrip() + ellipsis, cells)


def fit_right(text: str, cells: int) -> str:
    """The text in exactly that many cells, padded on the left; blank when too long, as half a number lies."""
    width = cell_len(text)
    return " " * (cells - width) + text if width <= cells else " " * cells
