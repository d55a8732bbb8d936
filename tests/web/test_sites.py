import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from html import unescape
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from briefing.app.access import begin_session as begin
from briefing.core.errors import UsageError
from briefing.core.model import Operator, Role
from briefing.settings import FILE_NAME, SectionSettings, Settings, load
from briefing.setup.backups import open_the_store
from briefing.setup.clock import now
from briefing.setup.parts import theme
from briefing.store import operators
from briefing.web import WebContext
from briefing.web.application import Several, path_of
from tests.store.ready import ready_store
from tests.waiting import PATIENCE, get, wait_for
from tests.web.admin.sessions import PASSWORD
from tests.web.running import running, write_settings
from tests.web.served import NOW
from tests.web.test_security import check_headers

Desks = Callable[..., list[WebContext]]


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    """Return what makes a desk for each name, with its address."""
    with ExitStack() as stack:

        def make(**webs: str) -> list[WebContext]:
            return [
                WebContext(
                    store=stack.enter_context(ready_store(f"{name}.db", folder=tmp_path)),
                    settings=Settings(
                        name=name, sections=(SectionSettings(name="economy"),), other=False
                    ),
                    web=web,
                    theme=theme(Settings()),
                    secrets=(b"a secret of thirty-two characters",),
                    clock=lambda: NOW,
                )
                for name, web in webs.items()
            ]

        yield make


def ask(app: ASGIApp, url: str) -> httpx2.Response:
    return TestClient(app).get(url, follow_redirects=False)


def test_each_is_found_under_its_path(desks: Desks) -> None:
    here = "http://127.0.0.1:8000"
    app = Several(
        desks(asia=f"{here}/asia", deep=f"{here}/asia/deep", ostra=f"{here}/ostra"), at_root=False
    )
    for path, name in (("asia", "asia"), ("asia/deep", "deep"), ("ostra", "ostra")):
        for ending in ("", "/", "/subscribe"):
            page = ask(app, f"{here}/{path}{ending}")
            assert page.status_code == (503 if ending == "/subscribe" else 200)
            assert f'href="/{path}/site.css"' in page.text
            assert name in page.text
    assert ask(app, f"{here}/asian").status_code == 404
    assert ask(app, f"{here}/subscribe").status_code == 404
    assert ask(app, f"{here}/ostra/site.css").status_code == 200


def test_each_is_found_under_its_host(desks: Desks) -> None:
    app = Several(desks(asia="https://Asia.example", ostra="https://ostra.example"), at_root=False)
    for name in ("asia", "ostra"):
        page = ask(app, f"https://{name}.example/subscribe")
        assert page.status_code == 503
        assert 'href="/site.css"' in page.text
        assert name in page.text
        assert ask(app, f"http://127.0.0.1/{name}/subscribe").status_code == 503


def test_the_front_lists_them_and_escapes_their_names(desks: Desks) -> None:
    evil = "<b><script>__ran=1</script>"
    two = desks(b="http://x.example/b", ostra="http://x.example/o")
    two[0] = replace(two[0], settings=Settings(name=evil))
    front = ask(Several(two, at_root=False), "http://x.example/")
    assert '<li><a href="http://x.example/b/">&lt;b&gt;&lt;script&gt;' in front.text
    assert '<link rel="stylesheet" href="/b/site.css">' in front.text
    assert ask(Several(two, at_root=False), "http://x.example/healthz").text == "ok\n"
    for path in "/ /healthz /nothing /b/ /o/nothing /b/admin".split():
        answer = ask(Several(two, at_root=False), f"http://x.example{path}")
        check_headers(answer, path if path == "/" else f"/never-kept{path}")
        assert "<script" not in answer.text


def test_the_front_has_a_sign_and_rules_for_machines(desks: Desks) -> None:
    app = Several(desks(asia="http://x.example/a", ostra="http://x.example/o"), at_root=False)
    icon = ask(app, "http://x.example/favicon.ico")
    assert (icon.status_code, icon.headers["location"]) == (308, "/a/favicon.ico")
    assert ask(app, "http://x.example/a/favicon.ico").status_code == 200
    rules = ask(app, "http://x.example/robots.txt").text
    assert "Disallow: /a/admin\n" in rules
    assert "Disallow: /o/admin\n" in rules


