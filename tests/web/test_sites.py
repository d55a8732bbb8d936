import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from starlette.types import ASGIApp

from briefing.core.errors import UsageError
from briefing.settings import Settings
from briefing.setup.parts import theme
from briefing.web import WebContext
from briefing.web.application import Several, path_of
from tests.store.ready import ready_store
from tests.waiting import PATIENCE, get, wait_for
from tests.web.admin.sessions import PASSWORD
from tests.web.running import running, write_settings
from tests.web.served import NOW

pytestmark = pytest.mark.anyio


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
            store=stack.enter_context(ready_store(f"{name}.db", folder=folder)),
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
    app = Several(
        desks(
            stack, tmp_path, asia=f"{here}/asia", deep=f"{here}/asia/deep", ostra=f"{here}/ostra"
        ),
        at_root=False,
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
    app = Several(
        desks(stack, tmp_path, asia="https://Asia.example", ostra="https://ostra.example"),
        at_root=False,
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
    front = await ask(Several(two, at_root=False), "http://x.example/")
    assert '<li><a href="http://x.example/b/">&lt;b&gt;</a></li>' in front.text
    assert '<link rel="stylesheet" href="/b/site.css">' in front.text
    assert "default-src 'none'" in front.headers["content-security-policy"]
    assert (await ask(Several(two, at_root=False), "http://x.example/healthz")).text == "ok\n"


async def test_the_front_has_a_sign_and_rules_for_machines(
    stack: ExitStack, tmp_path: Path
) -> None:
    app = Several(
        desks(stack, tmp_path, asia="http://x.example/a", ostra="http://x.example/o"), at_root=False
    )
    icon = await ask(app, "http://x.example/favicon.ico")
    assert (icon.status_code, icon.headers["location"]) == (308, "/a/favicon.ico")
    assert (await ask(app, "http://x.example/a/favicon.ico")).status_code == 200
    rules = (await ask(app, "http://x.example/robots.txt")).text
    assert "Disallow: /a/admin\n" in rules
    assert "Disallow: /o/admin\n" in rules


async def test_one_alone_has_the_root(stack: ExitStack, tmp_path: Path) -> None:
    (one,) = desks(stack, tmp_path, ostra="http://x.example")
    assert (
        await ask(Several([one], at_root=True), "http://x.example/subscribe")
    ).status_code == 503


async def test_further_ones_stand_below_one_at_the_root(stack: ExitStack, tmp_path: Path) -> None:
    """Also where a proxy takes the path of the first one away."""
    here = "http://x.example"
    first, asia, deep = desks(
        stack, tmp_path, ostra=here, asia=f"{here}/asia", deep=f"{here}/far/deep"
    )
    app = Several([first], at_root=True)
    assert (await ask(app, f"{here}/asia")).status_code == 404
    rules = (await ask(app, f"{here}/robots.txt")).text
    assert "/asia/admin" not in rules
    app.add(asia)
    app.add(deep)
    for path, name in (
        ("/", "ostra"),
        ("/asia/", "asia"),
        ("/far/deep/", "deep"),
        ("/deep", "deep"),
    ):
        page = await ask(app, f"{here}{path}")
        assert page.status_code == 200
        assert name in page.text
    rules = (await ask(app, f"{here}/robots.txt")).text
    assert {"Disallow: /admin", "Disallow: /asia/admin"} <= set(rules.splitlines())


def test_a_name_whose_address_another_page_has_is_refused(stack: ExitStack, tmp_path: Path) -> None:
    here = "http://x.example"
    first, archive = desks(stack, tmp_path, ostra=here, archive=f"{here}/archive")
    app = Several([first], at_root=True)
    for name in ("Archive", "admin", "Feed", "healthz", "2026-03-12"):
        assert app.why_not(name).endswith("is the address of another page. Choose another name.")
    assert app.why_not("Ostra") == "A briefing named 'Ostra' already exists. Choose another name."
    assert app.why_not("Climate Desk") == ""
    with pytest.raises(UsageError, match=r"two briefings have the address /archive"):
        app.add(archive)
    (same,) = desks(stack, tmp_path, bay=here)
    with pytest.raises(UsageError, match=r"two briefings have the address x\.example"):
        app.add(same)


@pytest.mark.parametrize("address", ["https://x.example", "https://x.example/same"])
def test_two_at_one_address_are_refused(stack: ExitStack, tmp_path: Path, address: str) -> None:
    two = desks(stack, tmp_path, asia=address, ostra=address)
    with pytest.raises(UsageError, match=r"give 'ostra' another web\.address"):
        Several(two, at_root=False)


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
            assert get(f"{address}/about").status_code == 200


def test_one_made_in_the_browser_is_served_at_once_and_after_a_restart(tmp_path: Path) -> None:
    write_settings(tmp_path)
    said = tmp_path / "said.txt"
    with running(tmp_path, "--port=0") as server:
        wait_for(lambda: "begin here" in said.read_text())
        here = f"http://127.0.0.1:{server.port}"
        (begin,) = re.findall(r"begin here, once: (\S+)", said.read_text())
        with httpx2.Client(base_url=here, timeout=PATIENCE, trust_env=False) as client:
            client.post(begin, data={"name": "ada", "password": PASSWORD})
            page = client.get("/admin/settings/another").text
            token, *_ = re.findall(r'name="form_token" value="([^"]+)"', page)
            form = {"form_token": token, "name": "Archive", "zone": "UTC"}
            assert client.post("/admin/settings/another", data=form).status_code == 422
            assert not (tmp_path / "archive").exists()
            done = client.post("/admin/settings/another", data=form | {"name": "Climate Desk"})
            assert done.status_code == 303
            shown = client.get(done.headers["location"]).text
            assert f'<a href="{here}/climate-desk/admin/morning">' in shown
            # It has a session of its own, and the operator.
            assert client.get("/climate-desk/admin").status_code == 303
            who = {"name": "ada", "password": PASSWORD}
            signed_in = client.post("/climate-desk/admin/sign-in", data=who)
            assert signed_in.headers["location"] == "/climate-desk/admin"
            assert "Climate Desk" in client.get("/climate-desk/admin").text
            assert "Ostra Desk" in client.get("/admin").text
        assert "Climate Desk: next edition" in said.read_text()
    with running(tmp_path, "--port=0", "--no-round") as server:
        for path, name in (("", "Ostra Desk"), ("/climate-desk", "Climate Desk")):
            page = httpx2.get(
                f"http://127.0.0.1:{server.port}{path}/about", trust_env=False, timeout=PATIENCE
            ).text
            assert name in page
    (tmp_path / "climate-desk" / "briefing.toml").write_text("name = 5")
    with running(tmp_path, "--port=0", "--no-round", ends={3}) as server:
        url = f"http://127.0.0.1:{server.port}"
        assert get(f"{url}/about").status_code == 200
        assert "climate-desk" in (tmp_path / "log.txt").read_text()
