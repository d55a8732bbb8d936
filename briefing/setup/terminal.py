"""What a terminal shows: the help in panels, and lines broken between words."""

import re
from functools import partial
from typing import Any

from typer.core import TyperGroup

#: The commands in the order of `briefing --help`, by what people do.
PANELS = {
    "Make a page": "init make preview verify why choose plugins languages",
    "Collect": "sources collect watch",
    "Publish and deliver": "run publish editions saga sign deliver bounces",
    "Readers": "subscribers",
    "Administration": "serve worker operators tokens backup restore doctor version",
    "Measure and train": "evaluate train",
}


class Commands(TyperGroup):
    """The commands in panels, whose help says what a value is: a path, no list[Path]."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write one panel after the other."""
        for panel, names in PANELS.items():
            with formatter.section(panel):
                formatter.write_dl(
                    (name.ljust(11), self.get_command(ctx, name).get_short_help_str(65))
                    for name in names.split()
                )

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        """Return a command, or a group with its commands."""
        command = super().get_command(ctx, cmd_name)
        for each in (command, *getattr(command, "commands", {}).values()) if command else ():
            for param in each.params:
                param.display_type_rich = partial(_type_of, param)
        return command


def _type_of(param: Any, ctx: Any) -> str:  # noqa: ANN401
    if param.metavar:
        return "" if param.param_type_name == "argument" else param.metavar
    return re.sub(r"list\[(.+)\]", r"\1", param.display_type(ctx)).lower()


#: What stays on one line: a word with the space before it, or a character of Chinese, Japanese or
#: Korean. rich would cut a long address, or leave the whole line as it is.
_WIDE = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_PIECES = re.compile(rf"\s*(?:[^\s{_WIDE}]+|[{_WIDE}])")
#: Columns that words get however narrow the terminal is.
_NARROWEST = 20


def broken(line: str, *, width: int, before: str = "") -> list[str]:
    """Break a line that has columns before it; without them in the first, with indents after."""
    if _cells(before) + _cells(line) <= width:
        return [line]
    own = "" if before else line[: len(line) - len(line.lstrip())]
    indent = _cells(before) or len(own) + 2
    room = max(_NARROWEST, width - indent)
    lines = [""]
    for piece in _PIECES.findall(line.strip()):
        if not lines[-1] or _cells(lines[-1]) + _cells(piece) <= room:
            lines[-1] += piece
        else:
            lines.append(piece.lstrip())
    return [f"{own}{lines[0]}", *(" " * indent + line for line in lines[1:])]


def _cells(text: str) -> int:
    """Return the columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    # only here: to load it takes a tenth of a short command
    from rich.cells import cell_len  # noqa: PLC0415

    return cell_len(text)
