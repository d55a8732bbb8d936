from __future__ import annotations

from dataclasses import replace

from briefing.core.model import Ledger
from briefing.web.admin.ledger_table import stages
from tests.web.admin.rounds import LEDGER


def test_what_is_left_and_what_dropped_make_what_came_in() -> None:
    read, news, stories, printed, sentences, last = stages(LEDGER)
    for before, after in ((read, news), (stories, printed), (sentences, last)):
        assert after.dropped is not None
        assert after.left + after.dropped == before.left


def test_the_reasons_stand_most_frequent_first_and_account_for_all() -> None:
    _, news, _, printed, _, last = stages(LEDGER)
    assert news.why == "11 opinion, 9 copy, 6 live page, 2 too short"
    assert printed.why == "17 no room, 7 no section is sure enough, 2 printed yesterday"
    assert last.why == "866 not chosen, 4 already printed"


def test_a_step_where_nothing_dropped_gives_no_reason() -> None:
    empty = stages(Ledger())
    assert [one.why for one in empty] == [
        "of 0 publishers",
        "",
        "reports of one event, joined",
        "",
        "of the stories above",
        "",
    ]
    assert stages(replace(Ledger(), publishers=1))[0].why == "of 1 publisher"
