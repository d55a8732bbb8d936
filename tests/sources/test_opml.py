from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import InputError
from briefing.core.model import GENRES, GRADES, WEIGHTS, Source, TextFrom
from briefing.sources.opml import OPML_BYTES, read_opml, write_opml
from tests.examples import examples, tables

MADE = datetime(2026, 3, 12, 6, 30, tzinfo=UTC)
FEED = "https://news.example/feed.xml"


def _list(*outlines: str) -> bytes:
    return f'<opml version="2.0"><head/><body>{"".join(outlines)}</body></opml>'.encode()


def _write(*sources: Source) -> bytes:
    return write_opml(sources, title="Asia Desk", made=MADE)


def test_a_list_of_another_reader_gives_its_feeds_in_order() -> None:
    read = read_opml(
        b"\xef\xbb\xbf"
        + _list(
            '<outline text="Harbor Post" title="The Harbor Post" type="rss" language="en-gb"',
            f' xmlUrl=" {FEED} " htmlUrl="https://news.example/"/>',
            '<outline text="Coast" xmlURL="http://coast.example/rss?a=1&amp;b=2"/>',
        )
    )
    assert read.notes == ()
    assert read.sources == (
        Source(FEED, name="The Harbor Post", language="en"),
        Source("http://coast.example/rss?a=1&b=2", name="Coast"),
    )


def test_feeds_in_folders_and_below_others_are_taken_once() -> None:
    read = read_opml(
        _list(
            '<outline text="Asia"><outline text="Trade"><outline xmlUrl="https://a.example/"/>',
            '</outline></outline><outline title="Asia"><outline xmlUrl="https://b.example/"/>',
            '</outline><outline><outline xmlUrl="https://c.example/"/></outline>',
        )
    )
    assert [source.url[8] for source in read.sources] == ["a", "b", "c"]
    assert read.notes == ("folders are not kept, only the sources in them: Asia, Trade, (no name)",)
    read = read_opml(_list(f'<outline xmlUrl="{FEED}"><outline xmlUrl="{FEED}2"/></outline>'))
    assert read.sources == (Source(FEED), Source(f"{FEED}2"))
    outline = f'<outline text="{{}}" xmlUrl="{FEED}"/>'
    read = read_opml(_list(outline.format("one"), outline.format("two")))
    assert read.sources == (Source(FEED, name="one"),)
    assert read.notes == (f"line 1: {FEED}: listed more than once",)


@examples("outline, note")
def test_what_cannot_be_used_is_told_with_its_reason(outline: str, note: str) -> None:
    read = read_opml(_list(f"<outline {outline}/>"))
    assert read.sources == ()
    assert len(read.notes) == 1
    assert read.notes[0].endswith(note)
    assert len(read.notes[0]) < 200
    assert read.notes[0].isprintable()


def test_an_own_list_is_written_and_read_again_but_for_what_xml_cannot_hold() -> None:
    sources = (
        Source(FEED, name="Harbor & <Post>", owner='The "Coast" Group', language="en"),
        Source("https://coast.example/", "pages", name="Coast", text=TextFrom.PAGE),
        Source("https://quay.example/atom?a=1&b=2", text=TextFrom.FEED),
        Source("/srv/wire  reports/Ünsal", "files", name="Wire"),
    )
    assert read_opml(_write(*sources)).sources == sources[:3]
    odd = Source(FEED, name="Har\0bor\ud800 \uffff\x1bPost", owner="A\ufffeB")
    assert read_opml(_write(odd)).sources == (Source(FEED, name="Harbor Post", owner="AB"),)
    assert b'xmlUrl="http://[::1/"' in _write(Source("http://[::1/"))


def test_a_list_is_written_as_other_readers_expect_it() -> None:
    assert _write(Source(FEED, name="Harbor"), Source("https://c.example/", "pages")).decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<opml version="2.0">\n'
        "  <head>\n"
        "    <title>Asia Desk</title>\n"
        "    <dateCreated>Thu, 12 Mar 2026 06:30:00 GMT</dateCreated>\n"
        "  </head>\n"
        "  <body>\n"
        '    <outline type="rss" text="Harbor" title="Harbor" xmlUrl="https://news.example/feed.xml"'
        ' htmlUrl="https://news.example/"/>\n'
        '    <outline type="link" text="https://c.example/" url="https://c.example/"'
        ' briefingKind="pages"/>\n'
        "  </body>\n"
        "</opml>\n"
    )


_NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20)
_SOURCES = st.builds(
    Source,
    st.integers(0, 9).map(lambda n: f"https://n{n}.example/a?b=1&c=<2>"),
    st.sampled_from(["feed", "page", "pages", "own-kind"]),
    name=_NAMES,
    owner=_NAMES,
    language=st.sampled_from(["", "en", "de"]),
    text=st.sampled_from(TextFrom),
    weight=st.sampled_from(WEIGHTS),
    grade=st.sampled_from(["", *GRADES]),
    genre=st.sampled_from(["", *GENRES]),
)


@given(st.lists(_SOURCES, max_size=5, unique_by=lambda source: source.url))
def test_every_list_comes_back_as_it_was_written(sources: list[Source]) -> None:
    assert read_opml(_write(*sources)).sources == tuple(sources)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not OPML (it is empty)"),
        (b"\0\1\2", "not OPML (not text (it has NUL bytes)"),
        (b"news", "not OPML (no XML in it)"),
        (b"<rss><channel/></rss>", "not OPML (its root is <rss>)"),
        (b"<!doctype html><html><body><p>Feeds</p>", "not OPML (its root is <html>)"),
        (b"<opml><outline " + b'a="1" ' * 9_000 + b"/></opml>", "not OPML (a tag is too long)"),
        (b"<opml>" + b" " * OPML_BYTES + b"</opml>", "larger than 5,000,000 bytes"),
    ],
    ids="empty binary text rss page tag large".split(),
)
def test_what_is_no_list_is_refused_in_one_line(content: bytes, reason: str) -> None:
    with pytest.raises(InputError) as refused:
        read_opml(content)
    assert reason in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 200


