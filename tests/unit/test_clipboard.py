"""Copying over ssh and multiplexers, and where a browser can be expected."""

import base64

import pytest

from tui.browser import has_browser
from tui.clipboard import copying

LINK = "https://news.example.com/百度?a=1"
BODY = base64.b64encode(LINK.encode()).decode()


@pytest.mark.parametrize(
    ("environ", "written"),
    [
        ({}, f"\x1b]52;c;{BODY}\a"),
        ({"SSH_TTY": "/dev/pts/1"}, f"\x1b]52;c;{BODY}\a"),
        ({"STY": "1.x"}, f"\x1bP\x1b]52;c;{BODY}\a\x1b\\"),
        ({"TMUX": "/tmp/t"}, f"\x1b]52;c;{BODY}\a\x1bPtmux;\x1b\x1b]52;c;{BODY}\a\x1b\\"),
    ],
)
def test_a_text_is_put_on_the_terminals_clipboard(environ: dict[str, str], written: str) -> None:
    assert copying(LINK, environ) == written


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "w"}, True),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "a"}, False),
        ({"SSH_TTY": "t", "BROWSER": "code-open"}, True),
        ({"BROWSER": "firefox"}, True),
    ],
)
def test_where_a_browser_can_be_expected(environ: dict[str, str], expected: bool) -> None:
    assert has_browser(environ) is expected
