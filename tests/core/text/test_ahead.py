"""Dates ahead: days to come, read as seen from the day of publication."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import DateAhead, Sentence
from briefing.core.text.finders import ahead
from briefing.core.text.finders.clauses import Scored, meet
from tests.core.text.excerpts import lay
from tests.examples import examples
from tests.newsday import ENGLISH

#: A Thursday.
TODAY = date(2026, 3, 12)


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


@examples("when, day, mention", day=date.fromisoformat)
def test_a_day_is_resolved_against_publication(when: str, day: date | None, mention: str) -> None:
    result = read(f"The ministers of Norland will meet their neighbors {when}.")
    clause = "The ministers of Norland will meet their neighbors"
    assert result == [] if day is None else result[0][:2] == (day, mention)
    assert day is None or result[0][2].startswith(clause)


@examples("published, when, day", published=date.fromisoformat, day=date.fromisoformat)
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
def test_the_clause_has_no_day_that_repeats_the_heading(text: str, clause: str | None) -> None:
    assert [item[2] for item in read(text)] == ([] if clause is None else [clause])


def test_only_days_of_dated_documents_within_the_horizon_are_announced() -> None:
    text = "The ministers of Norland will meet their neighbors on 1 July."
    assert read(text, horizon=111) != []
    assert read(text, horizon=110) == []
    story = lay("The ministers of Norland will meet in Essen tomorrow.")
    assert found(story, published={}) == ()
    before = {"d1": TODAY - timedelta(days=2)}
    assert found(story, published=before) == ()
    before = {"d1": TODAY - timedelta(days=1)}
    assert [item.item.day for item in found(story, published=before)] == [TODAY]
    text = "Norland said the council of Essen will vote on the treaty Monday, " + "and so on " * 9
    assert all(not clause[0].islower() for _, _, clause in read(text))
    assert read("iNord will close all of its offices in Norland on Monday.") == []


def test_one_event_a_day_the_surer_one_first_and_what_follows_it_too() -> None:
    story = lay(
        "The ministers of Norland could agree if they are to meet in Essen on Monday.",
        "The ministers of Norland will meet in Essen on Monday.",
        "The ministers of Norland will meet in Essen on Tuesday.",
    )
    result = found(story, published={"d1": TODAY})
    assert [item.item.day.day for item in result] == [16, 17]
    assert [item.item.clause.start for item in result] == [story[1].start, story[2].start]
    assert len(found(story, published={"d1": TODAY}, limit=1)) == 1
    talks = "followed by talks on trade with ministers of the coast on Wednesday."
    (_, told, (day, mention, clause)) = (
        read("The summit was held."),
        read(f"The summit was held on Monday, {talks}"),
        *read(f"The summit with the king of Lund is scheduled for Monday, {talks}")[1:],
    )
    assert (told, day, mention) == ([], date(2026, 3, 18), "Wednesday")
    assert clause == "talks on trade with ministers of the coast"


@given(st.lists(st.text(alphabet="on Monday will 3 March Norland, .", max_size=90), max_size=4))
def test_any_text_gives_slices_of_days_to_come_or_nothing(texts: list[str]) -> None:
    whole = " ".join(texts)
    for item in found(lay(*texts), published={"d1": TODAY}):
        assert 0 <= item.quality <= 1
        assert item.item.day > TODAY
        for piece in (item.item.clause, item.item.mention):
            assert whole[piece.start : piece.end] == piece.text


ANNOUNCED = {"d1": TODAY}


@examples("text, day", day=date.fromisoformat)
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


def test_the_day_of_a_partys_words_may_be_their_own_and_yesterdays_tomorrow_is_overtaken() -> None:
    (sentence,) = lay("The minister left for Lund today.")
    friday, spoken = TODAY + timedelta(days=1), replace(sentence, speaker="The Ministry")
    for words, overtaken in ((sentence, True), (spoken, False)):
        told = ahead.is_overtaken(words, published={"d1": TODAY}, today=friday, language=ENGLISH)
        assert told is overtaken
    (sentence,) = lay("The minister will leave for Lund tomorrow.")
    friday = TODAY + timedelta(days=1)
    assert ahead.is_overtaken(sentence, published={"d1": TODAY}, today=friday, language=ENGLISH)
