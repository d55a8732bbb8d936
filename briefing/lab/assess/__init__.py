"""From labeled data to figures; each part of the system is measured as it is used.

An InputError names the data that cannot be read, and where they are.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from briefing.core.errors import UnknownNameError, UsageError
from briefing.lab.assess import inputs, pages, stories
from briefing.lab.assess.lines import Watch
from briefing.settings import Settings
from briefing.setup import registry
from briefing.setup.parts import classifier, press, recipe

#: Tasks that need nothing but their data.
_OF_DATA_ALONE: dict[str, Callable[..., dict[str, Any]]] = {
    "stories": stories.assess_stories,
    "feeds": inputs.assess_feeds,
    "extraction": inputs.assess_extraction,
}


def evaluate(  # noqa: PLR0913  what a command may be given
    task: str,
    paths: Sequence[Path],
    *,
    settings: Settings,
    watch: Watch,
    rankers: Sequence[str] = (),
    sentences: int = 3,
    labels: Path | None = None,
) -> dict[str, Any]:
    """Measure a part of the system on labeled data.

    ``rankers`` are the names for "summaries", or "all"; by default that of the settings.
    ``sentences`` is the length of these summaries. ``labels`` is a file of labels for each article
    of a day, for "choice" and "run".

    Raises:
        UnknownNameError: unknown task or ranker.
        UsageError: "run" without labels.
        InputError: the data cannot be read.
    """

    def printing() -> dict[str, Any]:
        return {"recipe": recipe(settings), "press": lambda: press(settings), "watch": watch}

    def given() -> Path:
        if labels is None:
            raise UsageError(f"{task} is measured against labels; give --labels FILE")
        return labels

    asked = registry.names("ranker") if "all" in rankers else rankers or (settings.ranker,)
    tasks: dict[str, Callable[[], dict[str, Any]]] = {
        "summaries": lambda: inputs.assess_summaries(
            paths,
            # "lead" is the baseline.
            rankers={
                name: registry.load("ranker", name) for name in dict.fromkeys(("lead", *asked))
            },
            sentences=sentences,
            watch=watch,
        ),
        "sections": lambda: inputs.assess_sections(paths, classifier=classifier(settings)),
        "reading": lambda: inputs.assess_reading(
            paths, ranker=registry.load("ranker", settings.ranker), watch=watch
        ),
        "choice": lambda: pages.assess_choice(paths, labels=labels, **printing()),
        "run": lambda: pages.assess_run(paths, labels=given(), **printing()),
        "pages": lambda: pages.assess_pages(paths, **printing()),
        **{name: partial(measure, paths, watch=watch) for name, measure in _OF_DATA_ALONE.items()},
    }
    if task not in tasks:
        raise UnknownNameError("task", task, tasks)
    return tasks[task]()