def test_further_ones_stand_below_one_at_the_root(desks: Desks) -> None:
    """Also where a proxy takes the path of the first one away."""
    here = "http://x.example"
    first, asia, deep = desks(ostra=here, asia=f"{here}/asia", deep=f"{here}/far/deep")
    app = Several([first], at_root=True)
    assert ask(app, f"{here}/subscribe").status_code == 503
    assert ask(app, f"{here}/asia").status_code == 404
    rules = ask(app, f"{here}/robots.txt").text
    assert "/asia/admin" not in rules
    app.add(asia)
    app.add(deep)
    places = {"/": "ostra", "/asia/": "asia", "/far/deep/": "deep", "/deep": "deep"}
    for path, name in places.items():
        page = ask(app, f"{here}{path}")
        assert page.status_code == 200
        assert name in page.text
    rules = ask(app, f"{here}/robots.txt").text
    assert {"Disallow: /admin", "Disallow: /asia/admin"} <= set(rules.splitlines())


def test_a_name_whose_address_another_page_has_is_refused(desks: Desks) -> None:
    here = "http://x.example"
    first, archive = desks(ostra=here, archive=f"{here}/archive")
    app = Several([first], at_root=True)
    for name in ("Archive", "admin", "Feed", "healthz", "2026-03-12"):
        assert app.why_not(name).endswith("is the address of another page. Choose another name.")
    assert app.why_not("Ostra") == "A briefing named 'Ostra' already exists. Choose another name."
    assert app.why_not("Climate Desk") == ""
    with pytest.raises(UsageError, match=r"two briefings have the address /archive"):
        app.add(archive)
    (same,) = desks(bay=here)
    with pytest.raises(UsageError, match=r"two briefings have the address x\.example"):
        app.add(same)
    for address in ("https://x.example", "https://x.example/same"):
        two = [
            replace(first, web=address),
            replace(same, web=address, settings=Settings(name="same")),
        ]
        with pytest.raises(UsageError, match=r"give 'same' another web\.address"):
            Several(two, at_root=False)
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
    log = (tmp_path / "log.txt").read_text()
    assert log.count("mail.sender is empty; nobody can subscribe") == len(webs)
    assert "127.0.0.1" not in log


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


BEGIN = '# Ours\nname = "World Desk"\n[schedule]\nat = "18:00"\ndays = ["mon"]\n'


def cookie_of(folder: Path) -> str:
    """Add an operator who is signed in; return the cookie."""
    at = now()
    opened = closing(open_the_store(load(folder / FILE_NAME)))
    with opened as store, store.write() as tx:
        operators.keep(tx, Operator("ada", "no hash", at, Role.ADMINISTRATOR))
        return begin(tx, "ada", at=at)


def press(client: httpx2.Client, group: str, do: str, page: str, **typed: str) -> httpx2.Response:
    told = {
        name: unescape(found[1])
        for name in ("form_token", "seen", "previewed")
        if (found := re.search(f'name="{name}" value="([^"]*)"', page))
    }
    return client.post(f"/admin/settings/{group}", data={**told, **typed, "do": do})


@pytest.mark.slow
def test_what_is_saved_in_one_process_holds_in_the_other(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_text(BEGIN, encoding="utf-8")
    beside = tmp_path / "beside"
    beside.mkdir()
    cookies = {"briefing": cookie_of(tmp_path)}
    with (
        running(tmp_path) as one,
        running(beside, "--port=0", f"--config={path}") as other,
        one.client() as here,
        other.client() as there,
    ):
        for client in (here, there):
            client.cookies.update(cookies)
        shown = press(
            here, "page", "preview", here.get("/admin/settings/page").text, name="Harbor Desk"
        )
        done = press(here, "page", "save", shown.text, name="Harbor Desk")
        assert done.status_code == 303, done.text
        for client in (here, there):
            assert "Harbor Desk" in client.get("/").text
        form = here.get("/admin/settings/lists/edition?row=").text
        typed = {"row": "", "edition.name": "evening", "edition.at": "23:30"}
        assert press(here, "lists/edition", "save", form, **typed).status_code == 303
        for client in (here, there):
            assert client.get("/admin/tomorrow?edition=evening").status_code == 200
            assert client.get("/admin/tomorrow?edition=noon").status_code == 404
        # By hand, and while the file has mistakes: what was before stays.
        path.write_text(path.read_text().replace("Harbor", "Ferry"))
        assert "Ferry Desk" in there.get("/").text
        path.write_text("name = 5\n")
        assert "Ferry Desk" in there.get("/").text
        path.write_text(BEGIN)
        wait_for(lambda: "World Desk" in there.get("/").text)
