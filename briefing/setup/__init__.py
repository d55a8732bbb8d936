"""The only rooms that name adapters and read the clock: from settings to parts that work."""
