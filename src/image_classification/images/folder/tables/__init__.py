"""Tables that say which file shows what: reading them, choosing their columns, finding their files."""
