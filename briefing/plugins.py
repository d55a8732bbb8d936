"""What plug-ins are written against: the ports that they answer and the types in them.

Names here change only with :data:`API`; everything else in the package may change at any time.
"""

from briefing.core.errors import FetchError, InputError, ModelError
from briefing.core.model import Entry, Score, Sentence, Source, Validators
from briefing.core.ports import (
    Answer,
    Classifier,
    Fetch,
    Gateway,
    Parse,
    Ranker,
    SourceKind,
    SourceListing,
)
from briefing.press.theme import Theme
from briefing.press.theme import load as load_theme
from briefing.sources.entries import to_entries

#: Version of this interface; a new one when a name goes or means something else.
API = 1

__all__ = [
    "API",
    "Answer",
    "Classifier",
    "Entry",
    "Fetch",
    "FetchError",
    "Gateway",
    "InputError",
    "ModelError",
    "Parse",
    "Ranker",
    "Score",
    "Sentence",
    "Source",
    "SourceKind",
    "SourceListing",
    "Theme",
    "Validators",
    "load_theme",
    "to_entries",
]
