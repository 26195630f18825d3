"""systemd's notification protocol: one datagram a message, to the socket that the service manager names."""

import logging
import os
import socket
import time
from collections.abc import Mapping

log = logging.getLogger(__name__)


class Manager:
    """The service manager that started this process; where there is none, nothing is sent."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # An @ in front stands for the zero byte of an address that is no file.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        meant = environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        usec = environ.get("WATCHDOG_USEC", "")
        self.patience = int(usec) / 1e6 if self._address and meant and usec.isdecimal() else 0.0
        """Seconds without a sign of life after which it ends the process; 0 where it never does."""

    def ready(self, status: str) -> None:
        """Started, or done with a reload."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """About to reload; ``ready`` ends it."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """About to end."""
        self._tell("STOPPING=1")

    def status(self, text: str) -> None:
        """What ``systemctl status`` shows."""
        self._tell(f"STATUS={text}")

    def alive(self) -> None:
        """A sign of life."""
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)  # a manager that does not read must not hold alerts up
                sender.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            log.warning("the service manager cannot be told %s: %s", lines[0], error)
