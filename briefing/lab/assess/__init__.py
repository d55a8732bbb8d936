"""VERB: labelled data to figures, each part of the system measured as it is used."""

from briefing.lab.assess.inputs import (
    assess_datelines,
    assess_dates,
    assess_extraction,
    assess_feeds,
    assess_protocol,
    assess_reading,
    assess_robots,
    assess_sections,
    assess_summaries,
    learn_reading,
    train_sections,
)
from briefing.lab.assess.lines import Watch, read_lines
from briefing.lab.assess.pages import (
    assess_choice,
    assess_kinds,
    assess_pages,
    assess_run,
    train_importance_on,
    train_style_on,
)
from briefing.lab.assess.stories import assess_sagas, assess_stories, train_stories

__all__ = [
    "Watch",
    "assess_choice",
    "assess_datelines",
    "assess_dates",
    "assess_extraction",
    "assess_feeds",
    "assess_kinds",
    "assess_pages",
    "assess_protocol",
    "assess_reading",
    "assess_robots",
    "assess_run",
    "assess_sagas",
    "assess_sections",
    "assess_stories",
    "assess_summaries",
    "learn_reading",
    "read_lines",
    "train_importance_on",
    "train_sections",
    "train_stories",
    "train_style_on",
]
