"""Failures, in the words of a status line."""

import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from socket import gaierror

import pytest
from aiohttp import ClientResponseError, RequestInfo
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from feeds.failure import LONGEST_RETRY_AFTER, RefusedError, http_failure, network_failure, retry_seconds

_ADDRESS = URL("https://news.example.com/?key=secret")
ASKED = RequestInfo(_ADDRESS, "GET", CIMultiDictProxy(CIMultiDict()), _ADDRESS)


@pytest.mark.parametrize("status", [403, 429, 456])
def test_too_often_is_a_refusal(status: int) -> None:
    """The feed slows down and goes on."""
    failure = http_failure("tencent", status, "7")
    assert isinstance(failure, RefusedError)
    assert (failure.retry_after, failure.fatal) == (7, False)
    assert failure.reason == f"answered HTTP {status}"


@pytest.mark.parametrize(
    ("status", "fatal"), [(401, True), (404, True), (414, True), (500, False), (503, False)]
)
def test_only_what_trying_cannot_mend_is_fatal(status: int, fatal: bool) -> None:
    """A server's bad minute is met by backoff, a wrong address by minutes of patience."""
    assert http_failure("yahoo", status).fatal is fatal


def test_retry_after_may_be_a_date() -> None:
    """As the protocol allows."""
    wait = retry_seconds(format_datetime(datetime.now(UTC) + timedelta(seconds=90)))
    assert wait is not None and 80 < wait <= 90


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("", None), ("soon", None), ("-5", None), ("0", 0.0),
     ("99999999999999", LONGEST_RETRY_AFTER),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("Wed, 99 Oct 2015 07:28:00 GMT", None), ("²", None)],
)  # fmt: skip
def test_retry_after_of_strangers(header: str | None, seconds: float | None) -> None:
    """Bounded, and never an exception."""
    assert retry_seconds(header) == seconds


def test_a_date_without_a_zone_is_not_guessed_at() -> None:
    """RFC 5322 writes -0000 for an unknown zone."""
    assert retry_seconds("Wed, 21 Oct 2015 07:28:00 -0000") in (None, 0.0)


@pytest.mark.parametrize(
    ("error", "reason"),
    [(gaierror(-2, "Name or service not known"), "host not found"), (TimeoutError(), "timed out"),
     (ConnectionRefusedError(111, "x"), "connection refused"), (ConnectionResetError(), "connection lost"),
     (OSError(101, "Network is unreachable"), "Network is unreachable"),
     (ValueError("a\x1b[31mb"), "a [31mb"),
     (ClientResponseError(ASKED, (), message="Bad status line:\n  Expected"), "Bad status line:"),
     (ValueError(), "ValueError")],
)  # fmt: skip
def test_network_failures_have_names(error: Exception, reason: str) -> None:
    """Short, harmless and without a library's class names where that can be helped."""
    assert network_failure("yahoo", error).reason == reason


def test_an_untrusted_certificate_is_fatal() -> None:
    """Trying again every second does not make it trusted."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    failure = network_failure("yahoo", error)
    assert failure.fatal and failure.reason == "certificate refused: self-signed certificate"
