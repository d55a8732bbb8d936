"""The pages that readers see."""

from briefing.web.app import make_app
from briefing.web.desk import Desk

__all__ = ["Desk", "make_app"]
