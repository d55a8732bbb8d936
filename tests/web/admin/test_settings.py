import re
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from briefing.app.rounds.runs import RunRequests
from briefing.core.language import LANGUAGES
from briefing.core.model import Role
from briefing.press.catalog import in_templates
from briefing.press.html import environment
from briefing.settings import load
from briefing.settings.reference import FIRST, GROUPS, LISTS, RELAY, asked
from tests.examples import examples
from tests.press.test_logo import SHAPES
from tests.web.admin.sessions import Seated, read_only, seated, seated_with_settings
from tests.web.served import Served, title

BEGIN = """\
# Ours
name = "Ostra Desk"

[schedule]
at = "18:00" # after tea
holidays = ["2026-12-25"]
"""


@pytest.fixture
def session(path: Path, requests: RunRequests) -> Iterator[Seated]:
    with seated_with_settings(path, BEGIN, requests=requests) as session:
        yield session


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found, name
    return unescape(found[1])


def send(session: Seated, group: str, do: str, page: str, **typed: Any) -> httpx2.Response:  # noqa: ANN401
    """Press a button of the form of a group, on a page that was shown."""
    told = {"do": do, **{name: hidden(page, name) for name in ("seen", "previewed")}}
    return session.post(f"/admin/settings/{group}", {**told, **typed})


def preview(session: Seated, group: str, typed: Mapping[str, Any]) -> httpx2.Response:
    return send(session, group, "preview", session.get(f"/admin/settings/{group}").text, **typed)


def save(session: Seated, group: str, typed: Mapping[str, Any]) -> httpx2.Response:
    """Preview and then save, as a person does."""
    shown = preview(session, group, typed)
    assert shown.status_code == 200, shown.text
    return send(session, group, "save", shown.text, **typed)


def test_all_that_can_be_set_is_shown_with_what_cannot(session: Seated) -> None:
    shown = session.get("/admin/settings")
    assert title(shown) == "Settings"
    for known in GROUPS:
        assert f'href="/admin/settings/{known.key}"' in shown.text
    for group in ("nothing", "page%2F..", "Page"):
        assert session.get(f"/admin/settings/{group}").status_code == 404
        assert session.post(f"/admin/settings/{group}", {"do": "save"}).status_code == 404
    assert "<dd>18:00</dd>" in shown.text
    assert "BRIEFING_SMTP_PASSWORD" in shown.text
    assert 'aria-current="page">Settings' in shown.text


def test_what_a_language_lacks_is_shown(session: Seated, path: Path) -> None:
    assert "Not yet available" not in session.get("/admin/settings").text
    assert save(session, "page", {"language": "de"}).status_code == 303
    page = session.web.get("/admin/settings", headers=session.reading("en")).text
    lacks = "recognizing opinion by style alone, words that indicate importance"
    assert f"Not yet available for German: {lacks}." in page


def test_each_setting_has_words_for_the_browser_and_none_of_the_file(session: Seated) -> None:
    templates = in_templates(environment(session.web.desk.theme), "en")
    words = vars(templates.get_template("web/admin/setting_words.html").module)
    names = {name for group in (*GROUPS, *LISTS, FIRST, RELAY) for name in group.names}
    for table in ("labels", "meanings"):
        assert {*words[table]} == names
        said = " ".join(words[table].values())
        assert re.findall(r"`|HH:MM|IANA|\w\.\w+_|[a-z]+ = |; empty", said) == []
    for name, each in words["choices"].items():
        assert {*each} == {*(asked(name).choices or (LANGUAGES if name == "language" else "012"))}
    shown = session.get("/admin/settings").text
    assert re.search("<dd>English</dd>.*<dd>every day</dd>", shown, re.DOTALL)
    form = session.get("/admin/settings/schedule").text
    assert '<option value="skip" selected>No edition</option>' in form


