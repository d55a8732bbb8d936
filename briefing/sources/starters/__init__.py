"""Lists of public feeds to start with, by region, with only addresses and names."""

from datetime import date
from importlib import resources

from briefing.core.frozen import frozen
from briefing.core.messages import Translatable
from briefing.core.model import Source
from briefing.sources.opml import read_opml

#: Regions by the names of their files here, in the order in which they are offered.
_REGIONS = {
    "europe": Translatable("Europe and the Atlantic"),
    "africa": Translatable("Africa and the Middle East"),
    "asia": Translatable("Asia and the Pacific"),
}
#: When the addresses were last checked; ``briefing sources check`` tells which work now.
LISTED = date(2026, 11, 27)


@frozen
class StarterList:
    """The feeds of one region."""

    #: The value of its checkbox.
    key: str
    #: The region as it is shown.
    region: str
    sources: tuple[Source, ...]


def starter_lists() -> tuple[StarterList, ...]:
    """Return all lists."""
    folder = resources.files(__name__)
    return tuple(
        StarterList(key, region, read_opml((folder / f"{key}.opml").read_bytes()).sources)
        for key, region in _REGIONS.items()
    )
