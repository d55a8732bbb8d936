"""VERB: the daily round: collect through the day, publish at its time, deliver at each reader's."""

from briefing.app.rounds.once import run_once
from briefing.app.rounds.orders import RunRequests
from briefing.app.rounds.planned import RoundPlan, plan_round
from briefing.app.rounds.round import Round
from briefing.app.rounds.work import Act, Ended, RoundTask, RunLog, Stopped

__all__ = [
    "Act",
    "Ended",
    "Round",
    "RoundPlan",
    "RoundTask",
    "RunLog",
    "RunRequests",
    "Stopped",
    "plan_round",
    "run_once",
]
