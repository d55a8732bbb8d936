from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Kind, Story
from briefing.core.page.headline import choose_headline
from tests.fakes import document, sentences_of

HARBOR = "Harbor council leases two berths"
BERTHS = "Two berths go to the coastguard"
LOUD = "COASTGUARD MOVES INTO PORT"
#: Titles that cannot be set in a line of type.
TOO_LONG = "word " * 30 + "x"
REVERSED = "Berths \u202ego to the coastguard"


def story_of(*titles: str) -> Story:
    return Story(
        "s1",
        tuple(replace(document(number), title=title) for number, title in enumerate(titles)),
    )


def published(*titles: tuple[str, str]) -> Story:
    reports = enumerate(titles)
    return Story(
        "s1",
        tuple(
            replace(document(number), title=title, publisher=publisher)
            for number, (publisher, title) in reports
        ),
    )


def chosen(*titles: str, lead: int = 0, used: frozenset[str] = frozenset()) -> tuple[str, str]:
    return choose_headline(story_of(*titles), sentences_of(document(lead)), used=used)


def test_the_headline_is_the_title_above_the_first_sentence() -> None:
    assert chosen(HARBOR, BERTHS, lead=1) == (BERTHS, "d1")


def test_other_titles_follow_in_the_order_of_the_story() -> None:
    assert chosen(HARBOR, BERTHS, "", lead=2) == (HARBOR, "d0")


def test_a_first_sentence_from_elsewhere_leaves_the_order_alone() -> None:
    assert chosen(HARBOR, BERTHS, lead=7) == (HARBOR, "d0")


def test_a_title_that_the_page_has_said_gives_way() -> None:
    assert chosen(HARBOR, BERTHS, used=frozenset({HARBOR})) == (BERTHS, "d1")


def test_capitals_give_way_to_mixed_case() -> None:
    assert chosen(LOUD, BERTHS) == (BERTHS, "d1")


def test_new_capitals_go_before_mixed_case_that_was_said() -> None:
    assert chosen(BERTHS, LOUD, used=frozenset({BERTHS})) == (LOUD, "d1")


def test_where_every_title_was_said_the_best_is_said_again() -> None:
    assert chosen(LOUD, HARBOR, used=frozenset({LOUD, HARBOR})) == (HARBOR, "d1")


def test_a_title_too_long_for_a_column_is_no_headline() -> None:
    assert len(TOO_LONG) == 151
    assert chosen(TOO_LONG, BERTHS) == (BERTHS, "d1")
    assert chosen(TOO_LONG[1:], BERTHS) == (TOO_LONG[1:], "d0")


def test_a_title_that_would_turn_the_line_around_is_no_headline() -> None:
    assert chosen(REVERSED, BERTHS) == (BERTHS, "d1")


def test_without_a_usable_title_there_are_no_words_above_the_first_sentence() -> None:
    assert chosen("", " \n\t", TOO_LONG, REVERSED, lead=1) == ("", "d1")


@pytest.mark.parametrize(
    "loud",
    [
        "Council blasts coastguard over two berths",
        "Council fully betrays the harbor",
        "Will the coastguard get its two berths?",
        "Why the coastguard gets two berths",
        "Opinion: The coastguard deserves two berths",
        "Our coastguard gets two berths",
        "Coastguard gets BERTHS at last",
        "Coastguard gets two ‘gift’ berths",
        "Mayor: Coastguard will leave two berths",
        "Coastguard expected to get two berths",
    ],
)
def test_the_plainest_title_precedes_what_judges_asks_claims_or_previews(loud: str) -> None:
    assert chosen(loud, BERTHS) == (BERTHS, "d1")


def test_of_titles_as_plain_that_of_an_agency_precedes() -> None:
    told = sentences_of(document(0, text="The council of Ostra leases two berths."))
    story = published(("Ostra Courier", HARBOR), ("Reuters", "Council leases two berths"))
    assert choose_headline(story, told, used=frozenset()) == ("Council leases two berths", "d1")
    story = published(("Ostra Courier", HARBOR), ("Reuters", "Smelter union ends its strike"))
    assert choose_headline(story, told, used=frozenset()) == (HARBOR, "d0")


def test_the_title_of_a_party_gives_way_to_one_as_plain_of_others() -> None:
    story = story_of("Council leases berths", "Berths leased by council")
    own, other = story.documents
    story, told = replace(story, documents=(replace(own, kind=Kind.STATE), other)), document(2)
    for used, headline in ((set(), other), ({other.title}, own)):
        chosen = choose_headline(story, sentences_of(told), used=used)
        assert chosen == (headline.title, headline.id)


def test_a_title_of_what_is_not_told_below_it_is_no_plainer() -> None:
    told = sentences_of(document(0, text="The council of Ostra leases two berths."))
    story = published(("A", "Council slams rivals over two berths"), ("B", "Ferry was late"))
    assert choose_headline(story, told, used=frozenset())[1] == "d0"


@given(
    st.lists(
        st.text(max_size=9) | st.sampled_from((HARBOR, LOUD, TOO_LONG, REVERSED)),
        min_size=1,
        max_size=5,
    ),
    st.integers(0, 6),
    st.frozensets(st.text(max_size=5)),
)
def test_a_headline_is_a_title_of_the_story_word_for_word(
    titles: list[str], lead: int, used: frozenset[str]
) -> None:
    headline, titled = chosen(*titles, lead=lead, used=used)
    by_id = {f"d{number}": title for number, title in enumerate(titles)}
    if headline:
        assert by_id[titled] == headline
        assert headline not in (TOO_LONG, REVERSED)
    else:
        assert titled == f"d{lead}"
        assert not {HARBOR, LOUD} & set(titles)


def test_a_wanted_title_precedes_all_even_one_in_capitals_that_is_on_the_page_already() -> None:
    story, lead = story_of(HARBOR, BERTHS, LOUD), sentences_of(document(0))
    used = frozenset({LOUD})
    assert choose_headline(story, lead, used=used, wanted="d2") == (LOUD, "d2")


def test_a_wanted_title_that_cannot_be_set_gives_way() -> None:
    story, lead = story_of(HARBOR, TOO_LONG), sentences_of(document(0))
    assert choose_headline(story, lead, used=frozenset(), wanted="d1") == (HARBOR, "d0")
