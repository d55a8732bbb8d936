import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from briefing.core.language import in_language
from briefing.core.model import (
    DayCount,
    EarlierHeadline,
    Edition,
    Letterhead,
    Preferences,
    Saga,
    Scale,
    Section,
    Sentence,
    Status,
)
from briefing.press.chart import DAYS, HIGH, LEFT, STEP, draw_chart
from briefing.press.formats import Rendition
from briefing.press.html import page_html, screen_html
from briefing.press.letter import letter_parts
from briefing.press.measure import Press
from briefing.press.panel import DayLine, StatusCount, day_line, earlier_view, status_in
from briefing.press.readback import page_picture, read_back, squeezed
from briefing.press.text import page_text
from briefing.press.theme import Theme
from briefing.press.view import view
from briefing.press.wording import day, moment, next_mail, often
from briefing.settings import Settings
from tests.examples import examples
from tests.fakes import DAY, brief, document, draft, naming
from tests.newsday import with_story
from tests.present import present
from tests.press.conftest import Page

TITLE = "Council puts off its vote on two berths until the harbor pilots are heard"
OLD = document(40, title=TITLE)


def earlier(title: str = TITLE, *, age: int = 1) -> EarlierHeadline:
    day = DAY - timedelta(age)
    return EarlierHeadline(f"ostra-desk/{day}", day, Sentence(OLD.id, 0, len(title), title))


def continued(*, since: date | None = DAY - timedelta(1)) -> Edition:
    """Make an edition whose top story and first brief are developing."""
    documents = [document(number) for number in range(4)]
    briefs = [
        brief(source, 2, story=f"s{number}", top=not number)
        for number, source in enumerate(documents)
    ]
    for number in (0, 1):
        briefs[number] = replace(
            briefs[number], status=Status.DEVELOPING, earlier=earlier() if since else None
        )
    return replace(
        draft(0, beside=False).edition,
        sections=(Section("economy", (*briefs[:2],)), Section("security", (*briefs[2:],))),
        documents={source.id: source for source in (*documents, OLD)},
        since=since,
    )


def _is_red(color: object) -> bool:
    return isinstance(color, tuple) and color[0] > color[1] + 25


