import ast
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

import briefing
from briefing.core.language import LANGUAGES, Language
from briefing.core.model import State
from briefing.mail.tokens import Purpose
from tests.mail.relays import text_of
from tests.publishing import publish_both
from tests.web.served import FORM, ONE_CLICK, USUAL, Served, link_in, served

HOUSE = Path(briefing.__file__).parent
TEMPLATES = [
    path
    for path in (HOUSE.parent / "templates").rglob("*")
    if path.suffix in {".html", ".txt"} and "admin" not in path.parts
]
MODULES = {path: path.read_text() for path in HOUSE.rglob("*.py")}
OTHERS = LANGUAGES[1:]
MESSAGES = {code: Language.of(code).page.messages for code in OTHERS}


def asked() -> set[str]:
    """Return the messages that are asked for by name, as a template or a module has them."""
    found = set()
    for path in TEMPLATES:
        for double, single in re.findall(r"(?<!\w)_\((?:\"(.*?)\"|'(.*?)')[,)]", path.read_text()):
            found.add(double or single)
    for text in MODULES.values():
        if "translate as _" in text or "def translate" in text:
            calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
            for call in calls:
                if ast.unparse(call.func) in {"_", "translate"}:
                    found |= {each.value for each in call.args if isinstance(each, ast.Constant)}
    return found


