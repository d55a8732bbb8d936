from datetime import UTC, datetime

import pytest

from briefing.app.bounces import (
    Attempt,
    DeliveryResult,
    begun,
    health,
    is_believed,
    is_clear,
    next_state,
)
from briefing.core.model import BounceKind, Consent, DeliveryStatus
from briefing.mail.bounce import IncomingKind, classify, on_return_path, owner_of
from tests.examples import examples, tables
from tests.mail.confusion import table
from tests.mail.returned import HARD as HARD_BOUNCE
from tests.mail.returned import NONE, PATH, READER, bounced, failed, failing, letter, others, report
from tests.mail.returned import SOFT as SOFT_BOUNCE

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


@examples("subject, body, kind", kind=IncomingKind)
def test_a_wish_to_leave_is_in_the_first_words(subject: str, body: str, kind: IncomingKind) -> None:
    verdict = classify(letter(f"From: {READER}\nSubject: {subject}", body, to="leave+x@a.example"))
    assert (verdict.kind, verdict.to) == (kind, ("leave+x@a.example",))


def test_a_wish_to_leave_in_html_and_a_return_path_are_found_wherever_they_are() -> None:
    head = f"From: {READER}\nSubject: hi\nContent-Type: text/html; charset=iso-8859-1"
    body = "<html><body>\n<p>unsubscribe</p>\n</body></html>"
    assert classify(letter(head, body)).kind is IncomingKind.UNSUBSCRIBE
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


# Whose it is


REPORT = failed("5.1.1")


TABLES = tables(__file__)
AUTOMATIC = TABLES["AUTOMATIC"]


def test_an_answer_of_a_machine_is_no_bounce_and_a_letter_is_kept_for_a_person() -> None:
    for name in AUTOMATIC:
        head, body = AUTOMATIC[name]
        verdict = classify(letter(f"From: Ada Byron <{READER}>\n{head}", body))
        assert (verdict.kind, verdict.recipients) == (IncomingKind.AUTOMATIC, ())
    for name in LETTERS:
        subject, body, sender = LETTERS[name]
        verdict = classify(letter(f"From: {sender}\nSubject: {subject}", body))
        assert (verdict.kind, verdict.recipients) == (IncomingKind.OTHER, ())


LETTERS = TABLES["LETTERS"]


BOUNCED, OTHERS = tuple(bounced()), tuple(others())


def test_bounces_of_many_systems_and_languages_are_read_and_no_others() -> None:
    for signed, least in [(True, 0.95), (False, 0.90)]:
        counts = table(BOUNCED, signed=signed)
        assert (counts[HARD_BOUNCE, HARD_BOUNCE] + counts[SOFT_BOUNCE, SOFT_BOUNCE]) >= least * len(
            BOUNCED
        ), counts
    for signed in [True, False]:
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
    head = "From: MAILER-DAEMON@mx.example\nAuto-Submitted: auto-replied\nPrecedence: bulk"
    assert failing(classify(report(REPORT, head=head)))[0] == (READER,)
    assert len(BOUNCED) >= 200
    assert len(OTHERS) >= 80
    assert not health(answers(back=9, kind=SOFT), kinds=(HARD, SOFT)).sound


HARD, SOFT = BounceKind.HARD, BounceKind.SOFT
NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


def answers(
    *, sent: int = 0, refused: int = 0, back: int = 0, at: str = "", kind: BounceKind = HARD
) -> list[DeliveryResult]:
    """Return answers of as many domains, or all of one."""

    def many(
        number: int, status: DeliveryStatus, came: BounceKind | None = None
    ) -> list[DeliveryResult]:
        return [
            DeliveryResult(at or f"{status}{came}{index}.example", status, came)
            for index in range(number)
        ]

    return [
        *many(sent, DeliveryStatus.SENT),
        *many(refused, DeliveryStatus.REFUSED),
        *many(back, DeliveryStatus.SENT, kind),
    ]


@examples("counts, sound")
def test_an_edition_is_sound_if_3_of_4_arrive(counts: dict[str, int], *, sound: bool) -> None:
    result = health(answers(**counts))  # type: ignore[arg-type]
    assert result.sound is sound
    assert result.counts("any.example") is sound
    assert bool(result.words) is not sound


@examples("there, elsewhere, believed")
def test_a_provider_that_rejects_nearly_all_is_at_fault_itself(
    there: dict[str, int], elsewhere: dict[str, int], *, believed: bool
) -> None:
    result = health([*answers(**there, at="big.example"), *answers(**elsewhere)])  # type: ignore[arg-type]
    assert result.sound
    assert result.counts("big.example") is believed
    assert result.counts("other.example")


@pytest.mark.parametrize(
    ("in_a_row", "tries", "believed"), [(1, 1, True), (4, 1, True), (5, 1, False), (25, 4, True)]
)
def test_none_of_many_refusals_is_believed(in_a_row: int, tries: int, *, believed: bool) -> None:
    sound = health(answers(sent=175, refused=25))
    assert is_believed(sound, domain="a.example", in_a_row=in_a_row, tries=tries) is believed


@examples("kind, status, named, clear")
def test_a_dead_address_is_clear(kind: str, status: str, named: str, *, clear: bool) -> None:
    assert is_clear(BounceKind(kind), status, named, address="ada@readers.example") is clear


def row(words: str) -> list[Attempt]:
    """Read "H s . H!": newest first; H hard, S soft, a dot nothing, ! when it does not count."""
    kinds = {"H": HARD, "S": SOFT, ".": None}
    return [
        Attempt(f"edition {at}", kinds[entry[0]], not entry.endswith("!"))
        for at, entry in enumerate(words.split())
    ]


@examples("kind, attempts, clear, state")
def test_a_subscription_ends(kind: str, attempts: str, *, clear: bool, state: str | None) -> None:
    assert next_state(BounceKind(kind), row(attempts), clear=clear, soft_limit=3) == state


def test_a_subscription_begins_with_what_its_owner_or_an_operator_did() -> None:
    def did(what: str, how: str) -> Consent:
        return Consent(NOON, what, how)

    assert begun([did("confirmed", "form")]) == NOON
    assert begun([did("returned", "command")]) == NOON
    assert begun([did("returned", "bounce"), did("returned", "form")]) is None
