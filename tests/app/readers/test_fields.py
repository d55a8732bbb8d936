from dataclasses import replace
from functools import partial

import pytest

from briefing.app.readers.fields import (
    changed,
    choices,
    page_words,
    preferences_as_text,
    preferences_of,
    read_preferences,
    wrong_choices,
)
from briefing.core.errors import InputError
from briefing.core.model import NO_SECTIONS, Offered, PageChoice, Preferences
from tests.examples import examples

LISTS = {"africa": "Africa", "banks": "Central banks"}
OFFERED = Offered(("economy", "security"), LISTS)
USUAL = choices(Preferences(), OFFERED)


def test_choices_are_kept_in_our_order_and_lists_beside_sections_or_alone() -> None:
    chosen = {**USUAL, "sections": ("security", "economy")}
    assert preferences_of(chosen, OFFERED).sections == ()
    offered = replace(OFFERED, sections=("economy", "security", "diplomacy"))
    chosen = {**USUAL, "sections": ("diplomacy", "economy"), "days": ("5", "0", "5")}
    assert preferences_of(chosen, offered).sections == ("economy", "diplomacy")
    assert preferences_of(chosen, offered).days == (0, 5)
    beside = {**USUAL, "sections": ("security",), "lists": ("banks", "africa")}
    alone = {**USUAL, "sections": (), "lists": ("banks",)}
    assert preferences_of(beside, OFFERED).lists == ("africa", "banks")
    assert preferences_of(alone, OFFERED).sections == NO_SECTIONS
    for chosen in (beside, alone):
        assert not [*wrong_choices(chosen, offered=OFFERED)]
        kept = preferences_of(chosen, OFFERED)
        shown = choices(kept, OFFERED)
        assert preferences_of(shown, OFFERED) == kept
    (wrong,) = wrong_choices({**USUAL, "sections": ()}, offered=OFFERED)
    assert wrong == ("sections", None)
    (wrong,) = wrong_choices({**USUAL, "lists": ("africa", "secret")}, offered=OFFERED)
    assert wrong == ("lists", "secret")
    gone = Preferences(NO_SECTIONS, lists=("gone",))
    shown = choices(gone, OFFERED)
    assert (shown["sections"], shown["lists"]) == (OFFERED.sections, ())


def read(values: dict[str, str], offered: Offered = OFFERED) -> Preferences:
    own = Preferences()
    return read_preferences(values, offered=offered, usual=own)


@examples("values, sections, lists, words")
def test_written_choices_are_read_and_written_the_same(
    values: dict[str, str], sections: tuple[str, ...], lists: tuple[str, ...], words: str | None
) -> None:
    read_ = read(values)
    assert (read_.sections, read_.lists) == (sections, lists)
    assert read(preferences_as_text(read_)) == read_
    assert page_words(read_) == (words or "all sections, watch-list africa, watch-list banks")


@examples("values, said")
def test_what_is_not_offered_is_refused(values: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(values)
    assert str(caught.value).startswith(said)


def test_own_words_are_kept_as_written_beside_sections_or_alone() -> None:
    kept = read({"own_words": "Kim Jong-un; suriname;Suriname"})
    assert kept.own_words == ("Kim Jong-un", "Suriname")
    assert page_words(kept) == "all sections, 2 own words"
    alone = read({"sections": "none", "own_words": "Oslo"})
    assert alone.page == PageChoice(NO_SECTIONS, own_words=("Oslo",))
    assert page_words(alone) == "1 own word"
    for own in (kept, alone):
        assert read(preferences_as_text(own)) == own
        assert preferences_of(choices(own, OFFERED), OFFERED) == own


def test_none_takes_away_what_need_not_be_chosen_and_what_is_not_given_stays() -> None:
    own = Preferences((), ("banks",), other_languages=("de",), own_words=("Oslo",))
    ask = partial(read_preferences, offered=OFFERED, usual=own)
    assert ask({"days": ""}) == own
    none = dict.fromkeys(("lists", "other_languages", "editions", "own_words"), "none")
    assert ask(none) == Preferences()
    assert ask({"lists": "none"}) == replace(own, lists=())


@pytest.mark.parametrize("word", ["a;b", "a\nb", "a,b", " a", "", "\x00", "…", "x" * 61])
def test_a_word_that_a_program_sends_is_checked_too(word: str) -> None:
    before = Preferences(own_words=("Oslo",))
    ask = partial(changed, before, offered=OFFERED)
    after, wrong = ask({"own_words": ["Suriname", word]})
    assert after is before
    assert wrong["own_words"].endswith(
        "give at most 10, each of at most 60 characters and with a letter or digit"
    )


def test_a_mute_has_a_word_or_saga_and_the_day_on_which_it_ends() -> None:
    kept = read({"muted": "Kim Jong-un until 2026-12-15; saga s7 until 2027-01-01"})
    assert kept.muted == ("Kim Jong-un until 2026-12-15", "saga s7 until 2027-01-01")
    assert replace(kept, muted=()) == Preferences()
    for wrong in ("Oslo", "Oslo until 20261215", "- until 2026-12-15", "x until 2026-13-01"):
        with pytest.raises(InputError, match=r"^mute '.*': give at most 10"):
            read({"muted": wrong})


def test_there_are_ten_own_words_at_most() -> None:
    ask = partial(changed, Preferences(), offered=OFFERED)
    words = [f"word {number}" for number in range(11)]
    assert ask({"own_words": words})[1].keys() == {"own_words"}
    after, wrong = ask({"own_words": words[1:]})
    assert (after.own_words, wrong) == (tuple(words[1:]), {})


def test_where_no_list_is_offered_none_can_be_chosen() -> None:
    with pytest.raises(InputError, match="not offered to readers; none is offered"):
        read({"lists": "africa"}, replace(OFFERED, lists={}))
