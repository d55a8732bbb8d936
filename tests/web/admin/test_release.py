import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from html import unescape
from pathlib import Path

import httpx2
import pytest

from briefing.app.release import admit, void
from briefing.core import record
from briefing.core.model import DeskNote, Step, series_of
from briefing.settings import EditionSettings, ReleaseSettings, Settings
from briefing.setup.mailing import release_plan
from briefing.store import deliveries, drafts, editions
from briefing.store.audit import Actor
from briefing.store.editions import StoredEdition
from briefing.store.printed_files import OwnPage
from tests.store.ready import act, look
from tests.store.releasing import DAY, DESK, MADE, made, plan, put
from tests.web.admin.rounds import mailed
from tests.web.admin.sessions import Seated, seated
from tests.web.served import OTHER, READER, Served, printing, served, title
from tests.web.test_last_edition import review

PATH = "/admin/release"
#: All under which an edition is shown.
PUBLIC = (
    *(
        "/",
        f"/{DAY}",
        f"/{DAY}.pdf",
        f"/{DAY}.html",
        f"/{DAY}.json",
        f"/{DAY}.md",
        f"/{DAY}.docx",
        f"/{DAY}.epub",
    ),
    *(f"/{DAY}/ledger", "/archive", "/archive?q=variant", "/feed", "/diary", "/diary.ics"),
)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Served]:
    release = plan()
    named = "Ostra Desk"
    with served(tmp_path, name=named, release=release, timetable=release.timetable) as web:
        yield web


def make(web: Served, variant: int = 0) -> None:
    act(web.store, put, variant=variant, plan=web.desk.release(""))


def form(session: Seated, do: str = "sign", *, path: str = PATH) -> dict[str, str]:
    """Return what the form of the page sends."""
    pairs = re.findall(
        r'<input type="hidden" name="(\w+)" value="([^"]*)">', session.get(path).text
    )
    return {**dict(pairs), "do": do}


def follow(session: Seated, answer: httpx2.Response) -> str:
    assert answer.status_code == 303
    return session.get(answer.headers["location"]).text


def press(session: Seated, sent: dict[str, str], *, path: str = PATH) -> str:
    """Send a form, answer what it asks if it does, and return what the next page says."""
    answer = session.post(path, sent)
    return session.confirm(path, sent) if answer.status_code == 200 else follow(session, answer)


def public(web: Served) -> list[tuple[int, str]]:
    return [(one.status_code, one.text) for one in [web.get(path) for path in PUBLIC]]


def test_two_operators_release_a_draft_and_until_then_nobody_sees_anything(web: Served) -> None:
    before = public(web)
    ada, bob = seated(web), seated(web, "bob")
    assert "No draft is waiting." in ada.page(PATH)
    assert {ada.get(f"{PATH}{kind}").status_code for kind in (".png", ".pdf")} == {404}
    make(web)
    assert "The draft of" in ada.page("/admin")
    page = ada.get(PATH)
    assert title(page) == "Release"
    assert "Nobody yet." in page.text
    assert re.search(r"Until .*07:15; then it is held", page.text)
    assert public(web) == before
    told = press(ada, form(ada))
    assert "Released in your name. One more operator must release it." in told
    told = ada.get(PATH).text
    assert "You have released it. 1 more operator must release it." in told
    assert 'value="sign"' not in told
    assert public(web) == before
    assert "The edition is published now." in press(bob, form(bob))
    assert web.get(f"/{DAY}").status_code == 200
    assert web.get(f"/{DAY}.pdf").content.startswith(b"%PDF")
    assert [(one.who, one.what) for one in ada.acts()][:2] == [
        *(("bob", "release edition"), ("ada", "release edition"))
    ]


def test_who_presses_twice_or_for_another_draft_has_signed_nothing_more(web: Served) -> None:
    make(web)
    ada = seated(web)
    sent = form(ada)
    ada.post(PATH, sent)
    assert "You have released this draft already." in press(ada, sent)
    assert web.get(f"/{DAY}").status_code == 404
    act(web.store, void, DESK, actor=Actor("command", web.clock()), why="an editor has chosen")
    make(web, variant=1)
    assert "A newer draft was made." in press(ada, sent)
    del sent["digest"]
    assert "A newer draft was made." in press(ada, sent)
    assert "Nobody yet." in ada.get(PATH).text


