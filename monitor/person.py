"""Who sits here: the name that stands beside an acknowledgement or a snooze."""

from getpass import getuser


def person() -> str:
    """The login name; empty for a user id without one, as in a container or of a service."""
    try:
        return getuser()
    except (KeyError, OSError):
        return ""
