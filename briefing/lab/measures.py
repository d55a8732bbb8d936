"""Labelled data to the measures of a part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from briefing.core.errors import UnknownNameError, UsageError
from briefing.core.ports import Ranker
from briefing.lab import assess
from briefing.settings import Settings
from briefing.setup import registry
from briefing.setup.parts import classifier, press, ranker, recipe


@dataclass(frozen=True, slots=True)
class Measuring:
    """What an operator may say about a measurement."""

    #: Names of rankers, or "all"; empty: the one of the settings.
    rankers: tuple[str, ...] = ()
    #: Sentences a summary.
    sentences: int = 3
    #: How sections are measured: "model", "five-fold" or "held-out".
    protocol: str = "model"
    #: Further labelled files to train on, for the two protocols that train.
    noisy: tuple[Path, ...] = ()
    #: What a reader said about each article of a day, for "choice" and "run"; story, for "sagas".
    labels: Path | None = None


def evaluate(
    task: str, paths: Sequence[Path], *, settings: Settings, asked: Measuring, watch: assess.Watch
) -> dict[str, Any]:
    """Measure one part of the system on labelled data.

    Raises:
        UnknownNameError: no such task, ranker or protocol.
        UsageError: "choice", "run" or "sagas" without labels.
        InputError: the data cannot be read.
    """
    tasks: dict[str, Callable[[], dict[str, Any]]] = {
        "summaries": lambda: assess.assess_summaries(
            paths,
            rankers=_rankers(asked.rankers or (settings.ranker,)),
            sentences=asked.sentences,
            watch=watch,
        ),
        "sections": lambda: _evaluate_sections(paths, settings=settings, asked=asked),
        "stories": lambda: assess.assess_stories(paths, watch=watch),
        "sagas": lambda: assess.assess_sagas(paths, labels=_labels(asked, "sagas"), watch=watch),
        "reading": lambda: assess.assess_reading(
            paths, ranker=ranker(settings.ranker), watch=watch
        ),
        "feeds": lambda: assess.assess_feeds(paths, watch=watch),
        "datelines": lambda: assess.assess_datelines(paths, watch=watch),
        "dates": lambda: assess.assess_dates(paths, watch=watch),
        "robots": lambda: assess.assess_robots(paths, watch=watch),
        "extraction": lambda: assess.assess_extraction(paths, watch=watch),
        "kinds": lambda: assess.assess_kinds(paths, watch=watch),
        "choice": lambda: assess.assess_choice(
            paths,
            labels=asked.labels,
            recipe=recipe(settings),
            press=lambda: press(settings),
            watch=watch,
        ),
        "run": lambda: assess.assess_run(
            paths,
            labels=_labels(asked, "run"),
            recipe=recipe(settings),
            press=lambda: press(settings),
            watch=watch,
        ),
        "pages": lambda: assess.assess_pages(
            paths, recipe=recipe(settings), press=lambda: press(settings), watch=watch
        ),
    }
    if task not in tasks:
        raise UnknownNameError("task", task, tasks)
    return tasks[task]()


def _rankers(asked: Sequence[str]) -> dict[str, Ranker]:
    """Return the rankers asked for, "lead" always among them as the bar."""
    chosen = registry.names("ranker") if "all" in asked else asked
    return {name: ranker(name) for name in dict.fromkeys(("lead", *chosen))}


def _evaluate_sections(
    paths: Sequence[Path], *, settings: Settings, asked: Measuring
) -> dict[str, Any]:
    if asked.protocol == "model":
        return assess.assess_sections(paths, classifier=classifier(settings))
    return assess.assess_protocol(paths, protocol=asked.protocol, noisy=asked.noisy)


def _labels(asked: Measuring, task: str) -> Path:
    if asked.labels is None:
        raise UsageError(f"{task} is measured against labels; give --labels FILE")
    return asked.labels
