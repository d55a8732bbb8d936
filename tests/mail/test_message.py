import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from briefing.core.errors import InputError, SettingsError
from briefing.core.model import Form, Preferences, Subscriber
from briefing.mail.headers import one_line
from briefing.mail.message import Letter, Links, Sender, attachment, compose, personal, subject_line
from tests.examples import examples
from tests.mail.nasty import IDS, NASTY

AT = datetime(2026, 3, 12, 5, 30, tzinfo=UTC)
LINKS = Links(
    leave="https://desk.example/u/7f-1.abJPWA.a96toS8HRK7HpGbLObBArA",
    preferences="https://desk.example/p/7f-1.abJPWA.a96toS8HRK7HpGbLObBArA",
    leave_by_mail="leave+7f@desk.example",
)
SENDER = Sender(
    name="Ostra Desk",
    address="desk@desk.example",
    reply_to="answers@desk.example",
    list_id="ostra-desk.desk.example",
)
READER = Subscriber(7, "a.osei@ministry.example", "Ama Osei")
BLANKS = {"address": "address-0af1", "preferences": "preferences-0af1", "leave": "leave-0af1"}
TEXTS = {
    "html": '<p>address-0af1 <a href="preferences-0af1">C</a> <a href="leave-0af1">U</a></p>',
    "text": "News.\n\naddress-0af1\npreferences-0af1\nleave-0af1\n",
    "link": "Headlines.\n\naddress-0af1\npreferences-0af1\nleave-0af1\n",
}
PDF = b"%PDF-1.7 " + bytes(range(256)) * 40
#: Every field that a mail to a subscriber has, in order.
FIELDS = (
    "From Reply-To To Date Message-ID List-Id List-Unsubscribe List-Unsubscribe-Post "
    "Feedback-ID Subject Auto-Submitted Precedence MIME-Version Content-Type"
).split()


def letter(subject: str = "Council votes", *, edition: str = "ostra-desk/2026-03-12") -> Letter:
    pdf = attachment("ostra-desk-2026-03-12.pdf", PDF)
    return compose(edition, subject=subject, texts=TEXTS, blanks=BLANKS, pdf=pdf)


def wishing(form: Form) -> Subscriber:
    return replace(READER, preferences=Preferences(form=form))


def raw(
    mail: Letter | None = None,
    *,
    to: Subscriber = READER,
    sender: Sender = SENDER,
    links: Links = LINKS,
) -> bytes:
    return personal(mail or letter(), to=to, sender=sender, links=links, at=AT)


def read(message: bytes) -> EmailMessage:
    """Parse a message that any relay takes."""
    assert b"\n" not in message.replace(b"\r\n", b"")
    assert b"\r" not in message.replace(b"\r\n", b"")
    assert max(map(len, message.split(b"\r\n"))) <= 998
    assert message.isascii()
    assert b"\x00" not in message
    mail = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert not [part.defects for part in mail.walk() if part.defects]
    assert not [field for field in mail.values() if field.defects]
    return mail


class TestHeaders:
    def test_they_say_from_whom_to_whom_and_when_and_that_a_machine_sends(self) -> None:
        assert read(raw()).keys() == FIELDS
        mail = read(raw())
        assert mail["From"] == "Ostra Desk <desk@desk.example>"
        assert mail["To"] == "Ama Osei <a.osei@ministry.example>"
        assert mail["Reply-To"] == "answers@desk.example"
        assert mail["Date"].datetime == AT
        assert mail["List-Id"] == "Ostra Desk <ostra-desk.desk.example>"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Precedence"] == "bulk"

    def test_one_click_needs_https_and_its_address_on_one_line(self) -> None:
        for links in (LINKS, replace(LINKS, leave="https://desk.example/" + "x" * 379)):
            message = raw(links=links)
            assert (
                b"\r\nList-Unsubscribe: <mailto:leave+7f@desk.example?subject=unsubscribe>, "
                b"<%s>\r\n" % links.leave.encode()
            ) in message
            assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in message
            read(message)
        for links in (
            Links(leave="http://localhost:8000/u/1"),
            Links(leave_by_mail="leave@desk.example"),
        ):
            mail = read(raw(links=links))
            assert "List-Unsubscribe-Post" not in mail
            assert mail["List-Unsubscribe"].startswith("<")
        links = Links(leave_by_mail="leave?a=b&c%d+7@desk.example")
        assert links.by_mail == "mailto:leave%3Fa%3Db%26c%25d+7@desk.example?subject=unsubscribe"

    def test_each_mail_has_an_id_and_a_feedback_id_and_may_have_a_bare_sender(self) -> None:
        first = read(raw())["Message-ID"]
        later = personal(letter(), to=READER, sender=SENDER, links=LINKS, at=AT.replace(hour=9))
        other = read(raw(to=replace(READER, id=8)))["Message-ID"]
        next_day = read(raw(letter(edition="ostra-desk/2026-03-13")))["Message-ID"]
        assert read(later)["Message-ID"] == first
        assert len({first, other, next_day}) == 3
        assert first.partition(".")[0] == other.partition(".")[0]
        assert first.endswith("@desk.example>")
        mail = read(raw(to=wishing(Form.TEXT)))["Feedback-ID"]
        assert mail.startswith("2026-03-12:text:ostra-desk:")
        assert mail.count(":") == 3
        assert 5 <= len(mail.rpartition(":")[2]) <= 15
        mail = read(raw(sender=Sender("", "desk@desk.example")))
        assert mail["From"] == "desk@desk.example"
        assert "Reply-To" not in mail
        assert "List-Id" not in mail


