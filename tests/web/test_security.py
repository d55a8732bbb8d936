"""Sessions, passwords, names and addresses as attacks, and what every answer carries."""

import re
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from itertools import cycle, product
from pathlib import Path

import httpx2
import pytest

from briefing.app import access
from briefing.app.access import QUEUES
from briefing.app.keys import tries_at
from briefing.store import operators
from briefing.store.audit import Actor
from briefing.web import make_app, serving
from tests.examples import examples
from tests.newsday import TODAY
from tests.web.admin.sessions import NAME, PASSWORD, acts, add_operator, seated
from tests.web.api.programs import ROOT
from tests.web.hostile import TOKEN, Target
from tests.web.served import FORM, NOW, READER, Served, served
from tests.web.test_security_links import every_path

SIGN_IN = "/admin/sign-in"
LOG = "/admin/log"
WRONG = "no such words at all"
BY_COMMAND = Actor("command", NOW)


def sign_in(
    web: Served, name: str = NAME, password: str = PASSWORD, **headers: str
) -> httpx2.Response:
    told = {key.replace("_", "-"): value for key, value in headers.items()}
    if "X-Forwarded-For" in told:
        # as a proxy that speaks TLS sends it
        told["X-Forwarded-Proto"] = "https"
    return web.post(SIGN_IN, {"name": name, "password": password}, headers=told)


def cookie_in(answer: httpx2.Response) -> str:
    """Return the cookie that an answer gives, as a browser sends it."""
    return answer.headers["set-cookie"].partition(";")[0]


def device_in(answer: httpx2.Response) -> str:
    """Return the cookie by which a device is known."""
    return answer.headers.get_list("set-cookie")[1].partition(";")[0]


def opens(web: Served, cookie: str) -> bool:
    return web.get(LOG, headers={"Cookie": cookie}).status_code == 200


class TestSession:
    def test_a_session_that_somebody_planted_is_not_taken_over(self, web: Served) -> None:
        """A stranger has an operator sign in with the stranger's own live session."""
        add_operator(web)
        eve = seated(web, "eve")
        planted, token = eve.cookies["Cookie"], eve.form_token
        signed = cookie_in(sign_in(web, Cookie=planted))
        assert signed != planted
        assert opens(web, signed)
        assert not opens(web, planted)
        for stale in (planted, "__Host-briefing=chosen"):
            answer = web.post("/admin/round", {"form_token": token}, headers={"Cookie": stale})
            assert answer.status_code == 403
        assert token not in web.get(LOG, headers={"Cookie": signed}).text

    def test_a_value_sent_before_never_becomes_a_session(self, web: Served) -> None:
        add_operator(web)
        for value in ("chosen", "a" * 43, "", "%00", '"; Path=/', "\xe9"):
            planted = f"__Host-briefing={value}".encode("latin-1")
            told = {"name": NAME, "password": PASSWORD}
            answer = web.post(SIGN_IN, told, headers={"Cookie": planted})
            assert answer.status_code == 303
            assert re.match(r"__Host-briefing=[\w-]{43};", answer.headers["set-cookie"])
            assert web.get(LOG, headers={"Cookie": planted}).status_code == 303

    def test_a_session_ends_by_signing_out_of_it_and_by_nothing_else(self, web: Served) -> None:
        one, other = seated(web), seated(web)
        answer = sign_in(web, NAME, WRONG, Cookie=one.cookies["Cookie"])
        assert "set-cookie" not in answer.headers
        assert opens(web, one.cookies["Cookie"])
        answer = one.post("/admin/sign-out")
        assert re.search(r'briefing="?"?;.*Max-Age=0', answer.headers["set-cookie"])
        assert not opens(web, one.cookies["Cookie"])
        assert opens(web, other.cookies["Cookie"])

    def test_another_password_ends_all_sessions_of_the_operator(self, web: Served) -> None:
        mine, eve = [seated(web), seated(web)], seated(web, "eve")
        before = [session.form_token for session in mine]
        with web.store.write() as tx:
            word = "quite another password"
            access.change_password(tx, NAME, password=word, actor=BY_COMMAND)
        assert not any(opens(web, session.cookies["Cookie"]) for session in mine)
        for session, token in zip(mine, before, strict=True):
            answer = web.post("/admin/round", {"form_token": token}, headers=session.cookies)
            assert answer.status_code == 403
        assert opens(web, eve.cookies["Cookie"])
        assert sign_in(web).status_code == 422

    @examples("address, begin, secure")
    def test_the_cookie_is_kept_from_scripts_and_other_places(
        self,
        tmp_path: Path,
        address: str,
        begin: str,
        secure: bool,  # noqa: FBT001  a column
    ) -> None:
        with served(tmp_path, web=address) as web:
            add_operator(web)
            told = sign_in(web).headers.get_list("set-cookie")
            told += seated(web).post("/admin/sign-out").headers.get_list("set-cookie")
            assert len(told) == 3
            assert re.findall("Max-Age=([0-9]+)", "".join(told)) == ["604800", "31536000", "0"]
            for one in told:
                assert one.replace(".device=", "=").startswith(begin)
                attributes = {part.strip().lower() for part in one.split(";")[1:]}
                assert {"httponly", "path=/"} <= attributes
                assert {"samesite=lax", "samesite=strict"} & attributes
                assert ("secure" in attributes) is secure
                # A cookie with a domain would go to other hosts below it.
                assert not any(part.startswith("domain") for part in attributes)

    @pytest.mark.parametrize("address", ["http://briefing.example", "http://10.0.0.7:8000", "x"])
    def test_without_https_nothing_is_overheard(self, tmp_path: Path, address: str) -> None:
        with served(tmp_path, web=address) as web:
            add_operator(web)
            paths = (SIGN_IN, "/admin/forgotten", "/admin/password/x")
            for answer in (sign_in(web, X_Forwarded_Proto="https"), *map(web.get, paths)):
                assert answer.status_code == 403
                assert "<h1>HTTPS required</h1>" in answer.text
                assert "set-cookie" not in answer.headers


