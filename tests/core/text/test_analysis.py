"""What is known of one document alone is the same whether it is computed or read."""

import zlib
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import grimp
import pytest
from hypothesis import given
from hypothesis import strategies as st

import briefing.core
from briefing.core.model import Document, Kind, Mark, Sentence
from briefing.core.text.analysis import (
    SOURCES,
    Analysis,
    AnalysisRule,
    Printable,
    analyze,
    pack,
    pack_all,
    unpack,
)
from briefing.core.text.furniture import Reason
from briefing.core.text.gate import news_sentences
from tests.core.text.test_gate import pass_gate, passed
from tests.newsday import HARBOR, HARBOR_COLUMN, STRAIT, report
from tests.present import present

ENGLISH = AnalysisRule("en", "sentencex 1")
DESK = replace(report("harbor", HARBOR), url="https://courier.example/1", marks=(Mark.BLURB,))
TEXTS = st.text(
    st.characters() | st.sampled_from(list(" .!?\n\"“”'()[]:0123456789aA\ud800\0é’中")),
    max_size=400,
)


def kept(document: Document, rule: AnalysisRule = ENGLISH) -> bytes:
    return pack(analyze(document, language=rule.language), key=rule.key(document))


def read(packed: bytes, document: Document, rule: AnalysisRule = ENGLISH) -> Analysis | None:
    return unpack(packed, key=rule.key(document), document=document)


def told(analysis: Analysis) -> tuple[object, ...]:
    return (
        analysis.spans.tolist(),
        analysis.verdicts.tolist(),
        analysis.whole,
        analysis.fingerprint.words,
        analysis.fingerprint.shingles.tolist(),
        analysis.bag.stems,
        analysis.bag.counts.tolist(),
        analysis.opinion,
    )


def assert_same(document: Document) -> None:
    found, again = analyze(document, language="en"), present(read(kept(document), document))
    assert told(again) == told(found)
    # The types as well: they decide how sums are rounded.
    for one, two in (
        (found.spans, again.spans),
        (found.verdicts, again.verdicts),
        (found.bag.counts, again.bag.counts),
        (found.fingerprint.shingles, again.fingerprint.shingles),
    ):
        assert (one.dtype, one.shape) == (two.dtype, two.shape)


@given(TEXTS, TEXTS)
def test_any_text_is_read_back_as_it_was_analyzed(title: str, text: str) -> None:
    assert_same(Document("d1", title, text))


@given(TEXTS)
def test_its_sentences_are_those_that_the_gate_lets_pass(text: str) -> None:
    document = Document("d1", "A title", f"{HARBOR[1]}\n\n{text}")
    sentences = news_sentences(document, language="en")
    kept = passed(pass_gate(document, sentences, language="en"), sentences)
    found = analyze(document, language="en")
    assert found.kept(document) == kept
    assert found.passes(rescued=False) == bool(kept)
    if kept:
        assert found.sentences(document) == kept
        assert found.printable == len(kept)
        assert found.reasons().total() == len(sentences) - len(kept)


def test_an_editor_rescues_only_what_has_a_good_sentence_cut_when_it_is_asked_for() -> None:
    gated = analyze(replace(DESK, marks=(Mark.OPINION,)), language="en")
    assert gated.whole is Reason.OPINION
    assert (gated.passes(rescued=False), gated.passes(rescued=True)) == (False, True)
    assert not analyze(Document("d1", "", ""), language="en").passes(rescued=True)
    found = analyze(DESK, language="en")
    every = Printable([(DESK, found)])
    assert (list(every), len(every), every.count) == (["harbor"], 1, 4)
    assert every["harbor"] is every["harbor"]
    assert all(one.text == DESK.text[one.start : one.end] for one in every["harbor"])

    def allowed(sentence: Sentence) -> bool:
        return sentence.index > 0

    some = Printable([(DESK, found)], allowed=allowed)
    assert some["harbor"] == every["harbor"][1:]
    assert some.count == 3


@pytest.mark.parametrize("mark", [Mark.OPINION, Mark.LIVE])
def test_the_headline_of_a_column_or_a_live_page_names_no_story(mark: Mark) -> None:
    bare = Document("a", STRAIT[0], "Read more.\n", marks=(Mark.BLURB,), language="en")
    other = replace(bare, id="b", marks=(*bare.marks, mark))
    plain, kept = (analyze(each, language="en") for each in (bare, other))
    assert plain.headline_only(bare) is not None
    assert plain.whole is Reason.BLURB
    assert kept.headline_only(other) is None


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another"},
        {"text": HARBOR[1] + " "},
        {"publisher": "Opinion"},
        {"url": "https://courier.example/opinion/1"},
        {"language": "de"},
        {"marks": ()},
    ],
)
def test_an_analysis_of_another_document_is_not_read(change: dict[str, object]) -> None:
    assert read(kept(DESK), replace(DESK, **change)) is None  # type: ignore[arg-type]


