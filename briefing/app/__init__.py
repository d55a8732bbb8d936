"""The use cases: what the product does, one file or folder each."""
