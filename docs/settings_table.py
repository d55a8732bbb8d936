"""Writes the table of the settings into settings.md, from their declaration.

Run as a module of its own (``./run docs``).
"""

import inspect
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from briefing.settings import tables
from briefing.settings.reference import as_toml, meaning_of, table_of

PAGE = Path(__file__).with_name("settings.md")
#: These lines of a page enclose its table.
BEGIN, END = "<!-- settings: written by ./run docs -->\n", "<!-- end of settings -->\n"


def with_table(page: str) -> str:
    """Return a page with its table of settings rewritten."""
    before, _, rest = page.partition(BEGIN)
    rows = [
        f"| `{name}` | {default} | {text} |" for name, default, text in _rows("", tables.Settings)
    ]
    table = "\n".join(("| setting | default | meaning |", "|---|---|---|", *rows))
    return f"{before}{BEGIN}\n{table}\n\n{END}{rest.partition(END)[2]}"


def _rows(path: str, model: type[BaseModel]) -> Iterator[tuple[str, str, str]]:
    """Yield name, default and meaning of each setting of a table, and of those in it."""
    for key, field in model.model_fields.items():
        name, inner = f"{path}{key}", table_of(field)
        if inner is None:
            default = "required" if field.is_required() else f"`{as_toml(field.default)}`"
            yield name, default, meaning_of(model, key)
            continue
        if isinstance(field.default, tuple):
            rows = ", ".join(f"`{row.name}`" for row in field.default)
            yield name, rows or "`[]`", f"{inspect.getdoc(inner)} One table `[[{name}]]` each."
        yield from _rows(f"{name}.", inner)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