def test_what_an_analysis_does_not_read_does_not_matter() -> None:
    free = {
        "id": "another",
        "published": datetime(2026, 1, 1, tzinfo=UTC),
        "owner": "Owner",
        "timed": False,
        "author": "R. Sund",
        "collected": datetime(2026, 1, 1, tzinfo=UTC),
        "weight": 2.0,
        "grade": "B",
        "kind": Kind.STATE,
        "text_sha256": "0",
    }
    read_ones = {"title", "text", "publisher", "url", "language", "marks"}
    assert {one.name for one in fields(Document)} == read_ones | set(free)
    other = replace(DESK, **free)  # type: ignore[arg-type]
    assert kept(other) == kept(DESK)
    assert read(kept(DESK), other) is not None
    column = report("column", HARBOR_COLUMN)
    assert pack_all([DESK, column], rule=ENGLISH) == [kept(DESK), kept(column)]


@pytest.mark.parametrize(
    "rule", [AnalysisRule("de", "sentencex 1"), AnalysisRule("en", "sentencex 2")]
)
def test_an_analysis_by_another_rule_is_not_read(rule: AnalysisRule) -> None:
    assert rule.digest != ENGLISH.digest
    assert read(kept(DESK), DESK, rule) is None
    assert read(kept(DESK, rule), DESK, rule) is not None


def test_every_module_by_which_documents_are_analyzed_decides_the_rule() -> None:
    graph = grimp.build_graph("briefing")
    root = "briefing.core.text.analysis"
    found = {root, *graph.find_upstream_modules(root)}
    home = Path(briefing.core.__file__).parent
    modules = {
        f"{name.removeprefix('briefing.core.').replace('.', '/')}.py"
        for name in found
        if not (home.parent.joinpath(*name.split(".")[1:]) / "__init__.py").exists()
    }
    # What only names or declares things: types, errors, messages, and the counts of all news.
    names = {"errors.py", "frozen.py", "messages.py", "ports.py"}
    without = {name for name in modules if name.startswith("model/") or name in names}
    tables = {
        f"language/{path.name}"
        for path in home.glob("language/*")
        if path.suffix in {".toml", ".model"}
    }
    read = {"model/document.py", "language/__init__.py", *tables}
    assert set(SOURCES) == modules - without | read


def test_damage_is_noticed_wherever_it_is_and_a_row_that_is_longer_or_swells_is_not_read() -> None:
    packed = kept(DESK)
    whole = told(present(read(packed, DESK)))
    for place in range(0, len(packed), 5):
        damaged = packed[:place] + bytes([packed[place] ^ 0x10]) + packed[place + 1 :]
        again = read(damaged, DESK)
        # The header of the compression has bits that say nothing of its content.
        assert again is None or told(again) == whole
        assert read(packed[:place], DESK) is None
    # What is kept behind it is another's to read.
    again = present(read(packed + b"x", DESK))
    assert (told(again), again.signals) == (whole, b"x")
    assert read(b"", DESK) is None
    content = content_of(packed)
    for changed in (content + b"x", content[:-1], content + b" more", bytes(50_000_000)):
        assert read(packed[:16] + zlib.compress(changed), DESK) is None


def content_of(packed: bytes) -> bytes:
    return zlib.decompress(packed[16:])


@given(st.integers(0, 2_000), st.binary(min_size=1, max_size=8))
def test_a_foreign_row_never_crashes_and_stays_in_the_text(place: int, new: bytes) -> None:
    packed = kept(DESK)
    content = content_of(packed)
    place %= len(content)
    changed = content[:place] + new + content[place + len(new) :]
    found = read(packed[:16] + zlib.compress(changed), DESK)
    if found is not None:
        for sentence in found.sentences(DESK):
            assert sentence.text == DESK.text[sentence.start : sentence.end]
            assert 0 <= sentence.start <= sentence.end <= len(DESK.text)
        found.reasons()


WORST = "It is bad, even worse than the worst of fears, and no reason to hope is true yet. " * 9
JOBLESS = (
    "The US economy lost 20.5 million jobs in April, and the unemployment rate has risen to 14.7%, "
    "the Labor Department said. Stocks fell as the Federal Reserve cut interest rates. "
    "China and the European Union halted talks on tariffs with the US over the economy. "
)
ROSES = "The roses of my garden have not done well. "


@pytest.mark.parametrize(
    ("title", "opening", "kind"),
    [
        ("US jobless rate rises to 14.7% as economy loses jobs", JOBLESS, Kind.WIRE),
        ("The summer of my garden", ROSES, Kind.OPINION),
    ],
)
def test_an_opinion_by_style_is_news_by_its_words(title: str, opening: str, kind: Kind) -> None:
    found = analyze(report("d1", (title, 3 * opening + WORST)), language="en")
    assert (found.kind, found.opinion > 0.35) == (kind, True)


def test_a_column_is_more_likely_opinion_than_a_report() -> None:
    column, plain = (
        analyze(report("d1", one), language="en").opinion for one in (HARBOR_COLUMN, STRAIT)
    )
    assert 0 <= plain < column <= 1