class TestSubject:
    def test_it_is_the_headline_whole_or_a_template_filled(self) -> None:
        headline = "Zoë’s council " + "votes on berths " * 9
        subject = subject_line("{headline}", headline=headline, name="Desk", date="")
        assert read(raw(letter(subject)))["Subject"] == headline.strip()
        subject = subject_line(
            "{name}: {headline} ({date}) {other} {0}",
            headline="{name} {date} {headline.__class__}",
            name="{headline}",
            date="Thu 12 March",
        )
        assert subject == (
            "{headline}: {name} {date} {headline.__class__} (Thu 12 March) {other} {0}"
        )

    @pytest.mark.parametrize("headline", ["", " \r\n"])
    def test_without_a_headline_it_is_name_and_date(self, headline: str) -> None:
        subject = subject_line("{headline}!", headline=headline, name="Desk", date="Thu 12 March")
        assert subject == "Desk, Thu 12 March"


class TestForms:
    def test_a_page_comes_with_text_html_and_pdf(self) -> None:
        mail = read(raw(to=wishing(Form.PDF)))
        assert [part.get_content_type() for part in mail.walk()] == [
            *("multipart/mixed", "multipart/alternative", "text/plain", "text/html"),
            "application/pdf",
        ]
        (pdf,) = mail.iter_attachments()
        assert pdf.get_content() == PDF
        mail = read(raw(to=wishing(Form.HTML)))
        assert [part.get_content_type() for part in mail.walk()] == [
            *("multipart/alternative", "text/plain", "text/html")
        ]
        bare = compose("d/1", subject="s", texts=TEXTS, blanks=BLANKS)
        assert read(raw(bare)).get_content_type() == "multipart/alternative"

    @pytest.mark.parametrize(("form", "first"), [(Form.TEXT, "News."), (Form.LINK, "Headlines.")])
    def test_text_comes_alone(self, form: Form, first: str) -> None:
        mail = read(raw(to=wishing(form)))
        assert mail.get_content_type() == "text/plain"
        assert mail.get_content().splitlines()[0] == first

    def test_each_part_holds_what_is_personal(self) -> None:
        for form in Form:
            mail = read(raw(to=wishing(form)))
            for part in mail.walk():
                if part.get_content_maintype() == "text":
                    text = part.get_content()
                    assert READER.address in text
                    assert LINKS.leave in text
                    assert LINKS.preferences in text
                    assert "0af1" not in text
        mail = read(raw(to=wishing(Form.TEXT), links=Links(leave_by_mail="leave@desk.example")))
        assert "mailto:leave@desk.example?subject=unsubscribe" in mail.get_content()


class TestHostileWords:
    @pytest.mark.parametrize("text", NASTY, ids=IDS)
    def test_no_field_adds_a_header(self, text: str) -> None:
        mail = compose(
            f"{text}/2026-03-12",
            subject=subject_line("{name}: {headline}", headline=text, name=text, date=text),
            texts=dict.fromkeys(TEXTS, f"{text} address-0af1"),
            blanks=BLANKS,
            pdf=attachment(text, PDF),
        )
        message = read(raw(mail, to=replace(READER, name=text), sender=replace(SENDER, name=text)))
        assert message.keys() == FIELDS
        assert len(message["To"].addresses) == len(message["From"].addresses) == 1
        whole = f"{text}: {text}" if one_line(text) else f"{text}, {text}"
        assert message["Subject"] == one_line(whole)

    @pytest.mark.parametrize("text", [text for text in NASTY if text != "."])
    def test_no_address_is_taken_that_is_none(self, text: str) -> None:
        with pytest.raises(InputError):
            raw(to=replace(READER, address=f"{text}@ministry.example"))

    @pytest.mark.parametrize("text", [text for text in NASTY if text], ids=range(len(NASTY) - 1))
    def test_no_sender_is_taken_that_is_none(self, text: str) -> None:
        with pytest.raises(SettingsError, match="address"):
            Sender("Desk", text)
        with pytest.raises(SettingsError, match="address"):
            Sender("Desk", "desk@desk.example", reply_to=text)
        with pytest.raises(SettingsError, match="list identity"):
            Sender("Desk", "desk@desk.example", list_id=text)

    @examples("url")
    def test_a_link_that_is_not_valid_in_a_header_is_rejected(self, url: str) -> None:
        with pytest.raises(ValueError, match="not valid in a header"):
            Links(leave=url)
        with pytest.raises(ValueError, match="not valid in a header"):
            Links(preferences=url, leave_by_mail="leave@desk.example")

    def test_a_mail_without_a_way_to_leave_is_none(self) -> None:
        with pytest.raises(ValueError, match="needs a way"):
            Links(preferences="https://desk.example/p/1")
