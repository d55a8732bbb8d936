"""What every answer of the whole desk carries, whatever came of the request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from itertools import product
from pathlib import Path

import httpx2
import pytest

from briefing.mail.tokens import Purpose
from briefing.setup.parts import theme
from briefing.setup.settings import Settings
from briefing.web import WebContext, make_app, serving
from briefing.web.sites import Several
from tests.newsday import TODAY
from tests.store.ready import ready_store
from tests.web.admin.sessions import seated
from tests.web.api.programs import ROOT
from tests.web.hostile import TOKEN, Target, target
from tests.web.served import FORM, NOW, READER, Served
from tests.web.test_security import SIGN_IN, WRONG, sign_in
from tests.web.test_security_links import every_path

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Serve a desk to tests that change nothing that others look at."""
    with target(tmp_path_factory.mktemp("desk")) as made:
        yield made


#: What may be kept by a browser or a cache between: it is the same for everybody.
KEPT = re.compile(
    rf"/(?:(?:site|admin)\.css|fonts/.*|favicon\..*|robots\.txt|archive|diary(?:\.ics)?|sagas|saga/[^/?]*(?:/feed)?|watch(?:/[^/?]*)?|feed|last\.pdf|{TODAY}.*)?(?:\?.*)?"
)


def check_headers(answer: httpx2.Response, at: str) -> None:
    """Check what an answer carries that keeps it to itself."""
    headers = answer.headers
    policy = dict[str, str]()
    for part in headers["content-security-policy"].split(";"):
        name, _, value = part.strip().partition(" ")
        assert name not in policy, at
        policy[name] = value
    assert policy["default-src"] == "'none'", at
    assert policy["base-uri"] == policy["frame-ancestors"] == "'none'", at
    assert policy["form-action"] in {"'self'", "'none'"}, at
    assert set(policy) <= {
        *("default-src", "style-src", "font-src", "img-src"),
        *("form-action", "base-uri", "frame-ancestors"),
    }, at
    for value in policy.values():
        for source in value.split():
            assert re.fullmatch("'none'|'self'|'sha256-[A-Za-z0-9+/=]{44}'", source), at
    assert headers["x-content-type-options"] == "nosniff", at
    assert headers["x-frame-options"] == "DENY", at
    assert headers["referrer-policy"] == "no-referrer", at
    assert headers["cross-origin-opener-policy"] == "same-origin", at
    assert headers["cross-origin-resource-policy"] == "same-origin", at
    assert not {"server", "x-powered-by", "via"} & set(headers), at
    if answer.content:
        assert "content-type" in headers, at
    if not KEPT.fullmatch(at) or answer.status_code >= 400:
        assert headers["cache-control"] == "no-store", at


