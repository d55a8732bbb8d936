from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from briefing.core.edition import make_edition
from briefing.core.errors import NothingToPrintError
from briefing.core.model import (
    CorrectionBrief,
    CorrectionKind,
    DateAhead,
    Document,
    Edition,
    Evidence,
    Material,
    Panel,
    Quote,
    SagaRegister,
    Score,
    Section,
    Sentence,
    Serial,
    Status,
    WatchEntry,
    WatchList,
    Week,
    WeekMaterial,
)
from briefing.core.proof import prove
from briefing.core.text.summarize import near
from briefing.core.text.watch import Matcher
from briefing.core.week import (
    NOTHING_HOLDS,
    WeekStory,
    Wrong,
    find_week_stories,
    lengths_of,
    make_week,
)
from tests.core.page.rulers import NotingMeasure
from tests.desk import RECIPE
from tests.fakes import PlainMeasure
from tests.newsday import (
    HARBOR,
    HARBOR_AGAIN,
    NICKEL,
    RIVER,
    STRAIT,
    STRAIT_NEXT,
    brief_of,
    edition_of,
    report,
    with_story,
)
from tests.present import present

SUNDAY = date(2026, 3, 15)
FRIDAY, SATURDAY = SUNDAY - timedelta(2), SUNDAY - timedelta(1)


def day_of(on: date, *news: Document, before: tuple[Edition, ...] = ()) -> Edition:
    return make_edition(Material(news, on, before), recipe=RECIPE, measure=PlainMeasure()).edition


#: The strait on two days, and other news of one day each.
FIRST = day_of(
    FRIDAY,
    report("strait", STRAIT, day=FRIDAY),
    report("harbor", HARBOR, day=FRIDAY),
    report("again", HARBOR_AGAIN, publisher="Kalvik Post", day=FRIDAY),
)
SECOND = day_of(
    SATURDAY,
    report("next", STRAIT_NEXT, day=SATURDAY),
    report("nickel", NICKEL, day=SATURDAY),
    report("river", RIVER, day=SATURDAY),
    before=(FIRST,),
)
TEXTS = {**FIRST.documents, **SECOND.documents}


def story(edition: Edition, title: str) -> str:
    return next(brief.story for brief in edition.briefs() if brief.headline == title)


REGISTER = SagaRegister(
    {(FIRST.id, story(FIRST, STRAIT[0])): "s4", (SECOND.id, story(SECOND, STRAIT_NEXT[0])): "s4"},
    {"s4": FRIDAY},
    4,
)


def review(
    *editions: Edition,
    register: SagaRegister = REGISTER,
    wrong: tuple[CorrectionBrief, ...] = (),
    serial: Serial | None = None,
    web: str = "",
) -> Edition:
    material = WeekMaterial(SUNDAY, editions, register, wrong, serial or Serial(3))
    recipe = replace(RECIPE, web=web, manifest={**RECIPE.manifest, "documents": "sha256 0"})
    return make_week(material, recipe=recipe, measure=PlainMeasure()).edition


WEEK = review(FIRST, SECOND)
TITLES = {STRAIT_NEXT[0], HARBOR_AGAIN[0], NICKEL[0], RIVER[0]}


def bare(edition: Edition) -> Edition:
    """Return an edition as its record gives it back: its documents have no texts."""
    documents = {
        id_: replace(one, text="", text_sha256=one.sha256) for id_, one in edition.documents.items()
    }
    return replace(edition, documents=documents)


def corrected(old: Sentence, new: Sentence | None, on: date = FRIDAY) -> CorrectionBrief:
    kind = CorrectionKind.CHANGED if new else CorrectionKind.REMOVED
    at = datetime(2026, 3, 14, 5, tzinfo=UTC)
    return CorrectionBrief(kind, old, new, FIRST.id, on, at)


def all_of(edition: Edition) -> tuple[CorrectionBrief, ...]:
    """Return the news that every sentence of an edition is no longer in its source."""
    return tuple(corrected(one, None) for one in edition.sentences())


def test_it_is_made_of_what_the_editions_printed_and_names_them() -> None:
    printed = {one.key for edition in (FIRST, SECOND) for one in edition.sentences()}
    assert {one.key for one in WEEK.sentences()} <= printed
    assert {brief.headline for brief in WEEK.briefs()} == TITLES
    assert not prove(WEEK, sources=TEXTS).failures
    assert bare(review(bare(FIRST), bare(SECOND))) == bare(WEEK)
    assert (WEEK.id, WEEK.number) == ("ostra-desk_week/2026-03-15", 3)
    assert WEEK.week == Week(date(2026, 3, 9), (FIRST.id, SECOND.id))
    assert (WEEK.path, WEEK.address) == ("week/2026-03-15", "")
    again = review(FIRST, SECOND, serial=Serial(4, 2), web="https://desk.example")
    assert again.id == "ostra-desk_week/2026-03-15-2"
    assert again.address == "https://desk.example/week/2026-03-15"
    assert WEEK.manifest["editions"].startswith("sha256 ")
    assert "documents" not in WEEK.manifest
    assert review(SECOND).manifest["editions"] != WEEK.manifest["editions"]


