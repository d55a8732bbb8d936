"""What incoming mail is: bounces, complaints, automatic replies, and how often it is mistaken."""

import pytest

from briefing.core.model import BounceKind
from briefing.mail.bounce import IncomingKind, classify, on_return_path, owner_of
from tests.examples import examples, tables
from tests.mail.confusion import table
from tests.mail.returned import (
    HARD,
    NONE,
    PATH,
    READER,
    SOFT,
    bounced,
    failed,
    failing,
    letter,
    others,
    report,
)

# Notices of old servers


def test_a_notice_of_an_old_server_is_read() -> None:
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
    verdict = classify(
        letter(
            "From: postmaster@mx.example\nSubject: Warning: delivery delayed",
            "The address to which the message has not yet been delivered is:\n\n"
            f"  {READER}\n\nNo action is required on your part.\n",
        )
    )
    assert failing(verdict) == ((), (READER,))
    assert verdict.recipients[0].kind is BounceKind.SOFT
    head = f"From: Mail Delivery System <>\nX-Failed-Recipients: {READER},\n bo@readers.example"
    verdict = classify(letter(head, f"It failed:\n\n  {READER}\n    mailbox is full\n"))
    assert failing(verdict)[0] == (READER, "bo@readers.example")
    assert verdict.recipients[0].diagnostic == "mailbox is full"
    assert verdict.recipients[1].diagnostic == ""
    verdict = classify(letter("From: MAILER-DAEMON@mx.example\nSubject: failure notice", "Sorry."))
    assert (verdict.kind, *failing(verdict)) == (IncomingKind.BOUNCE, (), ())
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
    ids="subject answer encoded body quoted-below quoted-above question".split(),
)
def test_a_wish_to_leave_is_in_the_first_words(subject: str, body: str, kind: IncomingKind) -> None:
    verdict = classify(letter(f"From: {READER}\nSubject: {subject}", body, to="leave+x@a.example"))
    assert (verdict.kind, verdict.to) == (kind, ("leave+x@a.example",))


def test_a_wish_to_leave_in_html_is_found() -> None:
    head = f"From: {READER}\nSubject: hi\nContent-Type: text/html; charset=iso-8859-1"
    body = "<html><body>\n<p>unsubscribe</p>\n</body></html>"
    assert classify(letter(head, body)).kind is IncomingKind.UNSUBSCRIBE


# Whose it is


def test_the_return_path_is_found_wherever_the_server_has_left_it() -> None:
    raw = f"X-Original-To: <{PATH}>\nTo: a@b.example, {PATH}\nDelivered-To: c@b.example\n\n"
    verdict = classify(raw.encode())
    assert verdict.to == ("c@b.example", PATH, "a@b.example")
    assert owner_of(verdict, read_path={PATH: 7, "a@b.example": 8}.get) == 7
    verdict = classify(report(failed("5.1.1")))
    assert failing(verdict)[0] == (READER,)
    assert owner_of(verdict, read_path={"bounce+other@news.example": 7}.get) is None
    verdict = classify(letter("From: a@b.example\nSubject: hi\nReturn-Path: <x@y.example>"))
    assert (verdict.senders, verdict.worst) == ((), None)
    many = "".join(f"To: {', '.join(f'{n}.{k}@b.example' for k in range(9))}\n" for n in range(99))
    assert len(classify(many.encode()).to) == 50


REPORT = failed("5.1.1")


TABLES = tables(__file__)
AUTOMATIC = TABLES["AUTOMATIC"]


@pytest.mark.parametrize("name", AUTOMATIC)
def test_an_answer_of_a_machine_is_no_bounce(name: str) -> None:
    head, body = AUTOMATIC[name]
    verdict = classify(letter(f"From: Ada Byron <{READER}>\n{head}", body))
    assert (verdict.kind, verdict.recipients) == (IncomingKind.AUTOMATIC, ())


LETTERS = TABLES["LETTERS"]


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_kept_for_a_person(name: str) -> None:
    subject, body, sender = LETTERS[name]
    verdict = classify(letter(f"From: {sender}\nSubject: {subject}", body))
    assert (verdict.kind, verdict.recipients) == (IncomingKind.OTHER, ())


def test_a_report_that_a_server_marks_as_an_automatic_answer_is_still_a_report() -> None:
    head = "From: MAILER-DAEMON@mx.example\nAuto-Submitted: auto-replied\nPrecedence: bulk"
    assert failing(classify(report(REPORT, head=head)))[0] == (READER,)


BOUNCED, OTHERS = tuple(bounced()), tuple(others())


def test_there_are_enough_shapes() -> None:
    assert len(BOUNCED) >= 200
    assert len(OTHERS) >= 80


@pytest.mark.parametrize(("signed", "least"), [(True, 0.95), (False, 0.90)])
def test_bounces_of_many_systems_and_languages_are_read(*, signed: bool, least: float) -> None:
    counts = table(BOUNCED, signed=signed)
    assert (counts[HARD, HARD] + counts[SOFT, SOFT]) >= least * len(BOUNCED), counts


@pytest.mark.parametrize("signed", [True, False])
def test_none_of_the_others_is_a_bounce(*, signed: bool) -> None:
    assert set(table(OTHERS, signed=signed)) == {(NONE, NONE)}


@examples("head")
def test_what_a_mail_system_sends_to_a_return_path_is_a_soft_bounce_at_least(head: str) -> None:
    verdict = classify(letter(head, "Good day."))
    assert owner_of(verdict, read_path={PATH: 7}.get) == 7
    proved = on_return_path(verdict)
    assert proved.kind is IncomingKind.BOUNCE
    assert proved.worst
    assert proved.worst.kind is BounceKind.SOFT


@examples("head")
def test_what_a_person_or_their_machine_sends_there_is_none(head: str) -> None:
    assert on_return_path(classify(letter(head, "Gone."))).kind is not IncomingKind.BOUNCE


def test_a_return_path_is_found_in_a_notice_that_quotes_the_mail_and_on_the_way() -> None:
    path = f"bounce+{'a2' * 20}@news.example"
    quoted = f"<{READER}>: unknown user\n\nReturn-Path: <{path}>\nSubject: Morning page\n"
    body = f"Undelivered to:\n\n{quoted}"
    mail = (
        f"From: MAILER-DAEMON@mx.example\nTo: news@desk.example\nSubject: failure notice\n\n{body}"
    )
    assert owner_of(classify(mail.encode()), read_path={path: 7}.get) == 7
    way = f"Received: from a by b for <{path}>; Tue, 3 Mar 2026 07:00:05 +0000\n{mail}"
    assert classify(way.encode()).to[-1] == path
