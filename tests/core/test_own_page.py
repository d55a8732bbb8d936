from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.edition import Made, make_edition
from briefing.core.errors import NothingToPrintError
from briefing.core.model import (
    GENERAL,
    MUTED,
    NO_SECTIONS,
    NOT_CHOSEN,
    Action,
    DateAhead,
    Edition,
    Excerpt,
    Kind,
    Material,
    NamedStory,
    PageChoice,
    Preferences,
    Saga,
    SagaEntry,
    SagaRegister,
    Sentence,
    Status,
    Story,
    WatchEntry,
    WatchList,
    choice_of,
    mutes_key,
    offered_lists,
    page_key,
    words_key,
)
from briefing.core.own_page import DayStories, DueDate, lay_out_own, name_stories
from briefing.core.ports import Recipe
from briefing.core.proof import prove
from briefing.core.text.choices import Say
from briefing.core.text.importance import Weighed
from briefing.core.text.sagas import find_continuations
from briefing.core.text.watch import Matcher
from tests.desk import BY_ID, DAY, FERRY, RECIPE, day_before, headlines, make
from tests.fakes import PlainMeasure
from tests.newsday import (
    HARBOR,
    HARBOR_AGAIN,
    MOURNED,
    NICKEL,
    ORCHIDS,
    RIVER,
    SECTIONS,
    STRAIT,
    STRAIT_NEXT,
    TODAY,
    YESTERDAY,
    report,
    story_of,
    weigh,
    with_story,
)
from tests.present import present

ON_THE_WEB = replace(RECIPE, web="https://news.desk.example")
CHOICES = [only for count in (1, 2) for only in combinations(SECTIONS, count)]


@pytest.fixture(scope="module")
def made() -> Made:
    return make(recipe=ON_THE_WEB)


def own(
    made: Made, *only: str, lists: tuple[str, ...] = (), stories: DayStories | None = None
) -> Edition:
    return laid_out(stories or made.stories, PageChoice(only, lists), general=made.edition)


def page_of(made: Made, key: str, **changed: Any) -> Edition:  # noqa: ANN401  fields of the stories
    stories = replace(made.stories, **changed)
    return lay_out_own(stories, key, general=made.edition, measure=PlainMeasure())


def told(edition: Edition) -> set[str]:
    return {brief.headline for brief in edition.briefs()}


def laid_out(stories: DayStories, chosen: PageChoice, *, general: Edition) -> Edition:
    key = page_key(chosen, printed=stories.sections, lists=stories.edition.lists)
    return lay_out_own(stories, key, general=general, measure=PlainMeasure())


@pytest.mark.parametrize("only", CHOICES)
def test_every_choice_has_a_page_of_its_sections(made: Made, only: tuple[str, ...]) -> None:
    page = own(made, *only)
    assert tuple(headlines(page)) == only == page.only
    assert {named.section for named in page.panel.also} <= {*only}
    assert all({*day.stories} == {*only} for day in page.days)
    assert prove(page, sources=BY_ID).failures == ()


def test_it_has_a_story_an_address_and_a_ledger_of_its_own_or_there_is_no_page(made: Made) -> None:
    assert made.edition.offered == SECTIONS
    assert replace(made.edition, days=()).offered == ()
    assert own(made, "economy") == own(make(recipe=ON_THE_WEB), "economy")
    page = own(made, "economy", "diplomacy")
    found = made.edition.ledger.ranked
    best = next(story for story in found if story.section in {"economy", "diplomacy"})
    assert present(page.top).headline == best.headline
    assert page.address == f"https://news.desk.example/{TODAY}/1-3"
    assert not own(make(), "economy").address
    page = own(made, "economy")
    others = {one.story.id for one in made.stories.excerpts} - {
        brief.story for brief in page.briefs()
    }
    assert {one.story for one in page.ledger.ranked if one.why == NOT_CHOSEN} == others
    assert page.ledger.dropped_stories[NOT_CHOSEN] == len(others)
    assert page.ledger.stories == made.edition.ledger.stories
    stories = replace(
        made.stories,
        excerpts=tuple(one for one in made.stories.excerpts if one.briefs[0][0] != "economy"),
    )
    with pytest.raises(NothingToPrintError, match="nothing to print of economy"):
        own(made, "economy", stories=stories)


