"""Sign-in by a real identity provider on loopback, and answers that were meant for others."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from oidc_provider_mock import User, run_server_in_thread

from briefing.core.errors import InputError, SettingsError
from briefing.core.model import Operator, Role
from briefing.settings import OidcSettings, Settings
from briefing.setup.identity_provider import OidcProvider
from briefing.store import operators
from tests.store.ready import act
from tests.web.admin.sessions import acts
from tests.web.served import Served, served, title
from tests.web.test_security import opens

#: The provider of the tests uses what its own library is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
PATH, BACK = "/admin/provider", "/admin/provider/back"
MAIL, CLIENT, SECRET = "Ines@ministry.example", "briefing", "secret of the client"
NOW = datetime.now(UTC)


def settings_of(folder: Path, issuer: str) -> Settings:
    file = folder / "oidc.secret"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    file.chmod(0o600)
    settings = Settings(oidc=OidcSettings(issuer=issuer, client=CLIENT))
    settings._folder = folder
    return settings


@dataclass
class Desk:
    web: Served
    issuer: str
    provider: OidcProvider

    def begin(self, to: str = "") -> tuple[str, str]:
        """Return where the browser is sent, and the cookie that it keeps."""
        answer = self.web.get(f"{PATH}?to={to}")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"], answer.headers["set-cookie"].partition(";")[0]

    def signed_in(self, at: str, who: str = "ines") -> str:
        """Sign in at the provider; return the address that it sends the browser back to."""
        answer = httpx2.post(at, data={"sub": who})
        assert answer.status_code in {302, 303}, answer.text
        return urlsplit(answer.headers["location"]).query

    def back(self, query: str, cookie: str = "") -> httpx2.Response:
        return self.web.get(f"{BACK}?{query}", headers={"Cookie": cookie} if cookie else {})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    users = (
        User(sub="ines", claims={"email": MAIL.lower(), "email_verified": True}),
        User(sub="eve", claims={"email": MAIL, "email_verified": False}),
        User(sub="bob", claims={"email": "bob@ministry.example", "email_verified": True}),
        User(sub="two", claims={"email": "two@ministry.example", "email_verified": True}),
        User(sub="none", claims={}),
    )
    with run_server_in_thread(user_claims=users, require_nonce=True) as server:
        issuer = f"http://localhost:{server.server_port}"
        provider = OidcProvider.of(settings_of(tmp_path, issuer))
        assert provider
        with served(tmp_path, identity=provider) as web:
            # The provider knows no clock but that of the machine.
            web.clock.at = datetime.now(UTC)
            for name, mail in (
                ("ada", MAIL),
                ("x", "two@ministry.example"),
                ("y", "Two@ministry.example"),
            ):
                new = Operator(name, "", web.clock(), Role.EDITOR, mail)
                act(web.store, operators.keep, new)
            yield Desk(web, issuer, provider)


def test_who_is_known_by_a_verified_address_comes_in(desk: Desk) -> None:
    assert "Sign in with single sign-on" in desk.web.get("/admin/sign-in?to=/admin/log").text
    at, kept = desk.begin("/admin/log")
    asked = parse_qs(urlsplit(at).query)
    assert at.startswith(desk.issuer)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{desk.web.desk.web}{BACK}"]
    answer = desk.back(desk.signed_in(at), kept)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/log")
    cookies = answer.headers.get_list("set-cookie")
    assert opens(desk.web, cookies[0].partition(";")[0])
    assert any(re.match(r'[^=]*\.provider="?"?;', cookie) for cookie in cookies)
    (event,) = acts(desk.web)
    assert (event.who, event.what, event.about) == ("ada", "sign in by provider", "")
    dump = desk.web.dump()
    assert asked["state"][0] not in dump
    assert asked["nonce"][0] not in dump


def test_no_other_does(desk: Desk) -> None:
    """Not verified, no operator, two operators, no address, unknown."""
    for who in ("eve", "bob", "two", "none", "stranger"):
        at, kept = desk.begin()
        answer = desk.back(desk.signed_in(at, who), kept)
        assert (answer.status_code, title(answer)) == (403, "Sign-in failed")
        cookies = answer.headers.get_list("set-cookie")
        assert not [each for each in cookies if "Max-Age=0" not in each]


def test_an_answer_is_good_once_and_only_where_it_was_asked_for(desk: Desk) -> None:
    at, kept = desk.begin()
    query = desk.signed_in(at)
    # Another browser, which a stranger has open the stranger's own answer; and none of ours.
    _, other = desk.begin()
    forged = kept[:-3] + ("abc" if not kept.endswith("abc") else "xyz")
    for cookie in ("", other, forged, kept.partition("=")[0] + "="):
        assert desk.back(query, cookie).status_code == 403
    for change in ({"state": "x"}, {"state": ""}, {"iss": "https://evil.example"}, {"code": "x"}):
        told = {name: values[0] for name, values in parse_qs(query).items()} | change
        assert desk.back(urlencode(told), kept).status_code == 403
    assert desk.back(f"{query}&iss={desk.issuer}", kept).status_code == 303
    assert desk.back(query, kept).status_code == 403
    assert desk.back("error=access_denied", kept).status_code == 403


def test_it_must_not_take_long_and_leads_nowhere_else_by_a_new_session(desk: Desk) -> None:
    at, kept = desk.begin()
    desk.web.later(minutes=11)
    assert desk.back(desk.signed_in(at), kept).status_code == 403
    planted = ""
    for to in ("https://evil.example", "//evil.example", "/admin/sign-out", "/x"):
        at, kept = desk.begin(to)
        answer = desk.back(desk.signed_in(at), f"{kept}; {planted}" if planted else kept)
        assert answer.headers["location"] == "/admin"
        fresh = answer.headers["set-cookie"].partition(";")[0]
        assert opens(desk.web, fresh)
        # The session that was there has ended.
        assert not planted or not opens(desk.web, planted)
        planted = fresh


KEY, OTHER = RSAKey.generate_key(2048), RSAKey.generate_key(2048)
GOOD: dict[str, Any] = {
    "iss": "http://localhost:1",
    "aud": CLIENT,
    "nonce": "nonce",
    "exp": NOW.timestamp() + 60,
    "iat": NOW.timestamp(),
    "email": MAIL,
    "email_verified": True,
}


class Answering(OidcProvider):
    """A provider that says what a test has it say."""

    token = ""
    #: What it calls itself otherwise.
    otherwise: Mapping[str, str | None] = MappingProxyType({})

    def _ask(self, url: str, form: str = "", credentials: str = "") -> dict[str, Any]:
        if form:
            return {"id_token": self.token}
        if "well-known" in url:
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            usual = {"issuer": self.issuer, **dict.fromkeys(names, f"{self.issuer}/x")}
            return usual | dict(self.otherwise)
        return {"keys": [KEY.as_dict(private=False)]}


def mail_of(folder: Path, token: str) -> str:
    made = Answering.of(settings_of(folder, GOOD["iss"]))
    assert isinstance(made, Answering)
    made.token = token
    return made.mail("code", nonce="nonce", verifier="v", back="/back", at=NOW)


def signed(claims: dict[str, Any], key: Any = KEY, alg: str = "RS256") -> str:  # noqa: ANN401
    return jwt.encode({"alg": alg}, claims, key, algorithms=[alg])


def part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def test_a_good_token_has_the_address(tmp_path: Path) -> None:
    assert mail_of(tmp_path, signed(GOOD)) == MAIL
    both = {"aud": [CLIENT, "other"], "azp": CLIENT}
    assert mail_of(tmp_path, signed(GOOD | both)) == MAIL


def test_a_token_for_others_says_nothing(tmp_path: Path) -> None:
    changes: tuple[dict[str, Any], ...] = (
        {"iss": "https://evil.example"},
        {"aud": "another client"},
        {"aud": [CLIENT, "other"]},
        {"aud": [CLIENT, "other"], "azp": "other"},
        {"aud": None},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": NOW.timestamp() - 120},
        {"exp": None},
        {"exp": "soon"},
        {"iat": NOW.timestamp() + 120},
        {"email": None},
        {"email": ["a@b.example"]},
        {"email_verified": "true"},
        {"email_verified": None},
    )
    for change in changes:
        with pytest.raises(InputError, match="not meant for this"):
            mail_of(tmp_path, signed(GOOD | change))


def test_nor_does_one_that_the_provider_has_not_signed(tmp_path: Path) -> None:
    head, body, _ = signed(GOOD).split(".")
    none, shared = (part({"alg": alg}) for alg in ("none", "HS256"))
    text = f"{shared}.{body}"
    by_public = hmac.new(KEY.as_pem(private=False), text.encode(), hashlib.sha256).digest()
    for token in (
        signed(GOOD, OTHER),
        # The public key taken for a shared secret, no signature, and what is no token.
        f"{text}.{base64.urlsafe_b64encode(by_public).rstrip(b'=').decode()}",
        *(f"{none}.{body}.", f"{head}.{body}."),
        *("", "None", "a.b.c", f"{head}.{body}.{'a' * 342}"),
    ):
        with pytest.raises(InputError, match="signature of the provider's token is not valid"):
            mail_of(tmp_path, token)


def test_a_provider_that_calls_itself_otherwise_is_not_asked(tmp_path: Path) -> None:
    names: tuple[dict[str, str | None], ...] = (
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    )
    for told in names:
        made = Answering.of(settings_of(tmp_path, GOOD["iss"]))
        assert isinstance(made, Answering)
        made.otherwise = told
        with pytest.raises(InputError, match="the provider"):
            made.address(state="s", nonce="n", verifier="v", back="/back", at=NOW)


def test_what_is_no_json_or_does_not_answer_is_said(desk: Desk) -> None:
    gone = replace(desk.provider, issuer="http://localhost:9")
    with pytest.raises(InputError):
        gone.address(state="s", nonce="n", verifier="v", back="/back", at=NOW)
    desk.web.desk.identity.issuer = "http://localhost:9"  # type: ignore[union-attr]
    assert title(desk.web.get(PATH)) == "Sign-in failed"
    page = replace(desk.provider, issuer=desk.issuer)
    with pytest.raises(InputError, match="JSON"):
        page._ask(f"{desk.issuer}/")


def test_without_a_provider_there_is_none(web: Served) -> None:
    for path in (PATH, BACK):
        answer = web.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin/sign-in")
    assert "Sign in with" not in web.get("/admin/sign-in").text


def test_its_secret_is_nobody_elses(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "https://login.ministry.example")
    assert SECRET not in repr(OidcProvider.of(settings))
    (tmp_path / "oidc.secret").chmod(0o644)
    with pytest.raises(SettingsError):
        OidcProvider.of(settings)
    (tmp_path / "oidc.secret").chmod(0o600)
    (tmp_path / "oidc.secret").write_text("\n")
    with pytest.raises(SettingsError, match="empty"):
        OidcProvider.of(settings)
