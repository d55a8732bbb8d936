"""How likely a sentence would open a brief, and be printed below others."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from briefing.core.model import Document, Score, Sentence, Story
from briefing.core.text.sentences import BELOW, WEIGHTS, StoryJudge, event_of
from tests.examples import examples
from tests.fakes import document
from tests.present import present

TITLE = "Ostra council leases two berths to coastguard"
EVENT = "The council of Ostra leased two berths to the coastguard on Monday."
MORE = "Nine ships may berth there from April, the harbor board said."


def judged(*texts: str) -> list[Sentence]:
    """Return sentences of one report."""
    return [
        Sentence("d0", at * 900, at * 900 + len(text), text, at) for at, text in enumerate(texts)
    ]


def judge_of(
    sentences: Sequence[Sentence], *reports: Document, words: float = 0.0, best: float = 1.0
) -> StoryJudge:
    """StoryJudge sentences of reports; the first has the score ``best``, others 1."""
    reports = reports or (replace(document(0), title=TITLE),)
    scores = [Score(best if not at else 1.0) for at in range(len(sentences))]
    told = {report.id: words for report in reports}
    return StoryJudge(Story("s1", tuple(reports)), sentences, scores, words=told)


def opens(text: str, *, index: int = 1, words: float = 0.0, speaker: str = "") -> float:
    """Return how likely a sentence opens that stands behind one that tells the event."""
    event, other = judged(EVENT, text)
    other = replace(other, index=index, speaker=speaker)
    return judge_of([event, other], words=words).opens(other)


def adds(text: str, *, speaker: str = "") -> float:
    """Return how likely a sentence is printed below one that tells the event."""
    event, other = judged(EVENT, text)
    other = replace(other, speaker=speaker)
    return judge_of([event, other]).below([event])(other)


def test_what_headlines_share_is_the_event_and_opens_best() -> None:
    event, half, nothing = (
        opens(text)
        for text in (EVENT, "Ostra leased berths on Monday.", "A ferry was late on Monday.")
    )
    assert 1.0 > event > half > nothing > 0.0
    assert event_of(["Ostra leases berths", "Two berths in Ostra go"]) == {"ostra": 2, "berth": 2}
    assert len(event_of(["Ostra leases berths", "Ferry is late in Ostra"])) == 5
    assert event_of([]) == {}


@examples("text")
def test_other_things_stand_behind_the_event(text: str) -> None:
    assert opens(text) < opens(EVENT)


def test_what_adds_to_something_does_not_open_unless_its_report_does_so() -> None:
    for text in (
        "The coastguard, which also leased two berths, met the council of Ostra.",
        "The council of Ostra leased two berths as well.",
        "The coastguard was there, too.",
    ):
        assert opens(text) == 0.0
        assert opens(text, index=0) > 0.0
        assert adds(text) > 0.0
    assert opens("Ostra leased not only two but also three berths as well as a quay.") > 0.0


def test_what_is_later_opens_before_what_is_older() -> None:
    old: Document = replace(document(0), title=TITLE)
    published = present(old.published)
    new = replace(document(1), title=TITLE, published=published + timedelta(days=1))
    undated = replace(document(2), title=TITLE, published=None)
    sentences = [Sentence(one.id, 0, len(EVENT), EVENT) for one in (new, old, undated)]
    later, older, dateless = map(judge_of(sentences, new, old, undated).opens, sentences)
    assert later > dateless > older
    weeks, longer = (replace(old, published=published - timedelta(days)) for days in (30, 9))
    stale = [Sentence(one.id, 0, len(EVENT), EVENT) for one in (new, weeks)]
    staler = judge_of(stale, new, weeks).opens(stale[1])
    assert staler == judge_of(stale, new, longer).opens(stale[1])


def test_the_ranker_and_the_words_of_the_report_count() -> None:
    sentences = judged(EVENT, MORE)
    assert judge_of(sentences, best=2.0).opens(sentences[1]) < judge_of(sentences).opens(
        sentences[1]
    )
    assert opens(MORE, words=2.0) > opens(MORE) > opens(MORE, words=-2.0)
    worthless = judge_of(sentences[:1], best=0.0)
    assert worthless.opens(sentences[0]) < judge_of(sentences[:1]).opens(sentences[0])
    sentences, scores = judged(EVENT, MORE), [Score(-1), Score(-9)]
    judge = StoryJudge(Story("s1", (document(0),)), sentences, scores, words={})
    assert [judge.row(each)["score"] for each in sentences] == [1.0, 0.0]


def test_what_is_new_is_printed_below_the_event_and_what_is_told_again_is_not() -> None:
    assert adds(MORE) > 0.5 > adds("The council leased the berths to the coastguard.")
    assert adds(MORE) > adds(f"“{MORE}”")
    assert adds(MORE) > adds(MORE, speaker="The council")
    assert adds(MORE) > adds("Despite all, nothing is as it was.")
    first = replace(document(0), title=TITLE)
    before = present(first.published) - timedelta(hours=13)
    earlier = replace(document(1), title=TITLE, published=before)
    event = Sentence("d0", 0, len(EVENT), EVENT, 0)
    own, other = (Sentence(name, 900, 900 + len(MORE), MORE, 1) for name in ("d0", "d1"))
    judge = judge_of([event, own, other], first, replace(earlier, published=first.published))
    assert judge.below([event])(own) > judge.below([event])(other)
    overtaken = judge_of([event, own, other], first, earlier)
    assert judge.below([event])(other) > overtaken.below([event])(other)
    assert judge.row(own, [event])["follows"] == 1.0
    assert not any(judge.row(own).get(name) for name in BELOW)
    assert judge.row(own, [event]).keys() == WEIGHTS.keys()
