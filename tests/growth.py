"""How the work of a function grows with its input, whatever else the machine does."""

from collections.abc import Callable
from time import process_time
from typing import TypeVar

Input = TypeVar("Input", str, bytes)

#: Below so many seconds of CPU the clock says little.
_LEAST = 0.02
#: Tries before growth is believed: a neighbor on the same core costs CPU time too.
_TRIES = 3


def is_linear(work: Callable[[Input], object], whole: Input) -> bool:
    """Tell whether four times the input takes about four times the CPU time; a square takes 16."""
    quarter = whole[: len(whole) // 4]
    return any(_cpu(work, whole) < 9 * max(_cpu(work, quarter), _LEAST) for _ in range(_TRIES))


def _cpu(work: Callable[[Input], object], given: Input) -> float:
    began = process_time()
    work(given)
    return process_time() - began
