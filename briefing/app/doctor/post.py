"""What mail needs: a relay, keys that the world can check, a way to leave."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from briefing.app.doctor.finding import Finding, broken, good, note
from briefing.mail.relay import Relay, ResultKind
from briefing.mail.sign import Key, dns_record
from briefing.mail.smtp import RelaySession

_P = re.compile(r"(?:^|;)\s*p\s*=\s*([A-Za-z0-9+/=\s]*)")


def relay(to: Relay) -> Finding:
    """Connect, make the connection secret and log in as for a mail; send none."""
    with RelaySession(to) as session:
        result = session.check()
    if result.kind is not ResultKind.SENT:
        return broken(str(result), "check host, port, security, user and password under [mail]")
    secret = {"starttls": "STARTTLS", "tls": "TLS", "none": "without TLS"}[to.security]
    user = f", logged in as {to.user}" if to.user else ""
    return good(f"{to.host}:{to.port}, {secret}{user}")


def key(dkim_key: Key, *, ask: Callable[[str], Sequence[str] | None]) -> Finding:
    """Compare a key with its record in the DNS.

    Args:
        dkim_key: read already, so of enough bits.
        ask: returns the texts that the DNS has under a name; None when it cannot be asked.
    """
    record = dns_record(dkim_key)
    texts = ask(f"{dkim_key.selector}._domainkey.{dkim_key.domain}")
    if texts is None:
        return note("the DNS could not be queried", f"it should say: {record}")
    public = [match[1] for text in texts if (match := _P.search(text))]
    held = {re.sub(r"\s", "", value) for value in public}
    if _public(record) in held:
        return good(f"{dkim_key.algorithm}, as in the DNS")
    return broken("the DNS has another key" if held else "the DNS has no key", f"publish: {record}")


def _public(record: str) -> str:
    match = _P.search("".join(re.findall(r'"([^"]*)"', record)))
    return match[1] if match else ""


def signing(keys: Sequence[Key], *, domain: str) -> Finding:
    """Check whether mails are signed, by the domain that they are from."""
    if not keys:
        return note("mails are not signed (DKIM)", "large providers refuse them: add [[mail.dkim]]")
    if not any(domain == key.domain or domain.endswith(f".{key.domain}") for key in keys):
        return note(f"no key of {domain}, the sender's domain", "receivers trust only that (DMARC)")
    return good(f"{len(keys)} key{'s' if len(keys) > 1 else ''}")


def leaving(web: str, *, mailbox: str) -> Finding:
    """Check how readers can unsubscribe."""
    if web.startswith("https:"):
        return good(f"one click, at {web}")
    if web:
        return note(f"{web} does not use TLS", "one click in mail programs needs https")
    if mailbox:
        return note("by mail only; no one-click, no preferences", "set web.address")
    return broken("by mail only, and no mailbox is read", "set web.address, or mail.bounces")
