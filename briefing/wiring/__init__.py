"""The only rooms that name adapters and read the clock: from settings to parts that work."""

from briefing.wiring.measures import Measuring, evaluate
from briefing.wiring.pages import (
    Done,
    check_previous,
    contents,
    day_of,
    make_page,
    read_edition,
    read_inputs,
    verify,
)
from briefing.wiring.parts import classifier, model_bytes, press, ranker, recipe, theme

__all__ = [
    "Done",
    "Measuring",
    "check_previous",
    "classifier",
    "contents",
    "day_of",
    "evaluate",
    "make_page",
    "model_bytes",
    "press",
    "ranker",
    "read_edition",
    "read_inputs",
    "recipe",
    "theme",
    "verify",
]
