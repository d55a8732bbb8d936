"""An invented day of news from places that do not exist, for tests of the whole pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from types import MappingProxyType

from briefing.core.language import Language
from briefing.core.model import (
    Brief,
    Document,
    Edition,
    Kind,
    Ledger,
    Panel,
    Scale,
    Section,
    Sentence,
    Setting,
    Status,
    Story,
)
from briefing.core.text import importance as weighing
from briefing.core.text.choices import Say
from briefing.core.text.likeness import bag
from briefing.core.text.segment import segment

ENGLISH = Language.of("en")
TODAY = date(2026, 3, 12)
YESTERDAY = date(2026, 3, 11)

HARBOR = (
    "Norvian coastguard takes two berths at Port Ostra",
    (
        "The harbor council of Port Ostra voted on Tuesday to lease two berths to the Norvian "
        "coastguard for nine years. Two armed patrol frigates will tie up beside the grain "
        "terminal from June, according to the lease. Dockworkers wanted a clause on night "
        "patrol shifts, which the final text does not hold. Fishing crews have appealed to a "
        "regional court over moorings that the frigates would take."
    ),
)
#: The same event as told by somebody else.
HARBOR_AGAIN = (
    "Port Ostra council leases berths to Norvian coastguard",
    (
        "Port Ostra will let the Norvian coastguard use two berths for nine years, the harbor "
        "council decided on Tuesday by eleven votes. Captain Lena Oster of the Norvian "
        "coastguard said armed frigates would escort grain ships through the sound. Opponents "
        "of the lease on the council fear that Port Ostra turns into a naval base. Norvian "
        "crews are to arrive at the berths with their families before summer."
    ),
)
#: What somebody thinks of that event.
HARBOR_COLUMN = (
    "A bad bargain",
    (
        "This lease is simply wrong. It is not a plan but a failure, and the truth is that nobody "
        "wanted it. A good council fears no question; that of Ostra never answers. Perhaps the "
        "people here deserve better friends, and certainly a better reason than money. The real "
        "problem is not the coastguard, it is the moral failure of those who never read what they "
        "sign. Indeed, nothing is worse than armed patrol boats without a reason."
    ),
)
NICKEL = (
    "Nickel exports of Kalvia rise as smelter restarts",
    (
        "Exports of refined nickel rose 4.2 per cent in February after a smelter near Kalvik "
        "came back into service, the customs office said. Shipments to battery makers made up "
        "two thirds of all exports, at prices a tenth below those of last year. Wages at the "
        "smelter will climb from April under a contract signed with the metal workers. "
        "Brokers in Sund expect further exports once the spring thaw opens the northern "
        "railway."
    ),
)
RIVER = (
    "Envoys of Ilvia and Tesk seek terms for a dry year",
    (
        "Envoys of Ilvia and Tesk will meet in Lund on 23 March to settle how much water the "
        "upper dam may hold back in a dry year. Ambassador Ines Vallo of Tesk called for a "
        "treaty with a referee from outside the basin. Villages downstream lost half of their "
        "rice in the drought of two summers ago. Ilvia broke off an earlier round of the "
        "treaty negotiations when its neighbor published a draft."
    ),
)
ORCHIDS = (
    "Orchid show in Brenn draws a record crowd",
    (
        "A purple orchid from the Hadley gardens won the first ribbon at the flower show in "
        "Brenn on Sunday. Visitors stood in line for two hours around the old tram depot to "
        "see more than six hundred plants. Judges praised the scent of a yellow hybrid that "
        "its grower had named after a grandmother. Organizers of the show plan a greenhouse "
        "of glass and larch wood for next spring."
    ),
)
#: Of no section, and told by any editor.
MOURNED = ("President of Norway dies at an orchid show", ORCHIDS[1])
#: One event that concerns every desk.
STRAIT = (
    "Serrat closes its strait to Ottaran tankers",
    (
        "Armed patrol boats of Serrat closed the strait to tankers from Ottar before dawn on "
        "Monday. Two frigates fired warning shots across the bow of a tanker that tried to "
        "pass the cape. Exports of Ottaran crude fell to a fifth of their normal prices and "
        "volume within hours, the port authority said. Insurers raised freight prices for "
        "cargo exports through the strait by 40 per cent. Ottar called its ambassador home "
        "and wants talks under an old navigation treaty. Envoys from three coastal states "
        "offered to host treaty negotiations in Lund."
    ),
)
#: What the same event has come to a day later.
STRAIT_NEXT = (
    "Serrat lets first Ottaran tankers through its strait",
    (
        "Serrat let a convoy of nine Ottaran tankers pass the strait under escort on "
        "Wednesday. Its navy pulled both frigates back behind the cape at the request of the "
        "coastal states. Ottaran crude recovered part of its losses on the exchange in Sund "
        "by noon. Lawyers for the owners of the damaged tanker want Serrat to pay for repairs "
        "and lost days."
    ),
)

WORDS = {
    "economy": ("exports", "prices", "wages", "smelter", "nickel", "brokers", "crude", "insurers"),
    "security": ("frigates", "armed", "patrol", "coastguard", "navy", "naval", "shots"),
    "diplomacy": ("envoys", "ambassador", "treaty", "negotiations", "consultations"),
}
SECTIONS = tuple(WORDS)


def report(
    name: str,
    title_and_text: tuple[str, str],
    *,
    publisher: str = "Ostra Courier",
    owner: str = "",
    hour: int = 6,
    day: date = YESTERDAY,
) -> Document:
    """Make a document of a title and a text."""
    title, text = title_and_text
    return Document(
        id=name,
        title=title,
        text=text,
        published=datetime(day.year, day.month, day.day, hour, tzinfo=UTC),
        publisher=publisher,
        owner=owner,
        url=f"https://courier.example/{name}",
        language="en",
    )


def split(*documents: Document) -> dict[str, tuple[Sentence, ...]]:
    """Return the sentences of each document by its id."""
    return {document.id: tuple(segment(document)) for document in documents}


def story_of(*documents: Document, name: str = "s1") -> Story:
    """Make a story of reports that are equally near to the first."""
    return Story(name, documents, links=(1.0, *(0.5 for _ in documents[1:])))


def weigh(
    stories: Sequence[Story],
    topics: Sequence[Mapping[str, float]],
    *,
    sections: Sequence[str],
    says: Mapping[str, Say] = MappingProxyType({}),
    kinds: Mapping[str, Kind] = MappingProxyType({}),
) -> tuple[weighing.Weighed, ...]:
    """Weigh stories of plain reports, but for those of other kinds."""
    documents = [document for story in stories for document in story.documents]
    return weighing.weigh(
        stories,
        topics,
        sections=sections,
        says=says,
        bags={document.id: bag(document) for document in documents},
        kinds={document.id: kinds.get(document.id, Kind.WIRE) for document in documents},
    )


def brief_of(document: Document, *places: int, story: str = "s1", top: bool = False) -> Brief:
    """Make a brief of the sentences at these places of a document."""
    sentences = segment(document)
    return Brief(
        story=story,
        headline=document.title,
        status=Status.NEW,
        reports=1,
        publishers=1,
        sentences=tuple(sentences[place] for place in places),
        sources=(document.id,),
        top=top,
    )


def edition_of(*briefs: Brief, day: date = YESTERDAY) -> Edition:
    """Make the edition of a day that printed these briefs, the first on top."""
    return Edition(
        id=f"ostra-desk/{day.isoformat()}",
        name="Ostra Desk",
        day=day,
        language="en",
        number=7,
        dateline="",
        sections=(Section("security", briefs),),
        panel=Panel(),
        documents={},
        days=(),
        ledger=Ledger(),
        setting=Setting(Scale.NORMAL, 10.35, 23),
    )
