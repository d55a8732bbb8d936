"""A small day, made once for all tests of what proves it, and what use cases begin with."""

from tests.app.conftest import desk, store
from tests.small_day import made

__all__ = ["desk", "made", "store"]
