from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx2
import pytest
from starlette.types import ASGIApp

from briefing.core.errors import UsageError
from briefing.setup.parts import theme
from briefing.setup.settings import Settings
from briefing.web import WebContext
from briefing.web.sites import make_apps, path_of
from tests.store.ready import ready_store
from tests.web.running import running, wait_for
from tests.web.served import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def desks(stack: ExitStack, folder: Path, **webs: str) -> list[WebContext]:
    """Return a desk for each name, with its address."""
    return [
        WebContext(
            store=stack.enter_context(closing(ready_store(f"{name}.db", folder=folder))),
            name=name,
            sections=("economy",),
            web=web,
            theme=theme(Settings()),
            secrets=(b"a secret of thirty-two characters",),
            clock=lambda: NOW,
        )
        for name, web in webs.items()
    ]


async def ask(app: ASGIApp, url: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport) as client:
        return await client.get(url)


async def test_each_is_found_under_its_path(stack: ExitStack, tmp_path: Path) -> None:
    here = "http://127.0.0.1:8000"
    app = make_apps(
        desks(stack, tmp_path, asia=f"{here}/asia", deep=f"{here}/asia/deep", ostra=f"{here}/ostra")
    )
    for path, name in (("asia", "asia"), ("asia/deep", "deep"), ("ostra", "ostra")):
        for ending in ("", "/", "/subscribe"):
            page = await ask(app, f"{here}/{path}{ending}")
            assert page.status_code == (503 if ending == "/subscribe" else 200)
            assert f'href="/{path}/site.css"' in page.text
            assert name in page.text
    assert (await ask(app, f"{here}/asian")).status_code == 404
    assert (await ask(app, f"{here}/subscribe")).status_code == 404
    assert (await ask(app, f"{here}/ostra/site.css")).status_code == 200


async def test_each_is_found_under_its_host(stack: ExitStack, tmp_path: Path) -> None:
    app = make_apps(
        desks(stack, tmp_path, asia="https://Asia.example", ostra="https://ostra.example")
    )
    for name in ("asia", "ostra"):
        page = await ask(app, f"https://{name}.example/subscribe")
        assert page.status_code == 503
        assert 'href="/site.css"' in page.text
        assert name in page.text
        assert (await ask(app, f"http://127.0.0.1/{name}/subscribe")).status_code == 503


async def test_the_front_lists_them_and_escapes_their_names(
    stack: ExitStack, tmp_path: Path
) -> None:
    two = desks(stack, tmp_path, **{"<b>": "http://x.example/b", "ostra": "http://x.example/o"})
    front = await ask(make_apps(two), "http://x.example/")
    assert '<li><a href="http://x.example/b/">&lt;b&gt;</a></li>' in front.text
    assert '<link rel="stylesheet" href="/b/site.css">' in front.text
    assert "default-src 'none'" in front.headers["content-security-policy"]
    assert (await ask(make_apps(two), "http://x.example/healthz")).text == "ok\n"


async def test_the_front_has_a_sign_and_rules_for_machines(
    stack: ExitStack, tmp_path: Path
) -> None:
    app = make_apps(desks(stack, tmp_path, asia="http://x.example/a", ostra="http://x.example/o"))
    icon = await ask(app, "http://x.example/favicon.ico")
    assert (icon.status_code, icon.headers["location"]) == (308, "/a/favicon.ico")
    assert (await ask(app, "http://x.example/a/favicon.ico")).status_code == 200
    rules = (await ask(app, "http://x.example/robots.txt")).text
    assert "Disallow: /a/admin\n" in rules
    assert "Disallow: /o/admin\n" in rules


async def test_one_alone_has_the_root(stack: ExitStack, tmp_path: Path) -> None:
    (one,) = desks(stack, tmp_path, ostra="http://x.example")
    assert (await ask(make_apps([one]), "http://x.example/subscribe")).status_code == 503


@pytest.mark.parametrize("address", ["https://x.example", "https://x.example/same"])
def test_two_at_one_address_are_refused(stack: ExitStack, tmp_path: Path, address: str) -> None:
    two = desks(stack, tmp_path, asia=address, ostra=address)
    with pytest.raises(UsageError, match=r"give 'ostra' another web\.address"):
        make_apps(two)


def test_a_path_is_written_as_addresses_are() -> None:
    assert path_of("asia-desk") == "/asia-desk"
    assert path_of("été") == "/%C3%A9t%C3%A9"


def test_serve_says_of_each_where_it_really_is(tmp_path: Path) -> None:
    """At a port of its own choice, whatever is before it."""
    webs = {"asia": "https://news.example/far/asia", "ostra": "https://ostra.example", "bay": ""}
    words = []
    for name, web in webs.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "desk.toml").write_text(f'name = "{name}"\n[web]\naddress = "{web}"\n')
        words += ["--config", str(folder / "desk.toml")]
    with running(tmp_path, "--port=0", "--no-round", *words):
        said = tmp_path / "said.txt"
        wait_for(lambda: said.read_text().count("served at") == len(webs))
        told = dict(re.findall(r"^(\w+): served at (\S+);", said.read_text(), re.MULTILINE))
        assert told.keys() == webs.keys()
        assert told["asia"].endswith("/far/asia")
        for address in told.values():
            page = httpx2.get(f"{address}/about", trust_env=False, timeout=60)
            assert page.status_code == 200
