"""The sandbox in which everything from outside is parsed: child processes with limits."""
