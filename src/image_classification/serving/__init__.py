"""A trained network that answers over HTTP: for programs, and for people on a page of its own."""