def test_a_story_of_two_sections_is_told_in_the_chosen_one_alone(made: Made) -> None:
    first = made.stories.excerpts[0]
    (section, lengths), *_ = first.briefs
    other = next(name for name in SECTIONS if name != section)
    double = replace(first, briefs=((section, lengths), (other, lengths)), touches=(other,))
    stories = replace(made.stories, excerpts=(double, *made.stories.excerpts[1:]))
    page = own(made, other, stories=stories)
    (told,) = (one for one in page.briefs() if one.story == first.story.id)
    assert told.touches == ()


def test_sagas_have_the_ids_of_the_page_of_all_sections(made: Made) -> None:
    words = next(made.edition.sentences())
    entry = SagaEntry("ostra-desk/2026-03-11", YESTERDAY, "s1", "Talks begin", words)
    begun = Saga("", YESTERDAY, (entry,))
    known = replace(begun, id="s4")
    excerpts = made.stories.excerpts
    told, untold, old = (one.story.id for one in excerpts[:3])
    sagas = {told: begun, untold: begun, old: known}
    stories = replace(
        made.stories, excerpts=tuple(replace(one, saga=sagas.get(one.story.id)) for one in excerpts)
    )
    general = with_story(made.edition, told, saga=replace(begun, id="s7"))
    found: dict[str, str] = {}
    for name in SECTIONS:
        page = laid_out(stories, PageChoice((name,)), general=general)
        found |= {brief.story: brief.saga.id if brief.saga else "" for brief in page.briefs()}
    assert (found[told], found[untold], found[old]) == ("s7", "", "s4")


def test_what_was_announced_returns_to_the_readers_of_its_section_and_list() -> None:
    before = make([report("ferry", FERRY)], recipe=watching("ferries", "ferry crews")).edition
    ferry = before.documents["ferry"]
    (section,) = before.sections
    clause = next(before.sentences())
    ahead = DateAhead(TODAY, clause, clause, announced=YESTERDAY)
    recipe = watching("ferries", "tram depot")
    material = Material(
        [one for one in DAY if one.id != "ferry"], TODAY, due=[(ahead, ferry)], weeks=[before]
    )
    made = make_edition(material, recipe=recipe, measure=PlainMeasure())
    assert made.stories.due == (
        DueDate(ahead, ferry, frozenset({section.name}), frozenset({"ferries"})),
    )
    for name in SECTIONS:
        documents = own(made, name).documents
        assert ("ferry" in documents) == (name == section.name)
        assert "ferry" in own(made, name, lists=("ferries",)).documents


def watching(name: str, *words: str, pull: bool = False, offer: bool = True) -> Recipe:
    """Return the recipe of a desk with a list."""
    entries = tuple(WatchEntry(one) for one in words)
    own = WatchList(name, entries, name.title(), pull=pull, offer=offer)
    return replace(ON_THE_WEB, watch=Matcher.of([own]), lists=offered_lists([own]))


FLOWERS = watching("flowers", "orchid", "tanker")


@pytest.fixture(scope="module")
def flowers() -> Made:
    """Return what is made where a story of no section, and one of security, name a list."""
    return make(recipe=FLOWERS)


def test_a_list_brings_what_names_it_alone_or_beside_sections(flowers: Made) -> None:
    page = own(flowers, "economy", lists=("flowers",))
    assert {ORCHIDS[0], STRAIT[0], NICKEL[0]} <= told(page)
    assert (page.only, page.only_lists) == (("economy",), ("flowers",))
    assert page.lists == {"flowers": "Flowers"} == flowers.edition.lists
    assert page.address == f"https://news.desk.example/{TODAY}/1-w1"
    assert prove(page, sources=BY_ID).failures == ()
    page = own(flowers, *NO_SECTIONS, lists=("flowers",))
    assert told(page) == {ORCHIDS[0], STRAIT[0]}
    assert (page.only, page.only_lists, page.days) == ((), ("flowers",), ())
    assert page.address.endswith("/w1")
    whys = {one.headline: one.why for one in page.ledger.ranked}
    assert whys[ORCHIDS[0]] == ""
    assert whys[RIVER[0]] == NOT_CHOSEN
    page = own(flowers, lists=("flowers",))
    assert {ORCHIDS[0], *told(flowers.edition)} <= told(page)
    assert (page.only, page.address[-8:]) == (SECTIONS, "1-2-3-w1")


