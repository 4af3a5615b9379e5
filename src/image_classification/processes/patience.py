"""How long a thread of torch that has nothing to do keeps its core, hoping for the next piece of work."""

from collections.abc import MutableMapping

# Rounds of waiting, some 15 to 40 ns each. GNU's OpenMP, which torch brings along on Linux, makes 300,000: as
# long as two processes share the cores, most of their time goes by in them. An update of a small network then
# took more than 160 ms on two cores, with this number 17, and alone, as without it, 0.7. (With 1,000 or none
# it takes 1 or 2 ms even alone, as the threads have to be woken each time.)
SPINS = 10_000
_NAMES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


def give_way_soon(environment: MutableMapping[str, str]) -> None:
    """Have threads that wait leave their cores soon, unless somebody has said how long they shall wait.

    Args:
        environment: of this process, in which OpenMP looks once, when it is loaded.
    """
    if not any(name in environment for name in _NAMES):
        environment["GOMP_SPINCOUNT"] = str(SPINS)
