"""How long a test waits at the most."""

LIMIT = 180.0
"""Seconds after which something counts as hung.

It is no measure of speed: a simulated day takes 17 of an idle machine, and a busy one may take ten times as
long for anything.
"""
