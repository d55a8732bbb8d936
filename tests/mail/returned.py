"""Invented mails that come back, in the shapes of many mail systems, readers and languages."""

import base64
import quopri
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from briefing.mail.bounce import IncomingKind, Verdict
from tests.examples import tables

PATH = "bounce+abcdefgh@news.example"
READER = "ada@readers.example"


def letter(head: str, body: str = "", *, to: str = PATH) -> bytes:
    return f"Delivered-To: {to}\nTo: {to}\n{head.strip()}\n\n{body}".encode()


def report(
    fields: str,
    *,
    head: str = "From: MAILER-DAEMON@mx.example",
    status_head: str = "Content-Type: message/delivery-status",
    outer: str = "multipart/report; report-type=delivery-status",
    returned: str = f"Return-Path: <{PATH}>\nSubject: Morning page",
) -> bytes:
    return letter(
        f'{head}\nMIME-Version: 1.0\nContent-Type: {outer}; boundary="=_b"',
        "--=_b\nContent-Type: text/plain\n\nYour mail could not be delivered.\n\n"
        f"--=_b\n{status_head}\n\nReporting-MTA: dns; mx.example\n\n{fields}\n\n"
        f"--=_b\nContent-Type: message/rfc822\n\n{returned}\n\nText\n\n--=_b--\n",
    )


