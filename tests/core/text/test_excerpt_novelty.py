"""Excerpts: what was told before, what stands beside the news, and why."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from briefing.core.model import Document, Excerpt, Status
from briefing.core.text.finders import ahead, figures, quotes
from briefing.core.text.finders.clauses import meet
from briefing.core.text.importance import NOVELTY
from tests.core.text.excerpts import one, printable, take
from tests.newsday import (
    ENGLISH,
    HARBOR,
    NICKEL,
    ORCHIDS,
    RIVER,
    STRAIT,
    STRAIT_NEXT,
    TODAY,
    YESTERDAY,
    brief_of,
    edition_of,
    report,
    split,
)

#: News in which the finders see a good and a weak item of each kind.
BESIDE = (
    "Kalvia and the price of nickel",
    (
        "Kalvia raised its budget for the northern railway to $14 million on Tuesday. Gardeners "
        "in Brenn could buy bulbs worth $9 million from a grower. “Kalvia will not sell one more "
        "ship of nickel below the price of last year,” Trade Minister Ada Lind of Kalvia said in "
        "Sund. The parliament of Kalvia will vote on the new budget on 23 "
        "March. Gardeners could open a canal on 2 April in the hope of a warm spring."
    ),
)

WEAK_QUOTE = (
    "“Those tulips that he brought there had not been watered for a week,” said Jon Brekke, a "
    "gardener in Brenn. Every bench along the canal was painted green for the show."
)

BEFORE = edition_of(
    brief_of(report("y1", STRAIT), 0, 1, 2, story="s1", top=True),
    brief_of(report("y2", HARBOR), 0, 1, story="s2"),
)


def test_a_story_is_new_developing_or_continuing() -> None:
    made = take(one(report("d1", STRAIT)), one(report("d2", HARBOR), name="s2", salience=0.5))
    assert [each.status for each in made] == [Status.NEW, Status.NEW]
    assert [each.salience.value for each in made] == [1.0, 0.5]
    made = take(
        one(report("d1", STRAIT_NEXT), name="s1", salience=0.9),
        one(report("d2", HARBOR), name="s2", salience=0.8),
        one(report("d3", NICKEL), name="s3", salience=0.7),
        previous=BEFORE,
    )
    statuses = {each.story.id: each.status for each in made}
    assert statuses == {"s1": Status.DEVELOPING, "s2": Status.CONTINUING, "s3": Status.NEW}
    for each in made:
        assert each.salience.terms["novelty"] == NOVELTY[each.status]


def test_what_the_edition_before_printed_is_not_printed_again_nor_nearly() -> None:
    (made,) = take(one(report("d1", STRAIT)), previous=BEFORE)
    assert made.status is Status.CONTINUING
    assert sorted(sentence.index for sentence in printable([made])) == [3, 4, 5]
    said = (
        "Armed patrol boats of Serrat closed the strait to tankers from Ottar before Monday’s dawn."
    )
    document = report("d1", (STRAIT_NEXT[0], f"{said} {STRAIT_NEXT[1]}"))
    assert said not in [s.text for s in printable(take(one(document), previous=BEFORE))]


def test_a_story_with_nothing_new_is_left_out_and_one_that_moves_on_goes_first() -> None:
    told = (HARBOR[0], HARBOR[1].split(" Dockworkers")[0])
    made = take(one(report("d1", told)), one(report("d2", NICKEL), name="s2"), previous=BEFORE)
    assert [each.story.id for each in made] == ["s2"]
    stories = (
        one(report("d1", STRAIT), name="s1", salience=1.0),
        one(report("d2", NICKEL), name="s2", section="economy", salience=0.7),
    )
    assert [each.story.id for each in take(*stories)] == ["s1", "s2"]
    made = take(*stories, previous=BEFORE)
    assert [each.story.id for each in made] == ["s2", "s1"]
    assert [len(printable([each])) for each in made] == [4, 3]
    made = take(
        one(report("d1", NICKEL), name="s1"),
        one(report("d2", STRAIT_NEXT), name="s2"),
        previous=BEFORE,
    )
    assert [each.story.id for each in made] == ["s2", "s1"]
    four = enumerate((HARBOR, NICKEL, RIVER, ORCHIDS))
    made = take(*(one(report(f"d{n}", words), name=f"s{n}") for n, words in four))
    assert [each.story.id for each in made] == ["s0", "s1", "s2", "s3"]


def test_figures_dates_and_quotations_that_the_finders_hold_for_weak_are_left_out() -> None:
    document = report("d1", BESIDE)
    sentences = split(document)["d1"]
    cast = meet(sentences, language=ENGLISH)
    numbers = figures.find(sentences, cast=cast)
    days = ahead.find(sentences, cast=cast, published={"d1": YESTERDAY}, today=TODAY)
    (made,) = take(one(document))
    assert [item.quality >= 0.5 for item in numbers] == [True, False]
    assert [item.quality >= 0.5 for item in days] == [True]
    assert ([*made.figures], [*made.ahead]) == ([numbers[0].item], [days[0].item])
    good, weak = report("d1", BESIDE), report("d2", (BESIDE[0], WEAK_QUOTE))
    kept, left_out = take(one(good), one(weak, name="s2"))
    sentences = split(weak)["d2"]
    (found,) = quotes.find(sentences, cast=meet(sentences, language=ENGLISH))
    assert found.quality < 0.5
    assert [quote.speaker.text for quote in kept.quotes] == ["Ada Lind"]
    assert [*left_out.quotes] == []


def test_what_says_here_of_a_place_above_no_page_is_left_out_but_for_the_event() -> None:
    first = "Kalvia raised the price of nickel by 12 percent on Tuesday."
    second = "Traders of nickel{} told the ministry of Kalvia on Tuesday that 9 mines would close."
    title = "Kalvia raises the price of nickel"

    def printed(*texts: str) -> list[str]:
        (made,) = take(one(report("d1", (title, " ".join(texts)))))
        return [sentence.text for sentence in printable([made])]

    assert printed(first, second.format("")) == [first, second.format("")]
    assert printed(first, second.format(" here")) == [first]
    assert printed(first, second.format(", “in demand here”,")) == [
        first,
        second.format(", “in demand here”,"),
    ]
    event = first.replace("price of nickel", "price of nickel here")
    assert printed(event, second.format("")) == [event, second.format("")]


@pytest.mark.parametrize(("published", "count"), [(YESTERDAY, 0), (TODAY, 1)])
def test_beside_the_news_no_words_say_today_of_an_earlier_day(published: date, count: int) -> None:
    title, text = BESIDE
    for plain, dated in (
        ("on Tuesday", "today"),
        ("will not", "today will not"),
    ):
        assert plain in text
        text = text.replace(plain, dated)
    (made,) = take(one(report("d1", (title, text), day=published)))
    assert [len([*items]) for items in (made.figures, made.quotes)] == [count, count]


def test_dates_ahead_are_read_from_the_day_of_publication_if_there_is_one() -> None:
    told = ("Kalvia plans a vote", "The parliament of Kalvia will vote on the budget on Monday.")
    (made,) = take(one(report("d1", told)))
    assert [item.day for item in made.ahead] == [YESTERDAY + timedelta(days=5)]
    title, text = BESIDE
    (made,) = take(one(Document("d1", title, text)))
    assert [*made.ahead] == []


def test_the_evidence_holds_the_sentences_likeliest_to_open_with_section_and_score() -> None:
    (made,) = take(one(report("d1", STRAIT), report("d2", HARBOR), report("d3", NICKEL)))
    assert len(made.best) == 12
    values = [(row.score.terms["opens"], row.score.value) for row in made.best]
    assert values == sorted(values, reverse=True)
    assert [
        row.section for row in made.best[:6]
    ] == "security security economy security economy economy".split()


def test_the_same_stories_give_the_same_excerpts_sought_once() -> None:
    stories = (
        one(report("d1", STRAIT), report("d2", STRAIT_NEXT)),
        one(report("d3", NICKEL), name="s2", section="economy"),
    )
    one_time, another = (
        [sought(each) for each in take(*stories, previous=BEFORE)] for _ in range(2)
    )
    assert one_time == another
    (made,) = take(one(report("d1", BESIDE)))
    assert [*map(id, made.figures)] == [*map(id, made.figures)] != []


def sought(made: Excerpt) -> Excerpt:
    return replace(made, figures=[*made.figures], quotes=[*made.quotes], ahead=[*made.ahead])