def test_every_message_is_in_every_language_and_is_used() -> None:
    every = set(MESSAGES["de"])
    assert asked() - every == set()
    for code in OTHERS:
        assert set(MESSAGES[code]) == every, code
    said = {
        node.value
        for text in MODULES.values()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    # Those of forms are made of the name of their field.
    made = re.compile(
        r"(?:No|Unknown|Select at least one) [a-z-]+(?: [a-z-]+)*(?: is selected)?\.?"
    )
    lost = {each for each in every - asked() - said if not made.fullmatch(each)}
    # The last is a reason of older editions.
    assert lost <= {"it has more than 254 characters", "it lacks the part after @"} | {
        "it lacks the part before @",
        "commentary on another story",
    }


def test_a_template_asks_for_no_message_that_somebody_wrote() -> None:
    for path in TEMPLATES:
        assert not re.search(r"(?<!\w)_\((?![\"'])", path.read_text()), path


@pytest.mark.parametrize("code", OTHERS)
def test_a_message_has_the_fields_and_tags_of_its_english(code: str) -> None:
    for english, message in MESSAGES[code].items():
        for what in (r"\{\w*\}", "<[^>]+>"):
            assert sorted(re.findall(what, english)) == sorted(re.findall(what, message)), english
        assert not re.search("[&\"']", re.sub("<[^>]+>", "", message)), message


@pytest.mark.parametrize("code", OTHERS)
def test_the_frame_of_a_page_lacks_nothing(code: str) -> None:
    assert "page" not in Language.of(code).lacks


# --- each reader in their own language --------------------------------------------------------


def test_two_briefings_and_their_languages_are_right_at_the_same_time(tmp_path: Path) -> None:
    places = {"/": "en", "/de/": "de", "/fr/": "fr"}
    heads = {"en": "Every sentence", "de": "Jeder Satz", "fr": "Chaque phrase", "it": "Ogni frase"}
    wrong = list[str]()
    own = replace(USUAL, language="it")
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    with (
        served(tmp_path / "a", name="Ostra Desk") as english_desk,
        served(tmp_path / "b", name="Ostra Desk", usual=own) as italian,
    ):
        for web in (english_desk, italian):
            publish_both(web.store)

        def ask(web: Served, place: str, code: str) -> None:
            for path in ("", "archive", "2026-03-12", "about"):
                page = web.get(f"{place}{path}").text
                if f'<html lang="{code}">' not in page or heads[code] not in page:
                    wrong.append(f"{code} {place}{path}")

        asking = [(english_desk, place, code) for place, code in places.items()]
        asking += [(italian, "/", "it"), (italian, "/en/", "en"), (italian, "/de/", "de")]
        threads = [threading.Thread(target=ask, args=each) for each in asking * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_the_language_of_a_reader_is_that_of_their_mails_and_links(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk") as web:
        publish_both(web.store)
        page = web.get("/de/subscribe").text
        assert '<form method="post" action="/de/subscribe" novalidate>' in page
        assert '<option lang="de" value="de" selected>Deutsch</option>' in page
        web.post("/de/subscribe", {**FORM, "language": "de"})
        (_, mail), *_ = web.mails
        subject = message_from_bytes(mail, policy=default)["Subject"]
        assert (subject, "gilt bis Donnerstag, 19. März" in text_of(mail)) == (
            "Ostra Desk bestätigen",
            True,
        )
        path = link_in(mail)
        assert path.startswith("/de/confirm/")
        assert "Noch ein Schritt" in web.get(path).text
        assert "Sie sind angemeldet" in web.post(path, {"token": path[12:], "do": "confirm"}).text
        reader = web.find()
        assert reader.preferences.language == "de"
        own = web.path(Purpose.PREFERENCES, reader)
        answer = web.act(own, "save", **{**FORM, "days": ["1"], "language": "fr"})
        assert answer.headers["location"] == f"/fr{own}?saved=1"
        assert "Enregistré." in web.get(answer.headers["location"]).text
        assert web.post(f"/fr{web.path(Purpose.LEAVE, reader)}", ONE_CLICK).status_code == 200
        assert web.find().state is State.UNSUBSCRIBED


def test_a_page_in_another_language_has_the_news_in_theirs(desk_of_two: Served) -> None:
    page = desk_of_two.get("/de/2026-03-12").text
    assert '<html lang="de">' in page
    assert '<span class="words" lang="en">' in page
    assert ' lang="en">Ferry crews' in desk_of_two.get("/de/archive").text
    assert ' lang="en"' not in desk_of_two.get("/archive").text.partition("<main")[2]
    assert "Zu den Nachrichten" in page
    assert "Wirtschaft" in page
    assert ' lang="' not in re.sub(
        "<html lang.*?>|<p class=.context.*?>|<q.*?>|<span lang.*?>",
        "",
        desk_of_two.get("/2026-03-12").text,
    )


@pytest.mark.parametrize("path", ["/de/admin", "/de/api/v1/openapi.json", "/de/de/", "/xx/archive"])
def test_what_is_of_operators_has_no_other_language(desk_of_two: Served, path: str) -> None:
    assert desk_of_two.get(path).status_code == 404


def test_the_begin_of_a_path_may_be_all_of_it(desk_of_two: Served) -> None:
    assert "Jeder Satz" in desk_of_two.get("/de").text
    assert '"/de/archive"' in desk_of_two.get("/de").text
    assert "Every sentence" in desk_of_two.get("/en/").text
    assert '"/archive"' in desk_of_two.get("/en/").text
    assert "Es gibt keine" not in desk_of_two.get("/de/none").text
    assert "Seite nicht gefunden" in desk_of_two.get("/de/none").text


@pytest.fixture(scope="module")
def desk_of_two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("two"), name="Ostra Desk") as web:
        publish_both(web.store)
        yield web


def test_a_reader_chooses_of_which_other_languages_reports_are_counted(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk", hears_others=True) as web:
        page = web.get("/fr/subscribe").text
        assert "Articles dans d’autres langues" in page
        boxes = re.findall('name="other_languages" value="(..)"', page)
        assert set(boxes) == {*LANGUAGES} - {"en"}  # all but its own
        refused = web.post("/subscribe", {**FORM, "other_languages": ["xx"]})
        assert "Unknown language." in refused.text
        web.post("/subscribe", {**FORM, "other_languages": ["fr", "de"]})
        (_, mail), *_ = web.mails
        web.act(link_in(mail), "confirm")
        assert web.find().preferences.other_languages == ("de", "fr")
    (tmp_path / "b").mkdir()
    with served(tmp_path / "b", name="Ostra Desk") as deaf:
        assert "other_languages" not in deaf.get("/subscribe").text
