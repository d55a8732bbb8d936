"""Migrations of the store, run by ``briefing.store.copies``."""
