"""The unit files, read by systemd itself where it is installed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.limit import LIMIT
from tests.paths import ROOT

UNITS = ROOT / "docs" / "systemd"

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")


def copied(kind: str, folder: Path) -> Path:
    """A unit whose program is there."""
    text = (UNITS / kind / "tickwall.service").read_text("utf-8")
    for place in ("/usr/local/bin/tickwall", "%h/.local/bin/tickwall"):
        text = text.replace(place, sys.executable)
    path = folder / "tickwall.service"
    path.write_text(text, encoding="utf-8")
    return path


@needs_systemd
@pytest.mark.parametrize(("kind", "manager"), [("system", "--system"), ("user", "--user")])
def test_systemd_finds_nothing_wrong(kind: str, manager: str, tmp_path: Path) -> None:
    """Whatever its version: not one that knows fewer keys either."""
    done = subprocess.run(
        ["systemd-analyze", manager, "verify", str(copied(kind, tmp_path))],
        capture_output=True, text=True, timeout=LIMIT, check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
def test_the_service_is_walled_in(tmp_path: Path) -> None:
    """By systemd's own measure: at most 2 of 10."""
    unit = copied("system", tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
        capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd cannot judge a unit that is not loaded")
    assert done.returncode == 0, done.stdout[-300:]


@pytest.mark.parametrize("kind", ["system", "user"])
def test_what_a_unit_promises(kind: str) -> None:
    """Exit codes that a restart cannot mend, and a watchdog longer than two of the engine's looks."""
    text = (UNITS / kind / "tickwall.service").read_text("utf-8")
    assert "\nRestartPreventExitStatus=64 78\n" in text
    assert "\nWatchdogSec=30\n" in text
    assert "\nExecReload=kill -HUP $MAINPID\n" in text  # what every version of systemd can reload by


def test_the_walls_let_history_give_way() -> None:
    """Its process lowers its own priority: forbidden, that once ended it, and alerts had no history."""
    text = (UNITS / "system" / "tickwall.service").read_text("utf-8")
    assert text.index("\nSystemCallFilter=~@privileged @resources") < text.index(
        "\nSystemCallFilter=setpriority\n"
    )
    assert "\nSystemCallErrorNumber=EPERM\n" in text
