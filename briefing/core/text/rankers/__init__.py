"""One ranking method a file; each names its paper."""