def bare(answer: httpx2.Response, name: str) -> tuple[int, dict[str, str], str]:
    """Return an answer without the name that was typed, and the time of day."""
    headers = {key: value for key, value in answer.headers.items() if key != "date"}
    return answer.status_code, headers, answer.text.replace(f'value="{name}"', 'value=""')


class TestGuessing:
    def test_a_name_that_nobody_has_looks_like_one_that_somebody_has(self, web: Served) -> None:
        add_operator(web)
        told: dict[str, list[tuple[int, dict[str, str], str]]] = {}
        for name in (NAME, "eve"):
            words = [WRONG] * 5 + [WRONG, PASSWORD, ""]
            told[name] = [bare(sign_in(web, name, word), name) for word in words]
        assert told[NAME] == told["eve"]
        assert [status for status, _, _ in told[NAME]] == [422] * 5 + [429] * 3
        assert '"problem"><b>Name, password or code is wrong.</b>' in told[NAME][0][2]
        # The log that operators read names nobody who is none.
        assert {act.who for act in acts(web)} == {NAME, "unknown"}

    def test_five_wrong_ones_lock_a_name_for_their_network(self, tmp_path: Path) -> None:
        with served(tmp_path, proxies="127.0.0.1") as web:
            add_operator(web)
            add_operator(web, "eve")
            for n in range(5):
                answer = sign_in(web, NAME, WRONG, X_Forwarded_For=f"10.1.0.{n}")
                assert answer.status_code == 422
                # Who has an account of their own gets no further guesses at another's by it.
                assert sign_in(web, "eve", X_Forwarded_For=f"10.1.0.{n}").status_code == 303
            for spelled in (NAME, NAME.upper(), f" {NAME} ", f"{NAME}\u200b", f"\x00{NAME}"):
                # Also the right one is not tried any more.
                answer = sign_in(web, spelled, X_Forwarded_For="10.1.0.7")
                assert answer.status_code == 429
                assert "set-cookie" not in answer.headers
            assert sign_in(web, "eve", X_Forwarded_For="10.1.0.7").status_code == 303
            # Whoever knows a name locks its owner out of nothing.
            assert sign_in(web, X_Forwarded_For="10.9.0.7").status_code == 303
            web.later(minutes=15)
            assert sign_in(web, X_Forwarded_For="10.1.0.7").status_code == 303

    def test_a_hundred_from_many_networks_lock_a_name_elsewhere(self, tmp_path: Path) -> None:
        with served(tmp_path, proxies="127.0.0.1") as web:
            add_operator(web)
            add_operator(web, "eve")
            known = device_in(sign_in(web, X_Forwarded_For="10.200.0.1"))
            others = device_in(sign_in(web, "eve", X_Forwarded_For="10.201.0.1"))
            with web.store.write() as tx:
                for n in range(100):
                    at = web.clock() - timedelta(minutes=5 * n)
                    operators.note_failure(tx, tries_at(NAME), at=at)
            for cookie in ({}, {"Cookie": others}, {"Cookie": f"{known}0"}):
                answer = sign_in(web, X_Forwarded_For="10.5.0.7", **cookie)
                assert (answer.status_code, cookie) == (429, cookie)
            assert sign_in(web, X_Forwarded_For="10.5.0.7", Cookie=known).status_code == 303
            # A device has a count of its own as well, and of nobody else's tries.
            for _ in range(5):
                told = sign_in(web, NAME, WRONG, X_Forwarded_For="10.5.0.7", Cookie=known)
                assert told.status_code == 422
            assert sign_in(web, X_Forwarded_For="10.6.0.7", Cookie=known).status_code == 429

    def test_a_device_is_known_for_one_operator_not_for_the_name(self, web: Served) -> None:
        add_operator(web)
        known = device_in(sign_in(web))
        for _ in range(5):
            sign_in(web, NAME, WRONG)
        assert sign_in(web).status_code == 429
        assert sign_in(web, Cookie=known).status_code == 303
        with web.store.write() as tx:
            access.remove_operator(tx, NAME, actor=BY_COMMAND)
        web.later(seconds=2)
        add_operator(web)
        assert sign_in(web, Cookie=known).status_code == 429
        web.later(days=1)
        known = device_in(sign_in(web))
        web.later(days=366)
        for _ in range(5):
            sign_in(web, NAME, WRONG)
        assert sign_in(web, Cookie=known).status_code == 429, "it is known for a year"

    def test_a_password_that_is_not_looked_at_does_not_count(self, web: Served) -> None:
        add_operator(web)
        known = device_in(sign_in(web))
        with ExitStack() as queue:
            for _ in range(5):
                queue.enter_context(QUEUES[False])
            for _ in range(8):
                answer = sign_in(web)
                assert answer.status_code == 503
                assert answer.headers["retry-after"] == "60"
                assert "Too many sign-ins at the moment." in answer.text
            assert sign_in(web, Cookie=known).status_code == 303
            # It is this form alone.
            assert web.get("/subscribe").status_code == 200
        assert sign_in(web).status_code == 303

    def test_twenty_wrong_ones_lock_a_network_and_no_other(self, tmp_path: Path) -> None:
        with served(tmp_path, proxies="127.0.0.1") as web:
            add_operator(web)
            here = [f"203.0.113.{n}" for n in range(20)]
            for n, address in enumerate(here):
                assert sign_in(web, f"name{n}", WRONG, X_Forwarded_For=address).status_code == 422
                # Signing in well does not clear the count of the network.
                assert n % 4 or sign_in(web, X_Forwarded_For=address).status_code == 303
            assert sign_in(web, X_Forwarded_For="203.0.113.250").status_code == 429
            assert sign_in(web, X_Forwarded_For="198.51.100.1, 203.0.113.9").status_code == 429
            assert sign_in(web, X_Forwarded_For="198.51.100.1").status_code == 303

    def test_nothing_that_was_typed_is_kept(self, web: Served) -> None:
        add_operator(web)
        sign_in(web, PASSWORD, PASSWORD)
        sign_in(web, NAME, WRONG)
        cookie = cookie_in(sign_in(web)).partition("=")[2]
        dump = web.dump()
        assert len(cookie) == 43
        assert cookie not in dump
        assert PASSWORD not in dump
        assert WRONG not in dump

    def test_a_token_of_a_program_is_not_told_apart_from_none(self, still: Target) -> None:
        told = set()
        for token in ("briefing_x", "x", "briefing_" + "a" * 43, READER.partition("@")[0]):
            answer = still.web.get("/api/v1/editions", headers={"Authorization": f"Bearer {token}"})
            told.add((answer.status_code, answer.text, answer.headers["www-authenticate"]))
        assert len(told) == 1


