"""What passes the gate of all that came in, with its sentences, kinds and signals."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date

from briefing.core.model import CorrectionBrief, Document, Kind, Material, no_entries
from briefing.core.ports import KeptSteps, Recipe
from briefing.core.text.analysis import Analyses, Analysis, Printable, analyze_all
from briefing.core.text.choices import rescued
from briefing.core.text.corrections import without_old_words
from briefing.core.text.dates import dated
from briefing.core.text.furniture import Reason
from briefing.core.text.likeness import Bag
from briefing.core.text.signals import Signals, unpack_signals


@dataclass(frozen=True, slots=True, eq=False)
class PassedReports:
    """What passed the gate."""

    documents: tuple[Document, ...]
    sentences: Printable
    #: Of each document that passed, in their order.
    analyses: tuple[Analysis, ...] = ()
    #: Reports that did not pass, with the reasons.
    gated: tuple[tuple[Document, Reason], ...] = ()
    #: How many sentences were left out of the others, by reason.
    left_out: Mapping[str, int] = field(default_factory=no_entries)
    #: Those of the reports that did not pass that only their language keeps from it.
    foreign: tuple[tuple[Document, Analysis], ...] = ()

    @property
    def bags(self) -> dict[str, Bag]:
        """The words of each document, by its id."""
        pairs = zip(self.documents, self.analyses, strict=True)
        return {document.id: analysis.bag for document, analysis in pairs}

    @property
    def opinions(self) -> dict[str, float]:
        """How likely each document is an opinion piece by its words, by its id."""
        pairs = zip(self.documents, self.analyses, strict=True)
        return {document.id: analysis.opinion for document, analysis in pairs}

    def signals(self, key: bytes) -> dict[str, Signals]:
        """Return what is kept of documents by a rule on sections and importance, by their ids."""
        pairs = zip(self.documents, self.analyses, strict=True)
        read = ((document.id, unpack_signals(its.signals, key=key)) for document, its in pairs)
        return {name: its for name, its in read if its}

    @property
    def bare(self) -> frozenset[str]:
        """The ids of the reports that did not pass, of which at most the headline is used."""
        return frozenset(document.id for document, _ in self.gated)

    @property
    def every(self) -> tuple[Document, ...]:
        """All documents, then those that did not pass."""
        return (*self.documents, *(document for document, _ in self.gated))

    @property
    def kinds(self) -> dict[str, Kind]:
        """What kind of text each document is, by its id."""
        return {document.id: document.kind for document in self.every if document.kind}


def sift(material: Material, *, recipe: Recipe, known: Analyses, kept: KeptSteps) -> PassedReports:
    """Return what passes the gate of all that came in, in its order.

    What is not ``known`` already of single documents is found out.
    """
    corrections = material.corrections.briefs
    withdrawn = {correction.old.document for correction in corrections if correction.new is None}
    documents = [document for document in material.documents if document.id not in withdrawn]
    analyses = kept(analyze_all, None, documents, known, language=recipe.language)
    wanted = rescued(material.choices, documents)
    # What passes anyway needs no rescue: an editor who leads with it changes nothing here.
    refused = [document for document, its in zip(documents, analyses, strict=True) if its.whole]
    saved = wanted.intersection(document.id for document in refused)
    return kept(_passed, None, documents, analyses, saved, corrections, by=material.day)


def _passed(
    documents: Sequence[Document],
    analyses: Sequence[Analysis],
    saved: Set[str],
    corrections: Sequence[CorrectionBrief],
    *,
    by: date,
) -> PassedReports:
    passed, gated, foreign, reasons = [], [], [], Counter[str]()
    for report, analysis in zip(dated(documents, by=by), analyses, strict=True):
        document = replace(report, kind=analysis.kind)
        if analysis.passes(rescued=document.id in saved):
            passed.append((document, analysis))
            reasons += analysis.reasons()
        else:
            gated.append((document, analysis.whole or Reason.STUB))
            if titled := analysis.headline_only(document):
                passed.append((document, titled))
            if analysis.whole is Reason.LANGUAGE:
                foreign.append((document, analysis))
    right = without_old_words(corrections)
    return PassedReports(
        tuple(document for document, _ in passed),
        Printable(passed, allowed=right if corrections else None),
        tuple(analysis for _, analysis in passed),
        tuple(gated),
        reasons,
        tuple(foreign),
    )
