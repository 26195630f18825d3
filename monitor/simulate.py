"""``tickwall simulate``: the simulated venue as a server of its own."""

import asyncio
import logging
import sys

from monitor import exit as exit_code
