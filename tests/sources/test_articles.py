from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import FetchError, InputError
from briefing.core.model import Document, Entry, Item, Mark, Source, TextFrom
from briefing.core.ports import Answer
from briefing.sources import articles
from briefing.sources.articles import RETRY, is_html, own_address, read_page, to_page, wants_page
from briefing.sources.keys import keys, listed
from briefing.sources.sandbox.pool import shared
from tests.examples import examples
from tests.sources.outside import NOW, REPORT, SITE, WHOLE, Outside, page, run
from tests.sources.test_extract import PDF

SOURCE = Source(f"{SITE}/feed")
EIGHT = datetime(2026, 1, 4, 8, tzinfo=UTC)
BLURB = "The port of Northwick opened again on Monday after three weeks of repairs …"
ENTRY = Entry(REPORT, guid="77", title="Port opens", text=BLURB, published=EIGHT)
JSON_LD = (
    '<script type="application/ld+json">{{"@type": "NewsArticle", "datePublished": '
    '"2026-01-04T07:15:00Z", "isAccessibleForFree": {free}, "headline": "Port"}}</script>'
    '<meta property="og:site_name" content="Harbor Post">'
)


def complete(
    entry: Entry = ENTRY, answer: Answer | FetchError | None = None, *, source: Source = SOURCE
) -> Item:
    world = Outside({entry.url: answer} if answer else {})
    return run(articles.complete(entry, source=source, gateway=world.gateway, now=NOW))


def test_an_item_is_known_by_id_address_and_words_and_a_front_page_by_none() -> None:
    entry = replace(ENTRY, text=WHOLE, publisher="Harbor Post")
    name, address, text = keys(entry, source=SOURCE)
    assert name == f"id {SITE}/feed 77"
    assert address == f"url {REPORT}"
    assert text.startswith("text post.example ")
    assert keys(replace(entry, text=WHOLE.upper() + "\n\n"), source=SOURCE)[2] == text
    assert keys(replace(entry, text=WHOLE + " More."), source=SOURCE)[2] != text
    assert not any(key.startswith("text") for key in keys(ENTRY, source=SOURCE))
    first, second = (keys(Entry("", guid="x" * 1_000 + end), source=SOURCE) for end in "ab")
    assert first != second
    assert listed(ENTRY) == listed(replace(ENTRY, text=BLURB.replace(" ", "\n"), url="", guid=""))
    assert listed(ENTRY) != listed(replace(ENTRY, title="Port opens."))
    assert listed(Entry("", text="It cost 1.5 m")) != listed(Entry("", text="It cost 15 m"))
    assert listed(Entry("", title="a b")) != listed(Entry("", title="a", text="b"))
    for entry in [Entry(""), Entry(SITE), Entry(f"{SITE}/", guid=f"{SITE}/")]:
        assert keys(entry, source=SOURCE) == ()


@examples("guid, key")
def test_an_id_that_is_an_address_is_the_same_in_every_feed(guid: str, key: str) -> None:
    assert keys(Entry("", guid=guid), source=SOURCE) == (key,)


@pytest.mark.parametrize(
    ("source", "family"),
    [
        (Source("x", name="Post", owner="Harbor Group"), "harbor group"),
        (Source("x", name="Post"), "post"),
        (Source("x"), "post.example"),
    ],
)
def test_words_count_within_one_family_of_publishers(source: Source, family: str) -> None:
    assert keys(replace(ENTRY, text=WHOLE), source=source)[2].startswith(f"text {family} ")


@given(st.text(max_size=3_000), st.text(max_size=3_000), st.text(max_size=500))
def test_keys_are_bounded_whatever_is_listed(guid: str, tail: str, name: str) -> None:
    entry = Entry(f"https://post.example/a{tail}", guid=guid, text=WHOLE)
    assert all(len(key) <= 300 for key in keys(entry, source=Source("x", name=name)))


def test_a_source_that_nobody_named_counts_by_its_host() -> None:
    listing = replace(ENTRY, text=WHOLE, publisher="World news")
    unnamed, named, owned = (
        complete(listing, source=source).document
        for source in (
            Source(SOURCE.url),
            Source(SOURCE.url, name="Harbor Post"),
            Source(SOURCE.url, owner="Harbor Group"),
        )
    )
    assert (unnamed.publisher, unnamed.family) == ("World news", "post.example")
    assert (named.publisher, named.family) == ("Harbor Post", "harbor post")
    assert (owned.publisher, owned.family) == ("World news", "harbor group")


