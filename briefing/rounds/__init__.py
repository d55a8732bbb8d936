"""VERB: the daily round: collect through the day, publish at its time, deliver at each reader's."""

from briefing.rounds.once import run_once
from briefing.rounds.orders import Orders
from briefing.rounds.planned import RoundPlan, plan_round
from briefing.rounds.round import Round
from briefing.rounds.work import Act, Book, Ended, Stopped, Task

__all__ = [
    "Act",
    "Book",
    "Ended",
    "Orders",
    "Round",
    "RoundPlan",
    "Stopped",
    "Task",
    "plan_round",
    "run_once",
]
