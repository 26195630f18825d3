"""The daemon's own pages: ``/healthz``, ``/readyz`` and ``/metrics``, on this machine alone unless told."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from market.errors import TickwallError
from monitor.address import host_and_port
from monitor.engine import Engine
from monitor.outbox import Outbox
from monitor.pulse import Probes
from monitor.tally import Tally

log = logging.getLogger(__name__)

NO_METRICS = "metrics need a library that is not installed: pip install 'tickwall[metrics]'"


def exposed(engine: Engine, outbox: Outbox, tally: Tally) -> Callable[[], bytes] | None:
    """What gives the page of metrics; ``None``, and a word in the log, where their library is missing."""
    try:
        from monitor.metrics import exposition
    except ImportError:
        log.warning("%s", NO_METRICS)
        return None
    return exposition(engine, outbox, tally)


@asynccontextmanager
async def serving(listen: str, probes: Probes, metrics: Callable[[], bytes] | None) -> AsyncIterator[str]:
    """Serve inside the block; yields where, as ``host:port``. Without ``metrics`` their page says why.

    ``TickwallError`` when the address cannot be taken.
    """
    from aiohttp import web

    host, port = host_and_port(listen)
    application = web.Application()
    application.router.add_get("/healthz", _page(probes.health))
    application.router.add_get("/readyz", _page(probes.readiness))
    application.router.add_get("/metrics", _metrics(metrics))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            reason = error.strerror or error
            raise TickwallError(f"[headless] listen: {host} port {port}: {reason}") from None
        where = runner.addresses[0]
        yield f"{where[0]}:{where[1]}"
    finally:
        await runner.cleanup()


def _page(answer: Callable[[], tuple[bool, dict[str, Any]]]) -> Any:
    from aiohttp import web

    async def page(_request: web.Request) -> web.Response:
        good, told = answer()
        return web.Response(
            text=json.dumps(told) + "\n", status=200 if good else 503, content_type="application/json"
        )

    return page


def _metrics(metrics: Callable[[], bytes] | None) -> Any:
    from aiohttp import web

    async def page(_request: web.Request) -> web.Response:
        if metrics is None:
            return web.Response(text=NO_METRICS + "\n", status=501)
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return web.Response(body=metrics(), headers={"Content-Type": kind})

    return page