def test_a_draft_that_is_dropped_waits_no_longer(web: Served) -> None:
    make(web)
    ada, bob = seated(web), seated(web, "bob")
    # One of a week that is dropped is not that of the day.
    week = press(ada, form(ada, "drop"), path=f"{PATH}?edition=week")
    assert "That draft is no longer waiting." in week
    assert look(web.store, drafts.day_of, DESK) == DAY
    ada.post(PATH, form(ada))
    late = form(bob)
    assert "Draft discarded" in press(bob, form(bob, "drop"))
    assert "That draft is no longer waiting." in press(bob, late)
    is_void(web)


def is_void(web: Served) -> None:
    with web.store.read() as tx:
        assert drafts.of(tx, DESK) is None
        assert drafts.signed(tx, f"{DESK}/{DAY}") == ()


def test_a_day_that_is_none_is_not_found(web: Served) -> None:
    make(web)
    ada = seated(web)
    for day in ("", "yesterday", "2026-02-30", "9" * 5_000, "2026-03-12\n"):
        answer = ada.post(PATH, {**form(ada), "day": day, "digest": "x" * 5_000})
        assert answer.status_code == (303 if day.startswith("2026-03-12") else 404)
    assert "Nobody yet." in ada.get(PATH).text


def write_note(ada: Seated, text: str, signed: str = "M. Weber", do: str = "note") -> str:
    answer = ada.post(PATH, {"day": f"{DAY}", "text": text, "signed": signed, "do": do})
    return answer.text if answer.status_code == 422 else follow(ada, answer)


def note(web: Served) -> DeskNote | None:
    return look(web.store, drafts.note_of, DESK, DAY)


def test_the_words_of_the_desk_are_kept_changed_and_taken_back(web: Served) -> None:
    web.clock.at = MADE
    ada = seated(web)
    assert "Note saved." in write_note(ada, " We are\r\n provisional. ")
    assert note(web) == DeskNote("We are provisional.", "M. Weber")
    page = ada.page(PATH)
    assert "We are provisional.</textarea>" in page
    assert "Note of the desk, Thursday 12 March 2026" in page
    make(web)
    ada.post(PATH, form(ada))
    write_note(ada, "We are sure.")
    # A draft made without it is void.
    is_void(web)
    assert "Note deleted." in write_note(ada, "", do="bare")
    assert note(web) is None
    noted = [one.what for one in ada.acts() if "note" in one.what]
    assert noted == ["delete note", "write note", "write note"]
    # A page that is printed gets none.
    act(web.store, put, plan=plan(0))
    assert "already published" in write_note(ada, "Late words.")
    assert note(web) is None


def test_what_is_wrong_with_a_note_stands_by_it(web: Served) -> None:
    ada = seated(web)
    for text, signed, hint in (
        ("", "M. Weber", "Empty"),
        ("Word " * 61, "M. Weber", "61 words; at most 60"),
        *((words, "M. Weber", "cannot be printed") for words in ("W" * 31, "Two \u202e", "\u7d4c")),
        ("<script>x</script> & more", "", "Empty"),
        ("x" * 9_000, "M. Weber", "oo long"),
        ("Words", "W" * 61, "oo long"),
        ("Words", "a\x00b", "cannot be printed"),
    ):
        page = write_note(ada, text, signed)
        assert "1 field to correct" in page
        assert hint in page
        assert "<script>x" not in page
    assert note(web) is None


def test_the_pages_of_readers_who_chose_can_be_looked_at(web: Served) -> None:
    stored = made(DAY)
    edition = record.read(stored.record, name=stored.id).edition
    edition = replace(edition, lists={"north": "The <North>"})
    stored = replace(stored, record=record.write(edition))
    keys = ("2", "1-w1", "2-x1-m1")
    own, listed, muted = (OwnPage(key, stored.record, b"%PDF own") for key in keys)
    with web.store.write() as tx:
        signed = replace(stored, files={**stored.files, **own.files, **listed.files, **muted.files})
        admit(tx, signed, edition=edition, plan=web.desk.release(""), recheck_at=None)
    ada = seated(web)
    assert f'<a href="{PATH}/2.pdf">Security</a>' in ada.get(PATH).text
    of_list = "Economy, watch-list The &lt;North&gt;"
    assert f'<a href="{PATH}/1-w1.pdf">{of_list}</a>' in ada.get(PATH).text
    assert f'<a href="{PATH}/2-x1-m1.pdf">Security, own words, mutes</a>' in ada.get(PATH).text
    assert ada.get(f"{PATH}/1-w1.pdf").content == listed.pdf
    assert ada.get(f"{PATH}/2.pdf").content == own.pdf
    assert ada.get(f"{PATH}/1.pdf").status_code == 404
    assert web.get(f"{PATH}/2.pdf").status_code == 303, "for operators alone"


