"""Finders of figures, quotations and dates ahead, each verbatim with its place in the source."""
