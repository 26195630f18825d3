"""What a command loads, seen in a process of its own."""

import subprocess
import sys

import pytest

from tests.limit import LIMIT
from tests.paths import ROOT
from tui.origin import foreign

HEAVY = {
    "aiohttp", "aiohttp.web", "asyncio", "feedparser", "google.protobuf", "msgspec", "numpy", "pandas",
    "prometheus_client", "rich", "sqlite3", "textual", "websockets",
}  # fmt: skip


def loaded(code: str) -> set[str]:
    """Which heavy modules a piece of code leaves loaded."""
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=LIMIT, check=True
    )
    return HEAVY & set(done.stderr.split())


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_a_question_to_the_command_line_loads_nothing_heavy(option: str) -> None:
    """They answer in well under 0.2 s."""
    assert loaded(f"from tui.__main__ import run\nrun(['{option}'])") == set()


def test_headless_never_loads_the_screen_nor_pandas(tmp_path: object) -> None:
    """Not for a run that has ended, either: a tape through the whole engine."""
    line = (
        '{"t":"quote","symbol":"9888.HK","ts_event":"2025-09-17T02:00:00Z","ts_recv":"2025-09-17T02:00:00Z",'
        '"last":"125","prev_close":"113.2","source":"x"}'
    )
    code = (
        "import io, os, tempfile\n"
        "os.environ['XDG_CACHE_HOME'] = tempfile.mkdtemp()\n"
        "file = tempfile.NamedTemporaryFile('w', suffix='.jsonl')\n"
        f"file.write('''{line}\\n''')\n"
        "file.flush()\n"
        "from tui.__main__ import run\n"
        "assert run(['headless', '--tape', file.name, '--config', os.devnull]) == 0\n"
    )
    unwanted = {"textual", "rich", "pandas", "numpy", "aiohttp.web", "prometheus_client"}
    assert loaded(code) & unwanted == set()


def test_a_check_begins_light() -> None:
    """Without the engine and its store; a network library comes with the feed that is asked."""
    assert loaded("import monitor.check") <= {"asyncio", "msgspec"}


def test_our_packages_are_ours() -> None:
    """Nothing foreign of our names is installed here."""
    assert foreign() is None


def test_a_foreign_package_of_our_name_is_refused(tmp_path: object) -> None:
    """A decoy that comes first on the path is named."""
    code = (
        "import pathlib, sys, tempfile\n"
        "decoy = pathlib.Path(tempfile.mkdtemp()) / 'widgets'\n"
        "decoy.mkdir()\n"
        "(decoy / '__init__.py').touch()\n"
        "sys.path.insert(0, str(decoy.parent))\n"
        "from tui.origin import foreign\n"
        "assert \"'widgets'\" in (foreign() or ''), foreign()\n"
    )
    loaded(code)
