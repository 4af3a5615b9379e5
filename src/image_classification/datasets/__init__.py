"""Kedro datasets of our own, each with a preview for kedro-viz."""
