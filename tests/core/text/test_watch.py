"""Watch-lists in reports, and their alerts."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from briefing.core.errors import SettingsError
from briefing.core.model import (
    Document,
    Edition,
    Material,
    Sentence,
    Story,
    WatchEntry,
    WatchHit,
    WatchList,
    lists_named,
    marked,
)
from briefing.core.text.watch import Matcher, fold, folded_words, pulled_in, watched_in
from briefing.core.text.watch_alerts import OF_READER, OF_SOURCE, WatchAlert, find_alerts, is_spent
from tests.desk import OPINION, day_before
from tests.examples import examples
from tests.newsday import HARBOR, HARBOR_AGAIN, NICKEL, STRAIT, STRAIT_NEXT, TODAY, report


def watching(*words: str, name: str = "desk", pull: bool = False) -> WatchList:
    """Return a list; "A|B" has B as another word for A."""
    split = (one.split("|") for one in words)
    return WatchList(name, tuple(WatchEntry(one[0], tuple(one[1:])) for one in split), pull=pull)


def found(text: str, *words: str) -> list[str]:
    """Return the words of a text that name entries."""
    hits = Matcher.of([watching(*words)])(Document("d", "", text))
    for hit in hits:
        assert text[hit.words.start : hit.words.end] == hit.words.text
    return [hit.words.text for hit in hits]


@examples("text, words, expected")
def test_whole_words_are_found_as_they_stand(text: str, words: str, expected: list[str]) -> None:
    assert found(text, words) == expected


def test_of_entries_that_overlap_the_longest_is_named_also_in_lists_of_the_same_words() -> None:
    words = ("Guinea", "Papua New Guinea", "Guinea-Bissau", "New Guinea")
    assert found("Papua New Guinea, Guinea-Bissau, Guinea", *words) == [
        "Papua New Guinea",
        "Guinea-Bissau",
        "Guinea",
    ]
    # a longer word that does not end here does not hide the shorter
    assert found("Mali, Malian", "Mali", "Malians") == ["Mali"]
    assert found("Mali", "Mali", "Malian gold") == ["Mali"]
    lists = [watching("Guinea", name="a"), watching("Guinea-Bissau", "Bissau", name="b")]
    hits = Matcher.of(lists)(Document("d", "Guinea-Bissau votes", "In Bissau"))
    assert [(hit.list, hit.words.text, hit.titled) for hit in hits] == [
        ("b", "Guinea-Bissau", True),
        ("a", "Guinea", True),
        ("b", "Bissau", False),
    ]
    hits = Matcher.of([watching("Georgia (state)|Georgia", "Georgia (country)|Georgia|georgia")])(
        Document("d", "", "Georgia votes")
    )
    assert [hit.entry for hit in hits] == ["Georgia (state)", "Georgia (country)"]


def test_a_hit_says_what_is_named_and_where_and_words_have_a_letter_or_digit() -> None:
    own = WatchList("south", (WatchEntry("Mozambique", ("Moçambique",)),), "The South", pull=True)
    (hit,) = Matcher.of([own])(Document("d1", "", "Em Moçambique"))
    assert hit == WatchHit(
        "south",
        "The South",
        "Mozambique",
        Sentence("d1", 3, 13, "Moçambique"),
        titled=False,
        pull=True,
    )
    assert watching("x").heading == "desk"
    assert Matcher.of([])(Document("d", "Nambuda", "Nambuda")) == ()
    for words in ["", " ", "--", "…", "\u00ad", "Nambuda|", "Nambuda||x"]:
        with pytest.raises(SettingsError, match=r"watch-list 'desk'.*has no letter or digit"):
            Matcher.of([watching(words)])


LETTERS = st.text(
    alphabet=st.characters(codec="utf-8")
    | st.sampled_from("aAß İıſé\u0301'’-–ß中ス가\u1100\u00ad\u3000"),
    max_size=30,
)


@given(LETTERS)
def test_every_text_is_folded_letter_by_letter(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.begins) == len(folded.ends)
    assert all(
        0 <= one < other <= len(text) for one, other in zip(folded.begins, folded.ends, strict=True)
    )
    assert list(folded.begins) == sorted(folded.begins)


@example("Ù-0", "NFD")
@given(LETTERS, st.sampled_from(["NFC", "NFD"]))
def test_composition_makes_no_difference(text: str, form: Literal["NFC", "NFD"]) -> None:
    other = unicodedata.normalize(form, text)
    assert fold(other).text == fold(text).text


@given(st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=12))
def test_an_entry_of_letters_is_found_where_it_stands_alone(words: str) -> None:
    # Korean vowels and finals go on with what stands before them.
    assume(folded_words(words) and ord(words[0]) not in range(0x1160, 0x1200))
    text = f"So «{words}»"
    (hit,) = Matcher.of([watching(words)])(Document("d", "", text))
    assert (hit.words.start, hit.words.end) == (4, 4 + len(words))


def hit(document: str, start: int, *, entry: str = "Nambuda", titled: bool = False) -> WatchHit:
    words = Sentence(document, start, start + 7, "Nambuda")
    return WatchHit("desk", "desk", entry, words, titled=titled)


class TestMarks:
    """One hit of each entry stands with a story."""

    PRINTED = (Sentence("d1", 100, 200, "…"),)

    def test_that_in_a_printed_sentence_comes_first_then_that_in_a_cited_title(self) -> None:
        inside = hit("d1", 150)
        hits = (hit("d1", 0, titled=True), hit("d2", 150), hit("d1", 195), inside)
        assert marked(hits, printed=self.PRINTED, cited=["d1"]) == (inside,)
        title = hit("d1", 0, titled=True)
        others = (hit("d2", 0, titled=True), hit("d1", 9), title)
        assert marked(others, printed=self.PRINTED, cited=["d1"]) == (title,)
        assert marked(others, printed=(), cited=[]) == (others[0],)

    def test_each_entry_has_one_in_the_order_in_which_they_are_named(self) -> None:
        hits = (hit("d1", 0, entry="B"), hit("d1", 9, entry="A"), hit("d1", 20, entry="B"))
        own = marked(hits, printed=self.PRINTED, cited=["d1"])
        assert [one.entry for one in own] == ["B", "A"]
        assert marked((), printed=self.PRINTED, cited=["d1"]) == ()


def story(*documents: Document) -> Story:
    return Story(documents[0].id, documents)


def test_hits_come_in_reading_order_and_pull_in_the_stories_about_them() -> None:
    one = story(Document("a", "Nambuda", "x"), Document("b", "x", "In Nambuda"))
    other = story(Document("c", "x", "y"))
    hits = watched_in([one, other], Matcher.of([watching("Nambuda")]))
    assert [(key, [hit.words.document for hit in own]) for key, own in hits.items()] == [
        ("a", ["a", "b"])
    ]
    matcher = Matcher.of([watching("Nambuda", pull=True), watching("Orvel", name="quiet")])
    late = "x " * 2_000
    stories = [
        story(Document("title", "Nambuda", late)),
        story(Document("opening", "x", "At Nambuda " + late)),
        story(Document("late", "x", late + "Nambuda")),
        story(Document("quiet", "Orvel", late)),
    ]
    assert pulled_in(watched_in(stories, matcher)) == {"title", "opening"}


def test_lists_may_be_kept_to_publishers_and_readers_see_them_by_name_alone() -> None:
    own = replace(watching("berths"), publishers=frozenset({"port authority"}))
    match = Matcher.of([own, watching("berths", name="all")])
    text = ("Berths", "The council leased two.\n")
    for publisher, names in (("Port Authority", ["desk", "all"]), ("Kalvik Post", ["all"])):
        assert [hit.list for hit in match(report("a", text, publisher=publisher))] == names
    words = Sentence("d1", 10, 16, "Serrat")
    hits = [WatchHit(name, "", "Serrat", words) for name in ("own", "banks", "straits", "banks")]
    assert lists_named(hits, {"straits": "The straits", "banks": "Banks"}) == ("banks", "straits")
    assert lists_named(hits, {}) == ()


COURIER = report("harbor", HARBOR)
POST = report("again", HARBOR_AGAIN, publisher="Kalvik Post")
OSTRA = WatchEntry("Port Ostra", ("harbor",))


def alerts_of(
    *reports: Document,
    lists: Sequence[WatchList] = (),
    least: int = 2,
    before: Sequence[Edition] = (),
) -> list[tuple[str, int, tuple[str, ...], list[str]]]:
    """Return list, publishers, entries and reports of each alert."""
    own = lists or [WatchList("coast", (OSTRA, WatchEntry("Norvian")), alert=least)]
    alerts: tuple[WatchAlert, ...] = find_alerts(
        Material(reports, TODAY, before=before),
        watch=Matcher.of(own),
        known={},
        language="en",
        window=timedelta(hours=72),
    )
    return [
        (one.list.name, one.publishers, one.entries, sorted(x.id for x in one.story.documents))
        for one in alerts
    ]


def test_enough_publishers_of_their_own_must_name_it() -> None:
    both = ("coast", 2, ("Norvian", "Port Ostra"), ["again", "harbor"])
    assert alerts_of(COURIER, POST) == [both]
    assert alerts_of(COURIER) == []
    assert alerts_of(COURIER, POST, least=3) == []
    assert alerts_of(COURIER, least=1) == [("coast", 1, ("Norvian", "Port Ostra"), ["harbor"])]
    assert alerts_of(COURIER, report("copied", HARBOR, publisher="Wire Meridian", hour=9)) == []
    bare = report("bare", (HARBOR[0], ""), publisher="Kalvik Post")
    assert alerts_of(bare, least=1) == [("coast", 1, ("Norvian", "Port Ostra"), ["bare"])]
    owned = [replace(one, owner="Ostra Group") for one in (COURIER, POST)]
    assert alerts_of(*owned) == []
    lists = [WatchList("coast", (WatchEntry("Lena Oster"),), alert=1)]
    assert alerts_of(COURIER, POST, lists=lists) == [("coast", 1, ("Lena Oster",), ["again"])]
    assert alerts_of(COURIER, report("opinion", OPINION, publisher="Sund Mail")) == []
    assert alerts_of(COURIER, replace(POST, language="fr")) == []
    _, text = HARBOR
    late = f"{'The council sat for hours over its minutes. ' * 40}{text}"
    assert alerts_of(report("late", ("Minutes of a council", late)), least=1) == []


def test_lists_alert_for_what_is_new() -> None:
    yesterday = day_before(report("strait", STRAIT))
    lists = [WatchList("straits", (WatchEntry("Serrat"),), alert=1)]
    news = report("strait-next", STRAIT_NEXT, day=TODAY)
    assert alerts_of(news, lists=lists, before=[yesterday]) == []
    assert alerts_of(news, lists=lists) != []
    lists = [
        WatchList("metal", (WatchEntry("nickel"),), alert=1),
        WatchList("coast", (OSTRA,), alert=2),
        WatchList("both", (OSTRA, WatchEntry("smelter")), alert=1),
    ]
    names = [one[0] for one in alerts_of(COURIER, POST, report("n", NICKEL), lists=lists)]
    assert names == ["metal", "coast", "both", "both"]
    assert alerts_of() == []
    assert alerts_of(report("n", NICKEL), least=1) == []


def test_sources_and_readers_have_budgets() -> None:
    before = [("flood", "ann")] * OF_SOURCE
    assert not is_spent(before[1:], source="flood", reader="ann")
    assert is_spent(before, source="flood", reader="ann")
    assert not is_spent(before, source="flood", reader="bo")
    assert not is_spent(before, source="post", reader="ann")
    assert not is_spent([("", "ann")] * OF_SOURCE, source="", reader="ann")
    before = [(f"source {number}", "ann") for number in range(OF_READER)]
    assert not is_spent(before[1:], source="other", reader="ann")
    assert is_spent(before, source="other", reader="ann")
    assert is_spent(before, source="", reader="ann")
