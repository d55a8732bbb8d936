"""Sign-in by an identity provider (OpenID Connect), whose tokens are checked by joserfc.

References:
    OpenID Connect Core 1.0, sections 3.1 and 3.1.3.7; RFC 7636 (PKCE); RFC 9207 (issuer).
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import quote_plus, urlencode, urlsplit

from briefing import __version__
from briefing.core.errors import InputError, MissingPartError, SettingsError
from briefing.settings import Settings
from briefing.setup.clock import real
from briefing.setup.post import private_content
from briefing.sources.web.address import make_rules
from briefing.sources.web.client import Asking, Web

#: Accepted signature algorithms: no shared secret, and never "none".
_SIGNED = ("RS256", "PS256", "ES256")
#: Tolerated difference between clocks, and how long a provider's metadata are cached.
_LEEWAY, _KEPT = timedelta(minutes=1), timedelta(hours=1)
#: Seconds for a response of the provider, for which somebody is waiting.
_DEADLINE = 10.0
_CONFIGURATION = "/.well-known/openid-configuration"


@dataclass
class OidcProvider:
    """The identity provider of a briefing."""

    issuer: str
    client: str
    secret: str = field(repr=False)
    asking: Asking = field(repr=False)
    _known: tuple[datetime, Mapping[str, Any]] | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Return the provider of the settings; None if there is none.

        Raises SettingsError if its secret cannot be read, or can be read by others; and
        MissingPartError if the extra is not installed.
        """
        own = settings.oidc
        if not own.issuer:
            return None
        try:
            import joserfc  # noqa: F401, PLC0415  an extra
        except ImportError:
            raise MissingPartError(
                "sign-in by a provider needs the package joserfc; install briefing[oidc]"
            ) from None
        secret = private_content(settings.folder / own.secret_file).decode().strip()
        if not secret:
            raise SettingsError(f"{own.secret_file}: is empty")
        at = urlsplit(own.issuer)
        # It may be internal; its addresses come from the settings.
        hosts = (*settings.collect.allow_hosts, at.hostname or "")
        rules = make_rules(hosts, allow_ports=() if at.port is None else (at.port,))
        agent = f"briefing/{__version__} (sign-in)"
        asking = Asking(agent, rules, _DEADLINE, proxy=settings.collect.proxy)
        return cls(own.issuer, own.client, secret, asking)

    def address(self, *, state: str, nonce: str, verifier: str, back: str, at: datetime) -> str:
        """Return the address at which to sign in.

        Raises InputError if the provider does not respond.
        """
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": back,
            "scope": "openid email",
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        at_provider = self._configuration(at)["authorization_endpoint"]
        return f"{at_provider}{'&' if '?' in at_provider else '?'}{urlencode(asked)}"

    def mail(self, code: str, *, nonce: str, verifier: str, back: str, at: datetime) -> str:
        """Return the verified mail address of the person who signed in.

        Raises InputError if the provider does not respond, or its response cannot be trusted.
        """
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        pair = f"{quote_plus(self.client)}:{quote_plus(self.secret)}".encode()
        token_endpoint, keys_at = (
            self._configuration(at)[name] for name in ("token_endpoint", "jwks_uri")
        )
        answer = self._ask(token_endpoint, urlencode(sent), base64.b64encode(pair).decode())
        claims = self._claims(f"{answer.get('id_token')}", self._ask(keys_at))
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        seconds, leeway = at.timestamp(), _LEEWAY.total_seconds()
        believed = (
            claims.get("iss") == self.issuer
            and self.client in audiences
            and (len(audiences) == 1 or claims.get("azp") == self.client)
            and claims.get("nonce") == nonce
            and _number(claims.get("exp")) > seconds - leeway
            and _number(claims.get("iat")) < seconds + leeway
        )
        mail = claims.get("email")
        if not believed or not isinstance(mail, str) or claims.get("email_verified") is not True:
            raise InputError(
                "the provider's token is not meant for this briefing, "
                "or its address is not verified"
            )
        return mail

    def _claims(self, token: str, keys: Mapping[str, Any]) -> Mapping[str, Any]:
        from joserfc import jwt  # noqa: PLC0415  an extra
        from joserfc.errors import JoseError  # noqa: PLC0415
        from joserfc.jwk import KeySet  # noqa: PLC0415

        try:
            known: Any = keys
            return jwt.decode(token, KeySet.import_key_set(known), algorithms=list(_SIGNED)).claims
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise InputError("the signature of the provider's token is not valid") from error

    def _configuration(self, at: datetime) -> Mapping[str, Any]:
        if self._known is None or at - self._known[0] > _KEPT:
            metadata = self._ask(f"{self.issuer.rstrip('/')}{_CONFIGURATION}")
            if metadata.get("issuer") != self.issuer:
                raise InputError("the provider's issuer differs from that in the settings")
            own = urlsplit(self.issuer)
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                # Encrypted, or as local as the issuer in a test.
                url = urlsplit(f"{metadata.get(name)}")
                if url.scheme != "https" and (url.scheme, url.netloc) != (own.scheme, own.netloc):
                    raise InputError(f"the provider gives no safe {name}")
            self._known = at, metadata
        return self._known[1]

    def _ask(self, url: str, form: str = "", credentials: str = "") -> Mapping[str, Any]:
        """Return the JSON at an address, or the answer to a form sent there."""

        async def ask() -> bytes:
            async with Web(self.asking, clock=real) as web:
                if not form:
                    return (await web(url)).body
                return await web.post(
                    url,
                    form.encode(),
                    kind="application/x-www-form-urlencoded",
                    Authorization=f"Basic {credentials}",
                )

        return _json(asyncio.run(ask()))


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else float("nan")


def _json(content: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(content)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise InputError("the provider does not answer with JSON")
    return read
