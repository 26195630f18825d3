"""A file that may be saved while the program runs."""

from pathlib import Path


class SavedFile:
    """Tells when a file was saved, by what its directory says of it: nothing is opened to look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._stamp()

    def was_saved(self) -> bool:
        """Whether it was written, replaced or created since the last time this said so.

        A file that is gone was not saved: an editor may be about to put the new one there.
        """
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return False
        self._seen = stamp
        return True

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino
