"""From labeled texts, pages and feeds to figures and models."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from briefing.core.errors import InputError, UnknownNameError, reading
from briefing.core.frozen import frozen
from briefing.core.language import Language
from briefing.core.model import Document, Kind, Sentence, Story
from briefing.core.ports import Classifier, Ranker
from briefing.core.text.analysis import analyze
from briefing.core.text.excerpt import FIRST_LEANING, excerpt
from briefing.core.text.gate import news_sentences
from briefing.core.text.importance import weigh
from briefing.core.text.reference import Introduced, above, features, leaning
from briefing.core.text.segment import segment
from briefing.core.text.summarize import REDUNDANCY, Taste, choose, in_reading_order
from briefing.lab import train
from briefing.lab.assess.lines import Watch, given, numbered, read_lines, watched
from briefing.lab.evaluate import inputs, sections, texts
from briefing.sources.decode import PAGE_LIMIT, Stream
from briefing.sources.extract import extract
from briefing.sources.sandbox.pool import shared


def assess_extraction(paths: Iterable[Path], *, watch: Watch) -> dict[str, Any]:
    """Measure the text extracted from pages; a page without any counts as empty text.

    The baseline "trafilatura" reads the same pages on its own, with its default settings.
    """
    files = [
        (folder / given(line, "html", where), given(line, "text", where))
        for folder in paths
        for where, line in numbered(_pages_file(folder))
    ]
    if not files:
        raise InputError("no pages to measure on; give a pages.jsonl with at least one line")
    pages = []
    for path, expected in watched(files, watch):
        with reading(path), path.open("rb") as raw:
            pages.append((Stream(raw).head(PAGE_LIMIT + 1), expected))
    ours, bare = (
        inputs.measure_extraction([(_text(page, by), expected) for page, expected in pages])
        for by in (
            lambda page: extract(page).document.text,
            lambda page: str(shared()("bare", page)["text"]),
        )
    )
    return {**ours, "trafilatura": bare}


def _pages_file(folder: Path) -> Path:
    for path in (folder / "pages.jsonl", folder / "pages.jsonl.gz"):
        if path.is_file():
            return path
    raise InputError(f"{folder}: no pages.jsonl in it; give the folder that holds it")


def _text(page: bytes, read: Callable[[bytes], str]) -> str:
    try:
        return read(page)
    except InputError:
        return ""


def assess_feeds(paths: Sequence[Path], *, watch: Watch) -> dict[str, Any]:
    """Measure how feeds are read; ``paths`` are folders or tar files of feeds."""
    rows = [
        inputs.measure_feeds(watched(inputs.files_in(path, of="feeds"), watch), parse=shared())
        for path in paths
    ]
    return rows[0] if len(rows) == 1 else dict(zip(map(str, paths), rows, strict=True))


ENGLISH = Language.of("en")


#: The only section, since sections are measured elsewhere.
_SECTION = "news"
#: Any day will do, as long as everything printed is of the same day.
_DAY = date(2026, 1, 4)


def assess_reading(paths: Iterable[Path], *, ranker: Ranker, watch: Watch) -> dict[str, Any]:
    """Measure whether the printed sentences of each labeled article are understandable alone.

    The figures are for editions of a single article; ``brief`` has those for the same articles
    printed together, with one brief each.
    """
    articles = [texts.read_article(line) for path in paths for line in read_lines(path)]
    alone = [
        page for article in watched(articles, watch) for page in _printed([article], ranker=ranker)
    ]
    return {
        **texts.measure_reading(alone),
        "brief": texts.measure_reading(_printed(articles, ranker=ranker)),
    }


@frozen
class _OneSection:
    """Puts every text into the same section."""

    sections: tuple[str, ...] = (_SECTION,)

    def __call__(self, texts: Sequence[str]) -> list[dict[str, float]]:
        return [{_SECTION: 1.0} for _ in texts]


def _printed(
    articles: Sequence[texts.LabeledArticle], *, ranker: Ranker
) -> list[texts.ReadArticle]:
    """Print an edition of some articles, and return what was printed of each."""
    documents = [Document(article.id, article.title, article.text) for article in articles]
    of: defaultdict[str, list[Sequence[Sequence[Sentence]]]] = defaultdict(list)
    passed = {each.id: analyze(each, language="en").kept(each) for each in documents}
    classifier = _OneSection()
    stories = [
        Story(document.id, (document,), links=(1.0,))
        for document in documents
        if passed[document.id]
    ]
    topics = classifier([story.id for story in stories])
    for part in excerpt(
        weigh(
            stories, topics, sections=classifier.sections, kinds=dict.fromkeys(passed, Kind.WIRE)
        ),
        passed,
        ranker=ranker,
        classifier=classifier,
        sections=classifier.sections,
        day=_DAY,
        language=ENGLISH,
        before=(),
    ):
        for document in part.story.documents:
            of[document.id] += [lengths for _, lengths in part.briefs]
    return [
        texts.ReadArticle(
            article,
            tuple(_spans(lengths[-1]) for lengths in of[document.id]),
            tuple(_spans(shorter) for lengths in of[document.id] for shorter in lengths[:-1]),
            _spans([
                sentence
                for sentence in sentences
                if leaning(
                    features(sentence, above=above(article.title), report=Introduced(sentences))
                )
                > FIRST_LEANING
            ]),
        )
        for article, document in zip(articles, documents, strict=True)
        for sentences in [news_sentences(document, language="en")]
    ]  # fmt: skip


def _spans(sentences: Sequence[Sentence]) -> tuple[texts.Span, ...]:
    return tuple((sentence.start, sentence.end) for sentence in sentences)


def assess_summaries(
    paths: Iterable[Path], *, rankers: Mapping[str, Ranker], sentences: int, watch: Watch
) -> dict[str, Any]:
    """Measure rankers against human summaries.

    "lead" is measured without the limit on redundancy, as simply the first sentences.
    """
    items = [texts.read_item(line) for path in paths for line in read_lines(path)]
    summarizers = {
        name: partial(
            _summarize,
            ranker=ranker,
            sentences=sentences,
            redundancy=1.0 if name == texts.BASELINE else REDUNDANCY,
        )
        for name, ranker in rankers.items()
    }
    return texts.measure_summaries(watched(items, watch), summarizers=summarizers)


def _summarize(
    item: texts.SummaryItem, *, ranker: Ranker, sentences: int, redundancy: float
) -> list[str]:
    split = [
        sentence
        for document in item.documents
        for sentence in item.split.get(document.id) or segment(document)
    ]
    scores = ranker(split, titles={document.id: document.title for document in item.documents})
    chosen = choose(split, scores, limit=sentences, taste=Taste(redundancy))
    return [sentence.text for sentence in in_reading_order(chosen)]


def train_sections(
    files: Sequence[Path], *, part: str = "sentences", without: Sequence[Path] = ()
) -> tuple[bytes, int]:
    """Train a section model from labeled files; return it and the number of texts.

    Lines without a section get the one at the end of their file's name, as in
    "reuters_economy.jsonl.gz".

    Args:
        files: labeled lines.
        part: "sentences" or "stories", the unit that the model classifies.
        without: documents on which the model will be measured; texts similar to their titles or
            texts are left out.
    """
    texts = labelled_texts(files, without=without)
    if part not in ("sentences", "stories"):
        raise UnknownNameError("part", part, ("sentences", "stories"))
    learned = train.stories(texts) if part == "stories" else texts
    return train.train(learned), len(learned)


def labelled_texts(
    files: Sequence[Path], *, without: Sequence[Path]
) -> Sequence[sections.LabelledText]:
    """Return the texts of labeled files, without those like a title or text of ``without``."""
    texts = [text for path in files for text in _labelled(path)]
    lines = [line for path in without for line in read_lines(path)]
    measured = [str(line.get(key) or "") for line in lines for key in ("title", "text")]
    return sections.unlike(texts, [text for text in measured if text])


def _labelled(path: Path) -> tuple[sections.LabelledText, ...]:
    name = path.name.partition(".")[0]
    return train.from_lines(read_lines(path), name=name, section=name.rpartition("_")[2])


def assess_sections(paths: Sequence[Path], *, classifier: Classifier) -> dict[str, Any]:
    """Measure a trained classifier; not a held-out test if it was trained on these texts."""
    return sections.plain(measured_texts(paths), classify=classifier)


def measured_texts(paths: Sequence[Path]) -> list[sections.LabelledText]:
    """Return the texts of labeled files; raise InputError if there are none."""
    texts = [text for path in paths for text in _labelled(path)]
    if not texts:
        raise InputError("no labeled texts to measure on; give a file with at least one line")
    return texts
