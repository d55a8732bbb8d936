from datetime import UTC, datetime
from importlib import resources

from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Entry, Mark
from briefing.sources.entries import (
    from_document,
    is_blurb,
    is_cut,
    name_of,
    notes_of,
    to_document,
    to_entries,
    to_entry,
    with_blurb,
    words,
)
from briefing.sources.keys import canonical, host_name, is_front_page, is_same_site
from briefing.sources.opml import read_opml
from briefing.sources.starters import starter_lists
from tests.examples import examples
from tests.sources.outside import WHOLE

RECORD = {
    "guid": "77\n",
    "url": "https://post.example/a",
    "title": "Port\x00 opens\nagain",
    "text": "Ships came in.\r\nOne left.",
    "author": "A. Reporter",
    "publisher": "Harbor Post",
    "published": "2026-01-04T08:30:00Z",
    "timed": True,
    "language": "en-GB",
    "marks": ["opinion", "paywall", "loud", "opinion"],
}
ENTRY = Entry(
    url="https://post.example/a",
    guid="77",
    title="Port opens again",
    text="Ships came in.\nOne left.",
    author="A. Reporter",
    publisher="Harbor Post",
    published=datetime(2026, 1, 4, 8, 30, tzinfo=UTC),
    language="en",
    marks=(Mark.PAYWALL, Mark.OPINION),
)


def test_items_are_cleaned_as_records_are() -> None:
    assert to_entry(RECORD) == ENTRY
    assert to_entry({}) == Entry("")
    assert to_entry(dict.fromkeys(RECORD, 7)) == Entry("")
    assert to_entry({"url": "javascript:1", "published": "soon", "text": "—"}) == Entry("")


@examples("record, timed")
def test_a_day_is_no_time(record: dict[str, object], timed: bool) -> None:  # noqa: FBT001
    assert to_entry(record).timed is timed


def test_items_and_names_of_a_parser_are_bounded() -> None:
    first, second = (to_entry({"guid": "x" * 5_000 + end}).guid for end in "ab")
    assert len(first) == len(second) == 64
    assert first != second
    assert to_entry({"guid": "x" * 2_000}).guid == "x" * 2_000
    listed = to_entries([RECORD, {}, 7, {"guid": "1"}, {"title": "T"}])
    assert [entry.title for entry in listed] == ["Port opens again", "T"]
    assert to_entries(None) == ()
    notes = notes_of({"notes": ["a\nb", 7, "x" * 999, *["c"] * 50]})
    assert notes[:2] == ("a b", "x" * 200)
    assert len(notes) == 10
    assert notes_of({"notes": 7}) == ()
    assert [name_of({"title": title}) for title in ("a\nb", None, 7)] == ["a b", "", ""]
    document = to_document(ENTRY)
    assert from_document(document).text == ENTRY.text
    assert document.marks == (Mark.PAYWALL, Mark.BLURB, Mark.OPINION)
    assert from_document(document).published == document.published == ENTRY.published


@examples("end")
def test_a_text_that_goes_on_elsewhere_is_cut(end: str) -> None:
    assert is_cut(WHOLE + end)
    assert is_blurb(WHOLE + end)


def test_blurbs_are_short_and_marked_once_and_a_whole_text_is_not_cut() -> None:
    assert is_blurb("Ships came in.")
    assert is_blurb("")
    assert not is_blurb("Ships came in.", fewest=3)
    assert len(words("北京时间周一上午")) == 4
    assert words("Won’t 1.5 PORTS") == ["won", "t", "1", "5", "ports"]
    marks = (Mark.OPINION, Mark.BLURB)
    assert with_blurb(marks, blurb=True) == (Mark.BLURB, Mark.OPINION)
    assert with_blurb(marks, blurb=False) == (Mark.OPINION,)
    assert not is_cut("\nread more " * 100_000 + "x." * 100)
    for end in ["", "\n", " He will read more about it, he said.", '"']:
        assert not is_cut(WHOLE + end)
        assert not is_blurb(WHOLE + end)
    for url in ["", "ftp://a.example/x", "https://[bad/x", "/x", "https:///x"]:
        assert canonical(url) == ""


@examples("url")
def test_addresses_of_one_page_are_alike(url: str) -> None:
    assert canonical(url) == "https://post.example/a?id=7&lang=en"


@examples("url, other")
def test_addresses_that_may_be_two_reports_stay_two(url: str, other: str) -> None:
    assert canonical(url) != canonical(other)


@given(
    st.builds(
        "https://a.example{}?{}#{}".format,
        st.text("/ab.%é", max_size=9),
        st.text("&=autm_1;%", max_size=9),
        st.text("!/a=", max_size=5),
    )
)
def test_the_form_of_a_form_is_itself(url: str) -> None:
    assert canonical(canonical(url)) == canonical(url)


@examples("url, front")
def test_a_front_page_is_known(url: str, front: bool) -> None:  # noqa: FBT001
    assert is_front_page(url) is front


@examples("url, host")
def test_a_host_is_named_as_readers_know_it(url: str, host: str) -> None:
    assert host_name(url) == host


@examples("url, other, same")
def test_a_site_is_one_registered_domain(url: str, other: str, same: bool) -> None:  # noqa: FBT001
    assert is_same_site(url, other) is same


def test_lists_name_eight_publishers_and_no_address_twice() -> None:
    lists = starter_lists()
    assert [region.key for region in lists] == ["europe", "africa", "asia"]
    for region in lists:
        assert len(region.sources) >= 10
        assert all(source.url.startswith("https://") for source in region.sources)
        assert all(source.name and source.language == "en" for source in region.sources)
        assert len({source.name for source in region.sources}) >= 8
        content = resources.files("briefing.sources.starters").joinpath(f"{region.key}.opml")
        read = read_opml(content.read_bytes())
        assert not read.notes
        assert not read.lost
