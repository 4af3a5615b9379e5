"""The formats of an export: how each is written, opened and run, and what it carries of the preprocessing."""
