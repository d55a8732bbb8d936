"""What caches may keep of the pages, and what they must not show any longer."""

import gzip
import json
from pathlib import Path

import pytest
from sqlalchemy import update

from briefing.app.editions import Withdraw, withdraw
from briefing.mail.tokens import Purpose
from briefing.press.formats import FORMATS
from briefing.store.audit import Actor
from briefing.store.tables import FILE
from tests.newsday import TODAY, YESTERDAY
from tests.publishing import Desk as Newsroom
from tests.web.served import Served, printing, served

#: Forms of an edition, by its address.
KINDS = {f".{kind.suffix}": kind.media for kind in FORMATS.values() if kind.suffix}
FORMS = ("", *KINDS, "/ledger", "/source/1")


@pytest.mark.parametrize("form", FORMS)
def test_an_edition_is_kept_and_never_shown_again_without_asking(pages: Served, form: str) -> None:
    path = f"/{TODAY}{form}"
    first = pages.get(path)
    assert (first.status_code, first.headers["cache-control"]) == (200, "public, no-cache")
    assert first.headers["content-type"] == KINDS.get(form, "text/html; charset=utf-8")
    tag = first.headers["etag"]
    for known in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        again = pages.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    for other in ('"x"', tag[:-2], tag.replace('"', ""), ""):
        assert pages.get(path, headers={"If-None-Match": other}).status_code == 200
    head = pages.client.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)
    assert head.headers.get("content-length") == first.headers.get("content-length")


@pytest.mark.parametrize("form", FORMS)
def test_text_is_compressed_for_who_takes_it(pages: Served, form: str) -> None:
    path = f"/{TODAY}{form}"
    plain = pages.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    packed = pages.get(path, headers={"Accept-Encoding": "br, GZIP;q=0.8"})
    assert packed.content == plain.content
    assert packed.headers["etag"] == plain.headers["etag"]
    is_text = not KINDS.get(form, "").startswith(
        ("application/pdf", "application/epub", "application/vnd")
    )
    assert ("content-encoding" in packed.headers) == is_text
    assert ("vary" in packed.headers) == ("vary" in plain.headers) == is_text
    if is_text:
        assert int(packed.headers["content-length"]) < len(plain.content) / 1.5


@pytest.mark.parametrize("accepted", ["gzip;q=0", "gzip; q=0.0, br", "br", "gzipped", "xgzip"])
def test_who_does_not_take_it_gets_it_plain(pages: Served, accepted: str) -> None:
    answer = pages.get("/site.css", headers={"Accept-Encoding": accepted})
    assert "content-encoding" not in answer.headers


def test_a_page_with_a_token_is_neither_kept_nor_compressed(pages: Served) -> None:
    path = pages.path(Purpose.PREFERENCES, pages.add())
    for private in (path, "/subscribe", "/preferences", "/admin/sign-in"):
        answer = pages.get(private, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert not {"content-encoding", "etag"} & set(answer.headers)


def test_a_withdrawn_edition_is_gone_at_once_in_every_form(tmp_path: Path) -> None:
    with printing(tmp_path) as (web, newsroom):
        newsroom.first()
        newsroom.second()
        tags = {form: web.get(f"/{TODAY}{form}").headers["etag"] for form in FORMS}
        feed = web.get("/feed")
        with web.store.write() as tx:
            withdraw(tx, Withdraw("Ostra Desk", TODAY, ""), actor=Actor("ada", web.clock()))
        for form, tag in tags.items():
            gone = web.get(f"/{TODAY}{form}", headers={"If-None-Match": tag})
            assert (gone.status_code, gone.headers["cache-control"]) == (410, "no-store")
        again = web.get("/feed", headers={"If-None-Match": feed.headers["etag"]})
        assert again.status_code == 200
        assert f"/{TODAY}" not in again.text


@pytest.mark.parametrize("form", [".pdf", ".html"])
def test_who_asks_again_within_a_minute_is_answered_without_the_content(
    tmp_path: Path, form: str
) -> None:
    with served(tmp_path, name="Ostra Desk") as web:
        Newsroom(web.store).first()
        path = f"/{YESTERDAY}{form}"
        tag = {"If-None-Match": web.get(path).headers["etag"]}
        first = web.get(path, headers=tag)
        with web.store.write() as tx:
            tx.execute(update(FILE).values(content=b"damaged"))
        again = web.get(path, headers=tag)
        assert (again.status_code, again.content) == (304, b"")
        names = {"etag", "cache-control", "vary"}
        assert {name: again.headers.get(name) for name in names} == {
            name: first.headers.get(name) for name in names
        }
        # Who has another one, or none, is told that it is damaged.
        for headers in ({}, {"If-None-Match": 'W/"other"'}):
            assert web.get(path, headers=headers).status_code == 500
        web.later(minutes=1)
        assert web.get(path, headers=tag).status_code == 500


def test_who_asks_again_gets_the_edition_that_has_come(tmp_path: Path) -> None:
    with printing(tmp_path) as (web, newsroom):
        newsroom.first()
        paths = ("/", "/feed", f"/{YESTERDAY}", "/archive?words=port")
        tags = {path: {"If-None-Match": web.get(path).headers["etag"]} for path in paths}
        for path, tag in tags.items():
            assert [web.get(path, headers=tag).status_code for _ in range(2)] == [304, 304]
        newsroom.second()
        assert [web.get(path, headers=tag).status_code for path, tag in tags.items()] == [200] * 4


@pytest.mark.parametrize("path", ["/archive", "/archive?words=port+ostra", "/archive?page=2"])
def test_the_archive_is_kept_until_an_edition_comes_or_goes(tmp_path: Path, path: str) -> None:
    with printing(tmp_path) as (web, newsroom):
        newsroom.first()
        first = web.get(path, headers={"Accept-Encoding": "gzip"})
        assert first.headers["cache-control"] == "public, no-cache"
        assert first.headers["content-encoding"] == "gzip"
        known = {"If-None-Match": first.headers["etag"]}
        assert web.get(path, headers=known).status_code == 304
        newsroom.second()
        second = web.get(path, headers=known)
        assert second.status_code == 200
        assert web.get(path, headers={"If-None-Match": second.headers["etag"]}).status_code == 304
        with web.store.write() as tx:
            withdraw(tx, Withdraw("Ostra Desk", TODAY, ""), actor=Actor("ada", web.clock()))
        third = web.get(path, headers={"If-None-Match": second.headers["etag"]})
        assert third.status_code == 200
        assert f"/{TODAY}#" not in third.text


def test_searches_and_records_are_given_without_what_concerns_the_desk(pages: Served) -> None:
    answer = pages.get("/archive?from=never")
    assert (answer.status_code, answer.headers["cache-control"]) == (422, "no-store")
    assert "etag" not in answer.headers
    answer = pages.get(f"/{TODAY}.json")
    content = json.loads(answer.content)
    assert content["id"] == f"ostra-desk/{TODAY}"
    assert content["sections"][0]["briefs"][0]["sentences"]
    assert not {"evidence", "choices"} & content.keys()
    assert not {"found", "drops"} & content["ledger"].keys()
    assert answer.headers["x-robots-tag"] == "noindex"


def test_compression_gives_equal_bytes_at_any_time(pages: Served) -> None:
    with pages.client.stream("GET", "/", headers={"Accept-Encoding": "gzip"}) as one:
        raw = b"".join(one.iter_raw())
    assert raw[4:8] == b"\0\0\0\0"
    assert gzip.decompress(raw).decode() == pages.get("/").text
