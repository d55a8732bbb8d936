"""Invented sentences that belong to a section on climate, and reports that mostly do not."""

from datetime import timedelta

from briefing.core.model import Document, Item
from briefing.store import documents
from tests.newsday import report
from tests.publishing import SOURCE
from tests.web.served import NOW, Served

_WHO = (
    "The council of Ostra",
    "Officials in Vell",
    "The cabinet of Marrow",
    "Engineers of the Aare basin",
    "Planners in Tidewater",
    "The assembly of Korr",
)
_DID = (
    "agreed to cut carbon emissions from heating by half within nine years",
    "measured the warmest spring and the driest soil since records began",
    "approved forty wind turbines that will replace the last coal plant",
    "warned that the rising sea will reach the salt marsh before long",
    "set a price on every tonne of carbon that cement works emit",
    "asked farmers to store water because droughts come more often",
)
#: Thirty-six, as a person would paste them.
CLIMATE = tuple(f"{who} {did}." for who in _WHO for did in _DID)
_ELSEWHERE = (
    "signed a contract for two ferries that carry lorries over the strait",
    "moved three patrol boats to the northern harbor after shots were heard",
    "invited the ambassador to talks about fishing rights and the border",
    "raised the interest on loans to small firms by a quarter of a point",
    "opened a school of music in the old customs house by the river",
    "beat the visitors by two goals in the last minutes of the cup",
    "found the lost manuscript of a poet in the cellar of a bakery",
    "sent a battalion to guard the bridge that rebels tried to take",
)


def reports() -> list[Document]:
    told = [
        (f"The town speaks of matter {number}", " ".join(f"{who} {did}." for who in _WHO[:4]))
        for number, did in enumerate(_ELSEWHERE)
    ]
    told.append(("Coal ends in Vell", " ".join(CLIMATE[8:10])))
    return [report(f"r{number}", one) for number, one in enumerate(told)]


def collect(web: Served) -> None:
    """Keep the reports as collected an hour ago."""
    with web.store.write() as tx:
        for one in reports():
            item = Item(one, keys=(f"url {one.url}",), from_page=True)
            documents.keep(tx, item, source=SOURCE, at=NOW - timedelta(hours=1))
