"""The recorded model: it opens anywhere, without this project's code."""
