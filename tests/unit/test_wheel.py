"""What an installation brings: exactly our packages, and the files they read."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.limit import LIMIT
from tests.paths import ROOT


def test_the_wheels_top_level_names_are_exactly_ours(tmp_path: Path) -> None:
    """Tests, benchmarks and tools never ship; styles, tables and the default configuration do."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True, timeout=LIMIT,
    )  # fmt: skip
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {top for name in names if not (top := name.partition("/")[0]).endswith(".dist-info")}
    assert tops == {"market", "feeds", "monitor", "widgets", "tui"}
    for needed in (
        "market/instruments.toml",
        "market/calendars/XHKG.toml",
        "market/calendars/XNYS.toml",
        "monitor/config.toml",
        "monitor/context.toml",
        "tui/app.tcss",
    ):
        assert needed in names
