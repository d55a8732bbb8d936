"""Lists of public feeds for a first morning, by region: addresses and names, nothing else."""

from dataclasses import dataclass
from datetime import date
from importlib import resources

from briefing.core.messages import Translatable
from briefing.core.model import Source
from briefing.sources.opml import read_opml

#: Region by the name of its file here, in the order in which they are offered.
_REGIONS = {
    "europe": Translatable("Europe and the Atlantic"),
    "africa": Translatable("Africa and the Middle East"),
    "asia": Translatable("Asia and the Pacific"),
}
#: When the addresses were last looked up; ``briefing sources check`` tells which answer now.
LISTED = date(2026, 11, 27)


@dataclass(frozen=True, slots=True)
class StarterList:
    """Feeds of one region."""

    #: Value of its checkbox.
    key: str
    #: As it is offered.
    region: str
    sources: tuple[Source, ...]


def starter_lists() -> tuple[StarterList, ...]:
    """Return all lists."""
    folder = resources.files(__name__)
    return tuple(
        StarterList(key, region, read_opml((folder / f"{key}.opml").read_bytes()).sources)
        for key, region in _REGIONS.items()
    )