_LAUGHS = '<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
)
HOSTILE = {
    "laughs": f'<!DOCTYPE opml [{_LAUGHS}]><opml><outline text="&a9;"/></opml>',
    "laughs-in-text": f"<!DOCTYPE opml [{_LAUGHS}]><opml><outline>&a9;</outline></opml>",
    "few-laughs": f'<!DOCTYPE opml [{_LAUGHS}]><opml><outline text="&a1;"/></opml>',
    "file": '<!DOCTYPE opml [<!ENTITY f SYSTEM "file:///etc/hosts">]><opml>&f;</opml>',
    "file-in-definition": (
        '<!DOCTYPE opml [<!ENTITY % f SYSTEM "file:///etc/hosts"> %f;]>'
        f'<opml><outline xmlUrl="{FEED}"/></opml>'
    ),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_nothing_is_expanded_and_no_file_read(content: str) -> None:
    read = read_opml(content.encode())
    assert read.sources == ((Source(FEED),) if FEED in content else ())
    assert len(" ".join(read.notes)) < 200


def _many() -> dict[str, bytes]:
    return {
        "outlines": _list("<outline/>" * 100_000),
        "folders": _list(*(f'<outline text="{n}"><outline/></outline>' for n in range(30_000))),
        "deep": _list("<outline>" * 250 + "<outline/>" * 50_000 + "</outline>" * 250),
    }


def test_a_list_ends_after_ten_thousand_outlines_and_notes_are_few() -> None:
    read = read_opml(_list("<outline/>" * 10_000, f'<outline xmlUrl="{FEED}"/>'))
    assert read.sources == ()
    assert read.notes[0] == "only the first 10,000 outlines are read; split the list"
    assert read_opml(_list("<outline/>" * 60)).notes[-1] == "and 10 more"
    elsewhere = '<!DOCTYPE opml SYSTEM "http://dtd.example/opml.dtd">'
    content = f'{elsewhere}<opml><outline xmlUrl="{FEED}"/></opml>'
    assert read_opml(content.encode()).sources == (Source(FEED),)
    for kind in ["outlines", "folders", "deep"]:
        read = read_opml(_many()[kind])
        assert read.sources == ()
        assert 1 <= len(read.notes) <= 53


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    try:
        assert read_opml(_list().replace(b"<body>", b"<body>" + content)).sources == ()
    except InputError as refused:
        assert str(refused).isprintable()  # noqa: PT017  either is right


A, B, C = (f"https://{name}.example/rss" for name in ("alder", "birch", "cedar"))
NAMES = {A: "Alder", B: "Birch", C: "Cedar"}


def row(url: str, name: str = "", *, more: str = "") -> str:
    return f'<outline text="{name or NAMES[url]}" type="rss" xmlUrl="{url}"{more}/>'


def opml(*rows: str, version: str = "2.0", head: str = "") -> str:
    lines = "\n".join(rows)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="{version}">\n'
        f"<head><title>Feeds</title>{head}</head>\n<body>\n{lines}\n</body>\n</opml>\n"
    )


#: What a list is like, the list, and address and name of each feed in it; an address alone has the
#: name that is usual here.
LISTS: dict[str, tuple[str | bytes, list[str | tuple[str, str]]]] = {
    **tables(__file__)["LISTS"],
    "mark of byte order and blank lines": (b"\xef\xbb\xbf\r\n\r\n" + opml(row(A)).encode(), [A]),
    "UTF-16": (opml(row(A, "Erlé")).encode("utf-16"), [(A, "Erlé")]),
    "UTF-16 without a mark": (opml(row(A, "Erlé")).encode("utf-16-le"), [(A, "Erlé")]),
    "UTF-16, big end first, without a mark": (
        opml(row(A, "Erlé")).encode("utf-16-be"),
        [(A, "Erlé")],
    ),
    "Latin-1 that says so": (
        opml(row(A, "Erlé")).replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        [(A, "Erlé")],
    ),
    "Latin-1 that says UTF-8": (opml(row(A, "Erlé")).encode("latin-1"), [(A, "Erlé")]),
    "UTF-8 that says Latin-1": (
        opml(row(A, "Erlé")).replace("UTF-8", "ISO-8859-1").encode(),
        [(A, "Erlé")],
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_of_a_damaged_list_every_feed_is_salvaged(name: str) -> None:
    content, wanted = LISTS[name]
    read = read_opml(content.encode() if isinstance(content, str) else content)
    pairs = [(each, NAMES[each]) if isinstance(each, str) else tuple(each) for each in wanted]
    assert [(source.url, source.name) for source in read.sources] == pairs
    assert all(note.isprintable() for note in read.notes)


def test_what_is_lost_is_told_with_line_and_title() -> None:
    lost = '<outline text="Local & near" xmlUrl="file:///etc/hosts"/>'
    read = read_opml(opml(row(A), lost, '<outline text="Empty"/>', row(B)).encode())
    assert read.notes == (
        "not well-formed XML from line 6 on, read as probably meant",
        "line 6: file:///etc/hosts (Local & near): not a web address (http or https)",
        "line 7: Empty: no address (xmlUrl)",
    )
