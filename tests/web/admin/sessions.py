"""An operator of the invented desk, signed in, and a request as a view gets it."""

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from html import unescape
from pathlib import Path
from typing import Any

import httpx2

from briefing.app.access import begin_session as begin
from briefing.app.access import hashed
from briefing.app.keys import digest_key
from briefing.core.model import AuditEvent, Operator, Role
from briefing.settings import LiveSettings, load
from briefing.setup.settings_editor import SettingsEditor
from briefing.store import audit, operators
from briefing.web.context import make_site
from briefing.web.guard import cookie_name
from briefing.web.request import WebRequest
from tests.store.ready import act, look
from tests.web.served import Served, served

NAME, PASSWORD = "ada", "four words make one"


@cache
def kept(password: str) -> str:
    return hashed(password)


@dataclass
class Seated:
    web: Served
    name: str
    cookie: str

    @property
    def cookies(self) -> dict[str, str]:
        """The header that carries the session; a client keeps secure cookies from plain http."""
        return {"Cookie": f"{cookie_name(self.web.desk.web)}={self.cookie}"}

    def reading(self, code: str) -> dict[str, str]:
        """Return the same header with the choice of a language."""
        chosen = f"{cookie_name(self.web.desk.web, 'language')}={code}"
        return {"Cookie": f"{self.cookies['Cookie']}; {chosen}"}

    @property
    def form_token(self) -> str:
        with self.web.store.read() as tx:
            found = operators.session(tx, digest_key(self.cookie), at=self.web.clock())
        assert found
        return found.form_token

    def get(self, path: str, **more: Any) -> httpx2.Response:  # noqa: ANN401
        return self.web.get(path, headers=self.cookies, **more)

    def page(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200
        return answer.text

    def post(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        **more: Any,  # noqa: ANN401
    ) -> httpx2.Response:
        """Send a form of our own page."""
        told = {"form_token": self.form_token, **(fields or {})}
        return self.web.post(path, told, headers=self.cookies, **more)

    def sent(self, path: str, fields: Mapping[str, Any] | None = None, **more: Any) -> str:  # noqa: ANN401
        """Send a form that is taken; return the page to which it leads."""
        answer = self.post(path, fields, **more)
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["location"]).text

    def refused(self, path: str, fields: Mapping[str, Any] | None = None, **more: Any) -> str:  # noqa: ANN401
        """Send a form that is refused; return the page that says why."""
        answer = self.post(path, fields, **more)
        assert answer.status_code == 422, answer.text
        return answer.text

    def confirm(self, path: str, fields: Mapping[str, Any] | None = None) -> str:
        """Answer what a form asks, let its minute pass, and return the page of outcomes."""
        asked = self.post(path, fields)
        assert asked.status_code == 200
        assert "You can undo this for a minute." in asked.text
        answer = self.post(path, {**(fields or {}), "sure": "1"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin/acts")
        self.web.later(minutes=1)
        return unescape(self.get("/admin/acts").text)

    def acts(self) -> list[AuditEvent]:
        """Return the audit log, newest first."""
        return acts(self.web)

    @property
    def last_act(self) -> tuple[str, str]:
        """What was done last, and about what."""
        return self.acts()[0].what, self.acts()[0].about


def acts(web: Served) -> list[AuditEvent]:
    """Return the audit log, newest first."""
    return list(look(web.store, audit.recent))


def add_operator(
    web: Served, name: str = NAME, password: str = PASSWORD, role: Role = Role.ADMINISTRATOR
) -> Operator:
    new = Operator(name, kept(password), web.clock(), role)
    act(web.store, operators.keep, new)
    return new


def seated(web: Served, name: str = NAME, role: Role = Role.ADMINISTRATOR) -> Seated:
    """Return an operator who is signed in; added if they are new."""
    known = look(web.store, operators.get, name)
    if known is None:
        add_operator(web, name, role=role)
    return Seated(web, name, act(web.store, begin, name, at=web.clock()))


def request_of(web: Served, *, cookies: dict[str, str] | None = None) -> WebRequest:
    return WebRequest(
        make_site(web.desk),
        posts=False,
        path={},
        query={},
        headers={},
        fields={},
        network="127.0.0.0/24",
        at=web.clock(),
        cookies=cookies or {},
    )


@contextmanager
def seated_with_settings(path: Path, text: str, **told: Any) -> Iterator[Seated]:  # noqa: ANN401
    """Seat an operator of a desk whose settings file, which is written first, can be changed.

    ``told`` is as :func:`tests.web.served.served` takes it.
    """
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    live = LiveSettings(path, partial(load, path), load(path))
    desk = partial(SettingsEditor, path=path, live=live)
    with served(path.parent.parent, editor=desk, **told) as web:
        yield seated(web)


def read_only(*_given: object, **_named: object) -> tuple[int, str]:
    """Stand for a call to a disk on which nothing can be written; root may write everywhere."""
    raise OSError(errno.EROFS, "Read-only file system")
