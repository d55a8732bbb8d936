"""Everything that is kept: sources, documents, editions, and what they printed."""

from sqlalchemy import Connection as Transaction

from briefing.store.store import Store, open_store

__all__ = ["Store", "Transaction", "open_store"]
