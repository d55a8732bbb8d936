"""Asks web addresses: guarded, bounded and politely."""
