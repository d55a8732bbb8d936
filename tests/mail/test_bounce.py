from __future__ import annotations

import re
import time
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.mail.bounce import MailKind, classify, owner_of
from briefing.mail.incoming import MAIL_LIMIT
from briefing.model import BounceKind

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


def failed(status: str, said: str = "", *, action: str = "failed", address: str = READER) -> str:
    lines = f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}"
    return f"{lines}\nDiagnostic-Code: smtp; {said}" if said else lines


# Reports


def test_a_delivery_report_names_who_was_not_reached_and_why() -> None:
    said = "550 5.1.1 <ada@readers.example>:\n Recipient\x07 address rejected: \u202eunknown user"
    verdict = classify(report(failed("5.1.1", said)))
    (one,) = verdict.recipients
    assert (verdict.kind, verdict.permanent, verdict.temporary) == (MailKind.BOUNCE, (READER,), ())
    assert one.status == "5.1.1"
    assert one.words == "550 5.1.1 <ada@readers.example>: Recipient address rejected: unknown user"
    assert verdict.to == (PATH,)
    assert verdict.senders == (PATH,)


def test_a_report_for_several_readers_names_each_once_the_failed_before_the_late() -> None:
    fields = "\n\n".join(
        [
            failed("4.4.1", action="delayed"),
            failed("5.1.1"),
            failed("5.1.1", address="<bo@readers.example> (Bo)"),
            failed("4.2.2", action="Delayed (still trying)", address="cy@readers.example"),
            failed("2.0.0", action="delivered", address="di@readers.example"),
        ]
    )
    verdict = classify(report(fields))
    assert verdict.permanent == (READER, "bo@readers.example")
    assert verdict.temporary == ("cy@readers.example",)


def test_the_address_that_we_wrote_to_counts_before_the_one_it_was_passed_on_to() -> None:
    fields = f"Original-Recipient: rfc822;{READER}\n" + failed("5.1.1", address="x@inside.example")
    assert classify(report(fields)).permanent == (READER,)


@pytest.mark.parametrize(
    ("fields", "permanent", "temporary"),
    [
        (f"Final-Recipient: {READER}\nStatus: 5.1.1", (READER,), ()),
        (f"Final-Recipient: {READER}\nStatus: 4.1.1", (), (READER,)),
        (f"Final-Recipient: {READER}\nAction: error\nStatus: x", (READER,), ()),
        (f"Final-Recipient: {READER}\nStatus: 2.1.5", (), ()),
        ("Status: 5.1.1", (), ()),
        (failed("5.1.1", address="/S=ada/C=XX/").replace("rfc822", "x400"), (), ()),
        (failed("5.1.1", address=r"j\x{F6}rg@readers.example"), ("jörg@readers.example",), ()),
        (failed("5.1.1", address=r"j\x{FFFFFF}rg@readers.example"), (), ()),
        (failed("5.1.1", address="jörg@readers.example"), ("jörg@readers.example",), ()),
        (failed("5.1.1", address='"ada b"@readers.example'), ('"ada b"@readers.example',), ()),
        (failed("5.1.1", address="ada@[192.0.2.7]"), ("ada@[192.0.2.7]",), ()),
        (failed("5.1.1", address="ada...@readers.example"), (), ()),
        (failed("5.1.1", address="ada\u200d@readers.example"), (), ()),
        (failed("5.1.1", address="a" * 300 + "@readers.example"), (), ()),
        (failed("5.1.1", address="a" * 100 + "@" + "b." * 120 + "example"), (), ()),
    ],
    ids=[
        "no-action-5", "no-action-4", "error", "no-action-2", "nobody", "x400", "coded",
        "coded-wrong", "utf8", "quoted", "literal", "dots", "unseen", "long-name", "long",
    ],
)  # fmt: skip
def test_odd_reports_are_read_as_far_as_they_can_be(
    fields: str, permanent: tuple[str, ...], temporary: tuple[str, ...]
) -> None:
    verdict = classify(report(fields))
    assert (verdict.permanent, verdict.temporary) == (permanent, temporary)


