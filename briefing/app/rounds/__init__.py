"""VERB: the daily round: collect through the day, publish at its time, deliver at each reader's."""

from briefing.app.rounds.once import RoundPlan, plan_round, run_once
from briefing.app.rounds.round import Round, RoundRules
from briefing.app.rounds.runs import (
    Ended,
    Engine,
    RoundTask,
    RunLog,
    RunRequests,
    StepHandler,
    Stopped,
)
from briefing.app.rounds.shared import PlannerRules, RequestPlanner

__all__ = [
    "Ended",
    "Engine",
    "PlannerRules",
    "RequestPlanner",
    "Round",
    "RoundPlan",
    "RoundRules",
    "RoundTask",
    "RunLog",
    "RunRequests",
    "StepHandler",
    "Stopped",
    "plan_round",
    "run_once",
]
