"""What a terminal shows: the help in panels, and lines broken between words."""

import re
from functools import partial
from textwrap import wrap
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


#: Columns that words get however narrow the terminal is.
_NARROWEST = 20


def broken(line: str, *, width: int, before: str = "") -> list[str]:
    """Break a line that has columns before it; without them in the first, with indents after."""
    own = before or line[: len(line) - len(line.lstrip())]
    indent = " " * (len(before) or len(own) + 2)
    first, *others = wrap(
        line.strip(),
        max(width, len(indent) + _NARROWEST),
        initial_indent=own,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [own]
    return [first[len(before) :], *others]
