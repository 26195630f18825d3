"""Mail: each alert as a message over SMTP."""

import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses, parseaddr

from feeds.failure import network_failure
from feeds.threads import in_thread
from market.text import clean, safe_link
from monitor.settings import SinkSettings
from monitor.sinks.base import SENT, Outcome, SinkError, failed, refused, unreachable
from monitor.sinks.message import Message
from monitor.sinks.secrets import secret

_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class Mail:
    """``tls`` is ``starttls``, ``tls`` from the first byte, or ``none``; certificates are checked."""

    def __init__(self, settings: SinkSettings, timeout: float) -> None:
        for key in ("host", "sender", "recipients"):
            if not getattr(settings, key):
                raise SinkError(f"{key}: missing")
        for key, addresses in (("sender", (settings.sender,)), ("recipients", settings.recipients)):
            for text in addresses:
                if not is_mailbox(text):
                    raise SinkError(f"{key}: {clean(text)!r} is not a mail address")
        self.timeout = timeout
        self._settings = settings
        self._password = secret(settings, "password")
        if settings.user and not self._password:
            raise SinkError("password_file: missing, for there is a user")

    async def send(self, message: Message) -> Outcome:
        """Hand it to the server; taken when the server has answered that it has it."""
        mail = self.compose(message)
        return await in_thread(lambda: self._deliver(mail), "sink")

    def compose(self, message: Message) -> EmailMessage:
        """The mail. Nothing in it comes raw from a stranger: line breaks in a header would start another."""
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = clean(message.text, 200)
        mail["From"] = self._settings.sender
        mail["To"] = ", ".join(self._settings.recipients)
        mail["Date"] = format_datetime(datetime.now(UTC))
        domain = parseaddr(self._settings.sender)[1].rpartition("@")[2]
        # The same for a repeat, which many mail programs then show once.
        mail["Message-ID"] = f"<{clean(message.id, 80)}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content("\n\n".join(_paragraph(fields) for fields in message.alerts) + "\n")
        return mail

    def _deliver(self, mail: EmailMessage) -> Outcome:
        settings = self._settings
        port = settings.port or _PORTS[settings.tls]
        context = ssl.create_default_context()
        connected = False
        try:
            with (
                smtplib.SMTP_SSL(settings.host, port, timeout=self.timeout, context=context)
                if settings.tls == "tls"
                else smtplib.SMTP(settings.host, port, timeout=self.timeout)
            ) as server:
                if settings.tls == "starttls":
                    server.starttls(context=context)
                if settings.user:
                    server.login(settings.user, self._password)
                connected = True
                left_out = server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            return _refusal(max(code for code, _ in error.recipients.values()), "every recipient")
        except smtplib.SMTPResponseException as error:
            return _refusal(error.smtp_code, type(error).__name__.removeprefix("SMTP"))
        except smtplib.SMTPNotSupportedError:
            return refused("the server offers no STARTTLS, or no way to log in")
        except smtplib.SMTPException:
            return failed("connection lost", ambiguous=connected)
        except (OSError, ValueError) as error:
            reason = network_failure("", error).reason
            return failed(reason, ambiguous=True) if connected else unreachable(reason)
        return Outcome(True, f"refused for {len(left_out)} of the recipients") if left_out else SENT


def is_mailbox(text: str) -> bool:
    """Whether it is one address, with or without a name, that can stand in a header."""
    addresses = getaddresses([text])
    local, _, domain = addresses[0][1].rpartition("@")
    return len(addresses) == 1 and bool(local and domain) and text == clean(text)


def _refusal(code: int, what: str) -> Outcome:
    """What the server wrote beside its code is not told: it may quote a name or a password."""
    reason = f"answered SMTP {code} ({what})"
    return refused(reason) if code >= 500 else failed(reason)


def _paragraph(fields: dict[str, object]) -> str:
    """One alert for a person to read."""
    lines = [clean(str(fields.get("message", "")), 500)]
    facts, headlines = fields.get("facts"), fields.get("headlines")
    lines += [f"- {clean(str(fact))}" for fact in facts] if isinstance(facts, list) else []
    for headline in headlines if isinstance(headlines, list) else []:
        link = safe_link(str(headline.get("link", "")))
        lines.append(f"- {clean(str(headline.get('title', '')))} {link}".rstrip())
    lines.append(
        f"detected {fields.get('ts')}, exchange time {fields.get('exchange_ts')},"
        f" quality {fields.get('quality')}, rule {clean(str(fields.get('rule_id')))}"
    )
    if fields.get("repeat"):
        lines.append("this may have reached you before")
    lines.append(f"event {fields.get('event_id')}")
    return "\n".join(lines)
