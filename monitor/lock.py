"""One headless process per store: a second would tell every alert twice."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from market.errors import TickwallError
from monitor.exit import TRY_LATER


class LockedError(TickwallError):
    """Another headless process runs on this store."""

    exit_code = TRY_LATER


@contextmanager
def exclusive(store: Path) -> Iterator[None]:
    """Hold the store's headless lock; the kernel gives it back however the process ends."""
    store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(store.with_name(f"{store.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LockedError(
                f"{store}: another headless tickwall runs on this store (--state PATH for a second one)"
            ) from None
        yield
    finally:
        os.close(file)
