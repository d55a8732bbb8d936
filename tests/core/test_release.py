from __future__ import annotations

from datetime import UTC, datetime

from briefing.core.model import DEADLINE, ReleaseRule, Signature


def test_nobody_must_release_an_edition_unless_a_rule_says_so() -> None:
    assert ReleaseRule() == ReleaseRule(by=0, deadline=None, go=False)


def test_a_signature_says_who_and_when() -> None:
    signed = Signature("ann", datetime(2026, 3, 12, 6, 41, tzinfo=UTC), "0" * 64)
    assert signed.words == "ann, 2026-03-12 06:41 UTC"


def test_what_goes_at_its_deadline_is_signed_by_no_operator() -> None:
    assert " " in DEADLINE
