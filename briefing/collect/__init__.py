"""VERB: sources to stored documents; one bad source never harms the rest."""

from briefing.collect.collected import Collected, Learned, Outside, Plan, Watch
from briefing.collect.run import collect

__all__ = ["Collected", "Learned", "Outside", "Plan", "Watch", "collect"]
