"""The benchmarks by name, in the order of the table; each is a module here with a function `run`."""

BENCHMARKS = (
    "article_epoch",
    "overhead",
    "checkpoint_cost",
    "peers",
    "evaluation",
    "matmul",
    "preparation",
    "changed_folder",
    "growth",
    "memory",
    "beyond_memory",
    "whole_command",
    "time_to_99",
    "serving",
    "imports",
)

# take most of the time: a quick look leaves them out, unless they are asked for by name
LONG = ("peers", "growth", "beyond_memory", "whole_command", "time_to_99", "serving", "imports")
