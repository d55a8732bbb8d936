"""VERB: sources to stored documents; one bad source never harms the rest."""

from briefing.app.collect.plan import (
    Asked,
    Collected,
    CollectPart,
    CollectPlan,
    Learned,
    Outside,
    Watch,
)
from briefing.app.collect.run import collect, finish

__all__ = [
    "Asked",
    "CollectPart",
    "CollectPlan",
    "Collected",
    "Learned",
    "Outside",
    "Watch",
    "collect",
    "finish",
]