class TestHeaders:
    def test_every_answer_keeps_itself_to_itself(self, still: Target) -> None:
        seen = set()
        for headers, root, methods in (
            ({}, "", ("GET", "HEAD", "POST", "PUT")),
            (still.session.cookies, "", ("GET", "POST")),
            ({"Authorization": "Bearer x"}, ROOT, ("GET", "POST")),
            ({"Authorization": f"Bearer {TOKEN}"}, ROOT, ("GET", "POST")),
        ):
            for path, method in product(every_path(still), methods):
                skipped = method == "POST" and path.startswith(("/subscribe", SIGN_IN))
                if skipped or not path.startswith(root):
                    continue
                answer = still.web.client.request(method, path, headers=headers)
                check_headers(answer, path)
                seen.add(answer.status_code)
        assert {200, 303, 401, 403, 404, 405, 410, 422} <= seen

    def test_so_does_what_goes_wrong(self, web: Served) -> None:
        session = seated(web)
        large, parts = b"x" * 20_000, {"Content-Type": "multipart/form-data"}
        answers: Mapping[str, httpx2.Response] = {
            "413": web.client.post("/subscribe", content=large),
            "api 413": web.client.post("/api/v1/round/publish", content=large),
            "400": web.client.post("/subscribe", content=b"--b", headers=parts),
            "403": web.post("/subscribe", FORM, headers={"Origin": "https://evil.example"}),
            "422": web.post("/subscribe", {}),
            "404": web.get("/no/such/page"),
            "405": web.client.put("/about"),
            "429": [sign_in(web, "eve", WRONG) for _ in range(6)][-1],
            "503": session.post("/admin/deliveries/test", {"mail": READER}),
        }
        for name, answer in answers.items():
            check_headers(answer, f"/never-kept {name}")
            if name.isdigit():
                assert answer.status_code == int(name)

    def test_so_does_a_page_that_fails(self, web: Served) -> None:
        with web.store.write() as tx:
            tx.exec_driver_sql("DROP TABLE run")
        answer = seated(web).get("/admin")
        assert answer.status_code == 500
        check_headers(answer, "/admin")
        assert "OperationalError" not in answer.text
        assert "Traceback" not in answer.text

    def test_so_does_what_is_known_already(self, still: Target) -> None:
        for path in ("/site.css", "/feed", f"/{TODAY}", f"/{TODAY}.html", f"/{TODAY}/source/1"):
            mark = still.web.get(path).headers["etag"]
            answer = still.web.get(path, headers={"If-None-Match": mark})
            assert (answer.status_code, answer.content) == (304, b"")
            check_headers(answer, path)

    def test_what_a_token_or_a_session_opens_is_kept_nowhere(self, still: Target) -> None:
        inside = [path for path in every_path(still) if path.startswith("/admin")]
        for path in (*still.links, *inside):
            answer = still.web.get(path, headers=still.session.cookies)
            if not path.startswith("/admin.css"):
                assert answer.headers["cache-control"] == "no-store", path

    def test_a_page_of_a_token_is_named_to_no_other_site(self, still: Target) -> None:
        for path in still.links:
            page = still.web.get(path)
            assert page.headers["referrer-policy"] == "no-referrer"
            assert not re.search(r'(?:href|src|action)="(?:https?:)?//', page.text)

    def test_no_machine_is_told_what_answers(self, still: Target) -> None:
        config = serving.server_of(make_app(still.web.desk)).config
        assert config.server_header is False
        assert config.access_log is False
        for path in ("/healthz", "/api/v1/openapi.json", "/no such", SIGN_IN):
            text = still.web.get(path).text
            assert not re.search("uvicorn|starlette|python/|sqlalchemy|jinja", text, re.IGNORECASE)
        answer = still.web.raw(b"NONSENSE\r\n\r\n")
        assert b"server:" not in answer.lower()

    @pytest.mark.anyio
    async def test_the_page_before_several_briefings_carries_them_too(self, tmp_path: Path) -> None:
        names = ("asia", 'x"><script>__ran=1</script>')
        with ExitStack() as stack:
            desks = [
                WebContext(
                    store=stack.enter_context(closing(ready_store(f"{n}.db", folder=tmp_path))),
                    name=name,
                    sections=("economy",),
                    web=f"http://127.0.0.1:8000/d{n}",
                    theme=theme(Settings()),
                    secrets=(b"a secret of thirty-two characters",),
                    clock=lambda: NOW,
                )
                for n, name in enumerate(names)
            ]
            transport = httpx2.ASGITransport(app=Several(desks, at_root=False))
            async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
                for path in ("/", "/healthz", "/nothing", "/d0/", "/d1/nothing", "/d0/admin"):
                    answer = await client.get(path)
                    check_headers(answer, path if path == "/" else f"/never-kept{path}")
                    assert "<script" not in answer.text
                assert (await client.put("/")).status_code == 405


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_links_of_mails_say_nothing_of_who_reads(web: Served) -> None:
    """An address in a log of a proxy must not name a reader."""
    one = web.add()
    for purpose in Purpose:
        path = web.path(purpose, one)
        assert READER.partition("@")[0] not in path
        assert "@" not in path
