"""The second factor: codes of an app in addition to the password, and recovery codes.

References:
    RFC 4226 (HOTP), RFC 6238 (TOTP).
"""

import base64
import hashlib
import hmac
import re
import secrets as chance
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

from briefing.core.errors import UsageError
from briefing.core.model import SecondFactor
from briefing.store import Transaction, operators
from briefing.store.audit import Actor

#: Seconds of a step, and steps by which the clocks of a phone and a server may differ, as
#: recommended in RFC 6238, section 5.2; digits of a code, which every app supports.
_STEP, _DRIFT, _DIGITS = 30, 1, 6
#: Bytes of a seed, as long as the digest of its codes (RFC 4226, section 4, R6).
_SEED = 20
#: Number of recovery codes, and bytes of each: too many to guess even from their digests.
_CODES, _CODE = 10, 10
_SALT = re.compile(r"[0-9a-f]{32}", re.ASCII)


def new_salt() -> str:
    """Return a random salt from which a seed is derived."""
    return chance.token_hex(16)


def seed_of(name: str, salt: str, *, secret: bytes) -> bytes:
    """Return the seed that an app is given once; the store has only the salt, so no copy of it."""
    keyed = hmac.new(secret, f"briefing second factor {name} {salt}".encode(), hashlib.sha256)
    return keyed.digest()[:_SEED]


def code_of(seed: bytes, step: int) -> str:
    """Return the code of a step."""
    digest = hmac.new(seed, step.to_bytes(8), hashlib.sha1).digest()
    begin = digest[-1] & 15
    number = int.from_bytes(digest[begin : begin + 4]) & 0x7FFF_FFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def step_at(at: datetime) -> int:
    """Return the step of a moment."""
    return int(at.timestamp()) // _STEP


def in_letters(seed: bytes) -> str:
    """Return a seed as typed into apps, in groups of four letters."""
    letters = base64.b32encode(seed).decode()
    return " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def address_of(seed: bytes, *, name: str, briefing: str) -> str:
    """Return the address that apps read from a QR code."""
    about = urlencode(
        {"secret": base64.b32encode(seed).decode(), "issuer": briefing}, quote_via=quote
    )
    return f"otpauth://totp/{quote(briefing)}:{quote(name)}?{about}"


def set_up(
    tx: Transaction, salt: str, code: str, *, secrets: Sequence[bytes], actor: Actor
) -> tuple[str, ...]:
    """Require codes from an operator from now on, and return recovery codes.

    It replaces any earlier factor. Recovery codes are shown only once, and all sessions end.
    UsageError: the code is not the current one; nothing has changed.
    """
    step = _step_of(salt, code, secrets=secrets, actor=actor) if _SALT.fullmatch(salt) else None
    if step is None:
        raise UsageError("the code is wrong; type the one that the app shows now")
    codes = tuple(base64.b32encode(chance.token_bytes(_CODE)).decode() for _ in range(_CODES))
    kept = tuple(map(_digest, codes))
    # They were opened with the password alone.
    operators.close_sessions_of(tx, actor.name)
    operators.keep_factor(tx, SecondFactor(actor.name, salt, actor.at, step, kept))
    actor.note(tx, "set second factor")
    return tuple("-".join(re.findall("....", code)).lower() for code in codes)


def passes(tx: Transaction, code: str, *, secrets: Sequence[bytes], actor: Actor) -> bool:
    """Return whether a code lets an operator in, as any does without a factor; each works once."""
    factor = operators.factor_of(tx, actor.name)
    if not factor:
        return True
    step = _step_of(factor.salt, code, secrets=secrets, actor=actor)
    if step is not None:
        return operators.use_step(tx, actor.name, step)
    typed = _digest(code)
    if typed not in factor.codes:
        return False
    left = tuple(each for each in factor.codes if each != typed)
    if not operators.use_code(tx, factor, left):
        return False
    actor.note(tx, "use recovery code", f"{len(left)} left")
    return True


def take_away(tx: Transaction, *, actor: Actor) -> None:
    """Remove the second factor of an operator at their own request."""
    operators.remove_factor(tx, actor.name)
    actor.note(tx, "remove second factor")


def reset(tx: Transaction, name: str, *, actor: Actor) -> None:
    """Remove the second factor of an operator who lost it, and end all their sessions.

    UsageError: they have none.
    """
    actor.permit(tx, "reset second factor")
    if not operators.remove_factor(tx, name):
        raise UsageError(f"{name[:80]!a}: no operator of this name has a second factor")
    operators.close_sessions_of(tx, name)
    actor.note(tx, "reset second factor", name)


def _step_of(salt: str, code: str, *, secrets: Sequence[bytes], actor: Actor) -> int | None:
    """Return the current or a neighboring step with this code; None: there is none."""
    typed, now = re.sub(r"\s", "", code).encode(), step_at(actor.at)
    seeds = [seed_of(actor.name, salt, secret=secret) for secret in secrets]
    steps = range(now - _DRIFT, now + _DRIFT + 1)
    # If two steps have the same code, the later counts, so that neither can be used again.
    fits = [
        step
        for step in steps
        for seed in seeds
        if hmac.compare_digest(code_of(seed, step).encode(), typed)
    ]
    return max(fits, default=None)


def _digest(code: str) -> str:
    plain = re.sub(r"[\s-]", "", code).upper()
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()