def test_what_only_a_list_brings_stands_on_no_other_page(flowers: Made) -> None:
    plain = make(recipe=ON_THE_WEB)
    assert flowers.stories.aside
    assert not plain.stories.aside
    for page, expected in (
        (flowers.edition, plain.edition),
        *((own(flowers, name), own(plain, name)) for name in SECTIONS),
    ):
        assert headlines(page) == headlines(expected)
        assert [*page.passages()] == [*expected.passages()]


def test_a_list_without_news_or_offer_brings_no_page() -> None:
    made = make(recipe=watching("flowers", "orchid", offer=False))
    assert (made.stories.aside, made.edition.lists) == ((), {})
    with pytest.raises(NothingToPrintError):
        own(made, *NO_SECTIONS, lists=("flowers",))
    made = make(recipe=watching("gold", "gold bars"))
    with pytest.raises(NothingToPrintError, match="nothing to print of watch-list gold"):
        own(made, *NO_SECTIONS, lists=("gold",))
    assert [*headlines(own(made, "economy", lists=("gold",)))] == ["economy"]


WORDS = ("orchid", "Tanker")
SEALED = words_key(WORDS, seal="seal")


@pytest.fixture(scope="module")
def words() -> Made:
    """Return what is made where a story of no section, and one of security, name own words."""
    own = WatchList(SEALED, tuple(map(WatchEntry, WORDS)))
    other = WatchList("x2", (WatchEntry(NICKEL[0]),))
    material = Material(DAY, TODAY, own_words=(own, other))
    return make_edition(material, recipe=ON_THE_WEB, measure=PlainMeasure())


def test_own_words_bring_and_mark_what_names_them_and_stand_on_no_other_page(words: Made) -> None:
    page = page_of(words, f"1-{SEALED}")
    printed = {brief.headline: brief for brief in page.briefs()}
    assert {ORCHIDS[0], STRAIT[0], NICKEL[0]} <= printed.keys()
    assert {hit.entry for hit in printed[ORCHIDS[0]].watched} == {"orchid"}
    assert printed[NICKEL[0]].watched == ()
    assert (page.only, page.only_lists, page.lists) == (("economy",), (SEALED,), {SEALED: ""})
    assert prove(page, sources=BY_ID).failures == ()
    assert told(page_of(words, SEALED)) == {ORCHIDS[0], STRAIT[0]}
    with pytest.raises(NothingToPrintError, match=r"nothing to print of own words$"):
        page_of(words, SEALED, own_words={SEALED: {}})
    plain = make(recipe=ON_THE_WEB)
    assert words.edition == plain.edition
    assert own(words, "economy") == own(plain, "economy")
    river = page_of(words, "x2")
    assert {hit.list for brief in river.briefs() for hit in brief.watched} == {"x2"}
    assert SEALED not in river.lists


def test_what_is_only_named_is_of_the_choice_and_marked() -> None:
    day = [*(one for one in DAY if one.id != "orchids"), report("mourned", MOURNED)]
    word = WatchList(SEALED, (WatchEntry("orchid"), WatchEntry(MOURNED[0].split()[0])))
    material = Material(day, TODAY, own_words=(word,))
    made = make_edition(material, recipe=ON_THE_WEB, measure=PlainMeasure())
    page = page_of(made, f"1-{SEALED}", aside=())
    (named,) = (one for one in page.panel.also if one.title.text == MOURNED[0])
    assert {hit.list for hit in named.watched} == {SEALED}
    # They stand under "Also today" where there is no room for more.
    flowers = make(day, recipe=FLOWERS)
    stories = replace(flowers.stories, aside=())
    page = own(flowers, "economy", lists=("flowers",), stories=stories)
    assert MOURNED[0] in {one.title.text for one in page.panel.also}
    other = own(flowers, "economy", stories=stories)
    assert MOURNED[0] not in {one.title.text for one in other.panel.also}


