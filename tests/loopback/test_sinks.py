"""Sinks against real receivers: an HTTP server, a mail server, programs, Apprise, Alertmanager."""

import asyncio
import hashlib
import hmac
import json
import logging
import os
import shutil
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from market.clock import rfc3339
from monitor.settings import SinkSettings
from monitor.sinks import build
from monitor.sinks.base import Outcome, SinkError
from monitor.sinks.message import Message, alert_message, digest, trial
from tests.loopback.receiver import Receiver, Request, receiving

# Apprise's own, when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

ALERTMANAGER = shutil.which("prometheus-alertmanager")
OPENSSL = shutil.which("openssl")

NOW = 1_758_075_247_180_000_000
ID = "5f0c9c0e-3b1d-5a3c-9f10-0123456789ab"


def line(**fields: object) -> str:
    """An alert's line."""
    alert = {
        "v": 1,
        "type": "alert",
        "ts": rfc3339(NOW),
        "event_id": ID,
        "dedup_key": "big/9888.HK/2025-09-17/up/10/1",
        "exchange_ts": rfc3339(NOW),
        "symbol": "9888.HK",
        "rule_id": "big",
        "kind": "pct_prev_close",
        "direction": "up",
        "threshold": "10",
        "severity": "critical",
        "price": "124.60",
        "facts": ["biggest gain since 2025-03-18"],
        "headlines": [{"title": "百度 soars", "link": "https://news.example/1", "ts": rfc3339(NOW)}],
        "message": "Baidu 9888.HK +10.07% at HK$124.60, through +10%",
    }
    return json.dumps(alert | fields, ensure_ascii=False)


def alert(attempt: int = 1, late: int = 0, *, repeat: bool = False, **fields: object) -> Message:
    """An alert to be sent."""
    return alert_message(line(**fields), attempt, late, repeat=repeat)


def desk(kind: str, **keys: Any) -> SinkSettings:
    """A ``[[sink]]`` of a kind."""
    return SinkSettings(id="desk", kind=kind, **({"timeout": "5s"} | keys))  # type: ignore[arg-type]


