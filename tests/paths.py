"""Where tests find what is not in the project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
"""Real payloads and histories; tests that read it skip where it is absent."""
