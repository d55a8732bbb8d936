"""Commands that measure and train: evaluate, train, plugins, languages, version."""

from pathlib import Path
from typing import Annotated

import typer

from briefing import __version__
from briefing.cli.app import (
    Invocation,
    app,
    argument,
    command,
    option,
    page_settings_of,
    print_json,
    progress,
    say,
    tell_count,
)
from briefing.core.messages import counted
from briefing.setup.clock import now

train_app = typer.Typer(help="Train a model.")
app.add_typer(train_app, name="train")

_Model = Annotated[Path, typer.Option("-o", "--output", help="The model to write.", dir_okay=False)]


@command(app, "evaluate")
def evaluate(  # noqa: PLR0913  one parameter an option
    call: Invocation,
    task: str = argument(
        "summaries, sections, stories, choice, run, reading, extraction, feeds or pages."
    ),
    paths: list[Path] = argument("Labeled files or folders."),
    *,
    ranker: list[str] | None = option("Summaries: a ranker, or all; may be repeated."),
    sentences: int = option("Summaries: sentences per summary.", default=3, min=1),
    labels: Path | None = option("Choice, run: how a reader labeled each article."),
) -> None:
    """Measure a part of the system on labeled data."""
    from briefing.lab.assess import evaluate
    from briefing.lab.evaluate.figures import in_words

    with progress() as bar:
        report = evaluate(
            task,
            paths,
            settings=page_settings_of(call.config),
            watch=tell_count(bar),
            rankers=ranker or (),
            sentences=sentences,
            labels=labels,
        )
    call.answer(in_words(report), report)


@command(train_app, "sections", config=False)
def train_sections(
    call: Invocation,
    files: list[Path] = argument("Labeled lines, .jsonl or .jsonl.gz."),
    *,
    output: _Model,
    part: str = option("The model to train: sentences or stories.", default="sentences"),
    without: list[Path] | None = option(
        "Documents to measure on later; texts like them are not learned. May be repeated."
    ),
) -> None:
    """Train a section classifier from labeled lines."""
    from briefing.app.make import save
    from briefing.lab.assess import inputs as assess

    model, lines = assess.train_sections(files, part=part, without=tuple(without or ()))
    save({output: model})
    facts = {"file": str(output), "texts": lines, "bytes": len(model)}
    words = f"{counted(lines, 'text')}, {len(model) / 1e6:.2f} MB"
    call.answer(f"{output}: trained on {words}", facts)


@command(train_app, "section")
def train_section(
    call: Invocation,
    name: str = argument("Name of the section, such as climate."),
    files: list[Path] = argument(
        "Sentences that belong to it, one on each line; or labeled lines."
    ),
    *,
    output: _Model,
) -> None:
    """Train one section from thirty sentences. Reports its quality."""
    from briefing.app.make import save
    from briefing.setup.section_trainer import quality_words, read_examples, taught_section

    settings = call.settings
    given = [example for file in files for example in read_examples(file, section=name)]
    with call.store() as store:
        taught = taught_section(store, settings, given, section=name, at=now())
    save({output: taught.content})
    facts = {
        "file": str(output),
        "bytes": len(taught.content),
        "examples": taught.examples,
        "counterexamples": taught.read + taught.drawn,
        **{
            name: {"value": share.value, "ci95": [share.low, share.high]}
            for name, share in taught.quality.shares.items()
        },
        "doubtful": list(taught.doubtful),
    }
    words = [f"{output}: {quality_words(taught)}", "it is least sure of:"]
    call.answer("\n".join((*words, *(f"  {text}" for text in taught.doubtful))), facts)


@command(app, "plugins", config=False)
def plugins(call: Invocation) -> None:
    """List rankers, classifiers, source kinds and themes."""
    from briefing.setup import registry

    known = {kind: registry.providers(kind) for kind in registry.KINDS}
    if call.as_json:
        print_json(known)
        return
    for kind, packages in known.items():
        for name, package in packages.items():
            say(package, before=f"{kind:<11} {name:<11} ")


@command(app, "languages", config=False)
def languages(call: Invocation) -> None:
    """List the languages of briefings, and what each lacks."""
    from briefing.core.language import LANGUAGES, Language

    lacks = {code: Language.of(code).lacks for code in LANGUAGES}
    if call.as_json:
        print_json(lacks)
        return
    for code, parts in lacks.items():
        without = ", ".join(
            f"{part} ({', '.join(names)})" if names else part for part, names in parts.items()
        )
        say(f"without {without}" if without else "all parts", before=f"{code}  ")


@command(app, "version", config=False)
def version(call: Invocation) -> None:
    """Print the version."""
    call.answer(__version__, {"version": __version__})