@pytest.mark.parametrize(
    ("entry", "text", "wanted"),
    [
        (ENTRY, TextFrom.AUTO, True),
        (ENTRY, TextFrom.PAGE, True),
        (ENTRY, TextFrom.FEED, False),
        (replace(ENTRY, text=WHOLE), TextFrom.AUTO, False),
        (replace(ENTRY, text=WHOLE), TextFrom.PAGE, True),
        (replace(ENTRY, text=WHOLE + " […]"), TextFrom.AUTO, True),
        (replace(ENTRY, url=""), TextFrom.AUTO, False),
        (replace(ENTRY, url=f"{SITE}/"), TextFrom.PAGE, False),
    ],
)
def test_a_page_is_wanted_for_a_teaser(entry: Entry, text: TextFrom, *, wanted: bool) -> None:
    assert wants_page(entry, source=replace(SOURCE, text=text)) is wanted


def test_a_blurb_is_replaced_by_its_page() -> None:
    item = complete(answer=page(head=f'<link rel="canonical" href="{SITE}/port">'))
    document = item.document
    assert document.text.endswith(WHOLE)
    assert (document.title, document.url) == ("Port opens", f"{SITE}/port")
    assert (document.published, document.timed) == (EIGHT, True)
    assert (document.publisher, document.language) == ("post.example", "en")
    assert (document.collected, document.marks) == (NOW, ())
    assert item.from_page
    assert item.retry_page is None
    assert item.listed == listed(ENTRY)
    assert set(keys(ENTRY, source=SOURCE)) < set(item.keys)
    assert f"url {SITE}/port" in item.keys
    assert item.keys[-1].startswith("text post.example ")


def test_of_page_and_listing_the_better_text_is_kept_as_asked_for() -> None:
    item = complete(answer=replace(page(), url="https://other.example/port-opens"))
    assert item.document.url == "https://other.example/port-opens"
    assert {f"url {REPORT}", "url https://other.example/port-opens"} <= set(item.keys)
    long = replace(ENTRY, text=WHOLE.removesuffix(".") + " …")
    item = complete(long, page("Ships came in before noon, said the harbor. " * 3))
    assert item.document.text == long.text
    assert not item.from_page
    assert Mark.BLURB in item.document.marks
    source = replace(SOURCE, text=TextFrom.PAGE)
    item = complete(
        replace(ENTRY, text=WHOLE), page("Short but true, it said. " * 9), source=source
    )
    assert "Short but true" in item.document.text
    assert item.from_page
    world = Outside({})
    source = replace(SOURCE, text=TextFrom.FEED)
    item = run(articles.complete(ENTRY, source=source, gateway=world.gateway, now=NOW))
    assert item.document.text == BLURB
    assert item.document.marks == (Mark.BLURB,)
    assert world.asked == []


def test_what_page_and_listing_say_is_united() -> None:
    entry = replace(ENTRY, marks=(Mark.OPINION,), published=EIGHT, timed=False, title="")
    document = complete(entry, page(head=JSON_LD.format(free="false"))).document
    assert document.marks == (Mark.PAYWALL, Mark.OPINION)
    assert document.published == datetime(2026, 1, 4, 7, 15, tzinfo=UTC)
    assert document.title == "Port of Northwick opens again"
    assert document.publisher == "Harbor Post"
    # Of two times the listing's counts.
    for published, expected in ((EIGHT, EIGHT), (None, datetime(2026, 1, 4, 7, 15, tzinfo=UTC))):
        item = complete(replace(ENTRY, published=published), page(head=JSON_LD.format(free="true")))
        assert (item.document.published, item.document.timed) == (expected, True)


def test_day_publisher_and_language_are_as_far_as_known() -> None:
    item = complete(replace(ENTRY, timed=False), page())
    assert (item.document.published, item.document.timed) == (EIGHT, False)
    assert complete(replace(ENTRY, published=None), page()).document.published is None
    source = Source(f"{SITE}/feed", name="Post", owner="Harbor Group", language="de")
    document = complete(replace(ENTRY, publisher="Wire"), page(), source=source).document
    assert (document.publisher, document.owner, document.language) == ("Post", "Harbor Group", "de")
    assert complete(replace(ENTRY, publisher="Wire"), page()).document.publisher == "Wire"
    assert complete(replace(ENTRY, text=WHOLE)).document.language == "en"
    item = complete(replace(ENTRY, text=WHOLE, language="fr"))
    assert item.document.language == "fr"


@pytest.mark.parametrize(
    ("error", "retry"),
    [
        (FetchError("down", status=503, passing=True), NOW + RETRY),
        (
            FetchError("wait", passing=True, retry_at=NOW + timedelta(hours=5)),
            NOW + timedelta(hours=5),
        ),
        (FetchError("wait", passing=True, retry_at=NOW - timedelta(hours=5)), NOW + RETRY),
        (FetchError("gone", status=404), None),
        (FetchError("robots.txt does not allow it"), None),
    ],
)
def test_without_its_page_a_listing_counts(error: FetchError, retry: datetime | None) -> None:
    item = complete(ENTRY, error)
    assert (item.document.text, item.document.url) == (BLURB, REPORT)
    assert item.document.marks == (Mark.BLURB,)
    assert item.retry_page == retry
    assert not item.from_page