MUTES = ("orchid", NICKEL[0], "saga s7")
HUSHED = mutes_key(MUTES, seal="seal")


def with_mutes(*muted: str, **more: Any) -> Made:  # noqa: ANN401  fields of the material
    material = Material(DAY, TODAY, muted={HUSHED: muted}, **more)
    return make_edition(material, recipe=FLOWERS, measure=PlainMeasure())


def test_what_is_muted_is_nowhere_on_the_page_of_its_reader() -> None:
    made, plain = with_mutes(*MUTES), with_mutes()
    assert made.edition == plain.edition
    assert plain.stories.muted == {}
    page, full = (page_of(made, key) for key in (f"1-2-3-w1-{HUSHED}", "1-2-3-w1"))
    gone = {ORCHIDS[0], NICKEL[0]}
    assert gone <= told(full)
    assert not gone & told(page)
    assert not gone & {named.title.text for named in page.panel.also}
    assert {one.headline for one in page.ledger.ranked if one.why == MUTED} == gone
    assert page.ledger.dropped_stories[MUTED] == len(gone)
    every = frozenset(excerpt.story.id for excerpt in made.stories.excerpts)
    with pytest.raises(NothingToPrintError, match=r"of economy, mutes$"):
        page_of(made, f"1-{HUSHED}", muted={HUSHED: every})


def test_a_muted_saga_and_what_was_announced_of_a_muted_word_are_left_out() -> None:
    before = day_before(report("ferry", FERRY), report("strait-1", STRAIT))
    story = next(brief.story for brief in before.briefs() if brief.headline == STRAIT[0])
    clause = next(sentence for sentence in before.sentences() if sentence.document == "ferry")
    made = with_mutes(
        *("saga s7", "ferry"),
        due=[(DateAhead(TODAY, clause, clause, announced=YESTERDAY), before.documents["ferry"])],
        weeks=[before],
        register=SagaRegister({(before.id, story): "s7"}, {"s7": YESTERDAY}, 7),
    )
    (strait,) = (one.story for one in made.edition.ledger.ranked if one.headline == STRAIT[0])
    assert made.stories.muted[HUSHED] == {strait, "ferry"}
    page = page_of(made, f"1-2-3-w1-{HUSHED}")
    assert made.stories.due
    assert "ferry" in made.edition.documents
    assert not {"ferry", "strait"} & page.documents.keys()
    told = report("orchids", ("Saga of the orchids is printed in Reykjavik", *ORCHIDS[1:]))
    made = make_edition(
        Material(
            [*(one for one in DAY if one.id != "orchids"), told],
            TODAY,
            muted={HUSHED: ("saga of the orchids",)},
        ),
        recipe=FLOWERS,
        measure=PlainMeasure(),
    )
    assert len(made.stories.muted[HUSHED]) == 1


def test_a_mute_ends_on_its_day_and_no_key_can_be_guessed_from_words() -> None:
    wishes = Preferences(muted=("Suriname until 2026-03-13", "saga s7 until 2026-03-12"))
    days = [wishes.page_on(date(2026, 3, day)).muted for day in (11, 12, 13)]
    assert days == [("Suriname", "saga s7"), ("Suriname",), ()]
    chosen = PageChoice(muted=MUTES)
    assert page_key(chosen, printed=SECTIONS, seal="seal") == f"1-2-3-{HUSHED}"
    assert page_key(chosen, printed=SECTIONS, seal="other") != f"1-2-3-{HUSHED}"
    assert page_key(chosen, printed=SECTIONS) == GENERAL
    # Of the page of all sections, which who chose nothing that there is gets.
    for gone in (NO_SECTIONS, ("weather",)):
        nothing = PageChoice(gone, muted=MUTES)
        assert page_key(nothing, printed=SECTIONS, seal="seal") == f"1-2-3-{HUSHED}"
    chosen = PageChoice(own_words=WORDS)
    assert page_key(chosen, printed=SECTIONS, seal="seal") == f"1-2-3-{SEALED}"
    assert page_key(chosen, printed=SECTIONS, seal="other") != f"1-2-3-{SEALED}"
    assert page_key(chosen, printed=SECTIONS) == GENERAL
    assert len(SEALED) == 21


