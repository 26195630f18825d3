"""Become another program: ``python -m tests.screen.become tmux ...``, for what is no module of Python's."""

import os
import sys

if __name__ == "__main__":
    os.execvp(sys.argv[1], sys.argv[1:])
