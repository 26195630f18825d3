"""The sink that sends mail, against a real server."""

import asyncio
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from monitor.settings import SinkSettings
from monitor.sinks import build
from monitor.sinks.base import Outcome, SinkError
from tests.loopback.sinking import ID, alert, desk, send

OPENSSL = shutil.which("openssl")


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


@asynccontextmanager
async def serving(handler: Mailbox, **how: Any) -> AsyncIterator[int]:
    """A mail server, by its port."""
    loop = asyncio.get_running_loop()
    mail = partial(SMTP, handler, hostname="mail.example.com", loop=loop, **how)
    async with await loop.create_server(mail, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[Mailbox, int]]:
    """A mail server, and its port."""
    handler = Mailbox()
    async with serving(handler) as port:
        yield handler, port


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

    checks = {"require_starttls": True, "authenticator": judge, "auth_required": True}
    async with serving(handler, tls_context=context, **checks) as port:
        password = tmp_path / "password"
        settings = mail(port, host="localhost", tls="starttls", user="kit", password_file=str(password))
        password.write_text("wrong")
        untrusted = await send(settings)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        wrong = await send(settings)
        password.write_text("hush\n")
        right = await send(settings)
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
