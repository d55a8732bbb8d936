"""VERB: sources to stored documents; one bad source never harms the rest."""

from briefing.app.collect.plan import Collected, CollectPlan, Learned, Outside, Watch
from briefing.app.collect.run import collect

__all__ = ["CollectPlan", "Collected", "Learned", "Outside", "Watch", "collect"]
