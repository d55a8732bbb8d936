"""Accounts, passwords and sessions of operators."""

import hashlib
import hmac
import re
import secrets
import threading
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from briefing.app.keys import BYTES, all_tries_at, digest_key, id_of, tries_at, tries_from
from briefing.app.second_factor import passes
from briefing.core.errors import BusyError, InputError, UsageError
from briefing.core.frozen import frozen
from briefing.core.model import MailKind, Operator, Role, Session
from briefing.mail.headers import checked_address
from briefing.store import Store, Transaction, deliveries, drafts, operators
from briefing.store.audit import COMMAND, NOBODY, Actor

T = TypeVar("T")


def add_operator(  # noqa: PLR0913  who may do what, and who says so
    tx: Transaction,
    name: str,
    *,
    password: str | None,
    role: str = "",
    mail: str = "",
    actor: Actor,
) -> None:
    """Add a person who may sign in; without a password, they must set one by a link first.

    ``role`` is one of :class:`Role`; empty: administrator for the first operator, else editor.

    UsageError: the name is not valid or is taken, the password is too short or too long, or the
    role or the mail address is not valid.
    """
    others = operators.listed(tx)
    if others:
        # Whoever adds the first operator becomes that operator.
        actor.permit(tx, "add operator")
    check_name(name)
    if operators.get(tx, name):
        raise UsageError(
            f"{name}: is already an operator; to set a new password: "
            f"briefing operators password {name}"
        )
    role = role or (Role.EDITOR if others else Role.ADMINISTRATOR)
    new = Operator(name, "" if password is None else hashed(password), actor.at)
    operators.keep(tx, _changed(new, role, mail))
    actor.note(tx, "add operator", f"{name}, {role}")


def change_operator(
    tx: Transaction, name: str, *, role: str, mail: str | None, actor: Actor
) -> None:
    """Change the role of an operator, at once, and the mail address (None: unchanged).

    UsageError: there is none with this name, or the role or the address is not valid.
    """
    actor.permit(tx, "change operator")
    before = _existing(tx, name)
    after = _changed(before, role, before.mail if mail is None else mail)
    if after != before:
        operators.keep(tx, after)
        # The log has no addresses.
        also = ", with another mail address" if after.mail != before.mail else ""
        actor.note(tx, "change operator", f"{name}, {role}{also}")


def role_of(given: str) -> Role:
    """Return the role with a name (UsageError: unknown role)."""
    if given not in {*Role}:
        raise UsageError(f"--role {given!a}: give {', '.join(Role)}")
    return Role(given)


def _changed(operator: Operator, role: str, mail: str) -> Operator:
    known = role_of(role)
    try:
        return replace(operator, role=known, mail=mail and checked_address(mail))
    except InputError as error:
        raise UsageError(f"--mail {mail[:80]!a}: {error}") from error


def add_first(tx: Transaction, name: str, *, password: str, actor: Actor) -> None:
    """Add the first person who may sign in.

    UsageError: there is an operator already, or as for :func:`add_operator`.
    """
    if operators.listed(tx):
        raise UsageError("an operator already exists; sign in instead")
    add_operator(tx, name, password=password, actor=actor)


def welcome(tx: Transaction, operator: Operator, *, actor: Actor) -> None:
    """Let an operator of another briefing sign in here, with the same password and role."""
    operators.keep(tx, replace(operator, since=actor.at))
    actor.note(tx, "add operator", f"{operator.name}, {operator.role}")


def remove_operator(tx: Transaction, name: str, *, actor: Actor) -> None:
    """Remove an operator and end all their sessions; their releases no longer count.

    Drafts they released wait for another operator, and unsent mails of their editions are held.

    UsageError: there is none with this name.
    """
    actor.permit(tx, "remove operator")
    _existing(tx, name)
    reason = f"released by {name}, who is no longer an operator"
    held = deliveries.hold_open(tx, reason=reason, of=drafts.signed_by(tx, name))
    if held:
        actor.note(tx, "hold mail", f"{reason}: {held}")
    operators.close_sessions_of(tx, name)
    operators.remove(tx, name)
    actor.note(tx, "remove operator", name)


