"""VERB: sources to stored documents; one bad source never harms the rest."""

# ruff: noqa: F403  what the modules below declare; one list of its names is enough
from briefing.app.collect.plan import *
from briefing.app.collect.run import collect as collect
from briefing.app.collect.run import finish as finish