async def send(settings: SinkSettings, message: Message | None = None) -> Outcome:
    """One attempt."""
    return await build(settings).send(message or alert())


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Takes everything."""
    async with receiving() as open_:
        yield open_


# -- webhook


async def test_a_webhook_gets_a_signed_cloud_event(tmp_path: Path, receiver: Receiver) -> None:
    """With the alert's own id, so that a repeat is known; the secret's line break is not part of it."""
    (tmp_path / "secret").write_text("squirrel\n")
    (tmp_path / "token").write_text("t0ken")
    settings = desk(
        "webhook",
        url=f"{receiver.url}/hook",
        secret_file=str(tmp_path / "secret"),
        token_file=str(tmp_path / "token"),
    )
    outcome = await send(settings, alert(2, 7_900_000_000, repeat=True))
    assert outcome == Outcome(sent=True)
    [request] = receiver.requests
    event = request.document
    assert request.headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    assert request.headers["Authorization"] == "Bearer t0ken"
    assert (event["specversion"], event["id"], event["type"]) == ("1.0", ID, "tickwall.alert")
    assert (event["time"], event["subject"]) == ("2025-09-17T02:14:07.180Z", "9888.HK")
    assert event["data"] == json.loads(line()) | {"attempt": 2, "delayed_s": 7, "repeat": True}
    signature = hmac.new(b"squirrel", request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Tickwall-Signature"] == f"sha256={signature}"


@pytest.mark.parametrize(
    ("status", "permanent", "ambiguous"),
    [
        (204, False, False),
        (302, True, False),
        (400, True, False),
        (404, True, False),
        (408, False, False),
        (429, False, False),
        (500, False, True),
        (503, False, True),
    ],
)
async def test_what_a_status_means(status: int, permanent: bool, ambiguous: bool) -> None:
    """Whether another attempt could help, and whether this one may have worked."""
    async with receiving(status, {"Retry-After": "7", "Location": "http://127.0.0.1:1/"}) as receiver:
        outcome = await send(desk("webhook", url=receiver.url))
    assert outcome.sent is (status == 204)
    assert (outcome.permanent, outcome.ambiguous) == (permanent, ambiguous)
    assert outcome.retry_after == (7.0 if status in (408, 429, 500, 503) else None)


async def test_a_webhook_that_stalls_is_left_in_time(receiver: Receiver) -> None:
    """And what it was sent may have arrived."""

    async def stall(request: Request) -> web.StreamResponse:
        await receiver.keep(request)
        await asyncio.sleep(3600)
        return web.Response()

    receiver.behave = stall
    outcome = await send(desk("webhook", url=receiver.url, timeout="200ms"))
    assert outcome == Outcome(False, "timed out", ambiguous=True)


async def test_a_webhook_that_is_not_there_has_got_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Which is certain; and no part of its address is told."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    outcome = await send(desk("webhook", url=f"http://kit:hush@127.0.0.1:{port}/T0KEN?key=s3cret"))
    assert outcome == Outcome(False, "connection refused", unreachable=True)
    assert not [word for word in ("hush", "T0KEN", "s3cret") if word in caplog.text]


async def test_a_digest_holds_every_alert_whole(receiver: Receiver) -> None:
    """And has the same id whenever it holds the same."""
    messages = [alert(event_id=str(number)) for number in range(3)]
    await send(desk("webhook", url=receiver.url), digest(messages, NOW))
    [request] = receiver.requests
    event = request.document
    assert event["type"] == "tickwall.digest"
    assert event["id"] == event["data"]["event_id"] == digest(messages[::-1], NOW + 1).id
    assert [entry["event_id"] for entry in event["data"]["alerts"]] == ["0", "1", "2"]
    assert event["data"]["message"].startswith("3 alerts: Baidu 9888.HK +10.07%")


async def test_an_alert_says_how_late_it_is() -> None:
    """To a person from five seconds on."""
    assert alert(late=4_999_999_999).text.endswith("through +10%")
    assert alert(late=90_000_000_000).text.endswith("through +10% (delayed 90 s)")


async def test_a_webhook_goes_through_the_proxy_of_the_environment(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for this machine itself."""
    monkeypatch.setenv("http_proxy", receiver.url)
    assert await send(desk("webhook", url="http://alerts.example/hook")) == Outcome(sent=True)
    assert receiver.requests[0].headers["Host"] == "alerts.example"


# -- exec


def script(tmp_path: Path, body: str) -> tuple[str, ...]:
    """A Python program of its own."""
    path = tmp_path / "script.py"
    path.write_text(body, encoding="utf-8")
    return sys.executable, str(path)


async def test_a_program_gets_the_alert_on_its_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As JSON; and none of the secrets that other sinks have in the environment."""
    monkeypatch.setenv("TICKWALL_SINK_PHONE_TOKEN", "s3cret")
    kept = tmp_path / "kept"
    body = "import os, sys, pathlib\nkept = pathlib.Path(sys.argv[1])\n"
    body += "kept.write_text(sys.stdin.read() + ' '.join(sorted(os.environ)))\n"
    command = (*script(tmp_path, body), str(kept))
    assert await send(desk("exec", command=command)) == Outcome(sent=True)
    text, _, names = kept.read_text("utf-8").partition("\n")
    assert json.loads(text) == json.loads(line()) | {"attempt": 1, "delayed_s": 0}
    assert "PATH" in names and "TICKWALL_SINK" not in names


@pytest.mark.parametrize(("code", "permanent"), [(1, False), (75, False), (64, True), (127, True)])
async def test_what_an_exit_code_means(
    tmp_path: Path, code: int, permanent: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """What the program wrote is in the log, harmless and clipped."""
    body = f"print('\\x1b[2J' + 'x' * 100_000)\nraise SystemExit({code})\n"
    outcome = await send(desk("exec", command=script(tmp_path, body)))
    assert (outcome.reason, outcome.permanent) == (f"exit code {code}", permanent)
    [record] = caplog.records
    assert len(record.getMessage()) < 2100 and "\x1b" not in record.getMessage()


async def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    """Its whole process group: a shell's child would go on for ever."""
    body = (
        "import pathlib, subprocess, sys\n"
        "child = subprocess.Popen(['sleep', '3600'])\n"
        "pathlib.Path(sys.argv[1]).write_text(str(child.pid))\n"
        "child.wait()\n"
    )
    command = (*script(tmp_path, body), str(tmp_path / "pid"))
    outcome = await send(desk("exec", command=command, timeout="2s"))
    assert outcome == Outcome(False, "killed after 2 s", ambiguous=True)
    child = int((tmp_path / "pid").read_text())
    async with asyncio.timeout(5):
        while is_running(child):  # noqa: ASYNC110 - nothing tells of another's child
            await asyncio.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether a process is there, and no zombie that nobody has buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_program_that_leaves_a_child_behind_is_done(tmp_path: Path) -> None:
    """Though the child holds its output open."""
    body = "import subprocess\nsubprocess.Popen(['sleep', '3600'])\n"
    assert await send(desk("exec", command=script(tmp_path, body))) == Outcome(sent=True)


