"""One training of several: what each command does for each, and what its result depends on.

Beside the pipelines, as a training depends on no other node of theirs.
"""