def test_a_saga_opens_with_its_days_and_its_first_headline() -> None:
    top = present(WEEK.top)
    assert (top.headline, top.days) == (STRAIT_NEXT[0], (FRIDAY, SATURDAY))
    earlier, saga = present(top.earlier), present(top.saga)
    assert (earlier.title.text, earlier.day) == (STRAIT[0], FRIDAY)
    assert (saga.id, saga.since) == ("s4", FRIDAY)
    assert [one.headline for one in saga.entries] == [STRAIT[0], STRAIT_NEXT[0]]
    assert {one.status for one in WEEK.briefs()} == {Status.NEW}


def test_publishers_sagas_and_matters_are_counted_over_the_week() -> None:
    by_title = {brief.headline: brief for brief in WEEK.briefs()}
    nickel, harbor = by_title[NICKEL[0]], by_title[HARBOR_AGAIN[0]]
    assert (nickel.days, nickel.earlier, nickel.saga) == ((SATURDAY,), None, None)
    assert (harbor.reports, harbor.publishers) == (2, 2)
    top = review(FIRST, SECOND, register=replace(REGISTER, since={})).top
    assert present(present(top).saga).since == FRIDAY
    assert (WEEK.ledger.stories, WEEK.ledger.printed) == (4, 4)
    assert WEEK.ledger.publishers == 2
    assert WEEK.ledger.dropped_stories == {}
    lost = review(FIRST, SECOND, wrong=all_of(SECOND))
    assert lost.ledger.dropped_stories == {NOTHING_HOLDS: 2}
    assert lost.ledger.stories == 4
    with pytest.raises(NothingToPrintError, match="still holds"):
        review(FIRST, wrong=all_of(FIRST))


def test_wrong_words_are_not_printed_again_and_at_most_three_corrections_are() -> None:
    old = next(one for one in FIRST.sentences() if one.document == "strait")
    text = STRAIT[1].replace("Monday", "Sunday")
    new = Document("strait-2", STRAIT[0], text, publisher="Ostra Courier")
    changed = replace(old, document=new.id, text=text[old.start : old.end])
    change = corrected(old, changed)
    told = replace(
        SECOND,
        corrections=(change,),
        documents={**SECOND.documents, new.id: new, "strait": TEXTS["strait"]},
    )
    week = review(FIRST, told)
    assert week.corrections == (change,)
    assert old.key not in {one.key for one in week.sentences()}
    assert {"strait", "strait-2"} <= set(week.documents)
    # what stood there then is wrong too by now
    assert review(FIRST, told, wrong=(corrected(changed, None),)).corrections == ()
    sentences = [one for one in SECOND.sentences() if one.document != "next"][:2]
    many = tuple(corrected(one, None, SATURDAY) for one in (*FIRST.sentences(),))[:3]
    documents = {**SECOND.documents, **FIRST.documents}
    first = replace(FIRST, corrections=tuple(corrected(one, None) for one in sentences))
    first = replace(first, documents=documents)
    second = replace(SECOND, corrections=many, documents=documents)
    assert review(first, second).corrections == many


def slice_of(document: Document, words: str) -> Sentence:
    start = document.text.index(words)
    return Sentence(document.id, start, start + len(words), words)


def could_stand(*editions: Edition, wrong: tuple[CorrectionBrief, ...] = ()) -> Panel:
    """Return the panel from which the fitting chooses."""
    measure = NotingMeasure()
    make_week(WeekMaterial(SUNDAY, editions, REGISTER, wrong), recipe=RECIPE, measure=measure)
    return measure.probed[-1][0].edition.panel


