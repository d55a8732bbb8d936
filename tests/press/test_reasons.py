from collections.abc import Callable
from dataclasses import replace

import pytest

from briefing.core.errors import UsageError
from briefing.core.model import ChoiceOutcome, Edition, Effect, Evidence, Kind, Score, Section
from briefing.press.reasons import outcome_text, why_facts, why_text
from tests.desk import EDITION, chosen
from tests.examples import examples
from tests.fakes import brief, document, draft
from tests.newsday import HARBOR, NICKEL, RIVER, report


@pytest.fixture
def edition() -> Edition:
    story = brief(document(1), 1, story="s1")
    (sentence,) = story.sentences
    story = replace(story, sentences=(replace(sentence, text="A first\nsentence."),))
    return replace(
        draft(0, beside=False).edition,
        sections=(
            Section("economy", (story, brief(document(2), 1, story="s2"))),
            Section("security", (story,)),
        ),
        documents={"d1": document(1), "d2": document(2)},
        evidence={
            "s1": Evidence(
                links=(("d1", 1.0), ("d4", 0.512)),
                sections={"security": 0.25, "economy": 0.75},
                salience=Score(1.5, {"reports": 1.0, "publishers": 0.5}),
                sentences=(
                    ("A first\nsentence.", "economy", Score(2.0, {"lead": 1.5}), True),
                    ("A second sentence.", "security", Score(0.25), False),
                ),
                beaten=("Council adjourns", "Ferry returns"),
                shared={"d4": ("Ostra", "berths"), "d7": ("Ostra",)},
                beside=(("d8", 0.5),),
            )
        },
    )


def test_the_kind_of_a_report_is_named(edition: Edition) -> None:
    known = replace(document(1), kind=Kind.STATE)
    told = replace(edition, documents={**edition.documents, "d1": known})
    assert "    1.00  Kalvik Post, d1, state" in why_text(told, "s1").splitlines()
    assert why_facts(told, "s1")["kinds"] == {"d1": "state"}


def test_the_words_name_every_reason(edition: Edition) -> None:
    assert why_text(edition, "s1").splitlines() == [
        "s1: Council number 1 leases two berths to coastguard",
        "  developing; 3 reports, 2 publishers",
        "  salience 1.500 (reports 1.000, publishers 0.500)",
        "  sections economy 0.75, security 0.25",
        "  reports, by likeness to the most central one",
        "    1.00  Kalvik Post, d1",
        "    0.51  d4; both have: Ostra, berths",
        "  of nearby stories, printed with it",
        "    0.50  d8",
        "  sentences by score (+ printed)",
        "    + 2.000  economy   Kalvik Post",
        "        A first sentence.",
        "        (score 2.000, lead 1.500)",
        "      0.250  security",
        "        A second sentence.",
        "  ranked below",
        "    Council adjourns",
        "    Ferry returns",
    ]


def test_sentences_are_listed_by_what_decides_which_opens(edition: Edition) -> None:
    evidence = edition.evidence["s1"]
    (first, second), likely = evidence.sentences, ({"lead": 1.5, "opens": 0.2}, {"opens": 0.9})
    rows = [
        (text, section, replace(score, terms=terms), printed)
        for (text, section, score, printed), terms in zip((first, second), likely, strict=True)
    ]
    judged = replace(edition, evidence={"s1": replace(evidence, sentences=tuple(rows))})
    lines = why_text(judged, "s1").splitlines()
    start = lines.index("  sentences by how likely each opens the brief (+ printed)") + 1
    assert lines[start : start + 6] == [
        "      0.900  security",
        "        A second sentence.",
        "        (score 0.250, opens 0.900)",
        "    + 0.200  economy   Kalvik Post",
        "        A first sentence.",
        "        (score 2.000, lead 1.500, opens 0.200)",
    ]


def test_a_sentence_that_is_not_printed_is_found_if_texts_are_given(edition: Edition) -> None:
    report = replace(document(4), text="No. A second sentence. Yes.", publisher="Wire Meridian")
    known = replace(edition, documents={**edition.documents, "d4": report})
    assert "      0.250  security  Wire Meridian" in why_text(known, "s1").splitlines()
    assert "    0.51  Wire Meridian, d4; both have: Ostra, berths" in why_text(known, "s1")
    assert [*why_facts(known, "s1")["reports"].values()] == ["d1", "d4"]


def test_the_facts_say_the_same(edition: Edition) -> None:
    assert why_facts(edition, "s1") == {
        "story": "s1",
        "headline": "Council number 1 leases two berths to coastguard",
        "status": "developing",
        "printed_in": ["economy", "security"],
        "salience": {"value": 1.5, "terms": {"reports": 1.0, "publishers": 0.5}},
        "sections": {"security": 0.25, "economy": 0.75},
        "links": [["d1", 1.0], ["d4", 0.512]],
        "shared": {"d4": ["Ostra", "berths"], "d7": ["Ostra"]},
        "beside": [["d8", 0.5]],
        "sentences": [
            ["A first\nsentence.", "economy", {"value": 2.0, "terms": {"lead": 1.5}}, True],
            ["A second sentence.", "security", {"value": 0.25}, False],
        ],
        "beaten": ["Council adjourns", "Ferry returns"],
        "reports": {"A first\nsentence.": "d1", "A second sentence.": ""},
        "kinds": {},
        "choices": [],
        "watched": [],
    }


@pytest.mark.parametrize("tell", [why_text, why_facts])
@pytest.mark.parametrize("story", ["s9", "", "S1"])
def test_lists_known(edition: Edition, tell: Callable[[Edition, str], object], story: str) -> None:
    with pytest.raises(UsageError) as error:
        tell(edition, story)
    assert str(error.value) == (f"no story {story!r} in ostra-desk/2026-03-12; printed: s1, s2")


PINNED = ChoiceOutcome(chosen("pin", report("nickel", NICKEL), id=7), Effect.MET, "s2")
MOVED = ChoiceOutcome(
    chosen("move", report("harbor", HARBOR), "diplomacy", id=9, who="eva"), Effect.MET, "s1"
)


@examples("action, text")
@pytest.mark.parametrize(
    ("effect", "unmet"),
    [
        ("met", ""),
        ("absent", "; not met: its report is in no story of the day"),
        ("untitled", "; not met: the title of its report cannot be the headline"),
        ("wordless", "; not met: it has no new sentence that can stand alone"),
        ("overruled", "; not met: another choice about the same story takes precedence"),
    ],
)
def test_a_choice_has_its_outcome(action: str, text: str, effect: str, unmet: str) -> None:
    outcome = ChoiceOutcome(chosen(action, report("river", RIVER), "economy"), Effect(effect))
    assert outcome_text(outcome) == f"{text}, 2026-03-11 17:24 UTC{unmet}"


def test_why_a_story_stands_there_says_what_was_chosen_of_it() -> None:
    story = PINNED.story
    steered = replace(EDITION, choices=(PINNED, replace(MOVED, story="s99")))
    text = why_text(steered, story).splitlines()
    assert text[2] == "  Pinned by ada, 2026-03-11 17:24 UTC"
    assert [line for line in text if " by eva" in line] == []
    (told,) = why_facts(steered, story)["choices"]
    assert (told["choice"]["action"], told["choice"]["who"], told["effect"]) == (
        "pin",
        "ada",
        "met",
    )
    assert text[:2] + text[3:] == why_text(EDITION, story).splitlines()
    assert why_facts(EDITION, story)["choices"] == []
