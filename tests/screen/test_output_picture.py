"""The picture against Textual's own way, on an emulated terminal, over random screens."""

import io
import random

import pytest
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tests.screen.terminal import Terminal, differing
from tui.pen import Pens
from tui.picture import Picture

WIDTH, HEIGHT = 40, 6
STYLES = [
    Style(color=ink, bgcolor=paper, bold=bold, reverse=reverse, italic=italic, dim=dim)
    for ink in ("#ff0000", "#00ff00", None)
    for paper in ("#000000", None, "blue")
    for bold, dim in ((True, None), (None, True), (None, None))
    for reverse in (True, None)
    for italic in (True, None)
]


class Screens:
    """Random screens and random changes of them, as Textual's compositor would send them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.lines = [self.line(WIDTH) for _ in range(HEIGHT)]

    def line(self, width: int) -> Strip:
        """A line of narrow and wide characters in random styles."""
        segments = []
        used = 0
        while used < width:
            text = ""
            for _ in range(self.chance.randint(1, 8)):
                character = self.chance.choice("abc  1中文▁█é")
                if used + cell_len(character) <= width:
                    text += character
                    used += cell_len(character)
            segments.append(Segment(text, self.chance.choice(STYLES)))
        return Strip([segment for segment in segments if segment.text], width)

    def touch(self, strip: Strip) -> Strip:
        """The strip with some characters of one segment exchanged for others as wide."""
        segments = list(strip)
        place = self.chance.randrange(len(segments))
        text, style, _ = segments[place]
        text = "".join(self.chance.choice("xyz1") if cell_len(sign) == 1 else sign for sign in text)
        segments[place] = Segment(text, style)
        return Strip(segments, strip.cell_length)

    def whole(self) -> LayoutUpdate:
        """The whole screen."""
        return LayoutUpdate([[line] for line in self.lines], Region(0, 0, WIDTH, HEIGHT))

    def change(self) -> ChopsUpdate | None:
        """Some pieces between random cuts."""
        cuts = sorted({0, *(self.chance.randint(1, WIDTH - 1) for _ in range(self.chance.randint(0, 3)))})
        ends = [*cuts[1:], WIDTH]
        chops: list[dict[int, Strip | None]] = []
        spans: list[tuple[int, int, int]] = []
        for y in range(HEIGHT):
            pieces = list(self.lines[y].divide(ends))
            chops.append(dict.fromkeys(cuts))
            split = "".join(piece.text for piece in pieces) != self.lines[y].text
            for place, (start, end) in enumerate(zip(cuts, ends, strict=True)):
                # A wide character that is cut through comes from a widget that was put over it.
                if self.chance.random() < 0.3 or split:
                    change = (
                        self.line(end - start) if self.chance.random() < 0.5 else self.touch(pieces[place])
                    )
                    pieces[place] = chops[y][start] = change
                    spans.append((y, start, end))
            self.lines[y] = Strip.join(pieces)
        return ChopsUpdate(chops, spans, [ends] * HEIGHT) if spans else None


@pytest.mark.parametrize("seed", range(40))
def test_any_change_comes_out_as_by_textual(seed: int) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", _environ={})
    screens = Screens(seed)
    picture = Picture(ColorSystem.TRUECOLOR)
    ours, stock = Terminal(WIDTH, HEIGHT), Terminal(WIDTH, HEIGHT)
    update: ChopsUpdate | LayoutUpdate | None = screens.whole()
    for step in range(12):
        if update is not None:
            picture.take(update)
            stock.feed(update.render_segments(console))
        # Now and then frames are left out, as on a slow link.
        if step % 3 != 1:
            ours.feed(picture.draw())
            assert differing(ours.cells(), stock.cells()) == []
        update = screens.whole() if step == 6 else screens.change()


def test_nothing_is_sent_when_nothing_changed() -> None:
    screens = Screens(1)
    picture = Picture(ColorSystem.TRUECOLOR)
    picture.take(screens.whole())
    assert picture.draw()
    assert picture.draw() == ""
    again = Screens(1)
    picture.take(again.whole())
    assert picture.draw() == ""
    picture.forget()
    assert picture.draw()


def test_one_changed_digit_is_sent_alone() -> None:
    picture = Picture(ColorSystem.TRUECOLOR)
    style = Style(color="#00ff00", bgcolor="#000000")
    for price in ("131.00", "131.20"):
        strip = Strip([Segment("9888 ", style), Segment(price, style)], 11)
        picture.take(LayoutUpdate([[strip]], Region(0, 0, 11, 1)))
        drawn = picture.draw()
    assert drawn == "\x1b[1;10H\x1b[38;2;0;255;0;48;2;0;0;0m2\x1b[0m"


def test_another_size_is_another_screen() -> None:
    picture = Picture(ColorSystem.TRUECOLOR)
    for width, height in ((10, 2), (4, 1), (12, 3)):
        strip = Strip([Segment("x" * width)], width)
        picture.take(LayoutUpdate([[strip] for _ in range(height)], Region(0, 0, width, height)))
        assert picture.draw().count("x") == width * height


@pytest.mark.parametrize(("width", "height", "cut"), [(12, 1, 5), (20, 3, 5), (40, 2, 30)])
def test_a_part_may_come_before_the_whole_of_another_size(width: int, height: int, cut: int) -> None:
    picture = Picture(ColorSystem.TRUECOLOR)
    halves = [Strip([Segment("a" * 10)], 10), Strip([Segment("b" * 10)], 10)]
    picture.take(LayoutUpdate([halves, halves], Region(0, 0, 20, 2)))
    picture.draw()
    part = Strip([Segment("c" * (width - cut))], width - cut)
    picture.take(
        ChopsUpdate([{0: None, cut: part}] * height, [(height - 1, cut, width)], [[cut, width]] * height)
    )
    assert picture.draw().count("c") == width - cut
    line = [Strip([Segment("d" * width)], width)]
    picture.take(LayoutUpdate([line] * height, Region(0, 0, width, height)))
    assert picture.draw().count("d") == width * height


@pytest.mark.parametrize(
    ("colours", "codes"),
    [
        (ColorSystem.TRUECOLOR, "38;2;63;209;79"),
        (ColorSystem.EIGHT_BIT, "38;5;77"),
        (ColorSystem.STANDARD, "92"),
    ],
)
def test_colours_are_those_of_the_terminal(colours: ColorSystem, codes: str) -> None:
    pens = Pens(colours)
    assert pens.plain.to(pens.of(Style(color="#3fd14f"))) == f"\x1b[{codes}m"


def test_without_colour_only_attributes_are_sent() -> None:
    pens = Pens(None)
    assert pens.plain.to(pens.of(Style(color="#3fd14f", bgcolor="blue", bold=True))) == "\x1b[1m"
    assert pens.of(Style(color="#3fd14f")) is pens.plain


def test_the_end_of_bold_does_not_end_dim() -> None:
    pens = Pens(ColorSystem.TRUECOLOR)
    both, dim = (
        pens.of(Style(bold=True, dim=True, color="#3fd14f")),
        pens.of(Style(dim=True, color="#3fd14f")),
    )
    assert both.to(dim) == "\x1b[22;2m"


def test_a_link_is_opened_and_closed() -> None:
    picture = Picture(ColorSystem.TRUECOLOR)
    strip = Strip([Segment("here", Style(link="https://example.org/"))], 4)
    picture.take(LayoutUpdate([[strip]], Region(0, 0, 4, 1)))
    drawn = picture.draw()
    assert drawn.count("\x1b]8;") == 2
    assert drawn.index("https://example.org/") < drawn.index("here") < drawn.index("\x1b]8;;\x1b\\")
