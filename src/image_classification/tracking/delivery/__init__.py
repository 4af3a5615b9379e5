"""The way of a record to its store: sent in the background, kept while the store fails, delivered later."""