def test_a_week_in_review_is_released_on_a_page_of_its_own(web: Served) -> None:
    make(web)
    series, path = Step.WEEK.series(DESK), f"{PATH}?edition=week"
    stored = replace(made(DAY), id=f"{series}/{DAY}", briefing=series)
    with web.store.write() as tx:
        edition = replace(record.read(stored.record, name="").edition, id=stored.id)
        stored = replace(stored, record=record.write(edition))
        admit(tx, stored, edition=edition, plan=web.desk.release(""), recheck_at=None)
    ada, bob = seated(web), seated(web, "bob")
    assert f'href="{path}"' in ada.get(PATH).text
    page = ada.get(path)
    assert title(page) == "Release: week in review"
    assert 'name="text"' not in page.text
    assert ada.get(f"{PATH}.pdf?edition=week").content == stored.files["pdf"]
    for operator in (ada, bob):
        told = press(operator, form(operator, path=path), path=path)
    assert "Released. The edition is published now." in told
    assert "No draft of a week in review is waiting." in ada.get(path).text
    # that of the day waits as before
    assert "Nobody yet." in ada.get(PATH).text
    with web.store.read() as tx:
        assert editions.on(tx, series, DAY) is not None
        assert drafts.day_of(tx, DESK) == DAY


def test_a_further_edition_is_released_to_those_who_chose_it(tmp_path: Path) -> None:
    settings = Settings(
        name="Ostra Desk",
        edition=(EditionSettings(name="evening", at="18:00"),),
        release=ReleaseSettings(by=1),
    )
    table, plans = settings.timetable, partial(release_plan, settings)
    with served(tmp_path, name="Ostra Desk", timetable=table, release=plans) as web:
        web.add()
        late = web.add(OTHER, editions=("evening",))
        series, path = series_of(DESK, "evening"), f"{PATH}?edition=evening"
        stored = replace(made(DAY), id=f"{series}/{DAY}", briefing=series)
        edition = replace(record.read(stored.record, name="").edition, id=stored.id)
        stored = replace(stored, record=record.write(edition))
        with web.store.write() as tx:
            admit(tx, stored, edition=edition, plan=plans("evening"), recheck_at=None)
        ada = seated(web)
        assert "The edition is published now." in press(ada, form(ada, path=path), path=path)
        with web.store.read() as tx:
            assert [each.subscriber for each in deliveries.of(tx, stored.id)] == [late.id]


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
    assert (
        "The correction is mailed at once to everyone who received this sentence: 1 reader."
        in asked.text
    )
    letter = re.search("<pre[^>]*>(.*?)</pre>", asked.text, re.DOTALL)
    assert letter
    assert " ".join(first.text.split()) in " ".join(unescape(letter[1]).split())
    assert "It was the other harbor." in letter[1]
    assert "The correction is also printed as a note of the desk in the edition of" in asked.text
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
    assert "already has a note, which stays" in session.post(path, {**WRONG, "print": "1"}).text


def test_what_is_missing_is_said_beside_its_field(printed: tuple[Seated, StoredEdition]) -> None:
    session, stored = printed
    for field, value in (
        *(("sentence", words) for words in ("", "9999", "<script>")),
        *(("text", words) for words in ("", "word " * 61)),
        ("signed", ""),
    ):
        told = {**WRONG, field: value}
        refused = session.refused(f"/admin/deliveries/correct?day={stored.day}", told)
        assert f'href="#{field}"' in refused
        assert f'id="{field}-error"' in refused
        assert "<script>" not in refused
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