def test_an_address_in_broken_bytes_is_not_guessed() -> None:
    raw = report(failed("5.1.1", address="jXrg@readers.example")).replace(b"jXrg", b"j\xf6rg")
    verdict = classify(raw)
    assert (verdict.kind, verdict.permanent) == (MailKind.BOUNCE, ())
    assert owner_of(verdict, read_path={PATH: 7}.get) == 7


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("base64", lambda text: b64encode(text.encode()).decode()),
        ("quoted-printable", lambda text: text.replace("@", "=40")),
    ],
    ids=["base64", "quoted"],
)
def test_a_report_that_is_encoded_against_the_rules_is_read(encoding: str, encode: object) -> None:
    raw = report(
        encode(failed("5.1.1")),  # type: ignore[operator]
        status_head=f"Content-Type: message/delivery-status\nContent-Transfer-Encoding: {encoding}",
    ).replace(b"Reporting-MTA: dns; mx.example\n\n", b"")
    assert classify(raw).permanent == (READER,)


def test_a_report_in_base64_that_is_none_names_nobody() -> None:
    head = "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64"
    assert classify(report("!", status_head=head)).recipients == ()


def test_an_international_report_is_read() -> None:
    head = "Content-Type: message/global-delivery-status"
    verdict = classify(report(failed("5.1.1", address="jörg@bücher.example"), status_head=head))
    assert verdict.permanent == ("jörg@bücher.example",)


def test_a_report_in_the_wrapping_of_a_mailing_list_is_read() -> None:
    inner = report(failed("5.1.1")).decode().partition("MIME-Version: 1.0\n")[2]
    raw = letter(
        "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/mixed; boundary=outer",
        f"--outer\n{inner}\n--outer\n\nA list\n--outer--\n",
    )
    assert classify(raw).permanent == (READER,)


@pytest.mark.parametrize(
    "part",
    [
        f"Content-Type: text/rfc822-headers\n\nReturn-Path: <{PATH}>\nSubject: x\n",
        f"Content-Type: message/rfc822-headers\n\nReturn-Path: <{PATH}>\nSubject: x\n",
        f"Content-Type: message/rfc822\n\nReturn-Path: <{PATH}>\n\nText\n",
    ],
    ids=["text", "message", "mail"],
)
def test_the_return_path_of_the_mail_that_came_back_is_found(part: str) -> None:
    raw = report(failed("5.1.1")).decode()
    start, end = raw.index("Content-Type: message/rfc822"), raw.index("--=_b--")
    raw = raw[:start] + part + raw[end:]
    assert classify(raw.encode()).senders == (PATH,)


def test_a_report_that_tells_of_no_failure_is_no_bounce() -> None:
    verdict = classify(report(failed("2.0.0", action="relayed")))
    assert (verdict.kind, verdict.recipients) == (MailKind.OTHER, ())


# What a failure means


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        ("5.1.1", "550 no such user", BounceKind.HARD),
        ("5.1.10", "null MX", BounceKind.HARD),
        ("5.4.4", "Host or domain name not found", BounceKind.HARD),
        ("5.0.0", "550 5.1.1 unknown", BounceKind.HARD),
        ("5.0.0", "550 User unknown", BounceKind.HARD),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied", BounceKind.HARD),
        ("5.0.0", "", BounceKind.SOFT),
        ("5.2.2", "552 mailbox full", BounceKind.SOFT),
        ("5.0.0", "552 mailbox of this user not found: over quota", BounceKind.SOFT),
        ("5.7.1", "550 blocked, address rejected by policy", BounceKind.SOFT),
        ("5.3.4", "message too big", BounceKind.SOFT),
        ("5.1.8", "bad sender", BounceKind.SOFT),
        ("4.4.7", "expired", BounceKind.SOFT),
    ],
)
def test_only_a_dead_address_is_hard(status: str, said: str, kind: BounceKind) -> None:
    verdict = classify(report(failed(status, said)))
    assert verdict.permanent == (READER,)
    assert verdict.worst is not None
    assert verdict.worst.kind is kind


