"""A search for good parameters: what is tried, how it is drawn, and what is drawn of it."""
