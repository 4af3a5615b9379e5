"""Reading picture files of every kind."""
