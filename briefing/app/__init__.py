"""The use cases: what the product does, with one file or folder for each."""