def test_dates_ahead_and_a_quotation_of_the_week_stand_beside_it() -> None:
    # words of a sentence that the page does not print
    river = SECOND.documents["river"]
    clause = slice_of(river, "Both governments sent troops to the border")
    later = DateAhead(date(2026, 3, 23), clause, clause)
    quote = Quote(slice_of(river, "the drought of two summers ago"), slice_of(river, "Ines Vallo"))
    elsewhere = replace(clause, document="unknown")
    panel = replace(
        SECOND.panel,
        ahead=(replace(later, day=SUNDAY), replace(later, clause=elsewhere)),
        quotes=(replace(quote, words=elsewhere), quote),
    )
    # one of them on the page, the other one only in the diary
    second = replace(SECOND, panel=panel, announced=(later,))
    beside = could_stand(FIRST, second)
    assert (beside.ahead, beside.quotes) == ((later,), (quote,))
    gone = (corrected(clause, None), corrected(quote.words, None))
    beside = could_stand(FIRST, second, wrong=gone)
    assert (beside.ahead, beside.quotes) == ((), ())


def test_sections_that_only_the_week_knows_come_last_and_matters_by_their_title() -> None:
    renamed = replace(
        FIRST,
        sections=tuple(
            replace(one, name="harbors") if one.name == "security" else one
            for one in FIRST.sections
        ),
    )
    assert [one.name for one in review(renamed, SECOND).sections][-1] == "harbors"
    titles = [one.title.text for one in could_stand(FIRST, SECOND).also]
    assert (titles[0], {*titles}) == (STRAIT_NEXT[0], TITLES)
    gone = tuple(corrected(one, None) for one in SECOND.sentences() if one.document == "nickel")
    assert NICKEL[0] not in [one.title.text for one in could_stand(FIRST, SECOND, wrong=gone).also]


def test_what_the_days_marked_as_watched_is_marked() -> None:
    watch = Matcher.of([WatchList("straits", (WatchEntry("Serrat"), WatchEntry("nickel")))])
    recipe = replace(RECIPE, watch=watch)
    first, second = (
        make_edition(Material(news, day, before), recipe=recipe, measure=PlainMeasure()).edition
        for day, news, before in (
            (FRIDAY, [report("strait", STRAIT, day=FRIDAY)], ()),
            (SATURDAY, [report("next", STRAIT_NEXT, day=SATURDAY)], (FIRST,)),
        )
    )
    week = review(first, second)
    marks = [[hit.entry for hit in brief.watched] for brief in week.briefs()]
    assert ["Serrat"] in marks
    assert ["nickel"] not in marks
    assert not any(brief.watched for brief in WEEK.briefs())


MONDAY = date(2026, 3, 9)
NOTHING = SagaRegister()
#: The dam, day by day, and what has nothing to do with it.
BROKE = "Talks on the dam of Tesk broke off in Lund after one hour."
SHUT = "Ilvia shut two gates of the dam of Tesk and sent its envoys home."
AGREED = "Ilvia and Tesk agreed on a lower level for the dam of Tesk."
RICE = "Farmers below it have lost half of their rice."
ORCHID = "A purple orchid won the first ribbon of the show in Brenn."


def day(ago: int, *news: tuple[str, str], weights: Iterable[float] = ()) -> Edition:
    """Make the edition of a day that tells each report, of its title and its text, whole."""
    on = MONDAY + timedelta(ago)
    reports = [report(f"{ago}-{n}", one, day=on) for n, one in enumerate(news, 1)]
    briefs = [
        brief_of(one, *range(one.text.count(".")), story=f"s{n}", top=n == 1)
        for n, one in enumerate(reports, 1)
    ]
    evidence = {
        brief.story: Evidence((), {}, Score(weight), ())
        for brief, weight in zip(briefs, weights, strict=False)
    }
    documents = {one.id: one for one in reports}
    made = edition_of(*briefs, day=on)
    return replace(made, documents=documents, evidence=evidence)


def week_stories(
    *editions: Edition, wrong: Iterable[CorrectionBrief] = (), register: SagaRegister = NOTHING
) -> tuple[WeekStory, ...]:
    return find_week_stories(editions, register=register, wrong=Wrong.of(wrong))


def one_saga(*editions: Edition, wrong: Iterable[CorrectionBrief] = ()) -> WeekStory:
    of = {(one.id, "s1"): "s7" for one in editions}
    return week_stories(*editions, wrong=wrong, register=SagaRegister(of))[0]


def said(week_story: WeekStory, *, most: int = 5) -> list[list[str]]:
    return [[one.text for one in length] for length in lengths_of(week_story, most=most)]


def correction(
    old: Sentence, kind: CorrectionKind = CorrectionKind.REMOVED, *, headline: bool = False
) -> CorrectionBrief:
    at = datetime(2026, 3, 10, tzinfo=UTC)
    return CorrectionBrief(kind, old, None, "ostra-desk/2026-03-09", MONDAY, at, headline)


