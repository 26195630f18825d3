"""Keys of vendors: found, refused, and never repeated."""

from pathlib import Path

import pytest

from feeds.secret import secret
from market.errors import FeedError


def test_a_file_comes_before_the_environment(tmp_path: Path) -> None:
    """The end of its line is no part of it."""
    file = tmp_path / "key"
    file.write_text("from-file\n")
    assert secret("v", str(file), "V_KEY", {"V_KEY": "from-environment"}) == "from-file"
    assert secret("v", "", "V_KEY", {"V_KEY": " from-environment "}) == "from-environment"


@pytest.mark.parametrize("held", ["two words", "line\nline", "pass\x1bword", "schlüssel", ""])
def test_what_cannot_be_a_key_is_refused_without_repeating_it(tmp_path: Path, held: str) -> None:
    """It may be a key with a mistake in it."""
    file = tmp_path / "key"
    file.write_text(held, encoding="utf-8")
    for place, environ in ((str(file), {}), ("", {"V_KEY": held})):
        with pytest.raises(FeedError) as caught:
            secret("v", place, "V_KEY", environ)
        assert caught.value.fatal
        assert (place or "V_KEY") in caught.value.reason
        assert not held or held not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """And the environment does not stand in for it."""
    with pytest.raises(FeedError, match=r"no key: .*nowhere: No such file"):
        secret("v", str(tmp_path / "nowhere"), "V_KEY", {"V_KEY": "x"})
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(FeedError, match="not text"):
        secret("v", str(tmp_path / "binary"), "V_KEY", {})
