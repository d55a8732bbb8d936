"""Pure text processing: segment, filter, cluster, rank, classify and find."""
