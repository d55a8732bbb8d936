"""What the tables of other languages find in their texts, and what they say they lack."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

import briefing
from briefing.core.language import LANGUAGES, Language, in_language, kept, spoken
from briefing.core.model import Document, Quote
from briefing.core.text.analysis import analyze
from briefing.core.text.dates import published_in
from briefing.core.text.facts import facts_of, tolls
from briefing.core.text.finders import ahead, figures, quotes
from briefing.core.text.finders.clauses import meet
from briefing.core.text.importance import of_reports
from briefing.core.text.rankers import salience
from briefing.core.text.reference import cues
from briefing.core.text.segment import split
from briefing.core.text.words import _content_stems, content_stems, states
from tests.examples import examples

EXAMPLES = Path(briefing.__file__).parents[1] / "examples"
#: Those that have an example day.
DEEP, OTHERS = ("de", "fr"), LANGUAGES[1:]
#: A Thursday.
TODAY = date(2026, 3, 12)


def day_of(code: str) -> list[Document]:
    rows = map(json.loads, (EXAMPLES / code / "2026-03-12/wire.jsonl").read_text().splitlines())
    return [
        Document(
            row["id"],
            row["title"],
            row["text"],
            publisher=row["source"],
            url=row["url"],
            language=code,
        )
        for row in rows
    ]


def found_in(code: str) -> list[tuple[str, ...]]:
    """Return what the finders find in an example day, as it is printed."""
    return [row for document in day_of(code) for row in found(document, code)]


def found(document: Document, code: str) -> list[tuple[str, ...]]:
    """Return what the finders find in a report: its kind, and its words."""
    sentences = analyze(document, language=code).sentences(document)
    cast, when = meet(sentences, language=Language.of(code)), {document.id: TODAY}
    told = quotes.find(sentences, cast=cast)
    days = ahead.find(sentences, cast=cast, published=when, today=TODAY)
    numbers = figures.find(sentences, cast=cast)
    return [
        *(("quote", item.words.text, item.speaker.text, _office(item)) for _, item in told),
        *(("ahead", f"{item.day}", item.clause.text) for _, item in days),
        *(("figure", item.numeral.text, item.clause.text) for at, item in numbers if at >= 0.5),
    ]


def _office(quote: Quote) -> str:
    return quote.office.text if quote.office else ""


@examples("code, text, words")
def test_the_finders_find_what_is_there(code: str, text: str, words: list[str]) -> None:
    rows = in_language(lambda _, code: code)(found)(Document("d", "", text, language=code), code)
    shown = [", ".join(filter(None, row[2:])) if row[0] == "quote" else row[1] for row in rows]
    assert sorted(shown) == sorted(words)


@examples("code, kind, what, words")
def test_the_finders_find_in_another_language(code: str, kind: str, what: str, words: str) -> None:
    rows = in_language(lambda code: code)(found_in)(code)
    assert any(
        row[0] == kind and row[1].startswith(what) and row[2].startswith(words) for row in rows
    )


@examples("code, text, clause")
def test_a_day_at_the_end_is_not_printed_beside_itself(code: str, text: str, clause: str) -> None:
    rows = in_language(lambda _, code: code)(found)(Document("d", "", text, language=code), code)
    assert rows == [("ahead", "2026-03-26", clause)]


@pytest.mark.parametrize("code", DEEP)
def test_what_is_no_news_of_an_example_day_is_left_out(code: str) -> None:
    kinds = {
        (document.url.split("/")[3], str(analysis.whole))
        for document in day_of(code)
        if (analysis := analyze(document, language=code)).whole
    }
    opinion, live = {"de": ("meinung", "ticker"), "fr": ("opinions", "direct")}[code]
    assert {(opinion, "opinion"), (live, "live blog")} <= kinds
    assert len(kinds) == 3  # and what stands behind a paywall


@examples("code, text, numbers")
def test_tolls_are_read_in_each_language(code: str, text: str, numbers: list[int]) -> None:
    assert list(in_language(lambda: code)(lambda: tolls(text))()) == numbers


@examples("code, text, starts")
def test_sentences_end_as_in_their_language(code: str, text: str, starts: list[str]) -> None:
    assert [text[start:].split(maxsplit=1)[0] for start, _ in split(text, language=code)] == starts


@examples("code, text, first")
def test_a_dateline_is_skipped(code: str, text: str, first: str) -> None:
    document = Document("d", "", text, language=code)
    start = int(analyze(document, language=code).spans[0][0])
    assert text[start:].split(maxsplit=1)[0] == first


@examples("code, news, note")
def test_a_correction_of_its_own_is_left_out(code: str, news: str, note: str) -> None:
    document = Document("d", "", f"{news}\n\n{note}", language=code)
    kept = analyze(document, language=code).sentences(document)
    assert [sentence.text for sentence in kept] == [news]


@examples("code, news, offer")
def test_an_offer_to_subscribe_is_left_out(code: str, news: str, offer: str) -> None:
    document = Document("d", "", f"{news}\n\n{offer}", language=code)
    kept = analyze(document, language=code).sentences(document)
    assert [sentence.text for sentence in kept] == [news]


def test_words_are_those_of_the_language_that_is_spoken_and_kept_for_each_apart() -> None:
    german, french = in_language(lambda: "de"), in_language(lambda: "fr")
    assert german(lambda: content_stems("Die Häuser der Regierungen"))() == ("haus", "regier")
    assert french(lambda: content_stems("L’ONU et l'accord qu’elle signe"))() == (
        *("onu", "accord", "sign"),
    )
    named = german(lambda: states("Russische Truppen; die Vereinigten Staaten; WIEN"))()
    assert named == {"Russland", "USA", "Wien"}
    assert french(lambda: states("les États-Unis et l’armée turque"))() == {"États-Unis", "Turquie"}
    assert content_stems("the houses") == ("hous",)  # and outside English again
    table = _content_stems("en")
    table.update((str(n), "") for n in range(200_000))
    assert (content_stems("harbors"), len(table)) == (("harbor",), 1)  # a full table begins anew
    assert in_language(lambda: "bg")(lambda: content_stems("дома стоят"))() == ("дома", "стоят")

    @kept(4)
    def code(_text: str) -> str:
        return spoken().code

    told = in_language(lambda language, _: language)(lambda _, text: code(text))
    assert [told(language, "x") for language in ("de", "en", "de")] == ["de", "en", "de"]


def test_speech_facts_dates_and_importance_are_read_in_their_language() -> None:
    leans = in_language(lambda _: "de")(lambda text: cues(text).flags["points back"])
    assert leans("Die Lage im Süden sei stabil, die Straße bleibe gesperrt.")
    assert not leans("Die Lage im Süden sei stabil, sagte Ada Lind.")
    assert leans("Deshalb steigen die Preise.")

    def numbers(text: str) -> list[str]:
        return [fact.key for fact in facts_of(text, names=frozenset())][:1]

    assert in_language(lambda: "de")(lambda: numbers("1.234,5 Tonnen"))() == ["1234.5"]
    read = in_language(lambda text, **_: "fr")(published_in)
    assert read("Publié le jeudi 12 mars 2026\n\nTexte.", by=date(2026, 3, 12)) == date(2026, 3, 12)
    title = "Bundespräsident unterzeichnet Vertrag"
    (terms,) = in_language(lambda _: "de")(of_reports)([Document("d", title, "Berlin gewinnt.")])
    assert terms["deed"] == terms["powers"] == 1.0


@pytest.mark.parametrize(("code", "own"), [("de", False), ("en", True)])
def test_words_are_weighed_by_their_language_else_as_handed(code: str, *, own: bool) -> None:
    asked: list[str] = []

    def worth_of(openings: Sequence[str]) -> list[float]:
        asked.extend(openings)
        return [1.5 for _ in openings]

    told = in_language(lambda *_, **__: code)(of_reports)
    (terms,) = told([Document("d", "Treaty signed", "Ada and Bo signed.")], worth_of=worth_of)
    assert (terms["words"] != 1.5) is own
    assert asked == ([] if own else ["Treaty signed. Ada and Bo signed."])
    assert told([], worth_of=worth_of) == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_is_whole_but_for_what_it_says(code: str) -> None:
    language = Language.of(code)
    assert {*language.lacks} == {"style", "importance"}
    assert not Language.of("en").lacks
    assert {*language.page.counts} == {*Language.of("en").page.counts}
    assert [language.calendar.month(form) for form in language.page.months] == [*range(1, 13)]
    assert [language.calendar.weekday(form) for form in language.page.weekdays] == [*range(7)]


@examples("title, text, whole")
def test_the_gates_of_russian_tell_what_is_no_report(title: str, text: str, whole: str) -> None:
    document = Document("d", title, text, language="ru", publisher="Gazette")
    assert str(analyze(document, language="ru").whole) == whole


@examples("code, own, name")
def test_a_name_is_not_the_first_person(code: str, own: str, name: str) -> None:
    first = Language.of(code).furniture.first_person
    assert first.search(own)
    assert not first.search(name)


@examples("code, title, is_opinion")
def test_an_opinion_is_known_by_its_label(code: str, title: str, *, is_opinion: bool) -> None:
    assert bool(Language.of(code).furniture.opinion_title.search(title)) is is_opinion


@examples("code, text, leans")
def test_a_paper_without_its_author_is_no_speaker(code: str, text: str, *, leans: bool) -> None:
    flags = in_language(lambda _, code: code)(lambda text, _: cues(text).flags)(text, code)
    assert bool(flags["points back"]) is leans


def test_the_first_sentence_of_a_single_report_is_central_where_compounds_share_no_stems() -> None:
    text = "Das Gericht hob die Speicherpflicht auf. Die Regelung fällt. Neue Regelungen folgen."
    report = Document("d", "Verfassungsrichter urteilen", text, language="de")
    sentences = analyze(report, language="de").sentences(report)
    ranked = in_language(lambda _: "de")(lambda own: salience.score(own, titles={}))
    assert ranked(sentences)[0].terms["centrality"] == 1.0