def test_what_is_late_is_soft_whatever_its_code() -> None:
    verdict = classify(report(failed("5.1.1", action="delayed")))
    assert verdict.temporary == (READER,)
    assert [one.kind for one in verdict.recipients] == [BounceKind.SOFT]


def test_a_dead_address_counts_before_a_full_one() -> None:
    fields = failed("5.2.2", address="bo@readers.example") + "\n\n" + failed("5.1.1")
    worst = classify(report(fields)).worst
    assert worst is not None
    assert worst.address == READER


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
    (one,) = verdict.recipients
    assert (one.address, one.permanent, one.kind) == (READER, True, BounceKind.HARD)
    assert (one.status, one.words) == ("5.1.1", "Sorry, no mailbox here by that name. (#5.1.1)")


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
    assert verdict.recipients[0].words == "mailbox is full"
    assert verdict.recipients[1].words == ""


def test_a_notice_in_which_nobody_is_named_is_kept_for_a_person() -> None:
    verdict = classify(letter("From: MAILER-DAEMON@mx.example\nSubject: failure notice", "Sorry."))
    assert (verdict.kind, verdict.recipients) == (MailKind.OTHER, ())


# Complaints


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


def test_a_complaint_names_who_complains_and_the_return_path_of_the_mail() -> None:
    verdict = classify(complaint("abuse"))
    (one,) = verdict.recipients
    assert (verdict.kind, one.address, one.kind) == (
        MailKind.COMPLAINT,
        READER,
        BounceKind.COMPLAINT,
    )
    assert (verdict.permanent, verdict.temporary) == ((), ())
    assert verdict.senders == (PATH, "other@news.example")
    assert owner_of(verdict, read_path={PATH: 7}.get) == 7


def test_a_complaint_whose_reader_was_struck_out_is_found_by_its_return_path() -> None:
    verdict = classify(complaint("abuse", rcpt="Original-Rcpt-To: redacted"))
    assert [one.address for one in verdict.recipients] == [""]
    assert owner_of(verdict, read_path={PATH: 7}.get) == 7


@pytest.mark.parametrize("feedback", ["not-spam", "auth-failure", ""])
def test_praise_and_reports_of_machines_are_no_complaint(feedback: str) -> None:
    assert classify(complaint(feedback)).kind is MailKind.OTHER


# Wishes to leave


@pytest.mark.parametrize(
    ("subject", "body", "kind"),
    [
        ("unsubscribe", "", MailKind.UNSUBSCRIBE),
        ("Re: UNSUBSCRIBE 4711", "x", MailKind.UNSUBSCRIBE),
        ("=?utf-8?b?dW5zdWJzY3JpYmU=?=", "", MailKind.UNSUBSCRIBE),
        ("Hello", "\n\nPlease unsubscribe me. Thanks\n\n> Morning page", MailKind.UNSUBSCRIBE),
        ("Re: Morning page", "Thanks!\n\n> Unsubscribe here", MailKind.OTHER),
        ("Re: Morning page", "> Unsubscribe here\nThanks!", MailKind.OTHER),
        ("How many unsubscribe?", "Just asking.", MailKind.OTHER),
    ],
    ids=["subject", "answer", "encoded", "body", "quoted-below", "quoted-above", "question"],
)
def test_a_wish_to_leave_is_found_by_its_first_words(
    subject: str, body: str, kind: MailKind
) -> None:
    verdict = classify(letter(f"From: {READER}\nSubject: {subject}", body, to="leave+x@a.example"))
    assert (verdict.kind, verdict.to) == (kind, ("leave+x@a.example",))


def test_a_wish_to_leave_in_html_is_found() -> None:
    head = f"From: {READER}\nSubject: hi\nContent-Type: text/html; charset=iso-8859-1"
    body = "<html><body>\n<p>unsubscribe</p>\n</body></html>"
    assert classify(letter(head, body)).kind is MailKind.UNSUBSCRIBE


# Answers of machines

