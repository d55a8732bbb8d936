"""The same for programs: JSON, with tokens and an OpenAPI document."""

from briefing.web.page import Page

PAGES: tuple[Page, ...] = ()
