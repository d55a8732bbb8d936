"""The words that people read: what stands in the table of CONTRIBUTING.md has a better word."""

import re
from pathlib import Path

from tests.test_docs import ROOT

#: What must not occur, what to write instead, and where: in all that people read, or on pages.
ROWS = re.findall(
    r"^\| `(.+)` \| (.+) \| (everywhere|pages) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.M
)
READ = (
    *("README.md", "docs/*.md", "templates/**/*.[htm]*"),
    *("briefing/app/**/*.py", "briefing/cli/**/*.py", "briefing/web/**/*.py"),
)
#: A docstring, a comment, a tag, an expression of a template; and what words people read in it.
CODE = re.compile(r'"""[^"]*"""|#:.*|(?<= )# .*|<[^>\n]*>|\{[{%#].*?[}%#]\}')
WORDS = re.compile('"([^"]* [^"]*)"')


def better(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)}:{number}: {found[0]!r}, write: {instead}"
        for path in (path for places in READ for path in root.glob(places))
        for number, line in enumerate(
            CODE.sub(
                lambda code: (
                    " ".join(WORDS.findall(code[0].strip('"'))) + "\n" * code[0].count("\n")
                ),
                path.read_text(),
            ).splitlines(),
            1,
        )
        for phrase, instead, where in ROWS
        if where == "everywhere" or "templates" in path.parts
        if (found := re.search(phrase.replace(r"\|", "|"), line, re.IGNORECASE))
    ]


def test_no_word_that_people_read_has_a_better_one() -> None:
    assert better(ROOT) == []


def test_a_planted_word_is_named_with_its_place_and_the_better_one(tmp_path: Path) -> None:
    for place, text in {
        "README.md": "\nNothing fails.",
        "templates/b.html": '<a href="/subscribers">Your subscriber</a>',
        "briefing/cli/c.py": '"""What came of it."""\nHELP = "Take it back."',
    }.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text)
    assert better(tmp_path) == [
        "README.md:2: 'Nothing fails', write: no failures",
        "templates/b.html:1: 'subscriber', write: reader",
        "briefing/cli/c.py:2: 'Take it back', write: delete, undo, cancel",
    ]
