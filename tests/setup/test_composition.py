import io
import json
import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest

from briefing import __version__
from briefing.app.make import PrintedEdition
from briefing.core.edition import make_edition
from briefing.core.errors import InputError, UsageError
from briefing.core.model import Document, Material, digest
from briefing.core.proof import prove
from briefing.press.pdf import drawn_by
from briefing.settings import CollectSettings, SectionSettings, Settings
from briefing.setup import pages, parts, registry
from briefing.setup.clock import now
from briefing.sources.records import Reading
from tests.fakes import PlainMeasure
from tests.newsday import edition_of
from tests.newsserver import Exchange, NewsServer, give, page
from tests.small_day import DAY, PATROL, RATE, TREATY, write_lines

SEA = SectionSettings(name="sea", words=("mines", "shipping lane"))
MARCH_11 = date(2026, 3, 11)


def published(*days: datetime | None) -> list[Document]:
    return [Document(f"d{number}", "", "", day) for number, day in enumerate(days)]


@pytest.fixture
def day(tmp_path: Path) -> str:
    return str(write_lines(tmp_path / "day.jsonl", DAY))


def make_page(*paths: str, settings: Settings) -> PrintedEdition:
    made, failed = pages.make_page(
        paths, settings=settings, day=None, before=(), watch=lambda _: None
    )
    assert failed == ()
    return made


def test_the_day_is_the_given_one_else_of_the_news_and_editions_before_are_earlier() -> None:
    documents = published(
        datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 3, 11, 23, 59, tzinfo=UTC), None
    )
    assert pages.day_of(documents, date(2026, 3, 20)) == date(2026, 3, 20)
    assert pages.day_of(documents, None) == MARCH_11
    told = Document("d9", "", "The council of Norland met on Sunday (March 8).")
    assert pages.day_of([told], None) == date(2026, 3, 8)
    assert pages.day_of(published(None), None) == now().astimezone().date()
    ask = partial(pages.material_of, Reading(tuple(documents)), day=MARCH_11)
    assert ask(before=()).day == MARCH_11
    ask(before=[edition_of(day=date(2026, 3, 10))])
    for late in (MARCH_11, date(2026, 3, 12)):
        with pytest.raises(UsageError, match="give an earlier --previous or a later --date"):
            ask(before=[edition_of(day=late)])
    days = [date(2026, 3, day) for day in (10, 9, 10)]
    ask(before=[edition_of(day=day) for day in days[:2]])
    with pytest.raises(UsageError, match="two editions of 2026-03-10 are given; give one"):
        ask(before=[edition_of(day=day) for day in days])


def test_web_addresses_are_read_at_once_and_kept_in_order() -> None:
    other = threading.Event()

    def first(exchange: Exchange) -> None:
        # Answers only while the other is asked for.
        give(page(RATE["title"], RATE["text"].split("\n")) if other.wait(120) else "")(exchange)

    def second(exchange: Exchange) -> None:
        other.set()
        give(page(TREATY["title"], TREATY["text"].split("\n")))(exchange)

    with NewsServer() as news:
        asked = [news.at("/1", first), news.url("/gone"), news.at("/2", second)]
        hosts = CollectSettings(
            allow_hosts=("127.0.0.1",), allow_ports=(news.port,), per_host=3, delay=0
        )
        reading = pages.read_inputs(asked, settings=Settings(collect=hosts))
    assert [one.title for one in reading.documents] == [RATE["title"], TREATY["title"]]
    assert [where for where, _ in reading.failed] == [asked[1]]


def test_standard_input_is_read_and_where_nothing_is_the_first_reason_is_told() -> None:
    raw = json.dumps(RATE).encode()
    assert pages.read_inputs(["-"], stdin=io.BytesIO(raw)).documents[0].id == "rate"
    with pytest.raises(InputError, match="there is no standard input"):
        pages.read_inputs(["-"])
    with pytest.raises(InputError, match=r"^a\.txt: cannot be opened [^;]*; check"):
        pages.read_inputs(["a.txt"])
    with pytest.raises(InputError, match=r"^a\.txt: .*; and 2 more inputs failed$"):
        pages.read_inputs(["a.txt", "b.txt", "c.txt"])
    with pytest.raises(InputError, match="no documents in the input; give text"):
        pages.read_inputs([])


