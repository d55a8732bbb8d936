"""The kinds of text, and opinion and reporting told apart by their words."""

from collections import Counter
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from briefing.core.language import Language
from briefing.core.model import Document, Kind, Mark
from briefing.core.text import kind as kinds
from briefing.core.text.kind import is_likely, kind_of
from briefing.core.text.segment import segment
from briefing.core.text.speech import quotations
from briefing.core.text.words import tokens
from tests.examples import examples, news
from tests.growth import is_linear
from tests.newsday import ENGLISH

opinion = partial(kinds.opinion, style=ENGLISH.style)
features = partial(kinds.features, style=ENGLISH.style)
is_routine = partial(kinds.is_routine, words=ENGLISH.kinds)

NEWS = (
    "The port of Vellmark opened again on Monday after nine days of strike.\n"
    "Some four thousand workers will get six percent more pay over two years.\n"
    "The harbor authority said that all of the cranes were back in service.\n"
    "Exporters had warned that the closure would cost the province dearly."
)


def told(
    text: str = NEWS,
    *,
    title: str = "Strike over",
    opinion: float = 0.0,
    language: str = "en",
    **facts: Any,  # noqa: ANN401  of a document
) -> Kind:
    document, own = Document("d", title, text, **facts), Language.of_text(language)
    return kind_of(document, segment(document), opinion=opinion, language=own)


def test_a_plain_report_is_a_wire_unless_its_style_or_source_says_otherwise() -> None:
    assert told() is Kind.WIRE
    assert told(opinion=0.9) is Kind.OPINION
    assert told(marks=(Mark.OPINION, Mark.STATE)) is Kind.OPINION
    assert told(marks=(Mark.LIVE, Mark.WIRE)) is Kind.LIVE
    assert told(title="Opinion: It was right", marks=(Mark.WIRE,)) is Kind.OPINION
    assert told(title="Press Review", marks=(Mark.STATE,)) is Kind.NOTICE
    assert told(title="Commentary: It was right", marks=(Mark.STATE,)) is Kind.OPINION
    for kind in [kind for kind in Kind if kind is not Kind.TEASER]:
        assert told(marks=(Mark(kind.value),), opinion=0.9) is kind


@examples("language, publisher, kind", kind=Kind)
def test_a_paper_named_tribune_is_not_opinion(language: str, publisher: str, kind: Kind) -> None:
    assert told(language=language, publisher=publisher) is kind


@examples("url")
def test_what_a_government_publishes_is_a_statement(url: str) -> None:
    assert told(url=url, opinion=0.9) is Kind.STATEMENT


def test_a_government_is_known_by_its_name_and_not_by_what_looks_like_its_address() -> None:
    titles = {
        "Nominations Sent to the Senate": Kind.NOTICE,
        "90 Years of Friendship With Lund": Kind.NOTICE,
        "Letter to the Speaker of the House": Kind.NOTICE,
        "Remarks by the Prime Minister": Kind.TRANSCRIPT,
        "Strike over": Kind.STATEMENT,
    }
    for name in ("The White House", "Ministry of Ports of Estria", "Estrian government (Ports)"):
        assert {title: told(publisher=name, title=title) for title in titles} == titles
    for url in ["https://abcnews.go.com/1", "https://government.example/1", "x"]:
        assert told(url=url) is Kind.WIRE


@examples("url, publisher")
def test_what_a_state_agency_publishes_is_of_the_state(url: str, publisher: str) -> None:
    assert told(url=url, publisher=publisher, opinion=0.9) is Kind.STATE


@examples("title, text")
def test_a_statement_is_known_by_its_form(title: str, text: str) -> None:
    assert told(text, title=title) is Kind.STATEMENT


#: Questions and answers of a named speaker.
TALK = (
    "MS. LIND: Good evening, all.  We opened the port at noon today.\n\n"
    "Q    Will it stay open for the whole of the winter, do you think?\n\n"
    "MS. LIND: Yes, it will.  We have agreed on all of the terms with the crews of Ulm bay.\n\n"
    "Q    And the winter after that?"
)


