"""Password hashes that take a millisecond, for tests that need hundreds of them."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from briefing.app import access


@pytest.fixture(autouse=True, scope="module")
def light_hashes() -> Iterator[None]:
    """Let Argon2id take a millisecond, not a quarter of a second.

    What a hash really costs is asked in tests/app.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        access._decoy.cache_clear()
        yield
    access._decoy.cache_clear()
