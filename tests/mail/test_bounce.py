from __future__ import annotations

import pytest

from briefing.core.model import BounceKind
from briefing.mail.bounce import IncomingKind, classify, owner_of
from tests.mail.returned import PATH, READER, failed, letter, report

# Notices of old servers


def test_a_notice_in_the_words_of_an_old_server_is_read() -> None:
    verdict = classify(
        letter(
            "From: MAILER-DAEMON@mx.example\nSubject: failure notice",
            "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to.\n\n"
            f"<{READER}>:\n\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
            "--- Below this line is a copy of the message.\n",
        )
    )
    (recipient,) = verdict.recipients
    assert (recipient.address, recipient.permanent, recipient.kind) == (
        READER,
        True,
        BounceKind.HARD,
    )
    assert (recipient.status, recipient.diagnostic) == (
        "5.1.1",
        "Sorry, no mailbox here by that name. (#5.1.1)",
    )


def test_a_warning_in_the_words_of_an_old_server_is_temporary() -> None:
    verdict = classify(
        letter(
            "From: postmaster@mx.example\nSubject: Warning: delivery delayed",
            "The address to which the message has not yet been delivered is:\n\n"
            f"  {READER}\n\nNo action is required on your part.\n",
        )
    )
    assert (verdict.permanent, verdict.temporary) == ((), (READER,))
    assert verdict.recipients[0].kind is BounceKind.SOFT


def test_a_header_of_failed_recipients_is_read() -> None:
    head = f"From: Mail Delivery System <>\nX-Failed-Recipients: {READER},\n bo@readers.example"
    verdict = classify(letter(head, f"It failed:\n\n  {READER}\n    mailbox is full\n"))
    assert verdict.permanent == (READER, "bo@readers.example")
    assert verdict.recipients[0].diagnostic == "mailbox is full"
    assert verdict.recipients[1].diagnostic == ""


def test_a_notice_in_which_nobody_is_named_is_a_bounce_of_nobody() -> None:
    verdict = classify(letter("From: MAILER-DAEMON@mx.example\nSubject: failure notice", "Sorry."))
    assert (verdict.kind, verdict.permanent, verdict.temporary) == (IncomingKind.BOUNCE, (), ())
    (nobody,) = verdict.recipients
    assert (nobody.address, nobody.kind) == ("", BounceKind.SOFT)


# Wishes to leave


@pytest.mark.parametrize(
    ("subject", "body", "kind"),
    [
        ("unsubscribe", "", IncomingKind.UNSUBSCRIBE),
        ("Re: UNSUBSCRIBE 4711", "x", IncomingKind.UNSUBSCRIBE),
        ("=?utf-8?b?dW5zdWJzY3JpYmU=?=", "", IncomingKind.UNSUBSCRIBE),
        ("Hello", "\n\nPlease unsubscribe me. Thanks\n\n> Morning page", IncomingKind.UNSUBSCRIBE),
        ("Re: Morning page", "Thanks!\n\n> Unsubscribe here", IncomingKind.OTHER),
        ("Re: Morning page", "> Unsubscribe here\nThanks!", IncomingKind.OTHER),
        ("How many unsubscribe?", "Just asking.", IncomingKind.OTHER),
    ],
    ids=["subject", "answer", "encoded", "body", "quoted-below", "quoted-above", "question"],
)
def test_a_wish_to_leave_is_found_by_its_first_words(
    subject: str, body: str, kind: IncomingKind
) -> None:
    verdict = classify(letter(f"From: {READER}\nSubject: {subject}", body, to="leave+x@a.example"))
    assert (verdict.kind, verdict.to) == (kind, ("leave+x@a.example",))


def test_a_wish_to_leave_in_html_is_found() -> None:
    head = f"From: {READER}\nSubject: hi\nContent-Type: text/html; charset=iso-8859-1"
    body = "<html><body>\n<p>unsubscribe</p>\n</body></html>"
    assert classify(letter(head, body)).kind is IncomingKind.UNSUBSCRIBE


# Whose it is


def test_a_forged_report_without_our_mark_belongs_to_nobody() -> None:
    verdict = classify(report(failed("5.1.1")))
    assert verdict.permanent == (READER,)
    assert owner_of(verdict, read_path={"bounce+other@news.example": 7}.get) is None


def test_the_return_path_is_found_wherever_the_server_has_left_it() -> None:
    raw = f"X-Original-To: <{PATH}>\nTo: a@b.example, {PATH}\nDelivered-To: c@b.example\n\n"
    verdict = classify(raw.encode())
    assert verdict.to == ("c@b.example", PATH, "a@b.example")
    assert owner_of(verdict, read_path={PATH: 7, "a@b.example": 8}.get) == 7


def test_only_so_many_addresses_are_kept() -> None:
    many = "".join(f"To: {', '.join(f'{n}.{k}@b.example' for k in range(9))}\n" for n in range(99))
    assert len(classify(many.encode()).to) == 50


def test_a_mail_that_is_no_report_names_no_sender() -> None:
    verdict = classify(letter("From: a@b.example\nSubject: hi\nReturn-Path: <x@y.example>"))
    assert (verdict.senders, verdict.worst) == ((), None)
