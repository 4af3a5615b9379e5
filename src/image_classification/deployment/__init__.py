"""Pipelines as others run them: in groups of nodes, each in a process or on a machine of its own."""
