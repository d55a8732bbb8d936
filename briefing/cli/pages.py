"""Commands that make, prove, explain and change a page: init, make, verify, why, choose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from briefing.cli.app import (
    FAILED,
    IN_PART,
    Config,
    EditionName,
    Invocation,
    Week,
    actor,
    app,
    argument,
    command,
    date_of,
    fields_of,
    file_options,
    flag,
    option,
    page_settings_of,
    print_json,
    progress,
    say,
    tell_step,
    warn,
    write_settings,
)
from briefing.core.errors import InputError, UsageError
from briefing.core.messages import counted
from briefing.core.model import WEEK, Action, Correction, Document, Edition
from briefing.core.record import to_json
from briefing.press.formats import FORMATS

if TYPE_CHECKING:
    from briefing.app.editions import StoredProof
    from briefing.core.proof import Proof
    from briefing.store import Transaction

#: Ids of stories and of corrections.
_STORY = re.compile(r"[sc]\d+", re.ASCII)


@command(app, "init", config=False)
def init(
    call: Invocation,
    folder: Path = argument(
        "Folder to write to; created if missing.", default=Path(), file_okay=False
    ),
) -> None:
    """Write a commented briefing.toml, ready to run."""
    from briefing.settings import FILE_NAME

    if (folder / FILE_NAME).exists():
        raise UsageError(f"{folder / FILE_NAME} already exists; move it away first")
    path = write_settings(folder)
    words = f"{path}: written; next: briefing make ARTICLES -o briefing.pdf"
    call.answer(words, {"file": str(path)})


@app.command()
@file_options
def make(  # noqa: PLR0913  one parameter an option
    *,
    inputs: list[str] = argument(
        "Articles: files, folders, web addresses, feeds, or - for standard input.",
        metavar="FILE|URL...",
    ),
    output: Path = option("The PDF to write.", "-o", "--output", default=..., dir_okay=False),
    files: dict[str, Path],
    is_printed: bool,
    save_sources: Path | None = option(
        "Write the texts of the cited sources, for `verify`.", dir_okay=False
    ),
    previous: list[Path] | None = option(
        "JSON or PDF of the previous edition, to tell what is new; repeat it for each of the "
        "last seven days.",
        dir_okay=False,
    ),
    day: str | None = option("Date of the edition; default: that of the news.", "--date"),
    config: Config = None,
    ranker: str | None = option("Ranker that chooses sentences."),
    theme: str | None = option("Theme of the page."),
    paper: str | None = option("Paper size that the theme has, such as Letter."),
) -> None:
    """Make a one-page briefing from articles."""
    from briefing.app.make import save
    from briefing.setup.pages import contents, make_page, read_edition

    asked = {"pdf": output, **files} | ({"sources": save_sources} if save_sources else {})
    taken = {Path(path).absolute() for path in inputs}
    for path in asked.values():
        if path.absolute() in taken:
            raise UsageError(f"{path} is named twice; give each file its own name")
        taken.add(path.absolute())
    for each in FORMATS.values():
        if each.name != "pdf" and each.suffix == output.suffix[1:].lower() != "":
            raise UsageError(f"{output}: --output writes a PDF; for this format use --{each.name}")
    settings = page_settings_of(config, ranker=ranker, theme=theme, paper=paper)
    on = date_of(day)
    before = [read_edition(path).edition for path in previous or ()]
    with progress() as bar:
        watch = tell_step(bar)
        done, failed = make_page(inputs, settings=settings, day=on, before=before, watch=watch)
    save({path: contents(done, kind=kind, settings=settings) for kind, path in asked.items()})
    if is_printed:
        typer.echo(contents(done, kind="json", settings=settings).decode(), nl=False)
    edition, ledger = done.edition, done.edition.ledger
    dropped = sum(ledger.dropped_documents.values())
    say(
        f"{output}: {counted(ledger.documents, 'report')}, {counted(ledger.stories, 'story')}, "
        f"{ledger.printed} printed with {counted(ledger.sentences_printed, 'sentence')}; "
        f"{counted(dropped, 'report')} left out; page {done.fit.fill:.0%} full "
        f"({edition.setting.scale.value}, {counted(done.layouts, 'layout')})",
        err=is_printed,
    )
    for where, reason in failed:
        warn(f"{where}: {reason}")
    if failed:
        raise typer.Exit(IN_PART)


@command(app, "verify")
def verify(  # noqa: PLR0913  one parameter an option
    call: Invocation,
    edition: str = argument(
        "PDF or JSON file of an edition, or the date of one in the store.", metavar="EDITION"
    ),
    *,
    sources: Path | None = option(
        "The source texts that `make --save-sources` wrote; needed with a JSON file.",
        dir_okay=False,
    ),
    key: str | None = option(
        "The desk's public keys: the edition must be signed with one.", metavar="FILE|URL"
    ),
    week: Week = False,
    slot: EditionName = "",
) -> None:
    """Verify an edition and its sheet against the stored sources."""
    from briefing.app.editions import prove_stored
    from briefing.settings import find
    from briefing.setup.pages import read_keys, verify

    keys = None if key is None else read_keys(key, settings=find(call.config, Path()))
    day = _stored_day(edition)
    if day is not None:
        with call.store() as store:
            series = call.series(slot, week=week)
            proved = prove_stored(store, briefing=series, day=day, keys=keys)
        _say_proof(call, proved.edition, proved.proof, stored=proved)
        return
    if week or slot:
        raise UsageError(
            "--week and --edition go with the date of a week in the store, not with a file"
        )
    name, proof = verify(Path(edition), sources, keys=keys)
    _say_proof(call, name, proof)


def _stored_day(edition: str) -> date | None:
    """Return the day that is meant, unless a file is."""
    try:
        return None if Path(edition).exists() else date.fromisoformat(edition)
    except ValueError:
        return None


def _say_proof(
    call: Invocation, name: str, proof: Proof, *, stored: StoredProof | None = None
) -> None:
    from briefing.sources.decode import one_line

    # a PDF may come from anybody, and its ids go to a terminal
    name = one_line(name)
    corrections, released = (stored.corrections, stored.released) if stored else ((), ())
    withdrawn = stored.withdrawal.words if stored and stored.withdrawal else ""
    waits, pages = (stored.waits, stored.pages) if stored else (False, 1)
    if call.as_json:
        print_json(
            {
                "edition": name,
                "checked": proof.checked,
                "failures": [*map(asdict, proof.failures)],
                **fields_of(proof, "limit signed"),
                "corrections": [*map(asdict, corrections)],
                "note": asdict(proof.note) if proof.note else None,
                "withdrawn": withdrawn,
                "released": [*map(asdict, released)],
                "waits": waits,
                "pages": pages,
            }
        )
    else:
        for failure in proof.failures:
            document = f"{one_line(failure.document)}: " if failure.document else ""
            warn(f"{document}{failure.reason}: {failure.text!r}")
        for change in corrections:
            warn(_since(change))
        gone = f"; {withdrawn}" if withdrawn else ""
        passages = counted(proof.checked, "passage")
        where = f" on {pages} pages" if pages > 1 else ""
        failed = f" checked, {counted(len(proof.failures), 'failure')}"
        say(f"{name}: {passages}{where}{failed if proof.failures else ' verified'}{gone}")
        if proof.note:
            signed = one_line(proof.note.signed)
            words = counted(proof.note.words, "word")
            say(f"one note of the desk, {words}, signed by {signed}, not of a source")
        if released:
            verb = "signed by" if waits else "released by"
            names = "; ".join(release.words for release in released)
            say(f"{verb} {names}; sha256 of what was signed: {released[0].digest}")
        if waits:
            say("it is awaiting release")
        if proof.signed:
            say(proof.signed)
        if proof.limit:
            say(f"passages matched on the sheet; the rest was not compared: {proof.limit}")
        if not proof.failures:
            say("verified against the stored sources; this does not show whether a source is right")
    if proof.failures:
        raise typer.Exit(FAILED)


def _since(change: Correction) -> str:
    where = " ".join(part for part in (change.publisher, f"{change.title!r}") if part)
    are = "is" if change.lost == 1 else "are"
    lost = f"; {change.lost} of its printed sentences {are} no longer there" if change.lost else ""
    return f"{where}: {change.what} since, noticed {change.noticed:%Y-%m-%d %H:%M} UTC{lost}"


@command(app, "why")
def why(
    call: Invocation,
    edition: str = argument(
        "PDF or JSON file of an edition, or the date of one in the store.", metavar="EDITION"
    ),
    words: list[str] | None = argument(
        "Id of a printed story, such as s1, or words of a title; default: all stories.",
        default=None,
        metavar="[STORY|WORDS...]",
    ),
    *,
    slot: EditionName = "",
) -> None:
    """Explain why a story is on the page, or why another is not."""
    from briefing.app.ledger import is_unprinted, rows_of_day
    from briefing.press.reasons import day_text, rows_facts, rows_text, why_facts, why_text

    asked = " ".join(words or ()).strip()
    chosen = _with_reports(call, edition, asked, slot=slot)
    if _STORY.fullmatch(asked) and not is_unprinted(chosen, asked):
        facts, text = why_facts(chosen, asked), why_text(chosen, asked)
    else:
        rows = rows_of_day(chosen, words=asked)
        text = rows_text(chosen, rows) if asked else day_text(chosen, rows)
        facts = rows_facts(chosen, rows)
    _say(call, text, facts)


def _with_reports(call: Invocation, edition: str, story: str, *, slot: str) -> Edition:
    """Return an edition with a document for every report whose title is known.

    Of a story that is named, the documents have their texts.
    """
    from briefing.app.editions import on
    from briefing.app.ledger import with_reports, with_texts
    from briefing.core import record
    from briefing.setup.pages import read_edition

    day = _stored_day(edition)
    if day is None:
        if slot:
            raise UsageError("--edition goes with the date of an edition in the store")
        return read_edition(Path(edition)).edition
    with call.read() as tx:
        stored, _ = on(tx, call.series(slot), day)
        saved = record.read(stored.record, name=stored.id)
        return with_texts(tx, with_reports(tx, stored, saved.edition), story)


@command(app, "choose")
def choose_command(  # noqa: PLR0913  one parameter an option
    call: Invocation,
    words: list[str] | None = argument(
        "Id of a story, such as s1, or words of a title; default: list all stories.",
        default=None,
        metavar="[STORY|WORDS...]",
    ),
    *,
    lead: bool = flag("--lead", "Print it as the top story."),
    leave_out: bool = flag("--leave-out", "Do not print it."),
    print_in: str = option("Print it in a section.", default="", metavar="SECTION"),
    headline: int | None = option("Print it under this of its titles, by number.", min=1),
    undo: bool = flag("--undo", "Undo all choices about it."),
    day: str | None = option("Date of the edition; default: the next one.", "--date"),
    slot: EditionName = "",
) -> None:
    """Decide on a story of the next edition."""
    from briefing.app import editors
    from briefing.press.reasons import outcome_text
    from briefing.setup.drafts import choose_for, draft_of

    sought = " ".join(words or ()).strip()
    number = sum(map(bool, (lead, leave_out, print_in, headline, undo)))
    if number > 1 or (number and not sought):
        raise UsageError(
            "name one story, and one of --lead, --leave-out, --print-in, --headline and --undo"
        )
    on, settings, edition = date_of(day), call.settings, call.edition(slot, week=False)
    if edition == WEEK:
        raise UsageError("a week in review is made without choices; name another edition")
    with call.store() as store:
        draft = draft_of(store, settings, day=on, edition=edition)
        if not number:
            _list(call, draft, sought)
            return
        reports, who = _reports(draft, sought), actor()
        document, active = reports[0].id, [outcome.choice for outcome in draft.choices]

        def keep(tx: Transaction, edition: editors.OpenEdition) -> None:
            """Keep what is asked, unless somebody else has chosen since the draft."""
            story = edition.story(document)
            about = [choice for choice in active if edition.story(choice.document) == story]
            tops = [choice for choice in active if lead and choice.action is Action.TOP]
            seen = {choice.id for choice in (*about, *tops)}
            if undo and not about:
                raise InputError(f"{reports[0].headline!r}: nothing was chosen about it")
            if undo:
                for choice in about:
                    editors.undo(tx, choice.id, edition=edition, actor=who)
            elif print_in:
                editors.print_in(tx, document, print_in, edition=edition, actor=who, seen=seen)
            else:
                wanted = editors.ChoiceRequest(document, Action.TOP if lead else Action.DROP)
                if headline:
                    titled = _titled(draft, reports)
                    if headline > len(titled):
                        has = counted(len(titled), "title")
                        raise UsageError(f"--headline {headline}: it has {has}")
                    wanted = editors.ChoiceRequest(titled[headline - 1].id, Action.HEADLINE)
                editors.choose(tx, [wanted], edition=edition, actor=who, seen=seen)

        after = choose_for(store, settings, draft, keep=keep, actor=who)
    names = {report.id for report in reports}
    outcomes = [outcome for outcome in after.choices if outcome.choice.document in names]
    text = "\n".join(f"{made.choice.headline}: {outcome_text(made)}" for made in outcomes)
    facts = {"date": after.day, "choices": [to_json(outcome) for outcome in outcomes]}
    _say(call, text or f"{reports[0].headline}: as ranked", facts)


def _list(call: Invocation, draft: Edition, words: str) -> None:
    """List the stories of a draft; with words what is known of one, and its titles."""
    from briefing.app.ledger import rows_of_day
    from briefing.press.reasons import day_text, rows_facts, rows_text

    rows = rows_of_day(draft)
    if not words:
        chosen = [to_json(outcome) for outcome in draft.choices]
        _say(call, day_text(draft, rows), {**rows_facts(draft, rows), "choices": chosen})
        return
    reports = _reports(draft, words)
    names = {report.id for report in reports}
    rows = tuple(row for row in rows if row.document in names)
    titles = [report.headline for report in _titled(draft, reports)]
    chosen = [to_json(outcome) for outcome in draft.choices if outcome.choice.document in names]
    numbered = (f"  {number}  {title}" for number, title in enumerate(titles, 1))
    facts = {**rows_facts(draft, rows), "choices": chosen, "titles": titles}
    _say(call, "\n".join((rows_text(draft, rows), *numbered)), facts)


def _reports(draft: Edition, words: str) -> tuple[Document, ...]:
    """Return the reports of the story with these words, the most central first."""
    from briefing.app.editors import reports_of

    return tuple(draft.documents[name] for name in reports_of(draft, words))


def _titled(draft: Edition, reports: Sequence[Document]) -> tuple[Document, ...]:
    """Return the reports whose titles can be the headline; copies have none of their own."""
    from briefing.app.editors import titles_of

    single = {name for name, _ in draft.ledger.drops}
    return titles_of(report for report in reports if report.id not in single)


def _say(call: Invocation, text: str, facts: object) -> None:
    """Print facts as JSON, or lines of which some begin with "+", in red on a terminal."""
    from briefing.sources.decode import clean

    if call.as_json:
        print_json(facts)
        return
    for line in clean(text).split("\n"):
        mark, plus, rest = line.partition("+ ")
        if plus and not mark.strip():
            say(rest, before=f"{mark}+ ", alarm=True)
        else:
            say(line)