def test_what_is_about_a_list_opens_its_page_before_what_is_ranked(flowers: Made) -> None:
    stories, names = flowers.stories, {ORCHIDS[0], STRAIT[0]}

    def in_passing(one: Excerpt) -> Excerpt:
        late = [replace(hit.words, start=2_000, end=2_006) for hit in one.watched]
        hits = zip(one.watched, late, strict=True)
        return replace(
            one, watched=tuple(replace(hit, words=words, titled=False) for hit, words in hits)
        )

    excerpts = tuple(
        in_passing(one) if one.story.documents[0].title == STRAIT[0] else one
        for one in stories.excerpts
    )
    passing = replace(stories, excerpts=excerpts)
    for told, first in ((stories, STRAIT[0]), (passing, ORCHIDS[0])):
        page = own(flowers, *NO_SECTIONS, lists=("flowers",), stories=told)
        assert present(page.top).headline == first
        assert {brief.headline for brief in page.briefs()} == names


LISTS = ("africa", "banks", "crops")


@given(st.permutations(SECTIONS), st.integers(0, 7), st.permutations(LISTS), st.integers(0, 4))
def test_a_key_names_a_choice_whatever_its_order_and_case(
    chosen: list[str], count: int, listed: list[str], many: int
) -> None:
    names = tuple(name.upper() for name in chosen[:count])
    choice = PageChoice((*names, "unknown"), (*listed[:many], "gone"))
    key = page_key(choice, printed=SECTIONS, lists=LISTS)
    kept = tuple(name for name in SECTIONS if name in chosen[:count])
    lists = tuple(name for name in LISTS if name in listed[:many])
    if not lists and len(kept) in {0, len(SECTIONS)}:
        assert key == GENERAL
    else:
        its = choice_of(key, printed=SECTIONS, lists=LISTS)
        assert (its.sections, its.lists) == (kept, lists)


def test_no_section_is_all_of_them() -> None:
    both = PageChoice((), ("banks",))
    assert page_key(PageChoice(), printed=SECTIONS, lists=LISTS) == GENERAL
    assert page_key(both, printed=SECTIONS, lists=LISTS) == "1-2-3-w2"
    alone = PageChoice(NO_SECTIONS, ("banks",))
    assert page_key(alone, printed=SECTIONS, lists=LISTS) == "w2"
    assert page_key(alone, printed=SECTIONS, lists=("banks",)) == "w1"
    # The list is gone, and nothing else was chosen.
    assert page_key(alone, printed=SECTIONS, lists=("africa",)) == GENERAL
    assert choice_of(GENERAL, printed=SECTIONS, lists=LISTS) == PageChoice()


ECONOMY: Mapping[str, float] = {"economy": 0.9, "other": 0.1}
OTHER: Mapping[str, float] = {"economy": 0.3, "other": 0.7}

NICKEL_STORY = story_of(report("nickel", NICKEL), name="s1")
ORCHIDS_STORY = story_of(report("orchids", ORCHIDS), name="s2")


def named_in(
    *stories: tuple[Story, Mapping[str, float]], previous: Edition | None = None
) -> tuple[NamedStory, ...]:
    told, topics = zip(*stories, strict=True)
    weighed = weigh(told, topics, sections=SECTIONS)
    return names(weighed, previous)


def names(weighed: tuple[Weighed, ...], previous: Edition | None = None) -> tuple[NamedStory, ...]:
    material = Material((), TODAY, before=[previous] if previous else [])
    stories = [one.story for one in weighed]
    found = find_continuations(stories, material)
    continued = {one.id: its for one, its in zip(stories, found, strict=True)}
    return name_stories(weighed, continued=continued)


