"""HTTP requests to web addresses: guarded, bounded and polite."""
