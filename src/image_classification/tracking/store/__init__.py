"""The place where runs are kept: its settings, opening it, and reading what is there."""
