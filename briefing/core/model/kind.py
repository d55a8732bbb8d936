"""The kinds of text that a report can be."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What kind of text a report is; the genre comes before the form."""

    #: A report of an agency or a newspaper.
    WIRE = "wire"
    #: One or two sentences of a feed in place of the report.
    TEASER = "teaser"
    #: A column, an editorial, advocacy.
    OPINION = "opinion"
    #: A report that explains.
    ANALYSIS = "analysis"
    #: A press release, a fact sheet, an order of a government or a party.
    STATEMENT = "statement"
    #: Remarks, a press briefing, an interview, word for word.
    TRANSCRIPT = "transcript"
    #: Of a state agency, which speaks for its government.
    STATE = "state"
    #: A page that is written on while things happen, or a roundup.
    LIVE = "live"
    #: Soft news: people, culture, sports.
    FEATURE = "feature"
    #: Routine: market reports, nominations, proclamations, travel.
    NOTICE = "notice"


#: What an operator can declare the reports of a source to be; a teaser is one by its length.
GENRES = tuple(kind for kind in Kind if kind is not Kind.TEASER)
#: Kinds in which a party speaks for itself; its words are printed with their speaker.
PARTIES = frozenset({Kind.STATEMENT, Kind.TRANSCRIPT, Kind.STATE})
