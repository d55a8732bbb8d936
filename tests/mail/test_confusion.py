from __future__ import annotations

import pytest

from briefing.core.model import BounceKind
from briefing.mail.bounce import IncomingKind, classify, on_return_path, owner_of
from tests.mail.bouncing import HARD, NONE, SOFT, bounced, others
from tests.mail.confusion import table
from tests.mail.returned import PATH, READER, letter

BOUNCED, OTHERS = tuple(bounced()), tuple(others())


def test_there_are_enough_shapes() -> None:
    assert len(BOUNCED) >= 200
    assert len(OTHERS) >= 80


@pytest.mark.parametrize(("signed", "least"), [(True, 0.95), (False, 0.90)])
def test_bounces_of_many_systems_and_languages_are_read(*, signed: bool, least: float) -> None:
    counts = table(BOUNCED, signed=signed)
    right = counts[HARD, HARD] + counts[SOFT, SOFT]
    assert right >= least * len(BOUNCED), counts


@pytest.mark.parametrize("signed", [True, False])
def test_none_of_the_others_is_a_bounce(*, signed: bool) -> None:
    assert set(table(OTHERS, signed=signed)) == {(NONE, NONE)}


@pytest.mark.parametrize(
    "head",
    [
        "From: MAILER-DAEMON@mx.example\nSubject: Hello\nAuto-Submitted: auto-replied",
        "From: postmaster@mx.example\nSubject: Your certificate",
        "From: Ada <ada@readers.example>\nReturn-Path: <>\nSubject: Hello",
        "Return-Path: <>\nSubject: ",
    ],
)
def test_what_a_mail_system_sends_to_a_return_path_is_a_soft_bounce_at_least(head: str) -> None:
    verdict = classify(letter(head, "Good day."))
    assert owner_of(verdict, read_path={PATH: 7}.get) == 7
    proved = on_return_path(verdict)
    assert proved.kind is IncomingKind.BOUNCE
    assert proved.worst
    assert proved.worst.kind is BounceKind.SOFT


@pytest.mark.parametrize(
    "head",
    [
        f"From: Ada <{READER}>\nReturn-Path: <{READER}>\nAuto-Submitted: auto-replied\nSubject: x",
        f"From: Ada <{READER}>\nReturn-Path: <>\nSubject: Out of office",
        f"From: Ada <{READER}>\nSubject: A question",
    ],
)
def test_what_a_person_or_their_machine_sends_there_is_none(head: str) -> None:
    assert on_return_path(classify(letter(head, "Gone."))).kind is not IncomingKind.BOUNCE


def test_a_return_path_is_found_in_a_notice_that_quotes_the_mail_and_on_the_way() -> None:
    path = f"bounce+{'a2' * 20}@news.example"
    quoted = f"<{READER}>: unknown user\n\nReturn-Path: <{path}>\nSubject: Morning page\n"
    body = f"Undelivered to:\n\n{quoted}"
    mail = (
        f"From: MAILER-DAEMON@mx.example\nTo: news@desk.example\nSubject: failure notice\n\n{body}"
    )
    assert owner_of(classify(mail.encode()), read_path={path: 7}.get) == 7
    way = f"Received: from a by b for <{path}>; Tue, 3 Mar 2026 07:00:05 +0000\n{mail}"
    assert classify(way.encode()).to[-1] == path
