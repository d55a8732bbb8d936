"""Messages other than mail: to chat services through Apprise, and the signature of a webhook."""

import logging
import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable
from dataclasses import field
from datetime import datetime
from hashlib import sha256
from hmac import HMAC
from typing import Any, Self

from briefing.core.errors import MissingPartError, SettingsError
from briefing.core.frozen import frozen
from briefing.mail.relay import Result, ResultKind, Stage

#: Prefix of a webhook's secret, and its valid lengths in bytes (Standard Webhooks, 1.0.0).
_SECRET, _BYTES = "whsec_", range(24, 65)


def webhook_key(secret: str) -> bytes:
    """Return the key of a webhook; SettingsError, without the secret, if it is not valid."""
    try:
        key = b64decode(secret.removeprefix(_SECRET), validate=True)
    except (Error, ValueError):
        key = b""
    if len(key) not in _BYTES or not secret.startswith(_SECRET):
        raise SettingsError('its secret must be "whsec_" and base64 of 24 to 64 bytes')
    return key


def webhook_headers(id_: str, content: bytes, *, key: bytes, at: datetime) -> dict[str, str]:
    """Return the headers of Standard Webhooks; use the same id for every attempt."""
    seconds = str(int(at.timestamp()))
    signed = HMAC(key, f"{id_}.{seconds}.".encode() + content, sha256).digest()
    signature = f"v1,{b64encode(signed).decode()}"
    return {"webhook-id": id_, "webhook-timestamp": seconds, "webhook-signature": signature}


#: Most seconds for one message, and for one response.
_LONGEST, _ANSWER = 60.0, 20.0
#: A service's status code in Apprise's log; and Apprise's messages when no response came.
_STATUS = re.compile(r"\berror=(?P<code>[1-5]\d\d)\b")
_UNANSWERED = re.compile("(?i)read time|connection (aborted|broken)|without response")
#: Status codes after which to retry, besides 500 and above (RFC 9110, RFC 6585).
_PASSING = {408, 425, 429}


@frozen
class AppriseService:
    """A chat service, or any other that Apprise supports."""

    _apprise: Any = field(repr=False)

    @classmethod
    def at(cls, address: str) -> Self:
        """Return the service at an address, which no error message contains.

        MissingPartError: the extra is not installed. SettingsError: Apprise does not know it.
        """
        # The logs of Apprise and urllib3 may contain the address; our result replaces them.
        logging.getLogger("apprise").propagate = False
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        try:
            import apprise  # noqa: PLC0415  an extra, which takes 0.2 s
        except ImportError:
            raise MissingPartError(
                "needs the package apprise; install briefing[channels]"
            ) from None
        asset = apprise.AppriseAsset(
            app_id="Briefing",
            async_mode=False,
            allow_templates=False,
            # What is sent is meant only for this address.
            http_redirects=False,
            service_timeout=_LONGEST,
            storage_mode=apprise.PersistentStoreMode.MEMORY,
        )
        service = apprise.Apprise(asset=asset)
        if not service.add(address) or len(service) != 1:
            raise SettingsError("Apprise does not know its address, or lacks what that needs")
        service[0].socket_read_timeout = max(service[0].socket_read_timeout, _ANSWER)
        return cls(service)

    @property
    def kind(self) -> str:
        """Name of the service."""
        return str(self._apprise[0].service_name)

    @property
    def host(self) -> str:
        """The host in its address; empty if the service has a fixed one."""
        return str(getattr(self._apprise[0], "host", None) or "")

    def send(
        self, title: str, body: str, *, pdf: bytes, name: str, ready: Callable[[], object]
    ) -> Result:
        """Send a message, with the PDF if the service accepts files.

        If the body is too long, lines are left out, but never the last, which is the address.
        """
        import apprise  # noqa: PLC0415  as above
        from apprise.attachment.memory import AttachMemory  # noqa: PLC0415

        service, attached = self._apprise[0], None
        if pdf and service.attachment_support:
            memory: Any = AttachMemory
            attached = memory(pdf, name=name, mimetype="application/pdf")
        ready()
        came = self._apprise.notify(
            body=_shortened(body, longest=service.body_maxlen - len(title) - 2),
            title=title,
            body_format=apprise.NotifyFormat.TEXT,
            attach=attached,
            log_level=logging.DEBUG,
        )
        if came:
            return Result(ResultKind.SENT, Stage.CHANNEL, detail=f"accepted by {self.kind}")
        words = "\n".join(entry.message for entry in came.logs())
        status = _STATUS.search(words)
        if status:
            code = int(status["code"])
            passing = code >= 500 or code in _PASSING
            kind = ResultKind.LATER if passing else ResultKind.REFUSED
            return Result(kind, Stage.CHANNEL, detail=f"{self.kind} answers {code}")
        timed_out = came.status is apprise.AppriseResultStatus.TIMEOUT
        if timed_out or _UNANSWERED.search(words):
            detail = f"{self.kind} has not answered; it may have arrived"
            return Result(ResultKind.AMBIGUOUS, Stage.CHANNEL, detail=detail)
        return Result(ResultKind.LATER, Stage.CHANNEL, detail=f"{self.kind} cannot be reached")


def _shortened(body: str, *, longest: int) -> str:
    if len(body) <= longest:
        return body
    *lines, last = body.split("\n")
    while lines and len("\n".join((*lines, "…", "", last))) > longest:
        lines.pop()
    return "\n".join((*lines, "…", "", last))
