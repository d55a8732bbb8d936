"""What watches the service: whether it lives, whether it is ready, and its figures."""

from briefing.web.page import Page

PAGES: tuple[Page, ...] = ()
