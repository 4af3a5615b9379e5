"""The benchmarks by name, in the order of the table. Each is a module here with `run(workspace) -> [Row, …]`."""

BENCHMARKS = (
    "article_epoch",
    "overhead",
    "peers",
    "matmul",
    "preparation",
    "later_epochs",
    "memory",
    "whole_command",
    "time_to_99",
)
