"""Comparison: recorded runs side by side, ranked, with how sure the differences are."""