def failing(verdict: Verdict) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the addresses that a bounce calls failed for good, and those it calls delayed."""
    recipients = verdict.recipients if verdict.kind is IncomingKind.BOUNCE else ()
    permanent, temporary = (
        tuple(each.address for each in recipients if each.address and each.permanent is final)
        for final in (True, False)
    )
    return permanent, temporary


def failed(
    status: str, diagnostic: str = "", *, action: str = "failed", address: str = READER
) -> str:
    lines = f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}"
    return f"{lines}\nDiagnostic-Code: smtp; {diagnostic}" if diagnostic else lines


def complaint(feedback: str, *, rcpt: str = f"Original-Rcpt-To: <{READER}>") -> bytes:
    return letter(
        "From: fbl@provider.example\nAuto-Submitted: auto-generated\nContent-Type: "
        "multipart/report; report-type=feedback-report; boundary=f",
        "--f\n\nThis is an email abuse report.\n--f\nContent-Type: message/feedback-report\n\n"
        f"Feedback-Type: {feedback}\nUser-Agent: FBL/1\nVersion: 1\n"
        f"Original-Mail-From: <{PATH}>\n{rcpt}\n"
        "--f\nContent-Type: message/rfc822\n\nReturn-Path: <other@news.example>\n\nText\n--f--\n",
        to="abuse@news.example",
    )


# ruff: noqa: E501  whole lines of mails


HARD, SOFT, NONE = "hard", "soft", "none"
_OURS = "Subject: Morning page\nFrom: Ostra Desk <news@desk.example>\nMessage-ID: <1@desk.example>"


@dataclass(frozen=True)
class Case:
    name: str
    raw: bytes
    #: HARD, SOFT or NONE: no bounce at all.
    expected: str


@dataclass(frozen=True)
class _Notice:
    name: str
    sender: str
    subject: str
    body: str
    expected: str
    head: str = ""


D = "MAILER-DAEMON@mx.example"
P = "postmaster@mx.example"
W = READER
#: Name, sender, subject, text, expected result. {w} is the reader.
_TABLES = tables(__file__)
_NOTICES = [_Notice(*row) for row in _TABLES["notices"]]

#: A whole mail of a notice: head, words, what comes after.
_Shape = Callable[[_Notice], bytes]


def _mail(notice: _Notice, head: str, body: bytes) -> bytes:
    lines = [
        f"Delivered-To: {PATH}",
        f"From: {notice.sender}",
        f"To: {PATH}",
        f"Subject: {notice.subject}",
        *([notice.head] if notice.head else []),
        "Date: Tue, 03 Mar 2026 07:00:05 +0000",
        "MIME-Version: 1.0",
        head,
    ]
    return "\n".join(lines).encode() + b"\n\n" + body


def _plain(notice: _Notice) -> bytes:
    copy = f"\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <{PATH}>\n{_OURS}\n\nHello\n"
    text = notice.body.format(w=W) + copy
    return _mail(notice, "Content-Type: text/plain; charset=utf-8", text.encode())


def _quoted(notice: _Notice) -> bytes:
    text = quopri.encodestring(notice.body.format(w=W).encode())
    body = (
        b"--=_b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        + text
        + f"\n--=_b\nContent-Type: message/rfc822\n\nReturn-Path: <{PATH}>\nTo: {W}\n{_OURS}\n\nHello\n--=_b--\n".encode()
    )
    return _mail(notice, 'Content-Type: multipart/mixed; boundary="=_b"', body)


def _html(notice: _Notice) -> bytes:
    text = notice.body.format(w=f'<a href="mailto:{W}">{W}</a>').replace("\n", "<br>\n")
    coded = base64.encodebytes(f"<html><body><p>{text}</p></body></html>".encode())
    body = (
        b"--=_b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        + coded
        + f"\n--=_b\nContent-Type: text/rfc822-headers\n\nReturn-Path: <{PATH}>\n{_OURS}\n--=_b--\n".encode()
    )
    return _mail(notice, 'Content-Type: multipart/mixed; boundary="=_b"', body)


def _report(notice: _Notice) -> bytes:
    code = {HARD: ("failed", "5.1.1", "550 No such user"), SOFT: ("delayed", "4.4.1", "")}
    action, status, diagnostic = code[notice.expected]
    body = (
        f"--=_b\nContent-Type: text/plain; charset=utf-8\n\n{notice.body.format(w=W)}\n"
        "--=_b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; {W}\nAction: {action}\nStatus: {status}\n"
        f"{f'Diagnostic-Code: smtp; {diagnostic}' if diagnostic else ''}\n"
        f"--=_b\nContent-Type: message/rfc822\n\nReturn-Path: <{PATH}>\n{_OURS}\n\nHello\n--=_b--\n"
    )
    return _mail(
        notice,
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"',
        body.encode(),
    )


_SHAPES: dict[str, _Shape] = {"plain": _plain, "quoted": _quoted, "html": _html, "report": _report}


def _success(action: str, *, language: str) -> bytes:
    words = {
        "en": "Your message was successfully delivered.",
        "de": "Ihre Nachricht wurde zugestellt.",
    }
    head = (
        f"Delivered-To: {PATH}\nTo: {PATH}\nFrom: Mail Delivery System <{D}>\nReturn-Path: <>\n"
        "Subject: Delivery Status Notification (Success)\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"\n\n'
    )
    return (
        f"{head}--=_b\nContent-Type: text/plain; charset=utf-8\n\n{words[language]}\n\n<{W}>: delivered\n"
        "--=_b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; {W}\nAction: {action}\nStatus: 2.0.0\n\n--=_b--\n"
    ).encode()


def _receipt(subject: str, words: str, *, deleted: bool) -> bytes:
    how = "deleted" if deleted else "displayed"
    return (
        f"Delivered-To: {PATH}\nTo: {PATH}\nFrom: Ada <{W}>\nReturn-Path: <>\nSubject: {subject}\n"
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="=_b"\n\n'
        f"--=_b\nContent-Type: text/plain; charset=utf-8\n\n{words}\n--=_b\n"
        "Content-Type: message/disposition-notification\n\n"
        f"Final-Recipient: rfc822;{W}\nDisposition: manual-action/MDN-sent-manually; {how}\n\n--=_b--\n"
    ).encode()


def bounced() -> Iterator[Case]:
    """Yield mails that are bounces: each notice in each shape."""
    for notice in _NOTICES:
        for name, shape in _SHAPES.items():
            yield Case(f"{notice.name}/{name}", shape(notice), notice.expected)


def others() -> Iterator[Case]:
    """Yield mails that are none."""
    for language, (subject, words) in _TABLES["answers"].items():
        for how, head in _TABLES["answering"].items():
            notice = _Notice("", f"Ada Byron <{W}>", subject, words, NONE, head)
            yield Case(f"away-{how}/{language}", _plain_letter(notice), NONE)
    for name, (sender, subject, words, head) in _TABLES["letters"].items():
        notice = _Notice("", sender, subject, words, NONE, head)
        yield Case(f"letter/{name}", _plain_letter(notice), NONE)
    for action in ("delivered", "relayed", "expanded"):
        for language in ("en", "de"):
            yield Case(f"success-{action}/{language}", _success(action, language=language), NONE)
    for name, (subject, words) in _TABLES["receipts"].items():
        yield Case(f"receipt/{name}", _receipt(subject, words, deleted="not" in name), NONE)


def _plain_letter(notice: _Notice) -> bytes:
    return _mail(notice, "Content-Type: text/plain; charset=utf-8", notice.body.encode())


def unsigned(raw: bytes) -> bytes:
    """Return a mail as it comes to an address that proves nothing."""
    return raw.replace(PATH.encode(), b"news@desk.example")