def test_stories_are_named_by_title_source_and_section_by_publishers() -> None:
    (only,) = named_in((NICKEL_STORY, ECONOMY))
    title = NICKEL[0]
    assert only == NamedStory("s1", Sentence("nickel", 0, len(title), title), Status.NEW, "economy")
    found = named_in((ORCHIDS_STORY, OTHER), (NICKEL_STORY, ECONOMY))
    assert [(one.story, one.section) for one in found] == [("s1", "economy"), ("s2", "")]
    reports = (report(f"o{n}", RIVER, publisher=f"Paper {n}") for n in range(6))
    wide = story_of(*reports, name="s3")
    assert [one.story for one in named_in((NICKEL_STORY, OTHER), (wide, OTHER))] == ["s3", "s1"]


def test_a_story_that_moved_on_comes_first_and_one_that_repeats_is_left_out() -> None:
    before = day_before(report("h1", HARBOR), report("t1", STRAIT))
    moved = story_of(report("t2", STRAIT_NEXT), name="s4")
    repeated = story_of(report("h3", HARBOR), name="s5")
    found = named_in((NICKEL_STORY, ECONOMY), (moved, OTHER), previous=before)
    assert [(one.story, one.status) for one in found] == [
        ("s4", Status.DEVELOPING),
        ("s1", Status.NEW),
    ]
    assert named_in((repeated, ECONOMY), previous=before) == ()


def test_a_story_is_named_by_a_plain_title_or_the_one_that_an_editor_chose() -> None:
    loud = report("loud", (RIVER[0].upper(), RIVER[1]))
    plain = report("plain", RIVER, publisher="Kalvik Post")
    (only,) = named_in((story_of(loud, plain), ECONOMY))
    assert only.title.document == "plain"
    told = story_of(report("harbor", HARBOR), report("again", HARBOR_AGAIN), name="s1")
    (entry,) = weigh([told], [ECONOMY], sections=SECTIONS)
    other = next(one.title for one in told.documents if one.title != names((entry,))[0].title.text)
    (document,) = [one.id for one in told.documents if one.title == other]
    (only,) = names((replace(entry, say=Say(titled=document)),))
    assert (only.title.text, only.title.document) == (other, document)


def test_stories_that_cannot_be_named_or_have_the_title_of_another_are_not() -> None:
    market = story_of(report("m1", ("Copper closes lower in quiet trading", NICKEL[1])), name="s6")
    wide = story_of(report("h1", HARBOR), report("h2", HARBOR_AGAIN, publisher="Post"), name="s7")
    told = (market, NICKEL_STORY, wide)
    plain = weigh(told, [ECONOMY] * 3, sections=SECTIONS)
    assert {one.story for one in names(plain)} == {"s1", "s6", "s7"}
    notice = weigh(told, [ECONOMY] * 3, sections=SECTIONS, kinds={"m1": Kind.NOTICE})
    assert {one.story for one in names(notice)} == {"s1", "s7"}
    assert named_in((story_of(report("d1", ("", NICKEL[1]))), ECONOMY)) == ()
    (one,) = weigh([NICKEL_STORY], [ECONOMY], sections=SECTIONS)
    dropped = replace(one, say=Say(Action.DROP))
    assert names((dropped,)) == ()
    twin = story_of(report("twin", (NICKEL[0], RIVER[1])), name="s2")
    wide = story_of(report("n1", NICKEL), report("n2", NICKEL, publisher="Post"), name="s1")
    assert [one.story for one in named_in((wide, ECONOMY), (twin, ECONOMY))] == ["s1"]
    long = report("long", ("Nickel " * 22, NICKEL[1]))
    assert named_in((story_of(long, name="s1"), ECONOMY)) == ()
    short = report("short", NICKEL, publisher="Post")
    (only,) = named_in((story_of(long, short, name="s1"), ECONOMY))
    assert only.title.text == NICKEL[0]
