"""Invented mails that come back, as mail servers and readers write them."""

from __future__ import annotations

PATH = "bounce+abcdefgh@news.example"
READER = "ada@readers.example"


def letter(head: str, body: str = "", *, to: str = PATH) -> bytes:
    """Return a mail of the headers given, sent to our return path."""
    return f"Delivered-To: {to}\nTo: {to}\n{head.strip()}\n\n{body}".encode()


def report(
    fields: str,
    *,
    head: str = "From: MAILER-DAEMON@mx.example",
    status_head: str = "Content-Type: message/delivery-status",
    outer: str = "multipart/report; report-type=delivery-status",
    returned: str = f"Return-Path: <{PATH}>\nSubject: Morning page",
) -> bytes:
    """Return a delivery report as RFC 3464 wants it."""
    return letter(
        f'{head}\nMIME-Version: 1.0\nContent-Type: {outer}; boundary="=_b"',
        "--=_b\nContent-Type: text/plain\n\nYour mail could not be delivered.\n\n"
        f"--=_b\n{status_head}\n\nReporting-MTA: dns; mx.example\n\n{fields}\n\n"
        f"--=_b\nContent-Type: message/rfc822\n\n{returned}\n\nText\n\n--=_b--\n",
    )


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