#: What may be kept by a browser or a cache between: it is the same for everybody.
KEPT = re.compile(
    rf"/(?:(?:site|admin)\.css|(?:tomorrow|morning)\.js|fonts/.*|favicon\..*|robots\.txt|archive|diary(?:\.ics)?|sagas|saga/[^/?]*(?:/feed)?|watch(?:/[^/?]*)?|feed|podcast|last\.(?:pdf|png)|{TODAY}.*)?(?:\?.*)?"
)


SCRIPTED = re.compile("/admin/(?:tomorrow|morning|acts)|/admin$")


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
        # Our own scripts run on two pages of operators.
        *(("script-src", "connect-src") if SCRIPTED.match(at) else ()),
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
            # Each path is asked for, and sent to in one way of the others, by turns.
            paths = [path for path in every_path(still) if path.startswith(root)]
            turns = zip(paths, cycle(methods[1:]), strict=False)
            for path, method in (*product(paths, methods[:1]), *turns):
                if method == "POST" and path.startswith(("/subscribe", SIGN_IN)):
                    continue
                answer = still.web.client.request(method, path, headers=headers)
                check_headers(answer, path)
                seen.add(answer.status_code)
                if path in still.links:
                    assert not re.search(r'(?:href|src|action)="(?:https?:)?//', answer.text)
        assert {200, 303, 401, 403, 404, 405, 410, 422} <= seen
        for path in ("/site.css", "/feed", f"/{TODAY}", f"/{TODAY}.html", f"/{TODAY}/source/1"):
            mark = still.web.get(path).headers["etag"]
            answer = still.web.get(path, headers={"If-None-Match": mark})
            assert (answer.status_code, answer.content) == (304, b"")
            check_headers(answer, path)

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
        with web.store.write() as tx:
            tx.exec_driver_sql("DROP TABLE run")
        answer = session.get("/admin")
        assert answer.status_code == 500
        check_headers(answer, "/admin")
        assert "OperationalError" not in answer.text
        assert "Traceback" not in answer.text

    def test_no_machine_is_told_what_answers(self, still: Target) -> None:
        config = serving.server_of(make_app(still.web.desk)).config
        assert config.server_header is False
        assert config.access_log is False
        for path in ("/healthz", "/api/v1/openapi.json", "/no such", SIGN_IN):
            text = still.web.get(path).text
            assert not re.search("uvicorn|starlette|python/|sqlalchemy|jinja", text, re.IGNORECASE)
        assert b"server:" not in still.web.raw(b"NONSENSE\r\n\r\n").lower()
