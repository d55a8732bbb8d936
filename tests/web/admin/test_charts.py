from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from briefing.app.editors import OpenEdition, stories_of
from briefing.app.publish import Preview
from briefing.core.edition import gauge, make_edition
from briefing.core.model import Choice, DeliveryStatus, Document, Edition, Material, Section
from briefing.web.admin import charts, stories
from briefing.web.admin.tomorrow import ids_in
from tests.desk import DAY, EVENING, OPINION, RECIPE, chosen
from tests.examples import examples
from tests.fakes import PlainMeasure
from tests.newsday import HARBOR, NICKEL, ORCHIDS, SECTIONS, STRAIT, TODAY

MIDNIGHT = datetime(2026, 3, 12, tzinfo=UTC)


def clock(at: datetime) -> str:
    return f"{at:%H:%M}"


def at(hour: int, minute: int = 0) -> datetime:
    return MIDNIGHT.replace(hour=hour, minute=minute)


def drawn_days(counts: Sequence[int | None]) -> charts.Plot:
    """Draw days of which each without an answer failed."""
    return charts.sparkline(counts, failed=[count is None for count in counts], title="x")


def texts(plot: charts.Plot) -> list[str]:
    return [word.text for word in plot.words]


def test_days_without_answers_reports_or_questions_are_told_apart() -> None:
    plot = drawn_days([4, None, 0, 2])
    assert plot.crosses == ((8.0, 15.0),)
    assert [(bar.x, bar.high) for bar in plot.bars] == [(0.0, 22.0), (16.0, 1.0), (24.0, 11.0)]
    assert [bar.kind for bar in plot.bars] == ["b", "b", "t"]
    assert drawn_days([None, None]).bars == ()
    assert drawn_days([]).wide == 0
    assert [bar.high for bar in drawn_days([0, 0]).bars] == [1.0, 1.0]
    assert charts.columns([], title="x").bars == ()
    assert charts.over_time([], clock=clock) == (1, ())
    plot = charts.sparkline([4, None, 2], failed=[False] * 3, title="x")
    assert plot.crosses == ()
    assert [bar.x for bar in plot.bars] == [0.0, 16.0]


@given(st.lists(st.none() | st.integers(0, 100_000), max_size=14))
def test_every_day_is_drawn_once_and_inside(counts: Sequence[int | None]) -> None:
    plot = drawn_days(counts)
    assert len(plot.bars) + len(plot.crosses) == len(counts)
    for bar in plot.bars:
        assert 0 <= bar.x <= plot.wide - bar.wide
        assert 0 <= bar.y <= bar.y + bar.high <= plot.high
    assert sum(bar.kind == "t" for bar in plot.bars) == bool(counts and counts[-1] is not None)


def test_columns_say_their_numbers_on_one_scale() -> None:
    plot = charts.columns([charts.Column("06:30", 10, 5), charts.Column("06:31", 0)], title="x")
    first, lost, second = plot.bars
    assert (first.high, lost.high, lost.kind, second.high) == (48.0, 48.0, "t", 1.0)
    assert lost.y + lost.high == first.y
    assert {"10", "0", "06:31"} <= set(texts(plot))
    assert "06:30" not in texts(plot)  # every third, counted from the last
    plot = charts.columns(
        [charts.Column(f"{day}", 10_000 + day) for day in range(7)], title="x", step=20
    )
    assert texts(plot) == "10000 0 10003 3 10006 6".split()


@examples("counts, silent")
def test_silence_is_longer_than_any_pause_before(counts: Sequence[int], silent: int) -> None:
    assert charts.silent_days(counts) == silent


def test_a_dot_is_as_large_as_its_number_and_a_note_stands_above_the_columns() -> None:
    dots = [charts.dot(number, most=100, title="x").dot for number in (100, 25, 1)]
    assert dots == [11.0, 5.5, 1.5]
    plain, noted = (
        charts.columns([charts.Column("6 Mar", 9, 3)], title="x", note=note)
        for note in ("", "6 Mar: 3 too late")
    )
    assert noted.high == plain.high + 18
    assert noted.words[0].text == "6 Mar: 3 too late"
    assert noted.bars[0].y == plain.bars[0].y + 18


def after(*minutes: int) -> list[tuple[datetime, int]]:
    return [(at(6, 30) + timedelta(minutes=minute), 2) for minute in minutes]