def test_matters_weigh_by_days_and_sagas() -> None:
    first = day(0, ("Talks break off", BROKE), ("Orchids", ORCHID), weights=(1.5, 9.0))
    second = day(1, ("Gates are shut", SHUT), weights=(1.0,))
    register = SagaRegister({(first.id, "s1"): "s7", (second.id, "s1"): "s7"})
    dam, orchids = week_stories(first, second, register=register)
    assert (dam.saga, dam.days) == ("s7", (MONDAY, MONDAY + timedelta(1)))
    assert (orchids.saga, orchids.days) == ("", (MONDAY,))
    assert [one.saga for one in week_stories(first, second)] == ["", "", ""]
    assert [round(one.salience, 3) for one in week_stories(first, second)] == [0.9, 0.6, 0.5]
    edition = day(0, ("Talks break off", BROKE), weights=(1.0,))
    (brief,) = edition.briefs()
    twice = replace(edition, sections=(Section("security", (brief,)), Section("economy", (brief,))))
    (week_story,) = week_stories(twice)
    assert len(week_story.tellings) == 2
    assert week_story.salience == 0.5


TALKS, GATES = day(0, ("Talks break off", BROKE)), day(1, ("Gates are shut", SHUT))
#: The last day of the dam has a headline of what came before.
LAST = day(2, ("Gates of the dam are shut", ORCHID))


def test_the_sentences_that_held_are_chosen() -> None:
    assert said(one_saga(TALKS, GATES, LAST))[0] == [SHUT]
    expected = "Ilvia and Tesk are expected to agree on the dam."
    title = "Ilvia and Tesk agree on the dam"
    assert near(expected, title) > near(AGREED, title)
    dam = one_saga(day(0, ("Envoys meet again", expected)), day(1, (title, AGREED)))
    assert said(dam)[0] == [AGREED]
    assert said(one_saga(TALKS, day(1, ("Orchids", ORCHID))))[0] == [ORCHID]
    dam = one_saga(TALKS, day(1, ("Gates are shut", f"{SHUT} {RICE}")), LAST)
    assert said(dam) == [[SHUT], [SHUT, ORCHID], [SHUT, BROKE, ORCHID], [SHUT, RICE, BROKE, ORCHID]]
    assert said(dam, most=2) == said(dam)[:2]
    again = BROKE.replace("one hour", "two hours")
    dam = one_saga(
        day(0, ("Talks break off", f"{BROKE} {RICE}")), day(1, ("Talks break off", again))
    )
    assert said(dam) == [[again]]


def test_what_is_wrong_by_now_is_left_out_with_what_follows_it() -> None:
    edition = day(0, ("Talks break off", f"{SHUT} {BROKE} {RICE}"))
    second = tuple(edition.sentences())[1]
    inside = replace(second, start=second.start + 5, end=second.end - 5)
    for one in (second, inside):
        (dam,) = week_stories(edition, wrong=[correction(one)])
        assert said(dam) == [[SHUT]]
    (dam,) = week_stories(edition, wrong=[correction(next(edition.sentences()))])
    assert said(dam) == []
    elsewhere = replace(second, document="another")
    (dam,) = week_stories(edition, wrong=[correction(elsewhere)])
    assert len(said(dam)) == 3


def test_headlines_and_words_of_withdrawn_reports_do_not_hold() -> None:
    edition = day(0, ("Talks break off", f"{SHUT} {BROKE}"))
    last = tuple(edition.sentences())[1]
    (dam,) = week_stories(edition, wrong=[correction(last, CorrectionKind.WITHDRAWN)])
    assert said(dam) == []
    assert dam.titled is None
    assert one_saga(TALKS, GATES).titled == GATES.documents["1-1"]
    title = Sentence("1-1", 0, 14, "Gates are shut")
    dam = one_saga(TALKS, GATES, wrong=[correction(title, headline=True)])
    assert dam.titled == TALKS.documents["0-1"]
    # the sentences below it are still so
    assert said(dam)[-1] == [BROKE, SHUT]
    for changed in ({"sources": ()}, {"headline": "Another", "top": False}):
        (week_story,) = week_stories(with_story(TALKS, "s1", **changed))
        assert week_story.titled is None
    assert week_stories(with_story(TALKS, "s1", sentences=())) == ()


@pytest.mark.parametrize(
    "words", ["yesterday", "Today", "tonight", "tomorrow", "overnight", "this morning"]
)
def test_words_that_count_from_their_day_do_not_hold(words: str) -> None:
    (dam,) = week_stories(day(0, ("Talks break off", f"Gates were shut {words}, Ilvia said.")))
    assert said(dam) == []
    (dam,) = week_stories(day(0, (f"Talks break off {words}", SHUT)))
    assert dam.titled is None
