"""Subscriptions, which their owners confirm, change, pause and end."""

# ruff: noqa: F403  what each module below declares; their names need only one list
from briefing.app.readers.actions import *
from briefing.app.readers.decide import *
from briefing.app.readers.fields import normalize as normalize
from briefing.app.readers.letters import *
