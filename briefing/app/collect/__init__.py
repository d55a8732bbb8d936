"""Collects documents from sources into the store; one bad source never harms the rest."""

# ruff: noqa: F403  what the modules below declare; their names need only one list
from briefing.app.collect.plan import *
from briefing.app.collect.run import collect as collect
from briefing.app.collect.run import finish as finish
