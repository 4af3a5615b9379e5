"""Data sets in MNIST's own format, IDX archives."""
