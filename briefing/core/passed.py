"""What passes the gate, with its sentences, kinds and signals."""

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
    """The reports that passed the gate, and the outcomes of the others."""

    documents: tuple[Document, ...]
    sentences: Printable
    #: Of each document in ``documents``, in the same order.
    analyses: tuple[Analysis, ...] = ()
    #: Reports that did not pass, with the reasons.
    gated: tuple[tuple[Document, Reason], ...] = ()
    #: Number of sentences left out of the reports that passed, by reason.
    left_out: Mapping[str, int] = field(default_factory=no_entries)
    #: The reports that did not pass only because of their language.
    foreign: tuple[tuple[Document, Analysis], ...] = ()

    @property
    def bags(self) -> dict[str, Bag]:
        """The words of each document, by its id."""
        pairs = zip(self.documents, self.analyses, strict=True)
        return {document.id: analysis.bag for document, analysis in pairs}

    @property
    def opinions(self) -> dict[str, float]:
        """The probability, judged by its words, that each document is opinion; by its id."""
        pairs = zip(self.documents, self.analyses, strict=True)
        return {document.id: analysis.opinion for document, analysis in pairs}

    def signals(self, key: bytes) -> dict[str, Signals]:
        """Return the signals on sections and importance made under a key, by document id."""
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
    """Return what passes the gate, in the order in which it came in.

    Documents without an analysis in ``known`` are analyzed.
    """
    corrections = material.corrections.briefs
    withdrawn = {correction.old.document for correction in corrections if correction.new is None}
    documents = [document for document in material.documents if document.id not in withdrawn]
    analyses = kept(analyze_all, None, documents, known, language=recipe.language)
    wanted = rescued(material.choices, documents)
    # A report that passes anyway needs no rescue, so that an editor's choice of it changes nothing.
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
