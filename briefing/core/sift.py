"""Sifts the reports of a day: what passes the gate, and why the others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from briefing.core.model import CorrectionBrief, Document, Kind, Material
from briefing.core.ports import Recipe
from briefing.core.text.analysis import Analyses, Analysis, Printable, analyze_all
from briefing.core.text.choices import rescued
from briefing.core.text.contradiction import without_old_words
from briefing.core.text.furniture import Reason
from briefing.core.text.likeness import Bag
from briefing.core.text.published_in import dated


@dataclass(frozen=True, slots=True)
class PassedReports:
    """What passed the gate."""

    documents: tuple[Document, ...]
    sentences: Printable
    #: Of each document that passed, in their order.
    analyses: tuple[Analysis, ...] = ()
    #: Reports that did not pass, with the reasons.
    gated: tuple[tuple[Document, Reason], ...] = ()
    #: How many sentences were left out of the others, by reason.
    left_out: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def bags(self) -> dict[str, Bag]:
        """The words of each document, by its id."""
        pairs = zip(self.documents, self.analyses, strict=True)
        return {document.id: found.bag for document, found in pairs}

    @property
    def kinds(self) -> dict[str, Kind]:
        """What kind of text each document is, by its id, also of those that did not pass."""
        every = (*self.documents, *(document for document, _ in self.gated))
        return {document.id: document.kind for document in every if document.kind}


def sift(material: Material, *, recipe: Recipe, known: Analyses) -> PassedReports:
    """Return what passes the gate of all that came in, in its order.

    Args:
        material: with what editors rescue and what corrections withdraw.
        recipe: has the language.
        known: what is known already of single documents; what is not is found out.
    """
    corrections = material.corrections.briefs
    documents = _standing(material.documents, corrections)
    analyses = analyze_all(documents, known, language=recipe.language)
    wanted = rescued(material.choices, documents)
    passed, gated = [], []
    for untold, found in zip(dated(documents, by=material.day), analyses, strict=True):
        document = replace(untold, kind=found.kind)
        if found.passes(rescued=document.id in wanted):
            passed.append((document, found))
        else:
            gated.append((document, found.whole or Reason.STUB))
    right = without_old_words(corrections)
    return PassedReports(
        tuple(document for document, _ in passed),
        Printable(passed, allowed=right if corrections else None),
        tuple(found for _, found in passed),
        tuple(gated),
        sum((found.reasons() for _, found in passed), Counter()),
    )


def _standing(
    documents: Sequence[Document], corrections: Sequence[CorrectionBrief]
) -> Sequence[Document]:
    """Leave out the reports that this edition tells to be withdrawn or cut, as they were."""
    withdrawn = {one.old.document for one in corrections if one.new is None}
    return [one for one in documents if one.id not in withdrawn]