async def test_a_program_that_is_not_there_is_a_refusal(tmp_path: Path) -> None:
    """Trying again would find it no more."""
    outcome = await send(desk("exec", command=(str(tmp_path / "none"),)))
    assert outcome.permanent and outcome.reason == "cannot be run: No such file or directory"


# -- smtp


class Mailbox:
    """A mail server's handler, which keeps what it takes and may refuse."""

    def __init__(self) -> None:
        self.answer = "250 OK"
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep it."""
        self.envelopes.append(envelope)
        return self.answer

    @property
    def mails(self) -> list[EmailMessage]:
        """What came, read."""
        parser = BytesParser(policy=default)
        contents = (envelope.content for envelope in self.envelopes)
        return [parser.parsebytes(content) for content in contents if isinstance(content, bytes)]


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """A mail server, and its port."""
    handler = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


def mail(port: int, **keys: Any) -> SinkSettings:
    """A mail sink."""
    return desk(
        "smtp",
        **{
            "host": "127.0.0.1",
            "port": port,
            "tls": "none",
            "sender": "Tickwall <wall@example.com>",
            "recipients": ("a@example.com", "B <b@example.com>"),
        }
        | keys,
    )


async def test_a_mail_says_it_all(mailbox: tuple[Mailbox, int]) -> None:
    """Its ``Message-ID`` is the event's; text of strangers cannot make a header."""
    box, port = mailbox
    message = alert(message="Baidu up\r\nBcc: evil@example.com\r\n\r\nhello", repeat=True)
    assert await send(mail(port), message) == Outcome(sent=True)
    [envelope], [received] = box.envelopes, box.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("wall@example.com", ["a@example.com", "b@example.com"])
    assert received["Message-ID"] == f"<{ID}@example.com>"
    assert received["Subject"] == "Baidu up Bcc: evil@example.com hello"
    assert received["Bcc"] is None
    text = received.get_content()
    assert "biggest gain since 2025-03-18" in text and "百度 soars https://news.example/1" in text
    assert "may have reached you before" in text and ID in text


@pytest.mark.parametrize(("answer", "permanent"), [("451 later", False), ("554 never, kit:hush", True)])
async def test_what_a_mail_server_answers(mailbox: tuple[Mailbox, int], answer: str, permanent: bool) -> None:
    """Its code counts, and its words are not told: they may quote anything."""
    box, port = mailbox
    box.answer = answer
    outcome = await send(mail(port))
    assert (outcome.sent, outcome.permanent) == (False, permanent)
    assert outcome.reason == f"answered SMTP {answer[:3]} (DataError)"


