"""VERB: the daily round: collect through the day, publish at its time, deliver at each reader's."""

from briefing.app.rounds.engine import Engine
from briefing.app.rounds.once import run_once
from briefing.app.rounds.plan import RoundPlan, plan_round
from briefing.app.rounds.planner import PlannerRules, RequestPlanner
from briefing.app.rounds.requests import RunRequests
from briefing.app.rounds.round import Round, RoundRules
from briefing.app.rounds.run_log import Ended, RoundTask, RunLog, StepHandler, Stopped

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
