import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from briefing.core import record
from briefing.store import deliveries
from briefing.store.editions import StoredEdition
from tests.web.admin.rounds import mailed
from tests.web.admin.sessions import Seated, seated
from tests.web.served import READER, printing, title
from tests.web.test_week import review

WRONG = {"sentence": "0", "text": "It was the other harbor.", "signed": "The desk"}


@pytest.fixture
def printed(tmp_path: Path) -> Iterator[tuple[Seated, StoredEdition]]:
    """Seat an operator at a desk whose edition was mailed to one reader."""
    with printing(tmp_path) as (web, newsroom):
        yield seated(web), mailed(web, newsroom)


def test_a_correction_is_previewed_and_mailed(printed: tuple[Seated, StoredEdition]) -> None:
    session, stored = printed
    path = f"/admin/deliveries/correct?day={stored.day}"
    (first, *_) = record.read(stored.record, name=stored.id).edition.passages()
    assert first.text in unescape(session.page(path))
    asked = session.post(path, {**WRONG, "print": "1"})
    assert title(asked).startswith("Send a correction of the edition of ")
    assert "It goes at once to all who were sent this sentence: 1 reader." in asked.text
    letter = re.search("<pre[^>]*>(.*?)</pre>", asked.text, re.DOTALL)
    assert letter
    assert " ".join(first.text.split()) in " ".join(unescape(letter[1]).split())
    assert "It was the other harbor." in letter[1]
    assert "It is printed as a note of the desk on the page of" in asked.text
    assert "1 correction mailed." in session.confirm(path, {**WRONG, "print": "1"})
    with session.web.store.read() as tx:
        sent = list(deliveries.of(tx, f"{stored.id}/corrected"))
        noted = [act.about for act in session.acts() if act.what == "write note"]
    assert [mail.address for mail in sent] == [READER]
    assert len(noted) == 1
    page = session.web.get(f"/{stored.day}").text
    assert page.count("It was the other harbor.") == 2
    assert "Correction: The desk, " in page
    assert "It was the other harbor." in session.web.get(f"/{stored.day}.md").text
    checked = re.findall(rf'href="(/{stored.day}/source/\d+)', page)
    assert any("Correction: The desk" in session.web.get(path).text for path in checked)
    assert "has a note already, which stays" in session.post(path, {**WRONG, "print": "1"}).text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"sentence": ""}, "sentence"),
        ({"sentence": "9999"}, "sentence"),
        ({"sentence": "<script>"}, "sentence"),
        ({"text": ""}, "text"),
        ({"text": "word " * 61}, "text"),
        ({"signed": ""}, "signed"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(
    printed: tuple[Seated, StoredEdition], wrong: dict[str, str], field: str
) -> None:
    session, stored = printed
    answer = session.post(f"/admin/deliveries/correct?day={stored.day}", {**WRONG, **wrong})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert "<script>" not in answer.text


def test_without_an_edition_nothing_is_corrected(printed: tuple[Seated, StoredEdition]) -> None:
    session, _ = printed
    for day in ("", "2026-01-01", "soon"):
        assert session.get(f"/admin/deliveries/correct?day={day}").status_code == 404


def test_a_week_in_review_is_corrected_on_its_page(printed: tuple[Seated, StoredEdition]) -> None:
    session, stored = printed
    assert "Correct the week" not in session.page("/admin/deliveries")
    review(session.web, stored.day)
    assert f"correct?day=week/{stored.day}" in session.page("/admin/deliveries")
    path = f"/admin/deliveries/correct?day=week/{stored.day}"
    assert "Correct the week to" in session.page(path)
    assert f'href="/week/{stored.day}"' in session.post(path, WRONG).text
    session.confirm(path, WRONG)
    assert "Correction: The desk" in session.web.get(f"/week/{stored.day}").text
    assert "Correction: The desk" not in session.web.get(f"/{stored.day}").text


def test_without_a_sender_a_correction_is_only_shown_on_the_page(tmp_path: Path) -> None:
    with printing(tmp_path, sender=None) as (web, newsroom):
        session, stored = seated(web), mailed(web, newsroom)
        path = f"/admin/deliveries/correct?day={stored.day}"
        assert "No mail is sent" in session.post(path, WRONG).text
        assert "0 corrections mailed." in session.confirm(path, WRONG)
        assert "Correction: The desk" in web.get(f"/{stored.day}").text
