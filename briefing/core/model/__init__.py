"""The words of the field as frozen types: documents, stories, editions, readers, operators."""

# ruff: noqa: F403  each module below is a part of the model; one list of its names is enough
from briefing.core.model.document import *
from briefing.core.model.edition import *
from briefing.core.model.letterhead import *
from briefing.core.model.material import *
from briefing.core.model.operator import *
from briefing.core.model.round import *
from briefing.core.model.source import *
from briefing.core.model.story import *
from briefing.core.model.subscriber import *
