"""VERB: subscriptions: confirmed, changed, paused and ended by their owners."""

# ruff: noqa: F403  what each module below declares; one list of its names is enough
from briefing.app.readers.actions import *
from briefing.app.readers.decide import *
from briefing.app.readers.fields import normalize as normalize
from briefing.app.readers.letters import *
