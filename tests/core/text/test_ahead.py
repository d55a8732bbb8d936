"""Dates ahead: days to come, read as seen from the day of publication."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import DateAhead, Sentence
from briefing.core.text.finders import ahead
from briefing.core.text.finders.clauses import Scored, meet
from tests.examples import examples
from tests.growth import is_linear
from tests.newsday import ENGLISH

#: A Thursday.
TODAY = date(2026, 3, 12)


def lay(*texts: str) -> list[Sentence]:
    """Put sentences one after the other into one document, a space between them."""
    placed, start = [], 0
    for index, text in enumerate(texts):
        placed.append(Sentence("d1", start, start + len(text), text, index))
        start += len(text) + 1
    return placed


def found(
    sentences: Sequence[Sentence],
    *,
    published: Mapping[str, date],
    today: date = TODAY,
    horizon: int = 120,
    limit: int = 3,
) -> tuple[Scored[DateAhead], ...]:
    """Find what a story of these sentences has."""
    return ahead.find(
        sentences,
        cast=meet(sentences, language=ENGLISH),
        published=published,
        today=today,
        horizon_days=horizon,
        limit=limit,
    )


def read(text: str, *, day: date = TODAY, horizon: int = 120) -> list[tuple[date, str, str]]:
    """Return day, mention and clause of what is found in one sentence published on ``day``."""
    result = found(lay(text), published={"d1": day}, today=day, horizon=horizon)
    return [(x.item.day, x.item.mention.text, x.item.clause.text) for x in result]


@pytest.mark.parametrize(
    ("when", "day", "mention"),
    [
        ("on 23 March", date(2026, 3, 23), "23 March"),
        ("on March 23", date(2026, 3, 23), "March 23"),
        ("on March 23rd", date(2026, 3, 23), "March 23rd"),
        ("on the 23rd of March", None, ""),
        ("on 1 July", date(2026, 7, 1), "1 July"),
        ("on Apr. 2", date(2026, 4, 2), "Apr. 2"),
        ("on 2 April 2026", date(2026, 4, 2), "2 April 2026"),
        ("on April 2, 2026", date(2026, 4, 2), "April 2, 2026"),
        ("on April 2, 2027", None, ""),
        ("on April 2, 2025", None, ""),
        ("on Monday", date(2026, 3, 16), "Monday"),
        ("Monday", date(2026, 3, 16), "Monday"),
        ("on Monday (March 16)", date(2026, 3, 16), "Monday (March 16)"),
        ("on Monday, March 16", date(2026, 3, 16), "Monday, March 16"),
        ("on Monday (March 17)", None, ""),
        ("next Tuesday", date(2026, 3, 17), "next Tuesday"),
        ("next Friday", None, ""),
        ("this Friday", date(2026, 3, 13), "this Friday"),
        ("on Thursday", None, ""),
        ("next Thursday", date(2026, 3, 19), "next Thursday"),
        ("tomorrow", date(2026, 3, 13), "tomorrow"),
        ("on 12 March", None, ""),
        ("on 31 April", None, ""),
        ("on 1 December", None, ""),
        ("by the end of March", None, ""),
        ("every Monday", None, ""),
        ("on Monday’s ferry", None, ""),
        ("after a Monday", None, ""),
        ("on 19 and 20 March", date(2026, 3, 19), "19 and 20 March"),
        ("from March 19-20", date(2026, 3, 19), "March 19-20"),
        ("from 30 March to 2 April", date(2026, 3, 30), "30 March to 2 April"),
        ("from 11 March to 2 April", None, ""),
        ("between April 2 and 4", date(2026, 4, 2), "April 2 and 4"),
        ("between Monday and Tuesday", date(2026, 3, 16), "Monday and Tuesday"),
        ("between Monday", None, ""),
        ("on Monday and 30 June", None, ""),
        ("on Friday, Saturday and Sunday", date(2026, 3, 13), "Friday, Saturday and Sunday"),
        ("from Tuesday through Friday", None, ""),
        ("Monday through Saturday", None, ""),
        ("on Monday or Tuesday", None, ""),
        ("from Monday night", None, ""),
        ("from Monday", date(2026, 3, 16), "Monday"),
        (
            "on Thursday and Friday of next week",
            date(2026, 3, 19),
            "Thursday and Friday of next week",
        ),
        ("Tuesday next week", date(2026, 3, 17), "Tuesday next week"),
        ("on Sunday of this week", date(2026, 3, 15), "Sunday of this week"),
        ("on Monday of this week", None, ""),
        ("on Monday of last week", None, ""),
        ("next week on Friday", None, ""),
        ("next week, perhaps on Saturday", None, ""),
        ("next week, probably on Monday", date(2026, 3, 16), "Monday"),
        ("a week from Friday", date(2026, 3, 20), "a week from Friday"),
        ("two weeks from Friday", date(2026, 3, 27), "two weeks from Friday"),
        ("a week from tomorrow", date(2026, 3, 20), "a week from tomorrow"),
        ("four weeks from Friday", None, ""),
        ("the week of March 23", date(2026, 3, 23), "March 23"),
        ("in time for tomorrow’s vote", date(2026, 3, 13), "tomorrow’s"),
    ],
)
def test_a_day_is_resolved_against_publication(when: str, day: date | None, mention: str) -> None:
    result = read(f"The ministers of Norland will meet their neighbors {when}.")
    clause = "The ministers of Norland will meet their neighbors"
    assert result == [] if day is None else result[0][:2] == (day, mention)
    assert day is None or result[0][2].startswith(clause)


@pytest.mark.parametrize(
    ("published", "when", "day"),
    [
        (date(2026, 12, 30), "on January 4", date(2027, 1, 4)),
        (date(2026, 12, 31), "tomorrow", date(2027, 1, 1)),
        (date(2028, 2, 1), "on February 29", date(2028, 2, 29)),
        (date(2028, 2, 28), "tomorrow", date(2028, 2, 29)),
        (date(2026, 2, 1), "on February 29", None),
        (date(9999, 12, 1), "on January 4", None),
        (date(2026, 3, 15), "on Monday of next week", None),
    ],
)
def test_years_end_and_leap(published: date, when: str, day: date | None) -> None:
    result = read(f"The ministers of Norland will meet {when}.", day=published)
    assert [item[0] for item in result] == ([] if day is None else [day])


@examples("verb")
def test_verbs_that_look_forward_count(verb: str) -> None:
    assert len(read(f"The ferry of Norland {verb} Monday.")) == 1


@examples("text")
def test_what_is_past_or_cannot_stand_alone_is_left_out(text: str) -> None:
    assert read(text) == []


@examples("text, clause")
def test_the_clause_leaves_out_a_day_that_only_repeats_the_heading(
    text: str, clause: str | None
) -> None:
    assert [item[2] for item in read(text)] == ([] if clause is None else [clause])


def test_only_days_of_dated_documents_within_the_horizon_are_announced() -> None:
    text = "The ministers of Norland will meet their neighbors on 1 July."
    assert read(text, horizon=111) != []
    assert read(text, horizon=110) == []
    story = lay("The ministers of Norland will meet in Essen tomorrow.")
    assert found(story, published={}) == ()
    before = {"d1": TODAY - timedelta(days=2)}
    assert found(story, published=before) == ()
    story = lay("The ministers of Norland will meet in Essen tomorrow.")
    before = {"d1": TODAY - timedelta(days=1)}
    assert [item.item.day for item in found(story, published=before)] == [TODAY]
    text = "Norland said the council of Essen will vote on the treaty Monday, " + "and so on " * 9
    assert all(not clause[0].islower() for _, _, clause in read(text))
    assert read("iNord will close all of its offices in Norland on Monday.") == []


def test_one_event_a_day_the_surer_one_first() -> None:
    story = lay(
        "The ministers of Norland could agree if they are to meet in Essen on Monday.",
        "The ministers of Norland will meet in Essen on Monday.",
        "The ministers of Norland will meet in Essen on Tuesday.",
    )
    result = found(story, published={"d1": TODAY})
    assert [item.item.day.day for item in result] == [16, 17]
    assert [item.item.clause.start for item in result] == [story[1].start, story[2].start]
    assert len(found(story, published={"d1": TODAY}, limit=1)) == 1


@given(st.lists(st.text(alphabet="on Monday will 3 March Norland, .", max_size=90), max_size=4))
def test_any_text_gives_slices_of_days_to_come_or_nothing(texts: list[str]) -> None:
    whole = " ".join(texts)
    for item in found(lay(*texts), published={"d1": TODAY}):
        assert 0 <= item.quality <= 1
        assert item.item.day > TODAY
        for piece in (item.item.clause, item.item.mention):
            assert whole[piece.start : piece.end] == piece.text


@pytest.mark.parametrize(
    "text", ["Monday ", "3 March ", "will ", "on Monday will ", ", and ", "A", "\ud800\x00"]
)
def test_a_megabyte_of_anything_takes_linear_time(text: str) -> None:
    def find(long: str) -> None:
        found(lay(long, (text * 900)[:900]), published={"d1": TODAY})

    assert is_linear(find, text * (1_000_000 // len(text)))


ANNOUNCED = {"d1": TODAY}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("The two ministers will sign the pact in Manila on 23 March.", date(2026, 3, 23)),
        ("His first hearing is scheduled for Monday.", date(2026, 3, 16)),
        ("Offers are due April 13.", date(2026, 4, 13)),
        ("Linden will ask for more capital at a meeting on May 13.", date(2026, 5, 13)),
        ("The new rule takes effect on 1 July.", date(2026, 7, 1)),
        ("Envoys will talk behind closed doors on Monday.", date(2026, 3, 16)),
        ("The pact will be signed and published on Monday.", date(2026, 3, 16)),
        ("The minister will testify before the committee on Monday.", date(2026, 3, 16)),
        ("It will not make the payment, scheduled for Monday.", date(2026, 3, 16)),
        ("He said that on Monday he will not sign the pact.", date(2026, 3, 16)),
        ("The proposal, which will be told on Monday, is new.", date(2026, 3, 16)),
        ("They will play in Lund on Friday and in Essen on Monday.", date(2026, 3, 13)),
        ("Votes are set for Monday, and nobody knows if they will count.", date(2026, 3, 16)),
        ("There is a spat over cuts due to start next Tuesday.", date(2026, 3, 17)),
        ("They will talk, first in Lund, on 23 March.", date(2026, 3, 23)),
        ("The king on Monday will sign the pact.", date(2026, 3, 16)),
        ("In Lund on Monday, the king will sign the pact.", date(2026, 3, 16)),
        ("So, tomorrow, the king will sign.", date(2026, 3, 13)),
        ("No rest for envoys tomorrow.", date(2026, 3, 13)),
        ("A vote expected Monday is the last one.", date(2026, 3, 16)),
        ("He has “cheap” plans, and the “final” talks are set for Monday.", date(2026, 3, 16)),
        ("High-level talks, 2 April, Lund.", date(2026, 4, 2)),
        ("“The pact will be signed on 2 April,” he said.", date(2026, 4, 2)),
        ("The road will be shut starting Monday.", date(2026, 3, 16)),
        ("The fair draws to a close on Monday.", date(2026, 3, 16)),
        ("They were told of the hearing, set for 2 April, on Monday.", date(2026, 4, 2)),
        ("He will speak on Friday – not Monday as planned before.", date(2026, 3, 13)),
    ],
)
def test_a_sentence_about_a_day_to_come_announces_it_whole(text: str, day: date) -> None:
    one, *others = ahead.announced(lay(text), published=ANNOUNCED, today=TODAY, language=ENGLISH)
    assert bool(others) == (" and in Essen on " in text)
    assert (one.day, one.clause.text) == (day, text)
    assert one.mention.text in text


@pytest.mark.parametrize(
    "text",
    [
        *Path(__file__).with_name("unannounced.txt").read_text("utf-8").splitlines()[1:],
        "The new rule takes effect on 1 July. " * 30,
    ],
)
def test_what_is_unsure_past_or_far_or_bounds_something_else_announces_nothing(text: str) -> None:
    assert not ahead.announced(lay(text), published=ANNOUNCED, today=TODAY, language=ENGLISH)


def test_of_one_day_the_first_sentence_announces_and_days_are_in_order() -> None:
    sentences = lay(
        "The union will vote on 23 March.", "Envoys will meet on 20 March.", "It ends on 23 March."
    )
    made = ahead.announced(sentences, published=ANNOUNCED, today=TODAY, language=ENGLISH)
    assert [one.clause.text for one in made] == [sentences[1].text, sentences[0].text]
    assert not ahead.announced(sentences, published={}, today=TODAY, language=ENGLISH)
    later = date(2026, 3, 20)
    (_,) = ahead.announced(sentences, published=ANNOUNCED, today=later, language=ENGLISH)


def test_what_follows_an_event_of_the_future_is_ahead_too() -> None:
    talks = "followed by talks on trade with ministers of the coast on Wednesday."
    (_, told, (day, mention, clause)) = (
        read("The summit was held."),
        read(f"The summit was held on Monday, {talks}"),
        *read(f"The summit with the king of Lund is scheduled for Monday, {talks}")[1:],
    )
    assert (told, day, mention) == ([], date(2026, 3, 18), "Wednesday")
    assert clause == "talks on trade with ministers of the coast"


@examples("text, overtaken")
def test_what_was_to_be_on_a_day_that_is_past_is_overtaken(text: str, *, overtaken: bool) -> None:
    (sentence,) = lay(text)
    monday = date(2026, 3, 16)
    told = ahead.is_overtaken(sentence, published={"d1": TODAY}, today=monday, language=ENGLISH)
    assert told is overtaken
    assert not ahead.is_overtaken(
        sentence, published={"d1": monday}, today=monday, language=ENGLISH
    )
    assert not ahead.is_overtaken(sentence, published={}, today=monday, language=ENGLISH)


def test_tomorrow_of_a_report_of_yesterday_is_overtaken() -> None:
    (sentence,) = lay("The minister will leave for Lund tomorrow.")
    friday = TODAY + timedelta(days=1)
    assert ahead.is_overtaken(sentence, published={"d1": TODAY}, today=friday, language=ENGLISH)