def test_more_operators_can_be_required_to_release_never_fewer(session: Seated, path: Path) -> None:
    name = "release.by"
    seated(session.web, "eve", role=Role.EDITOR)
    assert "Only 1 operator may release" in preview(session, "release", {name: "2"}).text
    seated(session.web, "bob", role=Role.PUBLISHER)
    assert save(session, "release", {name: "2"}).status_code == 303
    assert 'value="1"' not in session.get("/admin/settings/release").text
    for fewer in "01":
        answer = preview(session, "release", {name: fewer})
        assert answer.status_code == 422
        assert "Only a change of the settings file can require fewer" in answer.text
    assert load(path).release.by == 2


def test_a_spoken_edition_needs_its_program(
    session: Seated, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "publish.spoken"
    with monkeypatch.context() as patched:
        patched.setenv("PATH", "")
        answer = preview(session, "spoken", {name: "yes"})
        assert answer.status_code == 422
        assert "Needs the program espeak-ng" in answer.text
    assert save(session, "spoken", {name: "yes"}).status_code == 303
    assert load(path).publish.spoken
    assert 'value="yes" checked' in session.get("/admin/settings/spoken").text
    assert save(session, "spoken", {"asked": name}).status_code == 303
    assert not load(path).publish.spoken


def test_a_change_is_shown_before_it_is_saved_and_only_what_was_shown_is(
    session: Seated, path: Path, requests: RunRequests
) -> None:
    shown = preview(session, "schedule", {"schedule.at": "07:15"})
    assert shown.status_code == 200
    assert "Not saved yet" in shown.text
    assert 'form="setting" name="do" value="save">Save<' in shown.text
    assert re.search(r"Time</th>.*18:00.*07:15", shown.text)
    assert shown.text.count("<dd>07:15</dd>") == 5
    other = send(session, "schedule", "save", shown.text, **{"schedule.at": "08:00"})
    assert (other.status_code, "Not saved yet" in other.text) == (200, True)
    assert 'value="08:00"' in other.text
    assert path.read_text(encoding="utf-8") == BEGIN
    assert (session.acts(), requests.woken) == ([], 0)
    answer = send(session, "schedule", "save", shown.text, **{"schedule.at": "07:15"})
    assert answer.headers["location"] == "/admin/settings?message=saved"
    assert path.read_text(encoding="utf-8") == BEGIN.replace("18:00", "07:15")
    assert [act.about for act in session.acts()] == ["schedule.at: 18:00 -> 07:15"]
    assert "Saved. It takes effect at once." in session.get(answer.headers["location"]).text
    assert requests.woken == 1


def test_lists_are_lines_and_one_of_which_none_is_chosen_is_empty(
    session: Seated, path: Path
) -> None:
    typed = {
        "schedule.days": ["fri", "mon"],
        "schedule.holidays": "2026-12-25, 2027-01-01\r\n2027-05-01",
    }
    assert save(session, "schedule", typed).status_code == 303
    schedule = load(path).schedule
    assert schedule.days == ("mon", "fri")
    assert [str(day) for day in schedule.holidays] == ["2026-12-25", "2027-01-01", "2027-05-01"]
    answer = preview(session, "schedule", {"asked": "schedule.days"})
    assert answer.status_code == 422
    assert 'id="schedule-days-error">Must list at least one day' in answer.text


@examples("group, name, value, words")
def test_every_wrong_value_is_refused_beside_its_field_and_kept_there(  # noqa: PLR0917  its parts
    session: Seated, path: Path, group: str, name: str, value: str, words: str
) -> None:
    answer = preview(session, group, {name: value})
    assert answer.status_code == 422
    field = name.replace(".", "-")
    error = re.search(f'id="{field}-error">([^<]*)<', answer.text)
    assert error, answer.text
    assert words.lower() in unescape(error[1]).lower()
    assert f'href="#{field}"' in answer.text
    assert path.read_text(encoding="utf-8") == BEGIN
    assert session.acts() == []


def test_of_two_people_the_second_is_told_and_may_save_on_top(session: Seated, path: Path) -> None:
    other = seated(session.web, "bob")
    mine = preview(session, "schedule", {"schedule.at": "07:15"})
    assert save(other, "schedule", {"schedule.at": "08:00"}).status_code == 303
    again = send(session, "schedule", "save", mine.text, **{"schedule.at": "07:15"})
    assert again.status_code == 409
    assert "Someone else has changed this" in again.text
    assert "Time is now: 08:00" in again.text
    assert 'form="setting" name="do" value="save">Save anyway<' in again.text
    assert 'value="07:15"' in again.text
    assert load(path).schedule.at == "08:00"
    done = send(session, "schedule", "save", again.text, **{"schedule.at": "07:15"})
    assert done.status_code == 303
    assert load(path).schedule.at == "07:15"
    assert [act.who for act in session.acts()] == ["ada", "bob"]
    # Who changes another setting keeps what the other did.
    mine = session.get("/admin/settings/schedule")
    assert save(other, "schedule", {"schedule.grace_hours": "2"}).status_code == 303
    # As a browser sends it: the whole form, with the hours as they were.
    typed = {"schedule.at": "07:30", "schedule.grace_hours": "6"}
    shown = send(session, "schedule", "preview", mine.text, **typed)
    assert re.search(r'name="schedule.grace_hours" value="2"', shown.text)
    typed["schedule.grace_hours"] = "2"
    assert send(session, "schedule", "save", shown.text, **typed).status_code == 303
    assert (load(path).schedule.at, load(path).schedule.grace_hours) == ("07:30", 2)


def test_the_next_page_is_pictured_with_the_change(session: Seated, path: Path) -> None:
    shown = preview(session, "page", {"page.marking": "INTERNAL"}).text
    address = re.search(r'<img src="([^"]*)"', shown)
    assert address
    picture = session.get(unescape(address[1]))
    assert picture.headers["content-type"] == "image/png"
    assert session.get("/admin/settings/page/page.png").content != picture.content
    # In another process, which has not seen the form, it is laid out of the address.
    assert session.get("/admin/settings/page/page.png?page.marking=INTERNAL").content == (
        picture.content
    )
    assert session.get("/admin/settings/page/page.png?page.accent=red").status_code == 404
    assert path.read_text(encoding="utf-8") == BEGIN


def logo(session: Seated, content: bytes, **typed: str) -> httpx2.Response:
    page = session.get("/admin/settings/logo").text
    told = {"form_token": session.form_token, "do": "preview", "seen": hidden(page, "seen")}
    return session.web.client.post(
        "/admin/settings/logo",
        data={**told, **typed},
        files={"logo": ("logo.svg", content)},
        headers=session.cookies,
    )


def test_nothing_but_a_logo_that_was_uploaded_is_shown_and_saved(
    session: Seated, path: Path
) -> None:
    shown = logo(session, SHAPES.encode())
    assert shown.status_code == 200, shown.text
    name = hidden(shown.text, "page.logo")
    assert load(path).page.logo == ""
    assert send(session, "logo", "save", shown.text, **{"page.logo": name}).status_code == 303
    assert load(path).page.logo == str(path.parent / name)
    assert save(session, "logo", {"without": "1"}).status_code == 303
    assert load(path).page.logo == ""
    for content, words in (
        (b"GIF89a", "neither a PNG nor an SVG"),
        (SHAPES.replace("<g", "<script>1</script><g").encode(), "&lt;script&gt;"),
        (b"x" * 70_000, "over 64 KiB"),
    ):
        answer = logo(session, content)
        assert answer.status_code == 422
        assert words in answer.text
    for named in ("/etc/passwd", "../desk.db", "briefing.toml", "logo-1.svg"):
        assert preview(session, "logo", {"page.logo": named}).status_code == 422
        assert session.get(f"/admin/settings/logo/page.png?page.logo={named}").status_code == 404
    assert {*path.parent.iterdir()} == {path, path.parent / name}
    assert load(path).page.logo == ""


def test_a_file_that_cannot_be_written_is_shown_to_be_pasted(
    session: Seated, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = preview(session, "schedule", {"schedule.at": "07:15"})
    # Root may write everywhere: what fails is the disk.
    monkeypatch.setattr("tempfile.mkstemp", read_only)
    answer = send(session, "schedule", "save", shown.text, **{"schedule.at": "07:15"})
    assert answer.status_code == 409
    assert "Read-only file system" in answer.text
    text = "at = &#34;07:15&#34; # after tea"
    assert text not in answer.text
    assert text in send(session, "schedule", "paste", answer.text, **{"schedule.at": "07:15"}).text
    assert path.read_text(encoding="utf-8") == BEGIN
    assert session.acts() == []


def test_mistakes_in_the_file_are_told_on_the_form(session: Seated, path: Path) -> None:
    path.write_text(f'{BEGIN}[page]\npapr = "A4"\n', encoding="utf-8")
    answer = preview(session, "schedule", {"schedule.at": "07:15"})
    assert answer.status_code == 422
    assert "Elsewhere in the file: page.papr: unknown setting" in answer.text
    path.write_text("name = ", encoding="utf-8")
    for shown in ("/admin/settings", "/admin/settings/page"):
        answer = session.get(shown)
        assert answer.status_code == 409
        assert "The settings file cannot be read" in answer.text


def test_another_briefing_is_made_and_waits_for_its_web(session: Seated, path: Path) -> None:
    answer = session.post("/admin/settings/another", {"name": "Climate Desk", "zone": "UTC"})
    assert answer.headers["location"] == "/admin/settings/another?made=climate-desk"
    shown = unescape(session.get(answer.headers["location"]).text)
    made = path.parent / "climate-desk" / path.name
    assert f"It will be available after a restart. Its settings are in {made}." in shown
    session.refused("/admin/settings/another", {"name": "Climate Desk", "zone": "UTC"})
    page = session.refused("/admin/settings/another", {"name": "", "zone": "Nowhere"})
    assert 'id="name-error"' in page
    assert 'id="zone-error"' in page
    for made_of in ("..", "../own", "nowhere", "%2e%2e"):
        assert "Created" not in session.get(f"/admin/settings/another?made={made_of}").text


def test_who_has_no_sender_is_led_to_where_mail_is_set_up_if_it_can_be(
    path: Path, web: Served
) -> None:
    assert seated(web).get("/admin/settings").status_code == 404
    with seated_with_settings(path, BEGIN, sender=None, connect=None) as session:
        for room in ("deliveries", "subscribers"):
            text = session.get(f"/admin/{room}").text
            assert 'no sender is set up. <a href="/admin/morning">Set up mail</a>' in text


def test_a_week_in_review_is_a_weekday_and_a_time_or_none(session: Seated, path: Path) -> None:
    name = "schedule.week"
    assert '<option value="">None</option>' in session.get("/admin/settings/schedule").text
    shown = preview(session, "schedule", {name: "fri", f"{name}.at": "17:00"})
    assert re.search(r"<dt>Fri .*, week in review</dt><dd>17:00</dd>", shown.text)
    assert '<option value="fri" selected>Fri</option>' in shown.text
    assert save(session, "schedule", {name: "fri", f"{name}.at": "17:00"}).status_code == 303
    assert load(path).schedule.week == "fri 17:00"
    assert [act.about for act in session.acts()] == ["schedule.week: (empty) -> fri 17:00"]
    assert 'value="06:30"' in preview(session, "schedule", {"schedule.at": "6.30 am"}).text
    assert save(session, "schedule", {name: "fri", f"{name}.at": "5 p.m."}).status_code == 303
    assert load(path).schedule.week == "fri 17:00"
    for day, time in (("fri", ""), ("fri", "25:00"), ("<b>", "17:00")):
        answer = preview(session, "schedule", {name: day, f"{name}.at": time})
        assert answer.status_code == 422
        error = 'id="schedule-week-error">Must be a weekday and a time such as &#34;fri 17:00&#34;'
        assert error in answer.text
        assert f'value="{time}"' in answer.text
    assert save(session, "schedule", {name: "", f"{name}.at": "17:00"}).status_code == 303
    assert load(path).schedule.week == ""