def test_texts_are_kept_whatever_is_missing() -> None:
    first, second = (
        complete(Entry(f"{SITE}/{end}-of-the-year", title="Weather")) for end in ("eve", "end")
    )
    assert first.document.text == ""
    assert first.document.marks == (Mark.BLURB,)
    assert first.document.id != second.document.id
    assert complete(Entry("", title="Weather")).document.title == "Weather"
    entry = replace(ENTRY, text="Ships came in before noon, said the harbor master. " * 6)
    item = complete(entry, source=replace(SOURCE, kind="page"))
    assert item.from_page
    assert item.document.marks == ()
    item = complete(entry, source=replace(SOURCE, kind="folder"))
    assert not item.from_page
    assert item.document.marks == ()
    item = complete(answer=page(), source=replace(SOURCE, genre="statement"))
    assert item.document.marks == (Mark.STATEMENT,)
    assert complete(answer=page()) == complete(answer=page())


def reread(document: Document, answer: Answer | FetchError) -> Item:
    world = Outside({document.url: answer})
    return run(articles.reread(document, source=SOURCE, gateway=world.gateway, now=NOW))


def test_a_page_is_read_later_and_its_first_lines_do_not_replace_it() -> None:
    item = reread(complete(ENTRY, FetchError("down", passing=True)).document, page())
    assert item.from_page
    assert item.document.text.endswith(WHOLE)
    assert (item.document.title, item.document.published) == ("Port opens", EIGHT)
    assert item.document.marks == ()
    assert f"url {REPORT}" in item.keys
    before = complete(answer=page()).document
    shorter = "\n".join(WHOLE.split("\n")[:-1])
    item = reread(before, page(shorter))
    assert item.document.text.endswith(shorter)
    assert item.document.id != before.id
    for now_there in [
        page("Ships came in before noon."),
        page(WHOLE[:400], head=JSON_LD.format(free="false")),
    ]:
        before = complete(answer=page()).document
        assert reread(before, now_there).document.text == before.text


@examples("body")
def test_a_page_is_known_by_how_it_begins(body: bytes) -> None:
    assert is_html(body)


@examples("claimed, own")
def test_a_page_is_believed_about_its_address_within_its_site(claimed: object, own: str) -> None:
    assert own_address(claimed, answered=REPORT) == own


def test_pages_are_read_by_what_they_are_and_by_nothing_else() -> None:
    read = to_page(Answer(REPORT, 200, PDF, "text/html"), parse=shared())
    assert "Northwick" in read.document.text
    assert read.document.url == REPORT
    body = page("Порт открыт снова после ремонта причала, сказал капитан порта утром. " * 9).body
    answer = Answer(REPORT, 200, body.decode().encode("cp1251"), "text/html; charset=windows-1251")
    assert "Порт открыт снова" in to_page(answer, parse=shared()).document.text
    for body in [b"", b"<?xml version='1.0'?><rss>", b"%PDF-1.7", b"{}", b"<p>"]:
        assert not is_html(body)
    for kind in ["page", "folder"]:
        assert not wants_page(ENTRY, source=replace(SOURCE, kind=kind, text=TextFrom.PAGE))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            Answer(REPORT, 200, b"\x89PNG", "image/png"),
            "neither a web page nor a PDF but image/png",
        ),
        (Answer(REPORT, 200, b"\x89PNG", "a\x1bb"), "but unknown"),
        (Answer(REPORT, 200, b"<!doctype html><p>", "text/html"), "no article text"),
        (Answer(REPORT, 200, b"", ""), "no article text"),
    ],
)
def test_an_answer_that_is_no_report_is_refused(answer: Answer, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        to_page(answer, parse=shared())
    assert str(caught.value).isprintable()


def test_what_leads_nowhere_is_a_lasting_failure_and_no_answer_is_told() -> None:
    front = Answer(f"{SITE}/", 200, page().body, "text/html")
    with pytest.raises(FetchError, match="front page") as caught:
        run(read_page(REPORT, gateway=Outside({REPORT: front}).gateway))
    assert caught.value.gone
    picture = Answer("", 200, b"GIF89a", "image/gif")
    with pytest.raises(FetchError, match="neither") as caught:
        run(read_page(REPORT, gateway=Outside({REPORT: picture}).gateway))
    assert not caught.value.passing
    with pytest.raises(FetchError, match="down"):
        reread(complete(answer=page()).document, FetchError("down", passing=True))
