"""How many mails that came back are read as they should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol


class Judged(Protocol):
    """What a reader of mail says of one."""

    @property
    def permanent(self) -> Iterable[str]:
        """Addresses that failed for good."""
        ...

    @property
    def temporary(self) -> Iterable[str]:
        """Addresses not reached yet."""
        ...


@dataclass(frozen=True, slots=True)
class Expected:
    """What a mail says, as people read it."""

    #: Addresses that failed for good, and those not reached yet.
    permanent: frozenset[str]
    temporary: frozenset[str]


def measure(
    mails: Iterable[tuple[str, bytes]],
    *,
    expected: Mapping[str, Expected],
    classify: Callable[[bytes], Judged],
) -> dict[str, object]:
    """Return how many mails are read as expected.

    A mail is right when the addresses that failed for good and those not reached yet are the
    expected ones, no more and no fewer. One without an expectation counts only when reading it
    raises an error; one that is expected and missing is wrong.

    Returns:
        "files" with an expectation, "right", "share" (0 to 1, larger is better; 1 for no files),
        "crashes", and the names that are "wrong", in order.
    """
    right: set[str] = set()
    crashes = 0
    for name, raw in mails:
        try:
            judged = classify(raw)
        except Exception:  # any error at all is what is counted
            crashes += 1
            continue
        if expected.get(name) == Expected(frozenset(judged.permanent), frozenset(judged.temporary)):
            right.add(name)
    return {
        "files": len(expected),
        "right": len(right),
        "share": len(right) / len(expected) if expected else 1.0,
        "crashes": crashes,
        "wrong": sorted(expected.keys() - right),
    }
