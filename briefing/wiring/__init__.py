"""The only rooms that name adapters and read the clock: from settings to parts that work."""

from briefing.wiring.keeping import (
    add_sources,
    back_up,
    bring_back,
    open_the_store,
    opml_of,
    read_opml_file,
    remove_source,
    standings,
    stored_edition,
    verify_day,
)
from briefing.wiring.measures import Measuring, evaluate
from briefing.wiring.news import (
    check_sources,
    collect_news,
    find_sources,
    kind,
    publish_edition,
)
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
    "add_sources",
    "back_up",
    "bring_back",
    "check_previous",
    "check_sources",
    "classifier",
    "collect_news",
    "contents",
    "day_of",
    "evaluate",
    "find_sources",
    "kind",
    "make_page",
    "model_bytes",
    "open_the_store",
    "opml_of",
    "press",
    "publish_edition",
    "ranker",
    "read_edition",
    "read_inputs",
    "read_opml_file",
    "recipe",
    "remove_source",
    "standings",
    "stored_edition",
    "theme",
    "verify",
    "verify_day",
]