class TestTheDayLine:
    def test_counts_each_story_once_under_its_status(self) -> None:
        stories = [("s1", "new"), ("s2", "developing"), ("s2", "developing"), ("s3", "new")]
        line = day_line(continued(), [*stories, ("s4", "continuing")], named=11)
        assert line == DayLine(
            "Since Wednesday",
            (
                StatusCount(2, "new", "new"),
                StatusCount(1, "developing", "developing"),
                StatusCount(1, "continuing", "continuing"),
                StatusCount(11, "in brief"),
            ),
        )
        assert line.words == "Since Wednesday: 2 new, 1 developing, 1 continuing, 11 in brief"
        assert day_line(continued(), [], named=0).words == ""

    @pytest.mark.parametrize(
        ("age", "since"), [(1, "Wednesday"), (6, "Friday"), (7, "5 March"), (20, "20 February")]
    )
    def test_names_the_day_of_the_edition_before(self, age: int, since: str) -> None:
        line = day_line(replace(continued(), since=DAY - timedelta(age)), [("s1", "new")], named=0)
        assert line.words == f"Since {since}: 1 new"

    @pytest.mark.parametrize(
        ("stories", "named", "words"),
        [(1, 0, "1 story"), (11, 8, "11 stories, 8 in brief"), (0, 2, "2 in brief"), (0, 0, "")],
    )
    def test_of_a_first_edition_counts_stories(self, stories: int, named: int, words: str) -> None:
        told = [(f"s{number}", "") for number in range(stories)]
        assert day_line(continued(since=None), told, named=named).words == words

    def test_has_the_colon_of_its_language(self) -> None:
        def words() -> str:
            return day_line(continued(), [], named=2).words

        assert in_language(lambda: "fr")(words)() == "Depuis mercredi\u00a0: 2 en bref"

    @pytest.mark.parametrize(("since", "marks"), [(DAY - timedelta(1), 3), (None, 0)])
    def test_marks_each_status(self, theme: Theme, since: date | None, marks: int) -> None:
        press = Press(theme, theme.paper("A4"))
        edition = continued(since=since)
        image = Image.open(BytesIO(page_picture(press.print(edition), dots=144))).convert("RGB")
        # two dots a point; the folio line ends about 11 pt above the news
        foot = int(2 * press._sheet(edition).boxes()["spread"].top) - 24
        folio = image.crop((image.width // 2, foot - 22, image.width, foot))
        columns = [
            any(_is_red(folio.getpixel((x, y))) for y in range(folio.height))
            for x in range(folio.width)
        ]
        assert sum(now and not before for before, now in pairwise(columns)) == marks


def _words(html: str) -> str:
    """Return the words of a mail, without the elements that keep some of them together."""
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


class TestAnEarlierHeadline:
    @examples("age, begun, when")
    def test_comes_with_its_day_and_from_the_third_on_with_that_of_its_saga(
        self, age: int, begun: int | None, when: str
    ) -> None:
        (brief, _) = continued().sections[0].briefs
        saga = None if begun is None else Saga("s1", DAY - timedelta(begun), ())
        told = replace(brief, earlier=earlier(age=age), saga=saga)
        shown = present(earlier_view(told, today=DAY))
        assert (shown.when.replace("\u00a0", " "), shown.title) == (when, TITLE)
        assert f"{shown.words.head}{shown.words.tail}" == TITLE
        assert earlier_view(replace(told, earlier=None), today=DAY) is None

    def test_with_the_day_of_its_saga_is_printed_and_read_back(self, theme: Theme) -> None:
        briefs = continued().sections[0].briefs
        long = tuple(replace(one, saga=Saga("s1", DAY - timedelta(8), ())) for one in briefs)
        edition = replace(continued(), sections=(Section("economy", long),))
        press = Press(theme, theme.paper("A4"))
        pdf = press.print(edition)
        assert not press.missing(edition, pdf)
        assert squeezed(PdfReader(BytesIO(pdf)).pages[0].extract_text()).count("Day9") == 2

    def test_in_capitals_is_set_as_other_titles_are(self, theme: Theme) -> None:
        edition = with_story(continued(), "s0", earlier=earlier(TITLE.upper()))
        html = page_html(edition, theme=theme, paper=theme.paper("A4"))
        assert f'<span class="capitals short">{TITLE.upper()}</span>' in html
        assert html.count('class="capitals short"') == 1

    @pytest.mark.parametrize("scale", list(Scale))
    def test_is_measured_with_its_brief(self, theme: Theme, scale: Scale) -> None:
        press = Press(theme, theme.paper("A4"))
        plain = press.probe(draft(2), [scale])[scale]
        paper = draft(2)
        lengths = tuple(replace(one, earlier=earlier()) for one in paper.briefs[0].lengths)
        tops = tuple(replace(one, earlier=earlier()) for one in paper.top.lengths)
        moved = replace(
            paper,
            top=replace(paper.top, lengths=tops),
            briefs=(replace(paper.briefs[0], lengths=lengths), paper.briefs[1]),
        )
        heights = press.probe(moved, [scale])[scale]
        lines = 1 if scale.below else 2
        for before, after in zip(plain.briefs[0], heights.briefs[0], strict=True):
            assert after - before == pytest.approx(lines, abs=0.01)
        assert heights.briefs[1] == pytest.approx(plain.briefs[1])
        assert heights.headline == plain.headline
        for before, after in zip(plain.top, heights.top, strict=True):
            assert after - before == pytest.approx(1.25, abs=0.02)

    def test_is_read_back_and_missed_when_it_is_lost(self, page: Page) -> None:
        story = next(page.edition.briefs()).story
        edition = with_story(page.edition, story, status=Status.DEVELOPING, earlier=earlier())
        assert [one.text for one in page.press.missing(edition, page.pdf)] == [TITLE]
        pdf = page.press.print(edition)
        assert page.press.missing(edition, pdf) == ()
        assert squeezed(f"Wed {TITLE}") in squeezed(read_back(pdf).text)


class TestAFirstEdition:
    def test_has_no_marks(self, theme: Theme) -> None:
        paper = naming(draft(0), document(30))
        edition = replace(
            continued(since=None),
            panel=replace(paper.edition.panel, figures=(), quotes=(), ahead=(), chart=False),
        )
        edition = replace(
            edition, documents={**edition.documents, **paper.edition.documents}, days=()
        )
        page = view(edition)
        assert {brief.status for brief in page.briefs} == {""}
        assert [one.status for one in present(page.panel).also] == [""]
        letter = letter_parts(edition, theme=theme)
        for text in (letter.text, _words(letter.html), page_text(edition, Rendition(theme))):
            assert "4 stories, 1 in brief" in text
            assert "NEW" not in text
            assert "DEVELOPING" not in text
        html = screen_html(edition, Rendition(theme))
        assert 'aria-label="New:"' not in html
        assert 'class="sheet first"' in html
        assert status_in(continued(since=None), Status.NEW) == ""
        assert status_in(continued(), Status.NEW) == "new"


def test_the_document_of_an_earlier_headline_has_no_number() -> None:
    assert OLD.id not in {source.document for source in view(continued()).sources}


LAST = date(2026, 3, 12)


def days(*counts: dict[str, int]) -> tuple[DayCount, ...]:
    return tuple(
        DayCount(LAST - timedelta(days=len(counts) - 1 - number), count)
        for number, count in enumerate(counts)
    )


def test_bars_of_two_weeks_share_one_scale_and_only_today_is_marked() -> None:
    chart = draw_chart(days({"economy": 4, "security": 8}, {"economy": 2, "security": 6}))
    assert [[bar.high for bar in row.bars] for row in chart.rows] == [[6.5, 3.25], [13.0, 9.75]]
    for row in chart.rows:
        assert all(bar.y + bar.high == pytest.approx(row.base) for bar in row.bars)
    assert chart.rows[1].base - chart.rows[0].base == 17.0
    for counts, highs in (
        (({"economy": 4}, {"economy": 2, "diplomacy": 3}), [0.0, 9.75]),
        (({"economy": 0}, {"economy": 0}), [0.0, 0.0]),
    ):
        assert [bar.high for bar in draw_chart(days(*counts)).rows[-1].bars] == highs
    chart = draw_chart(days({"economy": 4}, {"economy": 2}, {"economy": 1}))
    assert [bar.today for bar in chart.rows[0].bars] == [False, False, True]
    assert chart.rows[0].today == 1
    few = draw_chart(days({"economy": 1}, {"economy": 2}))
    many = draw_chart(days(*[{"economy": 1}] * 30))
    assert few.rows[0].bars[-1].x == many.rows[0].bars[-1].x == LEFT + STEP * (DAYS - 1)
    chart = draw_chart(days(*[{"economy": 50}] * 3, *[{"economy": 5}] * DAYS))
    assert len(chart.rows[0].bars) == DAYS
    assert {bar.high for bar in chart.rows[0].bars} == {HIGH}
    assert (chart.first, chart.last) == ("27 Feb", "12 Mar")
    assert chart.title == "Stories a day by section, 27 Feb to 12 Mar. Today: Economy 5"
    chart = draw_chart(days(*[{"economy": 5}] * 6))
    assert (chart.first, chart.last) == ("", "7 Mar to 12 Mar")
    chart = draw_chart(days({"economy": 3, "security": 0}))
    assert (chart.first, chart.last) == ("", "12 Mar")
    assert chart.title == "Stories a day by section, 12 Mar. Today: Economy 3, Security 0"


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_no_bar_leaves_the_chart(counts: list[int]) -> None:
    chart = draw_chart(days(*[{"economy": count} for count in counts]))
    for bar in chart.rows[0].bars:
        assert bar.y >= 0
        assert bar.high <= HIGH
        assert LEFT <= bar.x <= 96


def test_a_long_label_stands_above_the_bars_and_a_short_one_beside_them() -> None:
    counts = days({"economy": 4, "security": 2}, {"economy": 3, "security": 1})
    label = "Trade, finance and the cost of a life"
    chart = draw_chart(counts, Letterhead(labels=(("economy", label),)))
    plain = draw_chart(counts)
    first, second = chart.rows
    assert " ".join(line for line, _ in first.lines) == label
    assert [line for line, _ in second.lines] == ["Security"]
    # No name stands on the bars of its row, nor on those of the row above.
    assert max(base for _, base in first.lines) < first.base - HIGH
    assert first.base < second.lines[0][1] < second.base - HIGH
    assert chart.high - second.base == plain.high - plain.rows[1].base
    assert label in chart.title
    chart = draw_chart(days({"economy": 4}), Letterhead(labels=(("economy", "Money"),)))
    assert chart.rows[0].lines == (("Money", chart.rows[0].base),)


NOW = datetime(2026, 3, 12, 8, 12, tzinfo=UTC)


@examples("days, said")
def test_it_is_said_how_often_mail_comes(days: tuple[int, ...], said: str) -> None:
    assert often(Preferences(days=days, zone="Europe/Zurich")) == said


@pytest.mark.parametrize(
    ("now", "preferences", "said"),
    [
        ("2026-03-12T05:59", Preferences(zone="Europe/Zurich"), "Thursday 12 March 2026 at 07:00"),
        ("2026-03-12T06:00", Preferences(zone="Europe/Zurich"), "Friday 13 March 2026 at 07:00"),
        ("2026-03-12T06:30", Preferences(days=(3,)), "Thursday 12 March 2026 at 07:00"),
        ("2026-03-12T07:00", Preferences(days=(3,)), "Thursday 19 March 2026 at 07:00"),
        # there the day begins earlier than in UTC
        ("2026-03-12T23:30", Preferences(zone="Asia/Tokyo"), "Saturday 14 March 2026 at 07:00"),
        # the hour that the clocks skip
        (
            "2026-03-28T12:00",
            Preferences(at=time(2, 30), zone="Europe/Zurich"),
            "Sunday 29 March 2026 at 02:30",
        ),
    ],
)
def test_the_next_mail_is_as_preferred(now: str, preferences: Preferences, said: str) -> None:
    assert next_mail(
        preferences,
        now=datetime.fromisoformat(f"{now}:00+00:00"),
        timetable=Settings().timetable,
    ).startswith(said)


def test_a_moment_is_said_in_a_zone() -> None:
    assert moment(NOW, zone="Asia/Tokyo") == "Thursday 12 March 2026, 17:12, Tokyo time"
    assert moment(NOW, zone="UTC") == "Thursday 12 March 2026, 08:12, UTC"
    assert day(datetime(2026, 3, 12, 20, tzinfo=UTC), zone="Asia/Tokyo") == "Friday 13 March 2026"