def change_password(tx: Transaction, name: str, *, password: str, actor: Actor) -> None:
    """Set another password; this ends all sessions of the operator, and any lock of the name.

    UsageError: there is none with this name, or the password is too short or too long.
    """
    if actor.name != name:
        actor.permit(tx, "change operator")
    operators.keep(tx, replace(_existing(tx, name), hash=hashed(password)))
    operators.close_sessions_of(tx, name)
    operators.clear_failures(tx, all_tries_at(name))
    actor.note(tx, "change password", name)


#: How long a link to set a password is valid: one handed over, and one mailed; and how many are
#: mailed to an operator in the latter time.
HANDED, MAILED, _MOST_MAILED = timedelta(days=3), timedelta(hours=1), 3


def hand_link(tx: Transaction, name: str, *, secret: bytes, actor: Actor) -> str:
    """Return the token of a link to set a password, for an operator to hand to another.

    UsageError: there is none with this name.
    """
    actor.note(tx, "make password link", name)
    return link_token(link_claim(_existing(tx, name), until=actor.at + HANDED), secret=secret)


def link_claim(operator: Operator, *, until: datetime, about: str = "") -> str:
    """Return the claim of an operator's link: to set the password, or ``about`` something else.

    It depends on the current password, so that changing that makes the link invalid.
    """
    state = f"{operator.since.timestamp():.0f} {operator.hash}{about}".encode()
    return f"{operator.name}.{until.timestamp():.0f}.{hashlib.sha256(state).hexdigest()[:16]}"


def link_token(claim: str, *, secret: bytes) -> str:
    """Return the token of a link: its claim, signed."""
    check = hmac.new(secret, f"briefing password {claim}".encode(), hashlib.sha256)
    return f"{claim}.{check.hexdigest()[:32]}"


def use_link(
    tx: Transaction, token: str, *, secrets: Sequence[bytes], at: datetime, about: str = ""
) -> Operator | None:
    """Return whose link it is; None: it is not ours, was used, or has expired."""
    match = _LINK.fullmatch(token)
    operator = operators.get(tx, match[1]) if match else None
    if not match or operator is None or at.timestamp() > int(match[2]):
        return None
    claim = link_claim(operator, until=datetime.fromtimestamp(int(match[2]), UTC), about=about)
    good = (hmac.compare_digest(token, link_token(claim, secret=each)) for each in secrets)
    return operator if any([*good]) else None


_LINK = re.compile(r"([a-z0-9-]{1,40})\.([0-9]{1,11})\.[0-9a-f]{16}\.[0-9a-f]{32}", re.ASCII)


def mail_link(tx: Transaction, name: str, *, network: str, at: datetime) -> None:
    """Queue a link for an operator who forgot the password, if there is one with an address.

    The response does not depend on that. The link is signed when the mail is sent.
    """
    operator = operators.get(tx, name)
    key = digest_key(f"forgotten {name}")
    before = operators.failures(tx, key, since=at - MAILED)
    if not operator or not operator.mail or len(before) >= _MOST_MAILED:
        return
    operators.note_failure(tx, key, at=at)
    words = f"{operator.mail}\n{link_claim(operator, until=at + MAILED)}"
    deliveries.put_mail(tx, MailKind.PASSWORD, words=words, at=at, until=at + MAILED)
    Actor(NOBODY, at, network).note(tx, "mail password link", name)


#: How long the mailed link to a request lets an operator decide, and how many are mailed within an
#: hour, since strangers cause them; the administration lists all requests.
_DECIDES, _MOST_REQUESTS = timedelta(days=14), 12


def about_request(number: int) -> str:
    """Return what the link to a request is about, given the number of the reader."""
    return f" request {number}"


def ask_operators(tx: Transaction, number: int, *, at: datetime) -> None:
    """Mail a link to a reader's request to each operator with an address who may decide on it."""
    own = operators.listed(tx)
    acting = [each for each in own if each.mail and each.role.may("approve subscriber")]
    hour = deliveries.asked_since(tx, MailKind.REQUEST, at - timedelta(hours=1))
    if len(hour) >= _MOST_REQUESTS * len(acting):
        return
    for each in acting:
        claim = link_claim(each, until=at + _DECIDES, about=about_request(number))
        words, until = f"{each.mail}\n{number}\n{claim}", at + timedelta(days=1)
        deliveries.put_mail(tx, MailKind.REQUEST, words=words, at=at, until=until)


