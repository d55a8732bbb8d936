"""What a desk watches for, and where reports name it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from briefing.core.model.document import Sentence

#: Characters at the head of a text in which a report says what it is about.
OPENING = 1_500


@dataclass(frozen=True, slots=True)
class WatchEntry:
    """A person, a place, an organization or a phrase."""

    #: As it is marked on the page.
    name: str
    #: Other words for the same.
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchList:
    """Entries that are watched for together."""

    #: Lower-case letters, digits and hyphens; part of an address.
    name: str
    entries: tuple[WatchEntry, ...]
    #: As it is shown; empty: its name.
    label: str = ""
    #: Whether a story that is about an entry is printed before others.
    pull: bool = False
    #: Publishers that report a new story about an entry before an alert is sent; 0: none is.
    alert: int = 0
    #: Whether readers may choose it for their page.
    offer: bool = False

    @property
    def heading(self) -> str:
        """Its label, else its name."""
        return self.label or self.name


def offered_lists(lists: Iterable[WatchList]) -> Mapping[str, str]:
    """Return what the lists that readers may choose are called, by their names."""
    return MappingProxyType(
        {watch_list.name: watch_list.heading for watch_list in lists if watch_list.offer}
    )


@dataclass(frozen=True, slots=True)
class WatchHit:
    """A place where a report names an entry of a list."""

    #: Name of the list.
    list: str
    #: Its label.
    label: str
    #: Name of the entry.
    entry: str
    #: A slice of the text of the report, or of its title.
    words: Sentence
    #: Whether it is of the title.
    titled: bool = False
    #: Whether the list pulls stories in.
    pull: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What is named: list and entry."""
        return self.list, self.entry

    @property
    def leads(self) -> bool:
        """Whether it stands where a report says what it is about: in its title or opening."""
        return self.titled or self.words.start < OPENING

    def within(self, sentence: Sentence) -> bool:
        """Tell whether a sentence of a text has it."""
        words = self.words
        same = not self.titled and sentence.document == words.document
        return same and sentence.start <= words.start and words.end <= sentence.end


def lists_named(hits: Iterable[WatchHit], offered: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the lists that readers may choose and a story names, in that order."""
    return tuple(dict.fromkeys(hit.list for hit in hits if hit.list in offered))


def marked(
    hits: Iterable[WatchHit], *, printed: Sequence[Sentence], cited: Collection[str]
) -> tuple[WatchHit, ...]:
    """Return one hit of each entry, in the order given: in what is printed, else in a title."""
    of: defaultdict[tuple[str, str], list[WatchHit]] = defaultdict(list)
    for hit in hits:
        of[hit.key].append(hit)

    def rank(hit: WatchHit) -> tuple[bool, bool, bool]:
        return not any(map(hit.within, printed)), hit.words.document not in cited, not hit.titled

    return tuple(min(own, key=rank) for own in of.values())
