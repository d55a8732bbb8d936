"""The pages that readers see."""

from briefing.web.app import make_app
from briefing.web.desk import WebContext

__all__ = ["WebContext", "make_app"]
