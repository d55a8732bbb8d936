from datetime import timedelta

import pytest

from briefing.core.errors import InputError
from briefing.core.model import Subscriber
from briefing.mail.message import confirmation
from tests.mail.nasty import IDS, NASTY
from tests.mail.test_message import AT, READER, SENDER, read

TEXTS = ("Confirm:\nhttps://desk.example/c/1\n", '<a href="https://desk.example/c/1">Confirm</a>')
FIELDS = (
    "From Reply-To To Subject Date Message-ID Auto-Submitted MIME-Version Content-Type"
).split()


def test_a_confirmation_has_text_and_html_no_list_fields_and_an_id_of_its_own() -> None:
    mail = read(confirmation(TEXTS, subject="Confirm Desk", to=READER, sender=SENDER, at=AT))
    assert mail.keys() == FIELDS
    assert mail["To"] == "Ama Osei <a.osei@ministry.example>"
    assert mail["Subject"] == "Confirm Desk"
    text, html = mail.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert text.get_content().replace("\r\n", "\n").startswith(TEXTS[0])
    assert html.get_content().startswith(TEXTS[1])
    ids = {
        read(confirmation(TEXTS, subject="C", to=READER, sender=SENDER, at=at))["Message-ID"]
        for at in (AT, AT, AT + timedelta(minutes=5))
    }
    assert len(ids) == 2
    with pytest.raises(InputError):
        confirmation(TEXTS, subject="C", to=Subscriber(7, "a\r\nb@c.example"), sender=SENDER, at=AT)


@pytest.mark.parametrize("text", NASTY, ids=IDS)
def test_no_word_adds_a_header(text: str) -> None:
    to = Subscriber(7, READER.address, text)
    mail = read(confirmation((text, text), subject=text, to=to, sender=SENDER, at=AT))
    assert mail.keys() == FIELDS
