"""Counts how mails are read against what they are; `python -m tests.mail.confusion` prints it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable

from briefing.mail.bounce import IncomingKind, classify, on_return_path, owner_of
from tests.mail.returned import NONE, PATH, READER, Case, bounced, others, unsigned


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


def is_kept_back(case: Case) -> bool:
    """Tell whether a shape is of the half that is not looked at while the reader is changed."""
    return sum(case.name.partition("/")[0].encode()) % 2 == 1


if __name__ == "__main__":
    half = sys.argv[1:] == ["kept-back"]
    for signed in (True, False):
        mails = [mail for mail in (*bounced(), *others()) if is_kept_back(mail) == half]
        counts = table(mails, signed=signed)
        right = sum(number for (a, b), number in counts.items() if a == b)
        sys.stdout.write(f"signed={signed}: {right} of {len(mails)}\n")
        for (is_, actual), number in sorted(counts.items()):
            sys.stdout.write(f"  {is_:5} read as {actual:16} {number:4}\n")
        for case in mails:
            actual = read(case, signed=signed)
            if actual != case.expected and not half:
                sys.stdout.write(f"    {case.name}: {case.expected} read as {actual}\n")
