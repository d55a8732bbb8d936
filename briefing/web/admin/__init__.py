"""The pages on which operators see and steer the round."""

from briefing.web.page import Page

PAGES: tuple[Page, ...] = ()