def _existing(tx: Transaction, name: str) -> Operator:
    operator = operators.get(tx, name)
    if not operator:
        raise UsageError(f"{name[:80]!a}: no operator; `briefing operators list` shows all")
    return operator


#: Names with a meaning of their own in the audit log.
_TAKEN = frozenset({COMMAND, "token", NOBODY})
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)


def check_name(name: str) -> None:
    """Refuse a name that is not valid.

    UsageError: the message says what is.
    """
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise UsageError(
            f"{name[:80]!a}: not a valid name; use up to 40 lowercase letters, digits and "
            f"hyphens, and none of {', '.join(sorted(_TAKEN))}"
        )


#: Length of a password: shorter ones can be guessed (NIST SP 800-63B-4, 3.1.1.2, requires 15
#: alone and 8 with another factor; here a lock after five tries helps), longer ones are attacks.
LEAST, MOST = 12, 1000

#: The defaults of argon2-cffi: RFC 9106, section 4, second recommended option.
_HASHER = PasswordHasher()
#: Simultaneous comparisons, with 64 MiB each: one for known devices of operators, and one for all
#: others, so that strangers keep no operator waiting.
PLACES = {known: threading.BoundedSemaphore(1) for known in (True, False)}
#: How many may wait for a comparison, and seconds that they wait: they block threads of the web.
QUEUES = {known: threading.BoundedSemaphore(5) for known in (True, False)}
_PATIENCE = 5.0


def hashed(password: str) -> str:
    """Return a password as it is stored.

    UsageError: it is too short or too long.
    """
    if not LEAST <= len(password) <= MOST:
        raise UsageError(
            f"the password has {len(password)} characters; use at least {LEAST} and at most "
            f"{MOST:,}, for example four words"
        )
    return _HASHER.hash(_canonical(password))


def matches(
    password: str, *, kept: str | None, known: bool = False, patience: float = _PATIENCE
) -> bool:
    """Return whether a password is the stored one; for an unknown name (None) it takes as long.

    Attempts from a device where the operator is ``known`` queue separately from all others. They
    wait for at most ``patience`` seconds.

    BusyError: too many passwords are being compared.
    """
    decoy = _decoy()
    with ExitStack() as held:
        for room, wait in ((QUEUES[known], 0.0), (PLACES[known], patience)):
            if not room.acquire(timeout=wait):
                raise BusyError("too many sign-ins at the moment; try again in a minute")
            held.callback(room.release)
        try:
            _HASHER.verify(kept or decoy, _canonical(password[:MOST]))
        except (VerificationError, InvalidHashError):
            return False
    return bool(kept)


@cache
def _decoy() -> str:
    return _HASHER.hash(secrets.token_hex(16))


