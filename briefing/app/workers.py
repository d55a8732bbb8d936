"""Documents are analyzed here, or by processes side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from briefing.app.process_pool import ProcessPool, processes
from briefing.core.model import Document
from briefing.core.text.analysis import Analyses, Analysis, AnalysisRule, pack_all, unpack

#: Documents from which processes of their own are worth their start, about a second each.
WORTH = 2_000
#: Documents given to a process at once.
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Workers:
    """Analyzes documents here, or in processes; the result is the same."""

    pool: ProcessPool | None = None

    @property
    def many(self) -> bool:
        """Whether there are processes."""
        return self.pool is not None

    def __call__(self, documents: Sequence[Document], *, rule: AnalysisRule) -> list[bytes]:
        """Return the packed analysis of each document, in their order."""
        if self.pool is None:
            return pack_all(documents, rule=rule)
        parts = [documents[at : at + _AT_ONCE] for at in range(0, len(documents), _AT_ONCE)]
        made = self.pool.map(partial(pack_all, rule=rule), parts)
        return [packed for part in made for packed in part]


@contextmanager
def working(count: int, *, worth: int = WORTH) -> Iterator[Workers]:
    """Open what analyzes so many documents: processes if they are worth it and have processors."""
    with processes(count, worth=worth) as pool:
        yield Workers(pool)


def analyze_now(documents: Sequence[Document], *, language: str, worth: int = WORTH) -> Analyses:
    """Return the analyses of many documents that are in no store; none of few.

    Those of few are made along with the edition, which takes no longer.
    """
    rule = AnalysisRule(language, "")
    with working(len(documents), worth=worth) as workers:
        if not workers.many:
            return {}
        packed = workers(documents, rule=rule)
    return unpacked(
        documents, dict(zip((one.id for one in documents), packed, strict=True)), rule=rule
    )


def unpacked(
    documents: Sequence[Document], packed: Mapping[str, bytes], *, rule: AnalysisRule
) -> dict[str, Analysis]:
    """Return the analyses that can be read; what is of another rule, or damaged, is left out."""
    read = (
        (one.id, unpack(packed[one.id], key=rule.key(one), document=one))
        for one in documents
        if one.id in packed
    )
    return {name: analysis for name, analysis in read if analysis is not None}
