"""Counts how mails are read against what they are."""

from collections import Counter
from collections.abc import Iterable

from briefing.mail.bounce import IncomingKind, classify, on_return_path, owner_of
from tests.mail.returned import NONE, PATH, READER, Case, unsigned


def read(case: Case, *, signed: bool) -> str:
    """Return how a mail is read: "hard", "soft", "none", or "foreign" when not traced to us."""
    verdict = classify(case.raw if signed else unsigned(case.raw))
    if signed:
        if owner_of(verdict, read_path={PATH: 7}.get) is None:
            return "foreign"
        verdict = on_return_path(verdict)
    if verdict.kind is not IncomingKind.BOUNCE:
        return NONE
    worst = verdict.worst
    assert worst
    if not signed and worst.address not in {READER, ""}:
        return "another address"
    return worst.kind.value


def table(cases: Iterable[Case], *, signed: bool) -> Counter[tuple[str, str]]:
    return Counter((case.expected, read(case, signed=signed)) for case in cases)
