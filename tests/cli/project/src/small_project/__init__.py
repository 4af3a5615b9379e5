"""A project with the settings and the command line of the real one, and pipelines that take no time."""