async def test_a_password_is_not_sent_in_the_clear_unless_told_to(
    tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> None:
    """STARTTLS is the default, and a server without it is refused."""
    (tmp_path / "password").write_text("hush")
    settings = mail(mailbox[1], tls="starttls", user="kit", password_file=str(tmp_path / "password"))
    outcome = await send(settings)
    assert outcome.permanent and "STARTTLS" in outcome.reason
    with pytest.raises(SinkError, match="password_file"):
        build(mail(25, user="kit"))


@pytest.mark.skipif(OPENSSL is None, reason="openssl makes the certificate")
async def test_a_mail_goes_encrypted_and_logged_in(
    tmp_path: Path, mailbox: tuple[Mailbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """STARTTLS with a certificate that is checked, then the password."""
    handler, _ = mailbox
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    assert OPENSSL is not None
    process = await asyncio.create_subprocess_exec(
        OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate),
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await process.wait() == 0
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    def judge(server: SMTP, session: Session, envelope: Envelope, kind: str, given: Any) -> AuthResult:
        return AuthResult(success=given.password == b"hush", handled=False)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(
        handler, hostname="localhost", port=port, tls_context=context, require_starttls=True,
        authenticator=judge, auth_required=True,
    )  # fmt: skip
    controller.start()
    password = tmp_path / "password"
    settings = mail(port, host="localhost", tls="starttls", user="kit", password_file=str(password))
    try:
        password.write_text("wrong")
        untrusted = await send(settings)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        wrong = await send(settings)
        password.write_text("hush\n")
        right = await send(settings)
    finally:
        controller.stop()
    assert not untrusted.sent and untrusted.reason.startswith("certificate refused")
    assert wrong == Outcome(False, "answered SMTP 535 (AuthenticationError)", permanent=True)
    assert right == Outcome(sent=True)
    assert len(handler.envelopes) == 1


async def test_a_mail_server_that_is_not_there(mailbox: tuple[Mailbox, int]) -> None:
    """Is tried again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        outcome = await send(mail(free.getsockname()[1]))
    assert outcome == Outcome(False, "connection refused", unreachable=True)


@pytest.mark.parametrize("bad", ["nobody", "a@b\r\nBcc: c@d", "a@b, c@d", ""])
def test_a_bad_mail_address_is_named(bad: str) -> None:
    """Before any mail is tried."""
    with pytest.raises(SinkError, match="sender"):
        build(mail(25, sender=bad))


# -- apprise


async def test_apprise_tells_a_service(receiver: Receiver) -> None:
    """Once: its own retries are off."""
    url = receiver.url.replace("http://", "json://") + "/T0KEN"
    assert await send(desk("apprise", url=url), alert(late=8_000_000_000)) == Outcome(sent=True)
    [request] = receiver.requests
    assert request.path == "/T0KEN"
    assert request.document["message"].endswith("through +10% (delayed 8 s)")
    assert request.document["type"] == "failure", "critical"


async def test_a_service_that_fails_is_asked_once(caplog: pytest.LogCaptureFixture) -> None:
    """And its address, which is the secret, is not logged."""
    caplog.set_level(logging.DEBUG)
    async with receiving(500) as receiver:
        url = receiver.url.replace("http://", "json://") + "/T0KEN?retry=3"
        outcome = await send(desk("apprise", url=url.removesuffix("?retry=3")))
        assert len(receiver.requests) == 1
    assert (outcome.sent, outcome.permanent) == (False, False)
    assert "T0KEN" not in caplog.text


def test_a_bad_address_is_not_shown() -> None:
    """Only its scheme, which is what may be wrong with it."""
    with pytest.raises(SinkError) as refused:
        build(desk("apprise", url="nosuch://t0ken/chat"))
    assert str(refused.value) == "url: nosuch://*** is not an address that Apprise reads"
    with pytest.raises(SinkError) as refused:
        build(desk("webhook", url="ftp://kit:hush@host/t0ken"))
    assert "hush" not in str(refused.value) and "t0ken" not in str(refused.value)


# -- alertmanager


@pytest.fixture
async def alertmanager(tmp_path: Path, receiver: Receiver) -> AsyncIterator[str]:
    """Debian's own, telling the receiver whatever it is told."""
    if ALERTMANAGER is None:
        pytest.skip("prometheus-alertmanager is not installed")
    route = "{receiver: r, group_by: [...], group_wait: 0s, group_interval: 1s}"
    (tmp_path / "am.yml").write_text(
        f"route: {route}\nreceivers: [{{name: r, webhook_configs: [{{url: '{receiver.url}/am'}}]}}]\n"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        ALERTMANAGER,
        f"--config.file={tmp_path / 'am.yml'}",
        f"--storage.path={tmp_path / 'am'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(20), aiohttp.ClientSession() as session:
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{url}/-/ready") as answer:
                        if answer.status == 200:
                            break
                await asyncio.sleep(0.05)
        yield url
    finally:
        process.terminate()
        await process.wait()


async def test_alertmanager_holds_an_alert_and_hears_of_its_end(
    alertmanager: str, receiver: Receiver
) -> None:
    """As Prometheus's own would be: it passes on that it fires, and that it is resolved."""
    settings = desk("alertmanager", url=alertmanager + "/")
    stale: dict[str, Any] = {
        "kind": "stale",
        "rule_id": "feed",
        "symbol": None,
        "source": "tencent",
        "dedup_key": "feed/1",
    }
    assert await send(settings) == Outcome(sent=True)
    assert await send(settings, alert(**stale)) == Outcome(sent=True)
    async with aiohttp.ClientSession() as session, session.get(f"{alertmanager}/api/v2/alerts") as answer:
        held = {entry["labels"]["alertname"]: entry for entry in await answer.json()}
    assert set(held) == {"big", "feed"}
    assert held["big"]["labels"]["dedup_key"] == "big/9888.HK/2025-09-17/up/10/1"
    assert held["big"]["annotations"]["summary"].startswith("Baidu 9888.HK +10.07%")
    assert held["big"]["generatorURL"] == f"urn:uuid:{ID}"
    await receiver.has(2)
    assert await send(settings, alert(**stale, type="resolved")) == Outcome(sent=True)
    *_, last = await receiver.has(3)
    told = last.document["alerts"][0]
    assert (told["status"], told["labels"]["alertname"]) == ("resolved", "feed")


async def test_a_digest_is_a_list_for_alertmanager(alertmanager: str) -> None:
    """Each by itself."""
    messages = [alert(dedup_key=str(number)) for number in range(3)]
    assert await send(desk("alertmanager", url=alertmanager), digest(messages, NOW)) == Outcome(sent=True)
    async with aiohttp.ClientSession() as session, session.get(f"{alertmanager}/api/v2/alerts") as answer:
        assert len(await answer.json()) == 3


# -- every kind


async def test_a_trial_suits_every_kind(tmp_path: Path, receiver: Receiver, alertmanager: str) -> None:
    """``tickwall notify --test`` sends one."""
    for settings in (
        desk("webhook", url=receiver.url),
        desk("exec", command=script(tmp_path, "")),
        desk("alertmanager", url=alertmanager),
        desk("apprise", url=receiver.url.replace("http", "json")),
    ):
        assert await send(settings, trial("desk", NOW)) == Outcome(sent=True)


def test_a_secret_comes_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a file that is not there is named."""
    monkeypatch.setenv("TICKWALL_SINK_DESK_URL", "https://alerts.example/hook")
    build(desk("webhook"))
    monkeypatch.delenv("TICKWALL_SINK_DESK_URL")
    with pytest.raises(SinkError, match=r"url: missing .or url_file, or TICKWALL_SINK_DESK_URL"):
        build(desk("webhook"))
    with pytest.raises(SinkError, match=r"url_file: .*none: No such file"):
        build(desk("webhook", url_file=str(tmp_path / "none")))
    (tmp_path / "empty").touch()
    with pytest.raises(SinkError, match="is empty"):
        build(desk("webhook", url_file=os.fspath(tmp_path / "empty")))
