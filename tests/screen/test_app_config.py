"""The configuration on the screen: what it changes, saved while the wall runs; what cannot be opened."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from market.errors import TickwallError
from market.session import amend
from monitor.assembly import Run
from monitor.exit import BAD_INPUT
from monitor.listener import Listener
from tests.screen.stage import Stage, text, until
from tui.app import WallApp
from tui.tty import TerminalError, demand_terminal, encoding


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A small configuration."""
    return write(tmp_path / "config.toml", 'mine = ["9888.HK", "AAPL"]')


def write(path: Path, watchlist: str, more: str = "") -> Path:
    """A configuration with one watchlist, which is shown first."""
    name = watchlist.split()[0]
    path.write_text(f'schema = 1\nwatchlist = "{name}"\n[watchlists]\n{watchlist}\n{more}', encoding="utf-8")
    return path


async def test_a_saved_file_is_taken_and_a_bad_one_refused(path: Path) -> None:
    stage = Stage(path)
    async with stage.up() as pilot:
        main = stage.app.main
        assert main.wall.order == ["9888.HK", "AAPL"]
        write(path, 'mine = ["9888.HK", "AAPL", "0700.HK"]', '[display]\nnames = "zh-Hant"\nfps = 20')
        await until(lambda: main.wall.order == ["9888.HK", "AAPL", "0700.HK"], pilot)
        await until(lambda: "configuration reloaded" in text(main.status), pilot)
        await until(lambda: "騰訊" in text(main.wall), pilot)
        assert main.wall.fps == 20
        write(path, 'mine = ["0700.HK"]', "[display]\nfsp = 3")
        await until(lambda: "not reloaded" in text(main.status), pilot)
        assert "display.fsp: unknown key; did you mean 'fps'?" in stage.app.said
        assert main.wall.order == ["9888.HK", "AAPL", "0700.HK"]
        path.unlink()
        write(path, 'other = ["0700.HK"]')
        await until(lambda: main.wall.order == ["0700.HK"], pilot)


async def test_a_saved_file_of_closures_is_taken(path: Path, tmp_path: Path) -> None:
    """A typhoon closes an exchange while the wall runs."""
    surprises = tmp_path / "closures.toml"
    surprises.write_text("[XHKG]\n", encoding="utf-8")
    write(path, 'mine = ["9888.HK"]', f'[calendar]\nfile = "{surprises}"')
    stage = Stage(path)
    try:
        async with stage.up() as pilot:
            await until(lambda: "morning" in text(stage.app.main.strip), pilot)
            surprises.write_text("[XHKG]\nclosed = [2025-09-17]\n", encoding="utf-8")
            await until(lambda: "configuration reloaded" in text(stage.app.main.status), pilot)
            await until(lambda: "closed" in text(stage.app.main.strip), pilot)
    finally:
        amend(None)


async def test_the_wall_speaks_the_language_of_names(path: Path) -> None:
    write(path, 'mine = ["9888.HK", "AAPL"]', '[display]\nnames = "zh-Hans"')
    stage = Stage(path)
    async with stage.up((80, 24)) as pilot:
        main = stage.app.main
        stage.quote(last="125.00")
        await until(lambda: "1项待确认" in text(main.status), pilot)
        assert text(main.tabs).startswith(" 1 行情  2 新闻  3 预警 1!  4 行情源")
        assert text(main.status).split() == [
            "mine:",
            "2只",
            "按列表顺序",
            "1项待确认",
            "?帮助",
            "/筛选",
            "q退出",
        ]
        await pilot.press("3", "m")
        assert text(main.alerts).startswith("─ 预警: 1项待确认 ─")
        assert "铃声已关" in text(main.status)
        await pilot.press("2")
        assert "暂无新闻" in text(main.headlines)
        await pilot.press("slash", "x")
        assert text(main.headlines).startswith("─ 新闻: 'x' ─")


async def test_a_slow_link_gets_a_frame_a_second_and_fewer_cells(path: Path) -> None:
    write(path, 'mine = ["9888.HK"]', '[display]\nlow_bandwidth = true\nglyphs = "ascii"\nfps = 30')
    stage = Stage(path)
    async with stage.up() as pilot:
        main = stage.app.main
        stage.quote()
        await until(lambda: "118.00" in text(main.wall), pilot)
        assert main.wall.fps == 1
        assert main.wall.look.lean
        assert text(main.wall, main.strip, main.status, main.feeds).isascii()


async def test_what_cannot_be_opened_ends_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    class MissingError(TickwallError):
        exit_code = BAD_INPUT

    def missing(listener: Listener) -> AbstractAsyncContextManager[Run]:
        raise MissingError("no [such] tape")

    app = WallApp(missing)
    async with app.run_test() as pilot:
        await until(lambda: not app.is_running, pilot)
    assert app.return_code == BAD_INPUT
    assert "tickwall: no [such] tape" in capsys.readouterr().err


def test_a_terminal_is_demanded() -> None:
    with pytest.raises(TerminalError, match="tickwall headless") as refused:
        demand_terminal({"TERM": "xterm"})
    assert refused.value.exit_code == 64


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"LANG": "en_HK.UTF-8"}, "utf-8"),
        ({"LANG": "zh_TW.Big5", "LC_CTYPE": ""}, "big5"),
        ({"LANG": "en_HK.UTF-8", "LC_ALL": "C"}, "ascii"),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "ascii"),
        ({"LANG": "en_US.utf8", "LC_CTYPE": "C.UTF-8"}, "utf-8"),
        ({"LANG": "xx.klingon"}, "ascii"),
        ({}, "utf-8"),
    ],
)
def test_the_locale_tells_the_encoding(environ: dict[str, str], found: str) -> None:
    assert encoding(environ) == found
