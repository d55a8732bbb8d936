from dataclasses import replace

from briefing.core.model import Edition, Flow, Panel, Scale
from briefing.core.page.selection import Selection, build, least, shortest
from briefing.core.ports import Candidate, Draft
from tests.fakes import PlainMeasure, document, draft, naming

#: Briefs 0 and 1 are economy, 2 to 4 security, 5 to 6 diplomacy; the top story is economy.
SEVEN = draft(7)


def built(paper: Draft, choice: Selection, *, lead: float = 10.5, side_gap: float = 2.0) -> Edition:
    heights = PlainMeasure().probe(paper, (choice.scale,))[choice.scale]
    return build(paper, heights, choice, lead=lead, side_gap=side_gap)


def choice(*briefs: int, top: int = 3, scale: Scale = Scale.NORMAL) -> Selection:
    return Selection(scale, top, briefs, Panel())


def stories(edition: Edition) -> dict[str, list[str]]:
    return {section.name: [brief.story for brief in section.briefs] for section in edition.sections}


def renamed(candidate: Candidate, story: str) -> Candidate:
    lengths = tuple(replace(brief, story=story) for brief in candidate.lengths)
    return replace(candidate, lengths=lengths)


def test_the_top_story_stands_first_in_its_own_section() -> None:
    edition = built(SEVEN, least(SEVEN, Scale.NORMAL))
    assert stories(edition) == {
        "economy": ["s1", "s4", "s7"],
        "security": ["s2", "s5", "s8"],
        "diplomacy": ["s3", "s6"],
    }
    assert edition.top == SEVEN.top.lengths[2]


def test_the_top_story_stands_even_where_its_section_has_no_other_brief() -> None:
    edition = built(SEVEN, choice(0, 0, 1, 0, 0, 0, 0))
    assert stories(edition) == {"economy": ["s1"], "security": ["s2"]}
    assert edition.setting.splits == (0,)


def test_a_top_story_of_a_later_section_opens_that_section() -> None:
    moved = replace(SEVEN, top=replace(SEVEN.top, section="diplomacy"))
    edition = built(moved, choice(1, 0, 0, 0, 0, 1, 0))
    assert stories(edition) == {"economy": ["s4"], "diplomacy": ["s1", "s3"]}


def test_each_brief_has_as_many_sentences_as_chosen() -> None:
    edition = built(SEVEN, choice(1, 2, 3, 0, 0, 0, 1, top=5))
    assert [len(brief.sentences) for brief in edition.briefs()] == [5, 1, 2, 3, 1]


def test_the_setting_says_all_that_lays_the_page_out_again() -> None:
    setting = built(SEVEN, choice(1, 1, 3, 1, 1, 1, 0), lead=10.7, side_gap=4.5).setting
    assert (setting.scale, setting.lead, setting.side_gap) == (Scale.NORMAL, 10.7, 4.5)
    assert setting.headline == 23
    assert setting.splits == (1, 1, 0)
    assert setting.flows == (Flow.COLUMNS, Flow.COLUMNS, Flow.ACROSS)
    assert built(SEVEN, choice(1, 1, 1, 1, 3, 1, 0)).setting.splits == (1, 2, 0)


def test_a_thin_page_stands_in_one_column() -> None:
    assert built(SEVEN, least(SEVEN, Scale.THIN)).setting.splits == (2, 3, 2)


def test_an_edition_holds_the_cited_documents_and_no_others() -> None:
    edition = built(SEVEN, choice(1, 0, 0, 0, 0, 1, 0))
    assert list(edition.documents) == ["d0", "d3", "d2"]
    assert edition.documents["d3"] is SEVEN.edition.documents["d3"]


def test_the_panel_is_the_chosen_one() -> None:
    assert built(SEVEN, choice(*(1,) * 7)).panel == Panel()
    assert built(SEVEN, least(SEVEN, Scale.NORMAL)).panel == SEVEN.edition.panel


def test_the_ledger_counts_what_is_printed() -> None:
    ledger = built(SEVEN, choice(1, 2, 0, 0, 0, 0, 3)).ledger
    assert (ledger.printed, ledger.sentences_printed) == (4, 3 + 1 + 2 + 3)
    assert (ledger.documents, ledger.publishers, ledger.stories) == (8, 3, 8)


def test_a_story_that_had_no_room_is_told_with_headline_and_section() -> None:
    ledger = built(SEVEN, choice(1, 1, 1, 1, 0, 1, 0)).ledger
    assert ledger.no_room == (
        ("s8", SEVEN.briefs[4].lengths[0].headline, "security"),
        ("s6", SEVEN.briefs[6].lengths[0].headline, "diplomacy"),
    )


def test_what_had_no_room_before_stays_told_after_it() -> None:
    earlier = ("s90", "A ferry line closes for the winter", "economy")
    ledger = replace(SEVEN.edition.ledger, no_room=(earlier,))
    paper = replace(SEVEN, edition=replace(SEVEN.edition, ledger=ledger))
    no_room = built(paper, choice(1, 1, 1, 1, 0, 1, 1)).ledger.no_room
    assert [story for story, _, _ in no_room] == ["s8", "s90"]


def test_a_story_that_is_printed_in_another_section_had_room() -> None:
    twice = (*SEVEN.briefs[:6], renamed(SEVEN.briefs[6], "s2"))
    edition = built(replace(SEVEN, briefs=twice), choice(1, 1, 1, 1, 1, 1, 0))
    assert edition.ledger.no_room == ()
    assert edition.ledger.printed == 7


def test_a_story_printed_in_two_sections_counts_once() -> None:
    twice = (*SEVEN.briefs[:6], renamed(SEVEN.briefs[6], "s1"))
    ledger = built(replace(SEVEN, briefs=twice), choice(*(1,) * 7)).ledger
    assert (ledger.printed, ledger.sentences_printed) == (7, 10)


def test_a_story_that_had_room_in_neither_section_is_told_once() -> None:
    twice = (*SEVEN.briefs[:6], renamed(SEVEN.briefs[6], "s2"))
    ledger = built(replace(SEVEN, briefs=twice), choice(1, 1, 0, 1, 1, 1, 0)).ledger
    assert [(story, section) for story, _, section in ledger.no_room] == [("s2", "security")]


def test_the_shortest_page_counts_every_brief_and_names_what_else_waits() -> None:
    waiting = [document(40), document(41)]
    edition = shortest(naming(SEVEN, *waiting))
    assert [len(brief.sentences) for brief in edition.briefs()] == [3, *(1,) * 7]
    assert (edition.ledger.printed, edition.ledger.no_room) == (8, ())
    assert [named.story for named in edition.panel.also] == ["nd40", "nd41"]
