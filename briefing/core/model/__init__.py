"""The terms of the domain as frozen types: documents, stories, editions, readers, operators."""

# ruff: noqa: F403  each module below is a part of the model; its names need only one list
from briefing.core.model.document import *
from briefing.core.model.edition import *
from briefing.core.model.letterhead import *
from briefing.core.model.material import *
from briefing.core.model.operator import *
from briefing.core.model.round import *
from briefing.core.model.source import *
from briefing.core.model.story import *
from briefing.core.model.subscriber import *
