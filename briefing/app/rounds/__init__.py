"""VERB: the daily round: collect through the day, publish at its time, deliver at each reader's."""

from briefing.app.rounds.once import run_once
from briefing.app.rounds.orders import Orders
from briefing.app.rounds.planned import RoundPlan, plan_round
from briefing.app.rounds.round import Round
from briefing.app.rounds.work import Act, Book, Ended, RoundTask, Stopped

__all__ = [
    "Act",
    "Book",
    "Ended",
    "Orders",
    "Round",
    "RoundPlan",
    "RoundTask",
    "Stopped",
    "plan_round",
    "run_once",
]
