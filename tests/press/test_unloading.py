"""The libraries that set text stay loaded while the interpreter ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

#: Lets go of all that holds them, as the end of a process does.
_ENDING = """
import gc, sys
import briefing.press.pdf
for name in [name for name in sys.modules if name.startswith(("weasyprint", "cffi"))]:
    vars(sys.modules[name]).clear()
gc.collect()
with open("/proc/self/maps") as maps:
    print("libpango-1.0" in maps.read())
"""


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="Linux tells what is loaded")
def test_pango_is_not_unloaded_below_a_thread_of_its_own() -> None:
    ended = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-c", _ENDING], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "True\n"
