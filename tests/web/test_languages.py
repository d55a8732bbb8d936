import ast
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path

import httpx2
import pytest

import briefing
from briefing.app import corrections
from briefing.app.corrections import CorrectionPlan, DeskCorrection, correct
from briefing.app.editions import Withdraw, _notice
from briefing.app.readers import SignUp
from briefing.app.readers.administration import let_in
from briefing.app.readers.letters import notice_letter, put_notes
from briefing.core.language import LANGUAGES, Language, Phrases
from briefing.core.model import CorrectionBrief, CorrectionKind, DeskNote, State
from briefing.core.schedule import Timetable
from briefing.mail.message import Links, personal
from briefing.mail.tokens import Purpose
from briefing.press import wording
from briefing.press.letter import letter_parts
from briefing.store import documents, editions
from briefing.store.audit import Actor
from briefing.store.withdrawals import Withdrawal
from briefing.web.context import make_site
from tests.mail.relays import text_of
from tests.newsday import TODAY, YESTERDAY
from tests.publishing import LISTS, edition_of, publish_both, show_merge
from tests.web.served import FORM, NOW, ONE_CLICK, READER, SENDER, USUAL, Served, link_in, served

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
        if re.search(r"wording import \(?[^)]*\b_,|wording import _\n|def translate", text):
            calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
            for call in calls:
                if ast.unparse(call.func) in {"_", "translate"}:
                    found |= {each.value for each in call.args if isinstance(each, ast.Constant)}
    return found


