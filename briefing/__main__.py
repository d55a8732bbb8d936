"""The command line: the console script, and ``python -m briefing``."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; Ctrl-C ends it also while it is being loaded."""
    try:
        from briefing.cli import main as run  # noqa: PLC0415  Ctrl-C strikes there
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
