"""The pages that readers see."""

from briefing.web.application import make_app
from briefing.web.context import WebContext

__all__ = ["WebContext", "make_app"]
