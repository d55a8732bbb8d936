"""The store: sources, documents, editions, readers, and the work of the round."""

from sqlalchemy import Connection as Transaction

from briefing.store.store import Store, open_store

__all__ = ["Store", "Transaction", "open_store"]