AWAY = "I am away. Please write to bo@readers.example, or call. <cy@readers.example>: 550 later"
REPORT = failed("5.1.1")
AUTOMATIC = {
    "rfc3834": ("Subject: Re: Morning page\nAuto-Submitted: auto-replied", AWAY),
    "sieve": ("Subject: Ada Byron\nAuto-Submitted: auto-replied (vacation)", AWAY),
    "exchange-en": ("Subject: Automatic reply: Morning page\nX-Auto-Response-Suppress: All", AWAY),
    "exchange-de": ("Subject: Automatische Antwort: Morning page", "Ich bin im Urlaub, Gruß, Ada"),
    "exchange-fr": ("Subject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_Page?=", "Je suis absente"),
    "exchange-es": ("Subject: Respuesta automática: Page", "Estoy fuera, bo@readers.example, "),
    "exchange-pt": ("Subject: Resposta automática: Page", "Fora do escritório"),
    "exchange-it": ("Subject: Risposta automatica: Page", "Sono fuori sede"),
    "exchange-nl": ("Subject: Automatisch antwoord: Page", "Ik ben er niet"),
    "exchange-sv": ("Subject: Automatiskt svar: Page", "Jag är borta"),
    "exchange-fi": ("Subject: Automaattinen vastaus: Page", "Olen poissa"),
    "exchange-pl": ("Subject: Odpowiedź automatyczna: Page", "Nie ma mnie"),
    "exchange-cs": ("Subject: Automatická odpověď: Page", "Nejsem tu"),
    "exchange-tr": ("Subject: Otomatik yan\u0131t: Page", "Yokum"),
    "exchange-ru": ("Subject: Автоматический ответ: Page", "Меня нет"),
    "exchange-zh": ("Subject: 自动回复: Page", "我不在"),
    "exchange-ja": ("Subject: 自動応答: Page", "不在です"),
    "exchange-ko": ("Subject: 자동 회신: Page", "부재중입니다"),
    "exchange-ar": ("Subject: رد تلقائي: Page", "أنا في إجازة"),
    "exchange-el": ("Subject: Αυτόματη απάντηση: Page", "Λείπω"),
    "accents-apart": ("Subject: Re\u0301ponse automatique : Page", "Absente"),
    "notes": ("Subject: Ada Byron is out of the office\nAuto-Submitted: auto-generated\n"
              "In-Reply-To: <1@news.example>", AWAY),
    "out-of-office": ("Subject: Out of Office: Morning page", AWAY),
    "gmail-canned": ("Subject: Re: Morning page\nPrecedence: bulk\nX-Autoreply: yes", AWAY),
    "qmail-auto": ("Subject: Thank you\nX-Autorespond: Thank you\nPrecedence: junk", AWAY),
    "cpanel": ("Subject: Away\nPrecedence: auto_reply\nX-Precedence: auto_reply", AWAY),
    "freemail": ("Subject: Abwesenheitsnotiz\nReturn-Path: <>", "Bin weg"),
    "kerio": ("Subject: Holiday\nX-POST-MessageClass: 9; Autoresponder", AWAY),
    "cgp": ("Subject: I am away\nX-Autogenerated: Reply", AWAY),
    "vacation1": ("Subject: away from my mail\nPrecedence: bulk", AWAY),
    "ticket": ("Subject: [Ticket#20260303] received\nAuto-Submitted: auto-replied", AWAY),
    "ticket-re": ("Subject: Re: Morning page\nAuto-Submitted: auto-generated\n"
                  "References: <1@news.example>", AWAY),
    "challenge": ("Subject: Please confirm your message\nAuto-Submitted: auto-replied\n"
                  "Return-Path: <>", "It was not delivered yet, confirm, a@b.example, first"),
    "receipt": ("Subject: Read: Morning page\nContent-Type: multipart/report; "
                "report-type=disposition-notification; boundary=b",
                "--b\n\nIt was read\n--b\nContent-Type: message/disposition-notification\n\n"
                f"Final-Recipient: rfc822;{READER}\nDisposition: manual-action/MDN-sent-manually; "
                "displayed\n--b--\n"),
    "quotes-a-report": ("Subject: Automatic reply: Undelivered Mail Returned to Sender",
                        f"Away.\n\n> {REPORT}\n\n<{READER}>: 550 5.1.1 User unknown\n"),
    "attaches-a-report": ("Subject: Re: Undelivered mail\nAuto-Submitted: auto-replied\n"
                          "Content-Type: multipart/mixed; boundary=o",
                          "--o\n\nAway.\n--o\nContent-Type: message/rfc822\n\n"
                          f"{report(REPORT).decode()}\n--o--\n"),
    "is-built-like-a-report": ("Subject: Out of office\nContent-Type: multipart/report; "
                               "report-type=delivery-status; boundary=o",
                               "--o\n\nAway.\n--o\nContent-Type: message/delivery-status\n\n"
                               f"X: y\n\n{REPORT}\n--o--\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", AUTOMATIC)
def test_an_answer_of_a_machine_is_no_bounce(name: str) -> None:
    head, body = AUTOMATIC[name]
    verdict = classify(letter(f"From: Ada Byron <{READER}>\n{head}", body))
    assert (verdict.kind, verdict.recipients) == (MailKind.AUTOMATIC, ())


LETTERS = {
    "person": ("Re: Morning page", AWAY, READER),
    "person-on-failure": ("Re: Undelivered Mail Returned to Sender", f"<{READER}>:\n550", READER),
    "absence": ("Absence of figures in the brief", AWAY, READER),
    "ticket": ("Ticket 20260303", "Your mail failed nothing, a@b.example, ", "postmaster@a.example"),
    "challenge": ("Please confirm your message", f"Hi. This is the\n\n<{READER}>:\n",
                  "MAILER-DAEMON@a.example"),
    "postmaster": ("Your certificate", "Dear desk, a@b.example, greets you", "postmaster@a.example"),
    "away": ("Urlaub", AWAY, "postmaster@a.example"),
}  # fmt: skip


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_kept_for_a_person(name: str) -> None:
    subject, body, sender = LETTERS[name]
    verdict = classify(letter(f"From: {sender}\nSubject: {subject}", body))
    assert (verdict.kind, verdict.recipients) == (MailKind.OTHER, ())


def test_a_report_that_a_server_marks_as_an_automatic_answer_is_still_a_report() -> None:
    head = "From: MAILER-DAEMON@mx.example\nAuto-Submitted: auto-replied\nPrecedence: bulk"
    assert classify(report(REPORT, head=head)).permanent == (READER,)


# Whose it is


def test_a_forged_report_without_our_mark_belongs_to_nobody() -> None:
    verdict = classify(report(REPORT))
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


# Hostile mail

BOMBS = {
    "too-large": b"x" * (MAIL_LIMIT + 1),
    "large": b"x" * 5_000_000,
    "lines": b"\n" * 2_000_000,
    "addresses": b"To: " + b"a@" * 500_000,
    "headers": b"To: a@b.example\n" * 60_000,
    "quotes": b'X-Failed-Recipients: "' + b'"' * 900 + b"\n",
    "parameters": b'Content-Type: multipart/mixed; a="' + b";" * 1_000_000 + b'"\n\n',
    "deep": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5_000)
    ),
    "mails-in-mails": b"Content-Type: message/rfc822\n\n" * 50_000,
    "parts": b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\na\n" * 50_000,
    "digest": b"Content-Type: multipart/digest; boundary=x\n\n" + b"--x\n\n" * 50_000,
    "subject": b"Subject: " + b"=?utf-8?q?a?= " * 50_000 + b"\n\n",
    "tags": b"Content-Type: text/html\n\n" + b"<" * 500_000,
    "patterns": b"From: MAILER-DAEMON@a.example\nSubject: failure notice\nContent-Type: "
    b"multipart/mixed; boundary=x\n\n--x\n\nThis Message was undeliverable due to the following "
    b"reason:\n" + (b"<" * 6 + b"a" * 240 + b"\n") * 500 + b"--x\n\n--x--\n",
    "recipients": report(
        (failed("5.1.1", "user " * 190, address="a" * 900) + "\nX: y\n\n") * 3_000
    ),
    "fields": report("".join(f"x{n}: y\n" for n in range(3_000)) + failed("5.1.1")),
    "charset": b"Content-Type: text/plain; charset=idna\n\n" + b"a." * 100_000,
    "no-charset": b'Content-Type: text/plain; charset="\xff\xfe"\n\nhi',
    "bytes": b"Subject: \xff\xfe \xe9\nFrom: \xff\nContent-Type: multipart/\xff; boundary=\xfe\n\n",
    "empty": b"",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_mail_is_read_in_time(name: str) -> None:
    start = time.monotonic()
    verdict = classify(BOMBS[name])
    assert time.monotonic() - start < 3
    assert verdict.kind in {MailKind.OTHER, MailKind.BOUNCE}
    assert verdict.permanent == ()


