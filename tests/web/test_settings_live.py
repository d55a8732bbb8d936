"""Two real processes that serve one folder: what is saved in one holds in both, at once."""

import re
from contextlib import closing
from html import unescape
from pathlib import Path

import httpx2
import pytest

from briefing.app.access import begin_session as begin
from briefing.core.model import Operator, Role
from briefing.settings import FILE_NAME, load
from briefing.setup.backups import open_the_store
from briefing.setup.clock import now
from briefing.store import operators
from tests.waiting import wait_for
from tests.web.running import running

pytestmark = pytest.mark.slow

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
