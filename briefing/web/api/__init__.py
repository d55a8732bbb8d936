"""The JSON API for programs, with tokens and an OpenAPI document."""

from briefing.web.api.operations import ROOT, api
from briefing.web.request import SitePage

#: Every method, so that unsupported ones are reported as JSON too.
_METHODS = tuple("GET POST PUT PATCH DELETE OPTIONS".split())

PAGES = (SitePage(f"{ROOT}/{{rest:path}}", api, _METHODS),)
