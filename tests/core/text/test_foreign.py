"""Reports in other languages: which join a story of the page, and what only they tell."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from briefing.core.edition import Prepared, make_edition
from briefing.core.model import (
    NO_SECTIONS,
    Document,
    Edition,
    Evidence,
    Material,
    PageChoice,
    Score,
    choice_of,
    page_key,
)
from briefing.core.own_page import lay_out_own
from briefing.core.ports import Vector
from briefing.core.proof import prove
from briefing.core.text.analysis import analyze
from briefing.core.text.foreign import named_in
from briefing.core.text.signals import SignalRule, pack_signals, unpack_signals
from tests.desk import DAY, RECIPE, make
from tests.fakes import PlainMeasure
from tests.newsday import HARBOR, HARBOR_AGAIN, TODAY, report
from tests.present import present

HAFEN = (
    "Hafen Ostra verpachtet zwei Liegeplätze an Küstenwache",
    (
        "Der Rat von Port Ostra hat zwei Liegeplätze an die Küstenwache von Norvia verpachtet. Die "
        "Pacht von 1.250 Kronen soll ab Mai gezahlt werden, und die Fischer behalten den alten Kai."
    ),
)
#: Of which the page tells nothing.
BAHN = (
    "Bahn nach Sellgrund wird am Montag wieder eröffnet",
    (
        "Die Bahn von Lohmar nach Sellgrund fährt nach zwei Jahren wieder. Die neue Brücke hat 40 "
        "Millionen Kronen gekostet, und der erste Zug fährt am Montag um sieben Uhr ab."
    ),
)
BAHN_AGAIN = (
    "Bahn nach Sellgrund fährt wieder",
    (
        "Nach zwei Jahren fährt die Bahn von Lohmar nach Sellgrund am Montag wieder. Für die neue "
        "Brücke wurden 40 Millionen Kronen ausgegeben. Um sieben Uhr fährt der erste Zug ab."
    ),
)
#: The event of a text by words in it, and how much each weighs: texts on one are near.
EVENTS = {"ostra": 1, "nickel": 1, "bahn": 2}


def embed(text: str) -> Vector:
    held = np.array([weight * (word in text.casefold()) for word, weight in EVENTS.items()])
    return (held / max(1.0, float(np.linalg.norm(held)))).astype(np.float32)


HEARING = replace(RECIPE, embed=embed)


def german(name: str, text: tuple[str, str] = HAFEN, *, publisher: str = "Rundschau") -> Document:
    return replace(report(name, text, publisher=publisher), language="de")


def told_apart(name: str, *, publisher: str = "Rundschau", language: str = "de") -> Document:
    """Return a report of the same event that is no copy of another."""
    own = " ".join(f"{name}-{number}" for number in range(20))
    text = HAFEN[0], f"{HAFEN[1]}\n{own}"
    return replace(german(name, text, publisher=publisher), language=language)


def foreign(edition: Edition) -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    return {brief.headline: brief.foreign for brief in edition.briefs() if brief.foreign}


def test_a_report_in_another_language_joins_the_story_that_it_tells() -> None:
    day = [*DAY, german("h1"), german("b1", BAHN)]
    edition = make(day, recipe=HEARING).edition
    before = make(DAY, recipe=RECIPE).edition
    assert foreign(edition) == {HARBOR_AGAIN[0]: (("de", ("h1",)),)}
    top, plain = present(edition.top), present(before.top)
    assert (top.reports, top.publishers) == (plain.reports, plain.publishers)
    assert [*edition.sentences()] == [*before.sentences()]
    assert top.marked == (*top.sources, "h1")
    assert edition.documents["h1"].language == "de"
    assert edition.ledger.foreign == 1
    assert edition.ledger.dropped_documents["other language"] == 1
    (found,) = [each for each in edition.ledger.ranked if each.story == top.story]
    assert found.documents[-1] == "h1"
    ((name, cosine),) = edition.evidence[top.story].foreign
    assert (name, cosine) == ("h1", 1.0)
    assert edition.evidence[top.story].every_link[-1] == (name, cosine)
    assert not prove(edition, sources={each.id: each for each in day}).failures


def test_reports_join_or_are_counted_as_other_language_without_an_encoder() -> None:
    edition = make([*DAY, german("h1")], recipe=RECIPE).edition
    assert foreign(edition) == {}
    assert edition.ledger.dropped_documents["other language"] == 1
    undated = replace(german("h1"), published=None)
    assert foreign(make([*DAY, undated], recipe=HEARING).edition)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(
            replace(german("h1"), published=report("x", HARBOR, day=date(2026, 3, 9)).published),
            id="two days before",
        ),
        pytest.param(german("h1", (HAFEN[0].replace("Ostra", "X"), "Der Hafen.")), id="no name"),
        pytest.param(german("h1", (f"{HAFEN[0]}, Nickel", HAFEN[1])), id="as near to another"),
        pytest.param(german("h1", (BAHN[0], HAFEN[1])), id="not near enough"),
        pytest.param(german("h1", (f"Kommentar: {HAFEN[0]}", HAFEN[1])), id="opinion"),
        pytest.param(
            german("h1", (f"Kommentar: {HAFEN[0]}, Norvia, Küstenwache", "")),
            id="no more than that",
        ),
    ],
)
def test_what_is_not_surely_of_the_same_event_joins_none(other: Document) -> None:
    assert foreign(make([*DAY, other], recipe=HEARING).edition) == {}


def test_what_is_kept_of_a_report_is_not_embedded_again() -> None:
    other = german("h1")
    rule = SignalRule("", (RECIPE.classifier, None), embed=embed)
    analyses = {each.id: analyze(each, language="en") for each in (other, DAY[0])}
    packed = pack_signals([other, DAY[0]], analyses, rule=rule)
    foreign_one, own = (present(unpack_signals(each, key=rule.key)) for each in packed)
    assert own.meaning == {}
    assert foreign_one.vector.tolist() == embed(analyses["h1"].opening(other)).tolist()
    known = {"h1": replace(analyses["h1"], signals=packed[0])}

    def refuses(text: str) -> Vector:
        assert HAFEN[0] not in text
        return embed(text)

    made = make_edition(
        Material([*DAY, other], TODAY),
        recipe=replace(RECIPE, embed=refuses, signals=rule.key),
        measure=PlainMeasure(),
        known=Prepared(known),
    )
    assert foreign(made.edition) == {HARBOR_AGAIN[0]: (("de", ("h1",)),)}


def test_a_copy_of_a_report_counts_no_more_in_another_language_than_in_its_own() -> None:
    longer = HAFEN[0], f"{HAFEN[1]} {BAHN[1]}"
    again = german("h2", longer, publisher="Anzeiger"), german("h3", longer, publisher="Bote")
    edition = make(
        [*DAY, german("h1", longer), *again], recipe=replace(HEARING, names_foreign=True)
    ).edition
    assert foreign(edition) == {HARBOR_AGAIN[0]: (("de", ("h1",)),)}
    assert (edition.ledger.foreign, edition.ledger.dropped_documents["other language"]) == (1, 2)


def test_each_publisher_counts_once_and_languages_with_most_come_first() -> None:
    others = [
        told_apart("h1"),
        told_apart("h2"),
        told_apart("h3", publisher="Ostra Courier"),
        told_apart("h4", publisher="Courrier", language="fr"),
        told_apart("h5", publisher="Matin", language="fr-CH"),
    ]
    edition = make([*DAY, *others], recipe=HEARING).edition
    assert foreign(edition) == {HARBOR_AGAIN[0]: (("fr", ("h4", "h5")), ("de", ("h1",)))}
    assert present(edition.top).marked[-2:] == ("h4", "h1")
    assert {"h1", "h4", "h5"} <= edition.documents.keys()
    assert "h2" not in edition.documents


def test_what_only_other_languages_tell_is_named_if_it_is_wanted() -> None:
    naming = replace(HEARING, names_foreign=True)
    others = [
        german("b1", BAHN),
        german("b2", BAHN_AGAIN, publisher="Bote"),
        german("n1", ("Vulkan bei Trawitz", "Ein Vulkan bei Trawitz ist ausgebrochen.")),
    ]
    made = make([*DAY, *others], recipe=naming)
    (named,) = [each for each in made.edition.panel.also if each.story == "f1"]
    assert named.title.document in {"b1", "b2"}
    assert made.edition.documents[named.title.document].language == "de"
    assert made.edition.ledger.dropped_documents["other language"] == 1
    assert not prove(made.edition, sources={each.id: each for each in (*DAY, *others)}).failures
    again = make([*DAY, *others], recipe=naming, previous=replace(made.edition, day=TODAY))
    assert all(each.story != "f1" for each in again.edition.panel.also)


@pytest.mark.parametrize(
    ("chosen", "told", "named"),
    [(("de",), {"de"}, True), (("fr",), {"fr"}, False), (("fr", "de"), {"fr", "de"}, True)],
)
def test_a_reader_chooses_languages(
    chosen: tuple[str, ...], told: set[str], *, named: bool
) -> None:
    others = [
        told_apart("h1"),
        told_apart("h2", publisher="Matin", language="fr-CH"),
        german("b1", BAHN),
        german("b2", BAHN_AGAIN, publisher="Bote"),
    ]
    made = make([*DAY, *others], recipe=replace(HEARING, names_foreign=True))
    stories = made.stories
    key = page_key(PageChoice(other_languages=chosen), printed=stories.sections)
    page = lay_out_own(stories, key, general=made.edition, measure=PlainMeasure())
    assert {code for code, _ in foreign(page)[HARBOR_AGAIN[0]]} == told
    assert any(each.story == "f1" for each in page.panel.also) is named
    # It is the page of all sections but for that.
    assert (page.only, page.days) == ((), made.edition.days)
    whole = {brief.story for brief in made.edition.briefs()}
    assert {brief.story for brief in page.briefs()} == whole
    assert not prove(page, sources={each.id: each for each in (*DAY, *others)}).failures


def test_a_choice_of_languages_goes_with_sections() -> None:
    choice = PageChoice(("economy",), ("crops",), ("fr", "de"))
    key = page_key(choice, printed=("economy", "security"), lists=("banks", "crops"))
    assert key == "1-w2-lde-lfr"
    chosen = choice_of(key, printed=("economy", "security"), lists=("banks", "crops"))
    assert chosen == PageChoice(("economy",), ("crops",), ("de", "fr"))
    gone = replace(choice, sections=NO_SECTIONS)
    assert page_key(gone, printed=("economy", "security"), lists=("banks",)) == "1-2-lde-lfr"


def test_a_title_that_no_font_holds_is_not_named_and_the_ledger_says_why() -> None:
    title = "铁路星期一重新开通"
    others = [
        german(f"b{n}", (title, text), publisher=f"P{n}")
        for n, (_, text) in enumerate((BAHN, BAHN_AGAIN))
    ]
    edition = make([*DAY, *others], recipe=replace(HEARING, names_foreign=True)).edition
    (left,) = [each for each in edition.ledger.ranked if each.story == "f1"]
    assert left.why == "unprintable characters"


def test_names_openings_and_evidence_are_compared_across_languages() -> None:
    assert named_in("Die Türkei und Afghanistan: 3,750 Kronen") == named_in(
        "Die Turkei, Afghanische Kronen: 3.750"
    ) | {"turke"} - {"die"}
    document = german("h1")
    assert analyze(document, language="en").opening(document).splitlines() == [
        HAFEN[0],
        "Der Rat von Port Ostra hat zwei Liegeplätze an die Küstenwache von Norvia verpachtet.",
    ]
    empty = report("e", ("A title", ""))
    assert analyze(empty, language="en").opening(empty) == "A title\n"
    foreign = (("f1", 0.6),)
    evidence = Evidence((("d1", 1.0),), {}, Score(1.0), (), foreign=foreign)
    assert evidence.every_link == (("d1", 1.0), ("f1", 0.6))
