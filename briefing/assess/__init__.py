"""VERB: labelled data to figures, each part of the system measured as it is used."""

from briefing.assess.inputs import assess_extraction, assess_feeds, assess_robots
from briefing.assess.lines import Watch, read_lines
from briefing.assess.pages import assess_pages
from briefing.assess.texts import (
    assess_protocol,
    assess_sections,
    assess_stories,
    assess_summaries,
    train_sections,
)

__all__ = [
    "Watch",
    "assess_extraction",
    "assess_feeds",
    "assess_pages",
    "assess_protocol",
    "assess_robots",
    "assess_sections",
    "assess_stories",
    "assess_summaries",
    "read_lines",
    "train_sections",
]
