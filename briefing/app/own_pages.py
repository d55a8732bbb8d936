"""The own pages of one edition, each for all readers with the same choice."""

import copyreg
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import Any

from briefing.app.make import PrintedEdition, Printer, make_own
from briefing.app.workers import processes
from briefing.core import record
from briefing.core.edition import Watch
from briefing.core.errors import BriefingError, NothingToPrintError
from briefing.core.model import (
    GENERAL,
    Edition,
    PageChoice,
    WatchEntry,
    WatchList,
    mutes_key,
    page_key,
    words_key,
)
from briefing.core.own_page import DayStories, names_of
from briefing.store import printed_files
from briefing.store.editions import StoredEdition
from briefing.store.printed_files import OwnPage

LOG = logging.getLogger("briefing.publish")
#: Pages from which starting processes is worthwhile, at about two seconds each.
WORTH = 8
#: Number of pages after which progress is reported.
_AT_ONCE = 4


def _fixed(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(content)


# Stories are sent to other processes, and contain read-only mappings, which need a pickler.
copyreg.pickle(MappingProxyType, lambda mapping: (_fixed, (dict(mapping),)))


#: The key of a page, and why it was not made.
_Unmade = tuple[str, BriefingError]


def own_lists(choices: Collection[PageChoice], *, seal: str) -> tuple[WatchList, ...]:
    """Return the own words of readers as watch-lists, one for each distinct set of words."""
    by_key = {words_key(chosen.own_words, seal=seal): chosen.own_words for chosen in choices}
    return tuple(
        WatchList(name, tuple(WatchEntry(word) for word in words))
        for name, words in sorted(by_key.items())
        if name
    )


def own_mutes(choices: Collection[PageChoice], *, seal: str) -> Mapping[str, tuple[str, ...]]:
    """Return readers' mutes, by the parts of page keys that stand for them."""
    by_key = {mutes_key(chosen.muted, seal=seal): chosen.muted for chosen in choices}
    return {name: by_key[name] for name in sorted(by_key) if name}


def print_own_pages(  # noqa: PLR0913  of what, where, and who watches
    printed: PrintedEdition,
    choices: Collection[PageChoice],
    *,
    press: Printer,
    presses: Callable[[], Printer] | None = None,
    seal: str = "",
    watch: Watch = lambda _: None,
) -> Mapping[str, bytes]:
    """Print a page for each distinct choice; return the files that contain them.

    A choice without news, or whose page cannot be laid out, gets none: its readers get the page of
    all sections, and the log says so. Own words and mutes that match nothing today are ignored;
    ``seal`` is as for :func:`own_lists`. The log also names chosen lists that are not offered.

    ``presses`` makes a press in another process, and can be pickled; from :data:`WORTH` pages on,
    several processes share the work, with the same bytes. ``watch`` is called with the progress.
    """
    stories, edition = printed.stories, printed.edition
    if stories is None:
        return {}
    unknown = {name for chosen in choices for name in chosen.lists} - {*edition.lists}
    if unknown:
        LOG.warning(
            "edition %s: the pages of readers are made without watch-lists that they chose and "
            "that are not offered: %s",
            edition.id,
            ", ".join(sorted(unknown)),
        )
    keys = sorted({_key_today(chosen, stories, seal=seal) for chosen in choices} - {GENERAL})
    parts = [keys[first : first + _AT_ONCE] for first in range(0, len(keys), _AT_ONCE)]
    work = partial(_print_part, stories, general=edition)

    def done(count: int) -> None:
        watch(f"own pages, {min(count * _AT_ONCE, len(keys))} of {len(keys)}")

    made: list[list[OwnPage | _Unmade]] = []
    with processes(len(keys) if presses else 0, worth=WORTH) as pool:
        if pool:
            made = pool.map(partial(work, presses=presses), parts, done=done)
    for number, part in enumerate(() if made else parts):
        done(number)
        made.append(work(part, presses=lambda: press))
    files: dict[str, bytes] = {}
    for page in chain.from_iterable(made):
        if isinstance(page, OwnPage):
            files |= page.files
            continue
        key, reason = page
        LOG.log(
            # Having no news is normal.
            logging.INFO if isinstance(reason, NothingToPrintError) else logging.WARNING,
            "edition %s: readers of %s get the page of all sections: %s",
            edition.id,
            ", ".join(names_of(key, stories)),
            reason,
        )
    return files


def _key_today(chosen: PageChoice, stories: DayStories, *, seal: str) -> str:
    """Return the page key of a choice, without own words and mutes that match nothing today."""
    less: dict[str, tuple[str, ...]] = {}
    if not stories.own_words.get(words_key(chosen.own_words, seal=seal)):
        less["own_words"] = ()
    if mutes_key(chosen.muted, seal=seal) not in stories.muted:
        less["muted"] = ()
    lists = stories.edition.lists
    return page_key(replace(chosen, **less), printed=stories.sections, lists=lists, seal=seal)


def _print_part(
    stories: DayStories, keys: Sequence[str], *, general: Edition, presses: Callable[[], Printer]
) -> list[OwnPage | _Unmade]:
    press = presses()
    made: list[OwnPage | _Unmade] = []
    for key in keys:
        try:
            edition, pdf = make_own(stories, key, general=general, press=press)
        except BriefingError as error:
            made.append((key, error))
        else:
            made.append(OwnPage(key, press.write(edition), pdf))
    return made


def own_editions(stored: StoredEdition) -> tuple[Edition, ...]:
    """Return the own pages among the files of an edition or its draft.

    InputError: a record cannot be read.
    """
    pages = printed_files.among(stored.files)
    return tuple(record.read(text, name=f"{stored.id}/{key}").edition for key, text in pages)


def page_of(edition: Edition, chosen: PageChoice, *, keys: Collection[str], seal: str) -> str:
    """Return the key of the page that a reader gets: their own one if it was made.

    ``keys`` are those of the pages that were made. What the edition did not offer is ignored, as
    are own words and mutes that matched nothing.
    """
    wanted = (
        page_key(each, printed=edition.offered, lists=edition.lists, seal=seal)
        for less in ({}, {"own_words": ()}, {"muted": ()}, {"own_words": (), "muted": ()})
        for each in [replace(chosen, **less)]
    )
    return next((key for key in wanted if key in keys), GENERAL)
