import errno
import inspect
import re

import pytest

from briefing.core import errors
from briefing.core.errors import (
    BriefingError,
    FetchError,
    InputError,
    OutputError,
    PreflightError,
    UnknownNameError,
    UsageError,
    naming,
    reading,
    reason_of,
    remedy_of,
    writing,
)

#: A line of the tree: its depth in characters, its name, and its exit code where it tells one.
_BRANCH = re.compile(r"^([│ ├└─]*)(\w+Error)\b(?:.*\(exit (\d)\))?", re.MULTILINE)


def drawn() -> dict[str, tuple[str | None, int]]:
    """Return parent and exit code of each error as the module's docstring draws them."""
    tree: dict[str, tuple[str | None, int]] = {}
    path: list[str] = []
    for edge, name, code in _BRANCH.findall(inspect.getdoc(errors) or ""):
        del path[len(edge) // 4 :]
        parent = path[-1] if path else None
        tree[name] = (parent, int(code) if code else tree[parent][1] if parent else 1)
        path.append(name)
    return tree


def built() -> dict[str, tuple[str | None, int]]:
    """Return parent and exit code of each error as the classes have them."""
    classes = [found for _, found in inspect.getmembers(errors, inspect.isclass)]
    return {
        found.__name__: (
            None if found is BriefingError else found.__mro__[1].__name__,
            found.exit_code,
        )
        for found in classes
        if issubclass(found, BriefingError)
    }


def test_the_tree_that_is_drawn_is_that_of_the_classes_and_of_exit_codes() -> None:
    assert drawn() == built()
    assert len(built()) > 5
    codes = {name: code for name, (_, code) in built().items()}
    usage = {name for name in codes if issubclass(getattr(errors, name), UsageError)}
    assert {name for name, code in codes.items() if code == 2} == usage
    assert set(codes.values()) == {1, 2}


def test_an_unknown_name_is_told_with_the_known_ones_in_order_in_one_line() -> None:
    for known in [("b", "a", "c"), {"c": 1, "b": 2, "a": 3}, iter("cab")]:
        error = UnknownNameError("ranker", "laed", known)
        assert str(error) == "unknown ranker 'laed'; known: a, b, c"
    assert "\n" not in str(UnknownNameError("theme", "two\nlines", ()))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OSError("odd"), "odd"),
        (OSError(), "OSError"),
    ],
)
def test_why_the_system_refused_is_always_said(error: OSError, reason: str) -> None:
    assert reason_of(error) == reason


def test_why_the_system_refused_is_said_with_what_to_do() -> None:
    assert remedy_of(OSError(errno.EROFS, "")).startswith("mount its disk for writing")
    assert remedy_of(OSError(errno.ENOENT, "")) == "check its folder and permissions"
    assert remedy_of(OSError(), otherwise="name another") == "name another"


def test_errors_of_the_system_and_of_input_name_their_place_and_what_is_gone() -> None:
    error = PreflightError(["store: not writable", "relay: no answer"], exit_code=2)
    assert error.lines == ("store: not writable", "relay: no answer")
    assert (str(error), error.exit_code) == ("store: not writable; relay: no answer", 2)
    missing, full = FileNotFoundError(errno.ENOENT, "gone"), OSError(errno.ENOSPC, "full")
    gone = pytest.raises(FetchError, match=r"^news\.jsonl: cannot be read \(gone\)$")
    with gone as read, reading("news.jsonl", kind=FetchError):
        raise missing
    assert read.value.__cause__ is missing
    unwritten = pytest.raises(OutputError, match=r"^page\.pdf: cannot be written \(.+\); .+")
    with unwritten, writing("page.pdf"):
        raise full
    with pytest.raises(InputError, match=r"^line 3: no title$"), naming("line 3"):
        raise InputError("no title")
    with reading("a"), writing("b"), naming("c"):
        pass
    for status, over in [(0, False), (403, False), (404, True), (410, True)]:
        no = FetchError("no answer", status=status, passing=True)
        assert (no.gone, no.passing, str(no)) == (over, True, "no answer")
