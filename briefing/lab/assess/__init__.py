"""VERB: labelled data to figures, each part of the system measured as it is used."""

from briefing.lab.assess.choice import assess_choice, train_importance_on
from briefing.lab.assess.inputs import assess_extraction, assess_feeds, assess_robots
from briefing.lab.assess.kinds import assess_kinds, train_style_on
from briefing.lab.assess.lines import Watch, read_lines
from briefing.lab.assess.pages import assess_pages
from briefing.lab.assess.reading import assess_reading, learn_reading
from briefing.lab.assess.run import assess_run
from briefing.lab.assess.sagas import assess_sagas
from briefing.lab.assess.stories import assess_stories, train_stories
from briefing.lab.assess.texts import (
    assess_datelines,
    assess_dates,
    assess_protocol,
    assess_sections,
    assess_summaries,
    train_sections,
)

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
