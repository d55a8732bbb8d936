import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from mutagen.mp3 import MP3

from briefing.core.errors import MissingPartError, OutputError
from briefing.core.model import Edition, Panel
from briefing.press.formats import Rendition
from briefing.press.parts import parts_of
from briefing.press.spoken import HEAD, page_spoken, script_of, seconds_of
from briefing.press.theme import Theme


def sound(file: bytes) -> Any:  # noqa: ANN401  it has no types
    read: Any = MP3
    return read(BytesIO(file))


def script(edition: Edition, theme: Theme) -> list[tuple[str, str]]:
    chapters = script_of(parts_of(edition, Rendition(theme)))
    return [(title, "\n".join(lines)) for title, lines in chapters]


def test_every_sentence_is_read_once_in_its_section(edition: Edition, theme: Theme) -> None:
    read = "\n".join(text for _, text in script(edition, theme))
    top = edition.top
    assert top
    briefs = [brief for section in edition.sections for brief in section.briefs]
    # The top story comes first, wherever its section stands.
    ordered = [top, *(brief for brief in briefs if brief.story != top.story)]
    sentences = [sentence.text for brief in ordered for sentence in brief.sentences]
    assert len(sentences) > 5
    place = 0
    for sentence in sentences:
        place = read.index(sentence, place) + len(sentence)
    news = read[: place + 1]
    assert all(news.count(text) == sentences.count(text) for text in sentences)
    chapters = dict(script(edition, theme))
    names = [section.name.capitalize() for section in edition.sections]
    assert next(iter(chapters)) == edition.name
    assert {*names} <= {*chapters}
    assert not {"Sources", "Stories a day"} & {*chapters}
    assert "[1]" not in "".join(chapters.values())
    assert chapters[edition.name].startswith(f"{edition.name}\nThursday 12 March 2026\n")


def test_the_file_has_a_mark_for_each_chapter(edition: Edition, theme: Theme) -> None:
    two = tuple(replace(one, briefs=one.briefs[:1]) for one in edition.sections[:2])
    edition = replace(edition, sections=two, panel=Panel())
    file = page_spoken(edition, Rendition(theme))
    assert page_spoken(edition, Rendition(theme)) == file
    chapters, spoken = script(edition, theme), sound(file)
    words = sum(len(text.split()) for _, text in chapters)
    assert words / 200 < spoken.info.length / 60 < words / 80
    assert (spoken.info.channels, spoken.info.bitrate) == (1, 48_000)
    assert abs(seconds_of(file[:HEAD], len(file)) - spoken.info.length) < 1
    marks = sorted(spoken.tags.getall("CHAP"), key=lambda mark: mark.start_time)
    assert [str(mark.sub_frames["TIT2"]) for mark in marks] == [title for title, _ in chapters]
    assert marks[0].start_time == 0
    assert [mark.start_time for mark in marks[1:]] == [mark.end_time for mark in marks[:-1]]
    assert all(mark.end_time > mark.start_time for mark in marks)
    assert abs(marks[-1].end_time / 1_000 - spoken.info.length) < 0.2
    (contents,) = spoken.tags.getall("CTOC")
    assert contents.child_element_ids == [mark.element_id for mark in marks]
    assert str(spoken.tags["TIT2"]) == f"{edition.name}, Thursday 12 March 2026"


def test_words_that_mean_something_to_the_program_are_words(edition: Edition, theme: Theme) -> None:
    def length(name: str) -> float:
        named = replace(edition, name=name, sections=(), panel=Panel())
        return float(sound(page_spoken(named, Rendition(theme))).info.length)

    plain = length("Port Port Port Port Port Port Port Port")
    assert length("[[Port Port Port Port Port Port Port Port]]") > plain * 0.8
    assert length("\0Port Port Port Port Port Port Port Port") > plain * 0.8


def test_what_is_missing_and_a_program_that_fails_are_told(
    edition: Edition, theme: Theme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPartError, match="needs the program espeak-ng; run: apt install"):
        page_spoken(edition, Rendition(theme))
    broken = tmp_path / "espeak-ng"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o700)
    with pytest.raises(OutputError, match="cannot read the edition aloud"):
        page_spoken(edition, Rendition(theme))
    monkeypatch.setitem(sys.modules, "lameenc", None)
    with pytest.raises(MissingPartError, match=r"needs the package lameenc; install briefing\[sp"):
        page_spoken(edition, Rendition(theme))
