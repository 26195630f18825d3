"""Where tests find what is not in the project."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
"""Real payloads and histories; tests that read it skip where it is absent."""

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="no folder of real samples beside the repository"
)