def test_a_transcript_of_a_party_is_known_by_turns_or_what_was_heard() -> None:
    address = "https://www.vellmark.gov/1"
    assert told(TALK) is Kind.WIRE
    assert told(TALK, url=address) is Kind.TRANSCRIPT
    assert told(f"{NEWS} (Applause.)", url=address) is Kind.TRANSCRIPT
    assert told(f"JOBS: It pays.\nPORTS: It lasts.\n{NEWS}", url=address) is Kind.STATEMENT
    assert told(TALK, url=address, title="Fact Sheet: Ports") is Kind.STATEMENT


@examples("title, kind", kind=Kind)
def test_a_title_of_what_should_be_is_opinion(title: str, kind: Kind) -> None:
    assert told(title=title) is kind
    if kind is Kind.OPINION:
        assert told(title=title, url="https://www.vellmark.gov/1") is Kind.STATEMENT


def test_what_is_a_teaser_an_analysis_or_a_feature() -> None:
    teaser = NEWS.splitlines()[0]
    assert told(teaser) is Kind.TEASER
    assert told(teaser, opinion=0.9) is Kind.TEASER
    assert told(teaser, title="Why did the port close?") is Kind.ANALYSIS
    assert told(title="Analysis: who won the strike") is Kind.ANALYSIS
    assert told(url="https://paper.example/sport/rowing/1") is Kind.FEATURE
    assert told(url="https://paper.example/transport/1") is Kind.WIRE
    url = "https://www.kcna.kp/sport/1"
    assert told(url=url, publisher="KCNA") is Kind.STATE


def test_live_pages_and_market_reports_are_known_in_linear_time() -> None:
    assert told("10:05 – The port.\n10:20 – The crews.\n10:45 – The end.") is Kind.LIVE
    assert told(title="Strike: live updates") is Kind.LIVE
    assert told(title="Gold closes higher") is Kind.NOTICE
    assert told(title="Harbor Bank launches 50 mln dlr bond") is Kind.NOTICE
    assert is_routine(Document("d", "HARBOR CORP <HRB> SETS DIVIDEND", NEWS))
    assert told(title="Opinion: Port", language="fi") is Kind.WIRE
    assert told(url="https://www.vellmark.gov/1", language="fi") is Kind.STATEMENT
    for piece in ("A ", "A.B ", "MS. ", "Q ", "THE X: ", "\n \n", "  \t", "[applause", "by the "):
        assert is_linear(told, piece * 20_000)


@examples("text")
def test_a_market_report_that_tells_a_record_is_no_notice(text: str) -> None:
    assert not is_routine(Document("d", "Copper closes lower in quiet trading", text))


@examples("text")
def test_what_only_sounds_like_a_record_leaves_it_one(text: str) -> None:
    assert is_routine(Document("d", "Copper closes lower in quiet trading", text))


COLUMN, REPORT = (Document(title, title, f"{text}\n") for title, text in news(__file__))


def test_words_of_columns_and_speakers_are_told_apart_and_each_has_one_class() -> None:
    assert opinion(COLUMN) > 0.9
    assert opinion(REPORT) < 0.05
    quoted = Document("q", "", f"The mayor said: “{COLUMN.text.strip()}”\n")
    assert opinion(quoted) < opinion(COLUMN) / 2
    half = Document("h", "", f"“{COLUMN.text}")
    assert features(half)[:-1] == features(COLUMN)[:-1]
    assert is_likely(opinion(COLUMN))
    assert kinds.opinion(COLUMN, style=Language.of_text("de").style) == 0
    assert not is_likely(opinion(REPORT))
    words = [word for group in ENGLISH.style.words.values() for word in group]
    assert len(words) == len(set(words))


@given(st.text(max_size=400))
def test_any_text_has_a_probability(text: str) -> None:
    assert 0 < opinion(Document("d", "", text)) < 1
    assert len(features(Document("d", "", text))) == len(ENGLISH.style.words) + 1


@given(st.text("aé1., _\n'’‘`\"“”„«»", max_size=40))
def test_no_word_reaches_into_a_quotation_or_out_of_it(text: str) -> None:
    places = [place for one in quotations(text) for place in (one.start, one.end) if one.closed]
    bounds = zip([0, *places], [*places, len(text)], strict=True)
    apart = (word for start, end in bounds for word in tokens(text[start:end]))
    assert Counter(apart) == Counter(tokens(text))
