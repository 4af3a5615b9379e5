"""Evaluation: predictions, metrics and figures of a trained network."""