def _texts(node: ast.AST) -> list[str]:
    """Return the text of a literal, or the words of one that is split."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="split")):
            return text.split()
        case _:
            return []


def test_every_message_is_in_every_language_and_is_used() -> None:
    every = set(MESSAGES["de"])
    assert asked() - every == set()
    for code in OTHERS:
        assert set(MESSAGES[code]) == every, code
    said = {
        each
        for text in MODULES.values()
        for node in ast.walk(ast.parse(text))
        for each in _texts(node)
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
    # And a template asks for none that somebody wrote.
    for path in TEMPLATES:
        assert not re.search(r"(?<!\w)_\((?![\"'])", path.read_text()), path


@pytest.mark.parametrize("code", OTHERS)
def test_a_message_has_the_fields_and_tags_of_its_english(code: str) -> None:
    for english, message in MESSAGES[code].items():
        for what in (r"\{\w*\}", "<[^>]+>"):
            assert sorted(re.findall(what, english)) == sorted(re.findall(what, message)), english
        assert not re.search("[&\"']", re.sub("<[^>]+>", "", message)), message
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


def test_the_language_of_a_reader_is_that_of_their_mails_and_links(ostra: Served) -> None:
    publish_both(ostra.store)
    page = ostra.get("/de/subscribe").text
    assert '<form method="post" action="/de/subscribe" novalidate>' in page
    assert '<option lang="de" value="de" selected>Deutsch</option>' in page
    ostra.post("/de/subscribe", {**FORM, "language": "de"})
    (_, mail), *_ = ostra.mails
    subject = message_from_bytes(mail, policy=default)["Subject"]
    assert (subject, "gilt bis Donnerstag, 19. März" in text_of(mail)) == (
        "Ostra Desk bestätigen",
        True,
    )
    path = link_in(mail)
    assert path.startswith("/de/confirm/")
    assert "Noch ein Schritt" in ostra.get(path).text
    assert "Sie sind angemeldet" in ostra.post(path, {"token": path[12:], "do": "confirm"}).text
    reader = ostra.find()
    assert reader.preferences.language == "de"
    own = ostra.path(Purpose.PREFERENCES, reader)
    answer = ostra.act(own, "save", **{**FORM, "days": ["1"], "language": "fr"})
    assert answer.headers["location"] == f"/fr{own}?saved=1"
    assert "Enregistré." in ostra.get(answer.headers["location"]).text
    assert ostra.post(f"/fr{ostra.path(Purpose.LEAVE, reader)}", ONE_CLICK).status_code == 200
    assert ostra.find().state is State.UNSUBSCRIBED


def test_a_page_in_another_language_has_the_news_in_theirs_below_the_begin_of_its_path(
    desk_of_two: Served,
) -> None:
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
    assert "Jeder Satz" in desk_of_two.get("/de").text
    assert '"/de/archive"' in desk_of_two.get("/de").text
    assert "Every sentence" in desk_of_two.get("/en/").text
    assert '"/archive"' in desk_of_two.get("/en/").text
    assert "Es gibt keine" not in desk_of_two.get("/de/none").text
    assert "Seite nicht gefunden" in desk_of_two.get("/de/none").text
    # What is of operators has no other language.
    for path in ("/de/admin", "/de/api/v1/openapi.json", "/de/de/", "/xx/archive"):
        assert desk_of_two.get(path).status_code == 404


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


NEXT = TODAY + timedelta(days=1)
# --- a language in which every letter of the table is another letter ---------------------------

LETTERS = {letter: letter + 0xFEE0 for letter in (*range(65, 91), *range(97, 123))}


def marked(text: str) -> str:
    """Return a text of the table in wide letters, but for its fields and tags."""
    parts = re.split(r"(\{\w*\}|<[^>]+>)", text)
    return "".join(part if n % 2 else part.translate(LETTERS) for n, part in enumerate(parts))


class Wide(Phrases):
    """The wording of English in wide letters; what is not in the table is not."""

    def __init__(self) -> None:
        self._english = Language.of("en").page
        self.messages = {english: marked(english) for english in Language.of("de").page.messages}

    def __getattr__(self, entry: str) -> object:  # type: ignore[override]
        value = getattr(self._english, entry)
        if entry in {"code", "name", "thousands", "singular", "few", "elided", "elided_as"}:
            return value
        if isinstance(value, str):
            return marked(value)
        if isinstance(value, tuple):
            return tuple(map(marked, value))
        return {key: marked(words) for key, words in value.items()}


@pytest.fixture(scope="module", name="wide")
def _wide() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        wide = Wide()
        patch.setattr(wording, "phrases", lambda _: wide)
        yield


class Said(HTMLParser):
    """What a page says: texts, and attributes that are read out."""

    silent = frozenset({"style", "code"})
    read = frozenset({"aria-label", "alt", "title", "placeholder"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in self.silent
        if tag != "link":
            self.texts += [value or "" for name, value in attrs if name in self.read]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in self.silent

    def handle_data(self, data: str) -> None:
        if "</" in data:  # the page that an entry of a feed holds
            self.texts += type(self)(data).texts
        elif not self._silent:
            self.texts.append(data)


#: Names that are the same in every language, and what stands for a thing in the test.
NAMES = re.compile(
    r"https?://\S+|\S+@\S+|ostra-desk\S*|\b[0-9a-f]{4}\b|(?:preferences|leave|address)-[0-9a-f]{24}|"
    r"\b(?:s\d+|PDF|A4|US Letter|UTC|sha256|JSON|Markdown|Word|EPUB|Ostra Desk|World Desk|Briefing|"
    r"World|Africa|Europe|Accra|Zurich|The straits|Serrat|Ostra|Ottar|quiet|nobody|no|body|"
    r"[Ee]conomy|[Ss]ecurity|[Dd]iplomacy|ECONOMY|SECURITY|DIPLOMACY|Nobody|Zq\w*|"
    rf"{'|'.join(wording.phrases(code).name for code in LANGUAGES)})\b"
)


def english(texts: list[str], news: list[str]) -> list[str]:
    """Return what is said in letters of English and is neither news nor a name."""
    left = []
    for text in texts:
        words = " ".join(text.split()).strip("“”")
        if any(words in each for each in news):
            continue
        for each in news:
            words = words.replace(each, " ")
        words = NAMES.sub(" ", words)
        if re.search("[A-Za-z]{2}", words):
            left.append(" ".join(text.split()))
    return left


@pytest.fixture(scope="module")
def desk(wide: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(
        tmp_path_factory.mktemp("desk"),
        name="Ostra Desk",
        watch=LISTS,
        timetable=Timetable(time(6, 30), "Europe/Zurich"),
    ) as web:
        publish_both(web.store)
        show_merge(web.store)
        yield web


def news_of(web: Served) -> list[str]:
    with web.store.read() as tx:
        stored = editions.on(tx, web.desk.briefing, TODAY)
        assert stored
        reports = [
            *edition_of(stored).documents.values(),
            *documents.texts(tx, edition_of(stored).documents).values(),
        ]
        before = editions.on(tx, web.desk.briefing, YESTERDAY)
        assert before
        reports += documents.texts(tx, edition_of(before).documents).values()
    texts = [words for each in reports for words in (each.title, each.publisher, each.text)]
    texts = [*(each.text for each in edition_of(stored).passages()), *texts]
    return [" ".join(words.split()) for words in texts if words]


PLACES = """/ /archive /archive?words=strait /archive?words=nobody /archive?words=no+body&status=new
/archive?from=2026-13-01 /archive?from=2026-03-12&to=2026-03-01 /archive?month=2026-02 /diary /about
/sagas /sagas?page=9 /saga/s1 /saga/s2 /watch /watch/straits /watch/quiet /subscribe /preferences
/2026-03-12 /2026-03-11 /2026-03-12/ledger /2026-03-12/source/1 /2026-03-10 /2026-03-13 /2026-03-14
/none /week/2026-03-12 /confirm/none /feed /saga/s1/feed"""


@pytest.mark.parametrize("path", PLACES.split())
def test_a_page_says_nothing_that_is_not_in_the_table(desk: Served, path: str) -> None:
    answer = desk.get(path)
    assert answer.status_code in {200, 404, 422}
    assert english(Said(answer.text).texts, news_of(desk)) == []


def mail_of(message: bytes) -> list[str]:
    """Return what a mail says: its subject, its plain text, and its HTML if it has any."""
    mail = message_from_bytes(message, policy=default)
    page = mail.get_body(("html",))
    texts = Said(page.get_content()).texts if page else []
    return [str(mail["Subject"]), text_of(message), *texts]


@pytest.mark.usefixtures("wide")
def test_from_sign_up_to_leaving_nothing_is_said_that_is_not_in_the_table(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk", watch=LISTS) as web:
        publish_both(web.store)
        news, said = news_of(web), list[str]()

        def show(answer: httpx2.Response) -> None:
            while answer.status_code == 303:
                answer = web.get(answer.headers["location"])
            said.extend(Said(answer.text).texts)

        for wrong in ("", "osei", "@x.example", "a@", "a b@x", f"{'a' * 250}@x.example"):
            show(web.post("/subscribe", {**FORM, "mail": wrong, "at": "", "sections": "none"}))
        show(web.post("/subscribe", {"mail": READER, "zone": "x", "form": "x", "language": "x"}))
        show(web.post("/subscribe", FORM))
        (_, mail), *_ = web.mails
        said += mail_of(mail)
        path = link_in(mail)
        for answer in (web.get(path), web.act(path, "x"), web.act(path, "confirm")):
            show(answer)
        show(web.get(path))
        show(web.post("/preferences", {"mail": READER}))
        show(web.post("/preferences", {"mail": "x"}))
        said += mail_of(web.mails[-1][1])
        reader = web.find()
        own = web.path(Purpose.PREFERENCES, reader)
        leave = web.path(Purpose.LEAVE, reader)
        for do in ("x", "pause", "resume", "save", "briefings"):
            show(web.act(own, do, sections="economy", days="1", at="07:00", zone="UTC", form="pdf"))
        show(web.act(own, "save", days=[]))
        for answer in (web.get(leave), web.act(leave, "leave"), web.get(leave)):
            show(answer)
        show(web.act(leave, "undo"))
        web.later(days=40)
        for answer in (
            web.get(leave),
            web.get(own),
            web.act(own, "renew"),
            web.act(leave, "leave"),
        ):
            show(answer)
        web.later(days=2)
        show(web.act(leave, "undo"))
        show(web.get(own))
        for answer in (web.post("/about", {}), web.get("/none/none")):
            show(answer)
        show(web.post("/subscribe", FORM, headers={"Sec-Fetch-Site": "cross-site"}))
        show(web.post("/subscribe", {"mail": "x" * 20_000}))
        for status in (400, 408, 410, 429, 500, 503):
            said += Said(bytes(make_site(web.desk).error(status, number="1").body).decode()).texts
    assert english(said, news) == []


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("how", ["approval", "domain", "closed"])
def test_a_closed_briefing_says_nothing_that_is_not_in_the_table(tmp_path: Path, how: str) -> None:
    rule, readers = SignUp(how, ("zqone.example",)), "nobody" if how == "closed" else "subscribers"
    with served(tmp_path, name="Ostra Desk", readers=readers, sign_up=rule) as web:
        one = web.add(state=State.PENDING)
        path = web.path(Purpose.CONFIRM, one)
        pages = [web.get("/"), web.get("/subscribe"), web.post("/subscribe", FORM)]
        pages += [web.act(path, "confirm"), web.get(path)]
        with web.store.write() as tx:
            let_in(tx, one.id, briefing="x", life=timedelta(1), actor=Actor("command", NOW))
        own = web.path(Purpose.PREFERENCES, one)
        cookie = web.get(f"{own}?read=").headers.get("set-cookie", "").partition(";")[0]
        pages.append(web.get("/about", headers={"Cookie": cookie}))
        pages += [web.get(own), web.act(own, "sign-out"), web.get(path)]
        web.desk.wake()
        said = [words for page in pages for words in Said(page.text).texts]
        said += [words for _, mail in web.mails for words in mail_of(mail)]
    assert english(said, ["zqone.example", "python-httpx2"]) == []


@pytest.mark.usefixtures("wide")
def test_a_mail_says_nothing_that_is_not_in_the_table(ostra: Served) -> None:
    publish_both(ostra.store)
    news, reader, actor = news_of(ostra), ostra.add(), Actor("command", NOW)
    plan = CorrectionPlan("Ostra Desk", mails=True, web="https://x.example")
    with ostra.store.write() as tx:
        stored = editions.on(tx, ostra.desk.briefing, TODAY)
        assert stored
        printed = edition_of(stored).sentences()
        old = next(each for each in printed if each.document in edition_of(stored).documents)
        wrong = DeskCorrection(stored, old, DeskNote.of("Zqnote", signed="Nobody"))
        correct(tx, plan, wrong, actor=actor)
        briefs = [
            CorrectionBrief(kind, old, old, stored.id, TODAY, NOW, headline=place == 0)
            for place, kind in enumerate(CorrectionKind)
        ]
        changed = [corrections._words(tx, briefs, plan=plan)]
        table, life = Timetable(time(7), "UTC"), timedelta(days=1)
        put_notes(tx, name="Ostra Desk", day=NEXT, timetable=table, at=NOW, life=life)
        for week in (False, True):
            asked = Withdraw("Ostra Desk", TODAY, reason="Zqreason", edition="week" if week else "")
            changed.append(_notice(asked, Withdrawal("x", "x", TODAY, NOW, "ada", "Zqreason")))
    links = Links(leave="https://x.example/l", preferences="https://x.example/p")
    said = list(changed)
    for notice in (f"ostra-desk/{NEXT}/no-page", f"{stored.id}/corrected"):
        letter = notice_letter(ostra.store, notice, language="fr")
        said += mail_of(personal(letter, to=reader, sender=SENDER, links=links, at=NOW))
    parts = letter_parts(edition_of(stored), theme=ostra.desk.theme, web="https://x.example/d")
    said += [parts.text, parts.link, *Said(parts.html).texts]
    assert english(said, news) == []