def test_stories_have_their_own_model_and_a_users_sections_the_users(tmp_path: Path) -> None:
    def told(**names: Path) -> tuple[bytes, bytes]:
        settings = Settings.model_validate({key: str(path) for key, path in names.items()})
        return parts.model_bytes(settings), parts.model_bytes(settings, stories=True)

    own, whole = tmp_path / "own.model", tmp_path / "whole.model"
    shipped, shipped_stories = told()
    assert shipped != shipped_stories
    own.write_bytes(shipped)
    whole.write_bytes(shipped_stories)
    assert told(model=own) == (shipped, shipped)
    assert told(story_model=whole) == told(model=own, story_model=whole)
    assert told(story_model=own) == (shipped, shipped)


def test_the_shipped_classifier_knows_three_sections_and_words_make_others() -> None:
    classify = parts.classifier(Settings())
    assert sorted(classify.sections) == ["diplomacy", "economy", "other", "security"]
    rows = classify([line["text"] for line in (RATE, PATROL, TREATY)])
    assert [max(row, key=lambda name: row[name]) for row in rows] == [
        "economy",
        "security",
        "diplomacy",
    ]
    classify = parts.classifier(Settings(classifier="keywords", sections=(SEA,)))
    assert classify.sections == ("sea", "other")
    (row,) = classify([PATROL["text"]])
    assert row["sea"] > row["other"]


@pytest.mark.parametrize("ranker", registry.names("ranker"))
def test_every_ranker_makes_an_edition_of_exact_slices(ranker: str, day: str) -> None:
    read = pages.read_inputs([day]).documents
    recipe = parts.recipe(Settings(ranker=ranker), read)
    made = make_edition(Material(read, MARCH_11), recipe=recipe, measure=PlainMeasure()).edition
    assert len(list(made.sentences())) >= len(DAY)
    assert prove(made, sources={document.id: document for document in read}).failures == ()


def test_a_recipe_says_all_that_decides_the_bytes() -> None:
    documents = published(None, None)
    told = parts.recipe(Settings(name="Ostra", window_hours=24, other=True), documents)
    assert told.name == "Ostra"
    assert told.sections == ("economy", "security", "diplomacy")
    assert told.window.total_seconds() == 24 * 3600
    assert told.other
    assert told.manifest["briefing"] == __version__
    assert told.manifest["classifier"] == "linear"
    assert told.manifest["model"] != told.manifest["story model"]
    assert set(told.manifest) == {
        *("briefing", "python", "settings", "documents"),
        *("classifier", "model", "story model"),
        *"sumy pystemmer numpy scipy jinja2 sentencex".split(),
        *("theme", "look", *drawn_by()),
    }
    came_in = "\n".join(f"d{number} {digest('')}" for number in range(2))
    assert told.manifest["documents"] == f"sha256 {digest(came_in)}"
    other = parts.recipe(Settings(name="Kalvik"), documents)
    assert other.manifest["settings"] != told.manifest["settings"]
    assert other.manifest["model"] == told.manifest["model"]


def test_grades_and_weights_of_sources_and_lateness_are_named() -> None:
    graded = replace(published(None)[0], publisher="Courier", grade="B")
    assert parts.recipe(Settings(), [graded]).manifest["grades"] == "Courier B"
    assert "grades" not in parts.recipe(Settings(), published(None)).manifest
    usual = published(None, None)
    documents = [replace(usual[0], weight=2.0, publisher="Courier"), usual[1]]
    told = parts.recipe(Settings(), documents).manifest
    assert told["weights"] == "Courier 2"
    assert told["documents"] != parts.recipe(Settings(), usual).manifest["documents"]
    assert "weights" not in parts.recipe(Settings(), usual).manifest
    late = parts.recipe(Settings(), late=True)
    assert set(late.manifest) - set(parts.recipe(Settings()).manifest) == {"late"}


def test_an_edition_needs_no_standard_input(day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert make_page(day, settings=Settings()).fit.pages == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), (b"\xff{}", "not UTF-8"), (b"{}", "not an edition")],
)
def test_what_is_no_edition_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "page.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=rf"page\.json: .*{said}"):
        pages.read_edition(file)