def test_counts_of_fates_are_the_audience_and_bars_stand_for_minutes() -> None:
    one = charts.figures({status: 2**place for place, status in enumerate(DeliveryStatus)})
    assert sum(one.values()) == 2 ** len(DeliveryStatus) - 1
    assert charts.figures({})["sent"] == 0
    assert charts.figures({DeliveryStatus.REFUSED: 1, DeliveryStatus.EXPIRED: 2})["lost"] == 3
    width, bars = charts.over_time(after(0, 3), clock=clock)
    assert width == 1
    assert [(bar.label, bar.value) for bar in bars] == [
        ("06:30", 2),
        ("06:31", 0),
        ("06:32", 0),
        ("06:33", 2),
    ]
    width, bars = charts.over_time(after(0, 1, 59), clock=clock)
    assert (width, len(bars)) == (5, 12)
    assert (bars[0].value, bars[-1].value, bars[-1].label) == (4, 2, "07:25")


@given(st.sets(st.integers(0, 30_000), min_size=1).map(sorted))
def test_no_mail_is_lost_on_the_way_to_the_chart(minutes: list[int]) -> None:
    _, bars = charts.over_time(after(*minutes), clock=clock)
    assert len(bars) <= 12
    assert sum(bar.value for bar in bars) == 2 * len(minutes)


BY_ID = {one.id: one for one in DAY}
PINNED = chosen("pin", BY_ID["strait"], id=3)
MOVED = chosen("move", BY_ID["strait"], "diplomacy", id=4)
DROPPED = chosen("drop", BY_ID["harbor"], id=5)


def drafted(*choices: Choice, reports: tuple[Document, ...] = DAY, room: float = 700.0) -> Preview:
    made = make_edition(
        Material(reports, TODAY, choices=choices), recipe=RECIPE, measure=PlainMeasure(room=room)
    )
    topics = {**made.topics, **gauge([BY_ID["opinion"], BY_ID["stub"]], recipe=RECIPE)}
    titles = {one.id: replace(one, text="") for one in reports}
    return Preview(made.edition, b"", 1.0, EVENING, titles, topics, made.statuses)


def listed(draft: Preview, *active: Choice) -> stories.DraftList:
    desk = OpenEdition("ostra-desk", TODAY, SECTIONS, stories_of(draft.edition))
    return stories.list_stories(draft, active=active, open_edition=desk)


def row(headline: str, draft: Preview, *active: Choice) -> stories.StoryRow:
    (found,) = [one for one in listed(draft, *active).rows if one.headline == headline]
    return found


def test_a_row_says_what_became_of_a_story_why_and_how_likely_it_is_of_each_section() -> None:
    orchids = row(ORCHIDS[0], drafted())
    assert (orchids.became, orchids.why) == ("of no section of this briefing", "")
    opinion = row(OPINION[0], drafted())
    assert (opinion.became, opinion.why, opinion.section) == ("opinion", "", "security")
    strait = row(STRAIT[0], drafted())
    assert strait.became == f"printed in {strait.section}"
    assert [name for name, _ in strait.scores] == sorted(
        SECTIONS, key=lambda name: -dict(strait.scores)[name]
    )
    assert strait.weight is not None
    assert strait.titles == ()


def test_the_list_has_the_order_of_the_page_and_then_what_an_editor_decided_about() -> None:
    rows = listed(drafted(DROPPED), DROPPED).rows
    assert [one.number for one in rows] == [*range(1, len(rows) + 1)]
    assert [one.top for one in rows[:3]] == [True, False, False]
    assert [one.part for one in rows] == ["printed"] * 3 + ["not printed"] * 4
    assert rows[3].dropped
    assert rows[3].bar == 100 >= max(one.bar for one in rows)
    assert stories.filters_of(rows) == {
        "printed": 3,
        "not printed": 4,
        "left out by an editor": 1,
        "of no section of this briefing": 1,
        "reports left out": 2,
    }


def test_what_has_no_room_is_named_or_not_printed() -> None:
    draft = drafted(room=250.0)
    parts = [one.part for one in listed(draft).rows]
    assert parts.count("in brief") == len(draft.edition.panel.also)
    assert "printed" in parts


