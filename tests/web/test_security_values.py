"""Extreme values in every part of every address, question and form: refused, never a failure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from briefing.mail.tokens import Purpose
from briefing.web.api.operations import OPERATIONS
from briefing.web.app import PAGES
from tests.web.api.programs import ROOT
from tests.web.hostile import TOKEN, Target, target
from tests.web.served import FORM
from tests.web.test_security_forms import FORMS, path_of

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

#: As they stand in an address: ends of a calendar, numbers that no column holds, broken codings.
VALUES = (
    "0001-01-01",
    "0000-12-31",
    "0000-00",
    "9999-12-31",
    "9999-12",
    "9998-12-31",
    "2026-02-30",
    "-2026-03-12",
    "%2B2026-03-12",
    "2026-W11-4",
    "20260312",
    "0",
    "-1",
    "9223372036854775807",
    "9223372036854775808",
    "9" * 4000,
    "1e999",
    "NaN",
    "%00",
    "2026-03-12%00",
    "%ff%fe",
    "%ed%a0%80",
    "%f4%90%80%80",
    "%D9%A2%D9%A0%D9%A2%D9%A6-03-12",
    "%2e%2e",
    "%2f",
    "%25",
    "%zz",
    "%F0%9F%98%80",
    quote("' OR 1=1 --"),
    "x" * 3000,
    "%20",
)
#: Whatever a page looks for behind the question mark. Where there are several each is tried alone
#: as well, since one may be refused for all.
NAMES = {
    "/archive": ("words", "section", "publisher", "from", "to", "status", "page", "month"),
    "/admin/subscribers": ("q", "state", "page", "sort", "order"),
    f"{ROOT}/search": ("words", "since", "until", "status", "limit", "offset"),
    f"{ROOT}/subscribers": ("state", "limit", "offset"),
    "": ("day", "refresh", "remove", "message", "who", "saved", "step", "fate", "to", "sort"),
}
PROGRAM = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("desk")) as made:
        yield made


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Target]:
    with target(tmp_path) as made:
        yield made


def every_address() -> list[str]:
    """Return the patterns of all that can be asked: of readers, operators and programs."""
    pages = [page.path for page in PAGES if "GET" in page.methods and "{rest" not in page.path]
    return [*pages, *(f"{ROOT}{one.path}" for one in OPERATIONS if one.method == "GET")]


def failing(one: Target, paths: list[str]) -> list[tuple[str, int]]:
    """Ask as an operator and as a program; return what failed."""
    headers = {**one.session.cookies, **PROGRAM}
    found = ((path, one.web.get(path, headers=headers).status_code) for path in paths)
    return [(path[:90], status) for path, status in found if status >= 500]


def test_what_is_asked_for_in_earnest_is_answered(still: Target) -> None:
    """The others are tests of something."""
    assert len(every_address()) > 40
    headers = {**still.session.cookies, **PROGRAM}
    for path in ("/2026-03-12", "/archive?month=2026-03", f"{ROOT}/search?words=x", "/admin/log"):
        assert still.web.get(path, headers=headers).status_code == 200


def test_in_a_path(still: Target) -> None:
    patterns = [path for path in every_address() if "{" in path]
    asked = [re.sub(r"\{\w+\}", value, path) for path in patterns for value in VALUES]
    assert failing(still, asked) == []


def test_in_a_question(still: Target) -> None:
    """Each once, twice, and beside an empty one."""
    plain = [path for path in every_address() if "{" not in path]
    names = sorted({name for those in NAMES.values() for name in those})
    asked = [
        f"{path}?" + "&".join(f"{name}={value}&{name}=&{name}={value}" for name in names)
        for path in plain
        for value in ("", "0001-01-01", "9999-12-31", "9" * 20, "%00", "%ff", "%ed%a0%80", "-1")
    ]
    assert failing(still, asked) == []


@pytest.mark.parametrize("path", [path for path in NAMES if path])
def test_in_each_part_of_a_question(still: Target, path: str) -> None:
    asked = [f"{path}?{name}={value}" for name in NAMES[path] for value in VALUES]
    assert failing(still, asked) == []


def test_in_a_form(one: Target) -> None:
    reader = one.web.add()
    preferences = one.web.path(Purpose.PREFERENCES, reader)
    token = preferences.rpartition("/")[2]
    forms: dict[str, dict[str, object]] = {
        "/subscribe": dict(FORM),
        preferences: {**FORM, "token": token, "do": "save", "days": ["1"]},
        **{form: dict(fields) for form, fields in FORMS.items() if form != "/admin/sign-out"},
    }
    found = []
    for form, fields in forms.items():
        for name in (*fields, "day"):
            for value in VALUES[::2]:
                body = "&".join(f"{key}={quote(str(told))}" for key, told in fields.items())
                body += f"&form_token={one.session.form_token}&{name}={value}"
                if name in fields:
                    body = f"{name}={value}&{body}"
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                answer = one.web.client.post(
                    path_of(one, form), content=body, headers={**one.session.cookies, **kind}
                )
                if answer.status_code >= 500:
                    found.append((form, name, value[:40], answer.status_code))
    assert found == []


def test_in_what_a_program_sends(one: Target) -> None:
    told: tuple[object, ...] = (
        *(None, True, 0, -1, 1e308, 2**63, 2**64, 10**400, "", "\0", "\ud800", "9999-12-31"),
        *("0001-01-01", [], {}, [None], {"a": {}}, "x" * 3000, "2026-03-12T00:00:00+99:99"),
    )
    kind = {**PROGRAM, "Content-Type": "application/json"}
    fields = ("day", "action", "document", "section")
    found = []
    for operation in OPERATIONS:
        if operation.method == "GET":
            continue
        for part in ("9999-12-31", "0001-01-01", "publish", "9" * 18, "9" * 30, "0"):
            path = ROOT + re.sub(r"\{\w+\}", part, operation.path)
            for value in told:
                body = json.dumps({**dict.fromkeys(fields, value)})
                answer = one.web.client.request(operation.method, path, content=body, headers=kind)
                if answer.status_code >= 500:
                    found.append((path, value, answer.status_code))
    assert found == []
