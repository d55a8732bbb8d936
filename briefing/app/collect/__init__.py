"""VERB: sources to stored documents; one bad source never harms the rest."""

from briefing.app.collect.collected import Collected, Learned, Outside, Plan, Watch
from briefing.app.collect.run import collect

__all__ = ["Collected", "Learned", "Outside", "Plan", "Watch", "collect"]
