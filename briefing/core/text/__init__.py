"""What is done with words: segment, gate, cluster, rank, classify and find; pure."""