def test_a_report_before_a_large_mail_is_read() -> None:
    raw = report(REPORT, returned="Content-Type: multipart/mixed; boundary=z\n\n" + "x" * 5_000_000)
    assert classify(raw).permanent == (READER,)


def test_a_mail_whose_type_python_cannot_read_is_kept() -> None:
    raw = b"Content-Type: text/plain; charset*=iso-8859-1'\xff'x%ff\nSubject: =?x?b?=?=\n\nhi"
    assert classify(raw).kind is MailKind.OTHER


words = st.sampled_from(
    [
        b"Content-Type: ", b"multipart/report", b"multipart/mixed", b"; boundary=b", b"\n--b\n",
        b"\n--b--\n", b"message/delivery-status", b"message/rfc822", b"\n\n", b"\r", b"\n ", b";",
        b"From: MAILER-DAEMON@a.example\n", b"Subject: failure notice\n", b"Action: failed\n",
        b"Final-Recipient: rfc822;", b"a@b.example", b"<a@b.example>:\n", b"Status: 5.1.1\n",
        b"Content-Transfer-Encoding: base64\n", b"charset=utf-7", b"=?utf-8?b?/w==?=", b"\xff", b'"',
        b"Hi. This is the\n\n", b"X-Failed-Recipients: ", b"message/feedback-report",
        b"Feedback-Type: abuse\n", b"To: ", b"\x00", b"(", b"\\",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=3_000)
@given(st.lists(st.one_of(words, st.binary(max_size=20)), max_size=60).map(b"".join))
def test_any_bytes_give_a_verdict(raw: bytes) -> None:
    verdict = classify(raw)
    shown = [verdict.words, *verdict.to, *verdict.senders]
    shown += [part for one in verdict.recipients for part in (one.address, one.status, one.words)]
    assert all(one.isprintable() for one in shown)
    assert all(len(one) <= 320 for one in shown)


atoms = st.text("abcXYZ019!#$%&'*+/=?^_`{|}~-é", min_size=1, max_size=12)
locals_ = st.lists(atoms, min_size=1, max_size=3).map(".".join)
domains = st.lists(st.from_regex(r"[a-z0-9]{1,9}", fullmatch=True), min_size=1, max_size=4)
codes = st.tuples(st.sampled_from("45"), st.integers(0, 7), st.integers(0, 999))


@given(
    locals_,
    domains.map(".".join),
    codes,
    st.sampled_from(["failed", "Failed (bad mailbox)", "delayed"]),
    st.booleans(),
)
def test_a_report_for_any_address_and_status_is_read_back(
    local: str, domain: str, code: tuple[str, int, int], action: str, windows: bool
) -> None:
    address, status = f"{local}@{domain}", ".".join(map(str, code))
    raw = report(failed(status, action=action, address=address))
    verdict = classify(raw.replace(b"\n", b"\r\n") if windows else raw)
    found = (verdict.permanent, verdict.temporary)
    assert found == (((), (address,)) if action == "delayed" else ((address,), ()))
    assert verdict.recipients[0].status == status


@given(st.text(max_size=600))
def test_what_a_server_said_is_one_line_that_shows(said: str) -> None:
    fields = failed("5.1.1", re.sub(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", " ", said) or "x")
    raw = report(fields.encode("utf-8", "replace").decode())
    (one,) = classify(raw).recipients
    assert one.words == one.words.strip()
    assert len(one.words) <= 300
