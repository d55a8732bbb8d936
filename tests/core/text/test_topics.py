"""Topics: which section a story belongs to, and which of its sentences belong elsewhere."""

import pytest

from briefing.core.text.topics import Topics, printed_sections, tell_sentences, tell_stories
from tests.classifying import AsTold, ByWords
from tests.examples import examples
from tests.newsday import HARBOR, NICKEL, ORCHIDS, RIVER, STRAIT, WORDS, report, split, story_of

ROW = {"economy": 0.6, "security": 0.4}


@pytest.mark.parametrize(
    ("words", "section"),
    [(NICKEL, "economy"), (HARBOR, "security"), (RIVER, "diplomacy"), (ORCHIDS, "other")],
)
def test_each_story_is_likeliest_in_its_own_section(words: tuple[str, str], section: str) -> None:
    document = report("d1", words)
    (topics,) = tell_stories([story_of(document)], split(document), classifier=ByWords(WORDS))
    assert max(topics, key=lambda name: topics[name]) == section


def test_a_report_is_judged_by_headline_and_first_sentences() -> None:
    document = report("d1", NICKEL)
    sentences = split(document)
    lead = " ".join(sentence.text for sentence in sentences["d1"][:3])
    classifier = AsTold({f"{NICKEL[0]}. {lead}": ROW})
    assert tell_stories([story_of(document)], sentences, classifier=classifier) == (ROW,)
    classifier = AsTold({f"{NICKEL[0]}.": ROW})
    assert tell_stories([story_of(document)], {}, classifier=classifier) == (ROW,)
    first = AsTold({f"{NICKEL[0]}. {lead}": {"economy": 0.6, "other": 0.4}})
    own = {"economy": 0.2, "other": 0.8}
    second = AsTold({sentence.text: own for sentence in sentences["d1"]})
    (row,) = tell_stories([story_of(document)], sentences, classifier=first, second=second)
    assert row["economy"] == pytest.approx(0.12 / (0.12 + 0.32))
    assert sum(row.values()) == pytest.approx(1)
    document = report("d1", ORCHIDS)
    sentences = split(document)
    lead = " ".join(sentence.text for sentence in sentences["d1"][:3])
    first = AsTold({f"{ORCHIDS[0]}. {lead}": {"economy": 0.1, "other": 0.9}})
    second = AsTold({})
    (row,) = tell_stories([story_of(document)], sentences, classifier=first, second=second)
    assert (row, second.asked) == ({"economy": 0.1, "other": 0.9}, [])


def test_a_story_is_judged_by_the_mean_of_its_three_most_central_reports_all_at_once() -> None:
    reports = [report(f"d{n}", (f"Title {n}", "")) for n in range(4)]
    rows = {
        "Title 0.": {"economy": 1.0, "security": 0.0},
        "Title 1.": {"economy": 0.5, "security": 0.5},
        "Title 2.": {"economy": 0.0, "security": 1.0},
    }
    (topics,) = tell_stories([story_of(*reports)], {}, classifier=AsTold(rows))
    assert topics == pytest.approx({"economy": 0.5, "security": 0.5})
    rows = {"One.": {"economy": 1.0}, "Two.": {"economy": 0.5}, "Three.": {"economy": 0.0}}
    classifier = AsTold(rows)
    stories = [
        story_of(report("d1", ("One", "")), name="s1"),
        story_of(report("d2", ("Two", "")), report("d3", ("Three", "")), name="s2"),
    ]
    both = tell_stories(stories, {}, classifier=classifier)
    assert classifier.asked == ["One.", "Two.", "Three."]
    assert both == ({"economy": 1.0}, {"economy": 0.25})
    assert tell_stories([], {}, classifier=ByWords(WORDS)) == ()


def test_a_sentence_is_judged_mostly_by_its_own_words_and_partly_by_its_story() -> None:
    sentences = split(report("d1", ("", "Brokers sold bonds before the noon bell rang.")))["d1"]
    own = {"economy": 0.5, "security": 0.25, "other": 0.25}
    story = {"economy": 0.1, "security": 0.6, "other": 0.3}
    topics = tell_sentences(story, sentences, classifier=AsTold({sentences[0].text: own}))
    assert topics.story is story
    # Nothing stands beside it, so that its own words count for that as well.
    shares = {name: own[name] ** 1.1 * story[name] ** 0.4 for name in own}
    total = sum(shares.values())
    (only,) = topics.sentences
    assert only == pytest.approx({name: share / total for name, share in shares.items()})
    classifier = AsTold({sentences[0].text: {"economy": 1.0, "security": 0.0}})
    for story in ({}, {"economy": 0.0, "security": 1.0}):
        (row,) = tell_sentences(story, sentences, classifier=classifier).sentences
        assert row["economy"] > row["security"] > 0
        assert sum(row.values()) == pytest.approx(1)


def test_a_sentence_leans_to_those_beside_it_in_its_report_and_to_no_other_report() -> None:
    brokers = report("d1", ("", "Brokers sold bonds all day. Nobody said why that was so."))
    rebels = report("d2", ("", "Rebels shelled the harbor before the noon bell rang."))
    sentences = [each for own in split(brokers, rebels).values() for each in own]
    torn = {"economy": 0.5, "security": 0.5}
    rows = zip(sentences, ({"economy": 0.9, "security": 0.1}, torn, torn), strict=True)
    classifier = AsTold({sentence.text: row for sentence, row in rows})
    _, beside, apart = tell_sentences(torn, sentences, classifier=classifier).sentences
    assert beside["economy"] == pytest.approx(0.9**0.1 / (0.9**0.1 + 0.1**0.1))
    assert apart["economy"] == pytest.approx(0.5)


def test_in_a_mixed_report_each_sentence_goes_where_its_words_belong() -> None:
    document = report("d1", STRAIT)
    sentences = split(document)
    classifier = ByWords(WORDS)
    (story,) = tell_stories([story_of(document)], sentences, classifier=classifier)
    topics = tell_sentences(story, sentences["d1"], classifier=classifier)
    belong = {name: topics.belong(name, least=0.4) for name in WORDS}
    assert belong == {
        "security": (True, True, False, False, False, False),
        "economy": (False, False, True, True, False, False),
        "diplomacy": (False, False, False, False, True, True),
    }


@examples("row, least, belongs")
def test_a_sentence_belongs_where_it_is_likeliest_and_likely_enough(
    row: dict[str, float], least: float, *, belongs: bool
) -> None:
    assert Topics({}, (row,)).belong("economy", least=least) == (belongs,)


@examples("asked, named, printed", named=tuple, printed=tuple)
def test_other_is_printed_where_it_is_named_and_last_where_it_is_only_asked_for(
    named: tuple[str, ...], printed: tuple[str, ...], *, asked: bool
) -> None:
    assert printed_sections(named, other=asked) == printed
