"""Pen: the look a terminal writes in, and the shortest sequence from one look to another."""

from functools import cached_property

from rich.color import Color, ColorSystem
from rich.style import Style

_ON = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "21", "51", "52", "53")
_OFF = ("22", "22", "23", "24", "25", "25", "27", "28", "29", "24", "54", "54", "55")

KEPT = 4096
"""Styles remembered before all are forgotten: widgets that build styles anew each time must not grow us."""


class Pen:
    """One look: attributes in the order of ``_ON``, and the parameters of the two colours."""

    __slots__ = ("_to", "attributes", "background", "foreground", "link")

    def __init__(self, attributes: tuple[bool, ...], foreground: str, background: str, link: str) -> None:
        self.attributes = attributes
        self.foreground = foreground
        self.background = background
        self.link = link
        """What opens a hyperlink, or nothing."""
        self._to: dict[Pen, str] = {}

    def to(self, other: "Pen") -> str:
        """The sequence that makes a terminal that writes as this one write as the other."""
        sequence = self._to.get(other)
        if sequence is None:
            sequence = self._to[other] = min(self._change_to(other), other.afresh, key=len)
        return sequence

    @property
    def afresh(self) -> str:
        """The sequence that selects this look whatever was before."""
        on = [code for code, held in zip(_ON, self.attributes, strict=True) if held]
        return f"\x1b[{';'.join(['0', *on, *filter(None, (self.foreground, self.background))])}m"

    def _change_to(self, other: "Pen") -> str:
        pairs = list(zip(_ON, _OFF, self.attributes, other.attributes, strict=True))
        off = list(dict.fromkeys(off for _, off, had, has in pairs if had and not has))
        # One sequence ends both bold and dim: what shall stay is switched on again.
        on = [on for on, cleared, had, has in pairs if has and (not had or cleared in off)]
        colours = []
        if self.foreground != other.foreground:
            colours.append(other.foreground or "39")
        if self.background != other.background:
            colours.append(other.background or "49")
        codes = [*off, *on, *colours]
        return f"\x1b[{';'.join(codes)}m" if codes else ""


class Pens:
    """The pens of one terminal, by Rich style."""

    def __init__(self, colours: ColorSystem | None) -> None:
        """``colours`` is what the terminal can show; ``None`` writes attributes alone (``NO_COLOR``)."""
        self._colours = colours
        self._looks: dict[object, Pen] = {}
        # By identity, because hashing a Rich style is a Python call; the style is held, so it stays its own.
        self._known: dict[int, tuple[Style | None, Pen]] = {}

    @cached_property
    def plain(self) -> Pen:
        """The look after a reset."""
        return self.of(None)

    def of(self, style: Style | None) -> Pen:
        """The pen of a style; two styles that look alike share one."""
        known = self._known.get(id(style))
        if known is not None:
            return known[1]
        if len(self._known) >= KEPT:
            self._known.clear()
        pen = self._make(style)
        self._known[id(style)] = (style, pen)
        return pen

    def _make(self, style: Style | None) -> Pen:
        style = style or Style.null()
        attributes = (
            style.bold, style.dim, style.italic, style.underline, style.blink, style.blink2, style.reverse,
            style.conceal, style.strike, style.underline2, style.frame, style.encircle, style.overline,
        )  # fmt: skip
        link = f"\x1b]8;id={style.link_id};{style.link}\x1b\\" if style.link else ""
        look = (
            tuple(map(bool, attributes)),
            self._colour(style.color, True),
            self._colour(style.bgcolor, False),
            link,
        )
        if len(self._looks) >= KEPT:
            self._looks.clear()
        if look not in self._looks:
            self._looks[look] = Pen(*look)
        return self._looks[look]

    def _colour(self, colour: Color | None, foreground: bool) -> str:
        if colour is None or colour.is_default or self._colours is None:
            return ""
        return ";".join(colour.downgrade(self._colours).get_ansi_codes(foreground))
