import gc

from hypothesis import settings

# As the command line does (briefing.cli.main): to look through all that stays less often.
gc.set_threshold(20_000, 10, 10)

# How long an example takes is no matter of what is tested.
settings.register_profile("thorough", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=20)
settings.load_profile("thorough")


def pytest_collection_finish() -> None:
    """Leave what was imported out of every later look of the garbage collector."""
    gc.collect()
    gc.freeze()