def test_a_story_is_quoted_where_it_is_printed_with_what_follows_else_from_its_beginning() -> None:
    draft = drafted()
    top = listed(draft).rows[0]
    ((report, pieces), *others) = stories.quoted(top, draft.edition, BY_ID)
    printed = [one for one in draft.edition.sentences() if one.document == report.id]
    assert [text for text, is_printed in pieces if is_printed] == [one.text for one in printed]
    assert len(others) == len(top.names) - 1
    assert " ".join(text for text, _ in pieces) in report.text
    opinion = row(OPINION[0], draft)
    ((_, pieces),) = stories.quoted(opinion, draft.edition, BY_ID)
    assert [is_printed for _, is_printed in pieces] == [False, False]
    assert [*stories.quoted(opinion, draft.edition, {})] == []


def test_decisions_on_a_row_are_those_that_stand_with_why_one_is_not_met() -> None:
    steered = row(STRAIT[0], drafted(PINNED, MOVED), MOVED)
    assert [one.choices for one in steered.decisions] == [(MOVED,)]
    (new,) = row(STRAIT[0], drafted(), PINNED).decisions
    assert new.unmet == "not in this draft yet"
    over = chosen("pin", BY_ID["again"], id=6)
    drop = replace(DROPPED, at=EVENING.replace(hour=19))
    steered = row(HARBOR[0], drafted(over, drop), over, drop)
    first, second = steered.decisions
    assert (first.unmet, second.unmet) == ("another choice about the same story counts", "")
    assert steered.dropped


def test_an_unprinted_story_keeps_the_title_under_which_it_was_chosen() -> None:
    for name in ("harbor", "again"):
        drop = chosen("drop", BY_ID[name], id=7)
        assert row(BY_ID[name].title, drafted(drop), drop).document == name
    both = (
        chosen("headline", BY_ID["harbor"], id=6),
        chosen("drop", BY_ID["again"], id=7, minute=1),
    )
    assert row(BY_ID["harbor"].title, drafted(*both), *both).dropped


def test_a_story_has_one_row_under_a_title_that_can_be_set() -> None:
    long = replace(BY_ID["strait"], title="x" * 300)
    shown = {one.headline for one in listed(drafted(reports=(long, BY_ID["nickel"]))).rows}
    assert shown == {f"{'x' * 150}…", NICKEL[0]}
    bare = replace(BY_ID["strait"], title="")
    assert {one.headline for one in listed(drafted(reports=(bare,))).rows} == {""}
    draft = drafted(reports=(BY_ID["strait"],))
    assert len({section.name for section in draft.edition.sections if section.briefs}) > 1
    (only,) = listed(draft).rows
    assert only.section in only.became
    elsewhere = replace(draft.edition, sections=without(draft.edition, only.section))
    assert row(STRAIT[0], replace(draft, edition=elsewhere)).section != only.section


def without(edition: Edition, name: str) -> tuple[Section, ...]:
    return tuple(replace(one, briefs=()) if one.name == name else one for one in edition.sections)


def test_choices_without_a_row_stand_apart_and_without_a_draft_all_do() -> None:
    away = chosen("pin", BY_ID["harbor"], id=8, document="gone", url="")
    top = chosen("top", BY_ID["river"], id=9)
    result = listed(drafted(away, top), away, top)
    (absent,) = result.others
    assert (absent.choices, absent.unmet) == ((away,), "its report is in no story of the day")
    assert result.top == "9"
    desk = OpenEdition("ostra-desk", TODAY, SECTIONS)
    without_draft = stories.list_stories(None, active=[away, top], open_edition=desk)
    assert (without_draft.rows, len(without_draft.others)) == ((), 2)


def test_ids_of_choices_come_back_as_they_were_written() -> None:
    assert (ids_in(""), ids_in("3.4")) == ((), (3, 4))


@given(st.text(max_size=60))
def test_any_other_text_is_no_ids(text: str) -> None:
    try:
        numbers = ids_in(text)
    except ValueError:
        return
    assert ".".join(map(str, numbers)) == ".".join(str(int(one)) for one in text.split(".") if one)


@given(st.text(max_size=30))
def test_the_place_of_a_row_can_stand_in_an_address_whatever_the_id_is(name: str) -> None:
    assert stories.key_of(name).isalnum()
    assert stories.key_of(name).isascii()