def _canonical(password: str) -> bytes:
    """Return the bytes of a password, independent of how a keyboard composes letters."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace")


WINDOW = timedelta(minutes=15)
#: How far back failures count: locks get longer within a day.
MEMORY = timedelta(days=1)


@frozen
class TryLimit:
    """How many wrong passwords cause a lock, and within what time."""

    most: int
    within: timedelta = WINDOW


#: For one name from one network, or from one known device.
FOR_NAME = TryLimit(5)
#: From one network, for all names.
FOR_NETWORK = TryLimit(20)
#: For one name from all places but known devices: guessing from many places is slowed down to some
#: hundred tries a day (NIST SP 800-63B-4, 3.2.2, allows 100 in a row).
FOR_ALL = TryLimit(100, MEMORY)
#: Shortest and longest lock.
_FIRST, _LONGEST = timedelta(minutes=15), timedelta(hours=4)


def locked_until(failures: Sequence[datetime], *, limit: TryLimit) -> datetime | None:
    """Return when the last lock ends, which may be in the past; None: there was none.

    The first lock lasts 15 minutes, and each further one twice as long, up to four hours.

    ``failures`` are times, oldest first; none are recorded during a lock.
    """
    locks, until = 0, None
    near: list[datetime] = []
    for at in failures:
        near = [*(failure for failure in near if at - failure < limit.within), at]
        if len(near) >= limit.most:
            until = at + min(_FIRST * 2**locks, _LONGEST)
            locks, near = locks + 1, []
    return until


@frozen
class SignInAttempt:
    """An attempt to sign in."""

    #: The operator with this name.
    operator: Operator | None
    #: Whether it comes from a device on which the operator has signed in before.
    known: bool
    #: Counters to which it is added, with their limits.
    counts: Mapping[bytes, TryLimit]
    network: str
    at: datetime

    @property
    def actor(self) -> Actor:
        """The actor, as far as the audit log may name them."""
        return Actor(self.operator.name if self.operator else NOBODY, self.at, self.network)


def admit(
    tx: Transaction,
    name: str,
    *,
    device_of: Callable[[Operator | None], str],
    network: str,
    at: datetime,
) -> tuple[datetime | None, SignInAttempt]:
    """Return until when attempts are refused, or None, and the attempt.

    It is counted as a failure before it is checked, so that simultaneous attempts count too.

    ``device_of`` returns the id of a device on which the operator has signed in before; else an
    empty text.
    """
    operator = operators.get(tx, name)
    device = device_of(operator)
    # A known device has a counter of its own, which no stranger can fill.
    counts = (
        {tries_at(name, place=f"device {device}"): FOR_NAME}
        if device
        else {
            tries_at(name, place=network): FOR_NAME,
            tries_from(network): FOR_NETWORK,
            tries_at(name): FOR_ALL,
        }
    )
    tried = SignInAttempt(operator, bool(device), counts, network, at)
    for key, limit in counts.items():
        until = locked_until(operators.failures(tx, key, since=at - MEMORY), limit=limit)
        if until and at < until:
            return until, tried
    for key in counts:
        operators.note_failure(tx, key, at=at)
    return None, tried


@frozen
class Browser:
    """Where a session is opened."""

    #: User agent of the browser.
    device: str = ""
    network: str = ""
    #: Cookie of the session that the new one replaces; may be empty.
    before: str = ""


def _prove(  # noqa: PLR0913  who, by what, and what for
    store: Store,
    tried: SignInAttempt,
    password: str,
    code: str,
    *,
    secrets: Sequence[bytes] | None,
    then: Callable[[Transaction, str], T],
) -> T | None:
    """Call ``then`` for an operator if password and code are right; None: they are not.

    A code is needed if the operator has a second factor, unless ``secrets`` is None.

    BusyError: too many passwords are being checked; the attempt does not count.
    """
    operator = tried.operator
    try:
        good = matches(password, kept=operator.hash if operator else None, known=tried.known)
    except BusyError:
        store.apply(_count_no_more, tried)
        raise
    is_outdated = operator and good and _HASHER.check_needs_rehash(operator.hash)
    renewed = hashed(password) if is_outdated else ""
    with store.write() as tx:
        # The operator may have been changed meanwhile.
        good = good and operator is not None and operators.get(tx, operator.name) == operator
        if good and secrets is not None:
            good = passes(tx, code, secrets=secrets, actor=tried.actor)
        if operator and good:
            if renewed:
                operators.keep(tx, replace(operator, hash=renewed))
            _count_no_more(tx, tried)
            return then(tx, operator.name)
        tried.actor.note(tx, "sign-in refused")
    return None


def sign_in(  # noqa: PLR0913  who, by what, and where
    store: Store,
    tried: SignInAttempt,
    password: str,
    code: str = "",
    *,
    secrets: Sequence[bytes],
    browser: Browser,
) -> str:
    """Open a session if password and code are right, and return its cookie; else an empty text.

    It does not tell which of the two is wrong. BusyError: too many passwords are being checked; the
    attempt does not count.
    """

    def begin(tx: Transaction, name: str) -> str:
        # From the shared counters, only this attempt has been removed.
        for key, limit in tried.counts.items():
            if limit is FOR_NAME:
                operators.clear_failures(tx, key)
        operators.prune(tx, ended=tried.at, failed=tried.at - MEMORY)
        tried.actor.note(tx, "sign in")
        return begin_session(tx, name, at=tried.at, browser=browser)

    return _prove(store, tried, password, code, secrets=secrets, then=begin) or ""


def sign_in_by_mail(
    tx: Transaction, mail: str, *, browser: Browser, at: datetime
) -> tuple[str, Operator | None]:
    """Open a session for the operator with an address that an identity provider has verified.

    Return its cookie and the operator; empty: no operator has the address, or more than one has. No
    code is needed: the second factor belongs to the password, and the provider asks for its own.
    """
    known = [each for each in operators.listed(tx) if each.mail.lower() == mail.lower() != ""]
    if len(known) != 1:
        Actor(NOBODY, at, browser.network).note(tx, "sign-in refused")
        return "", None
    Actor(known[0].name, at, browser.network).note(tx, "sign in by provider")
    return begin_session(tx, known[0].name, at=at, browser=browser), known[0]


def identify(
    store: Store, claimed: Actor, password: str, code: str = "", *, secrets: Sequence[bytes]
) -> Actor:
    """Return the operator that an actor claims to be, if password and code are theirs.

    A failure is audited, and counts like a failed sign-in from the network. Without ``secrets`` no
    code is needed, since one was given to open the session.

    InputError: they are wrong, or too many wrong ones came before; BusyError: as for
    :func:`sign_in`.
    """
    until, tried = store.apply(
        admit,
        claimed.name,
        device_of=lambda _operator: "",
        network=claimed.network or COMMAND,
        at=claimed.at,
    )
    if until is not None:
        raise InputError(f"too many wrong passwords; try again after {until:%Y-%m-%d %H:%M} UTC")
    actor = _prove(
        store,
        tried,
        password,
        code,
        secrets=secrets or None,
        then=lambda _tx, name: Actor(name, tried.at),
    )
    if actor is None:
        raise InputError(
            "no such operator, or a wrong password or code; `briefing operators list` shows all"
        )
    return actor


def sign_out(tx: Transaction, value: str, *, actor: Actor) -> None:
    """End the session of a cookie."""
    end_session(tx, value)
    actor.note(tx, "sign out")


def _count_no_more(tx: Transaction, tried: SignInAttempt) -> None:
    for key in tried.counts:
        operators.forget_failure(tx, key, at=tried.at)


#: Time without use after which a session ends, and longest life of a session.
IDLE, SESSION_LIFE = timedelta(hours=12), timedelta(days=7)
#: Shortest time between two recorded uses.
_NOTED = timedelta(minutes=5)
#: Most characters stored of a user agent.
_LONGEST_DEVICE = 200


_UNKNOWN = Browser()


def begin_session(
    tx: Transaction, operator: str, *, at: datetime, browser: Browser = _UNKNOWN
) -> str:
    """Open a session for an operator, end the previous one, and return its cookie's value."""
    end_session(tx, browser.before)
    value = secrets.token_urlsafe(BYTES)
    device = "".join(filter(str.isprintable, browser.device))[:_LONGEST_DEVICE]
    token = secrets.token_urlsafe(BYTES)
    session = Session(operator, token, at, at + IDLE, device, browser.network, at)
    operators.open_session(tx, digest_key(value), session)
    return value


def use_session(store: Store, value: str, *, at: datetime) -> Session | None:
    """Return the session of a cookie, extended by this use; None if it has ended."""
    if not value:
        return None
    key = digest_key(value)
    session = store.look(operators.session, key, at=at)
    if not session or at >= session.since + SESSION_LIFE:
        return None
    until = min(at + IDLE, session.since + SESSION_LIFE)
    if until - session.until >= _NOTED:
        store.apply(operators.prolong, key, until=until, used=at)
    return session


def end_one_session(tx: Transaction, id_: str, *, actor: Actor) -> None:
    """End a session by its id in the list: one of the actor's own or, by administrators, any.

    InputError: there is none that they may end.
    """
    for key, session in operators.sessions(tx, at=actor.at):
        if id_of(key) == id_:
            own = session.operator == actor.name
            actor.note(tx, "end session" if own else "end session of another", session.operator)
            operators.close_session(tx, key)
            return
    raise InputError("that session has already ended")


def end_session(tx: Transaction, value: str) -> None:
    """Close the session of a cookie, if there is one."""
    if value:
        operators.close_session(tx, digest_key(value))
