"""Text broken into lines by cells, not characters: an ideograph takes two, and may stand last in a line."""

from rich.cells import cell_len, set_cell_size

_NUMBER = "+-0123456789.,%"


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` cells, broken at blanks where there are any; one empty line for no text."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        line = word
        while cell_len(line) > width > 1:
            head = _not_within_a_number(set_cell_size(line, width).rstrip(), line)
            lines.append(head)
            line = line[len(head) :]
    return [*lines, line]


def _not_within_a_number(head: str, line: str) -> str:
    """As much of a line's head as leaves a number whole: in Chinese no blanks part it from the words."""
    after = line[len(head) : len(head) + 1]
    return head.rstrip(_NUMBER) or head if after and after in _NUMBER else head
