"""Memory that one training step frees and the next one wants again."""

import ctypes

# of glibc's malloc.h
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_LARGEST_MMAP_THRESHOLD = 32 * 1024**2  # glibc refuses more
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Let the C library keep what is freed for the next tensor, instead of giving it back to the system.

    A step frees and allocates the same activations and gradients. Given back, each of their pages has to be
    mapped and cleared anew: 4,000 page faults a step of a small network, and up to two thirds of its time on
    a virtual machine. The process keeps no more than it needed at its peak.

    Returns:
        Whether the C library is one that can be asked to (glibc, on Linux). Others are left as they are.
    """
    try:
        set_option = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    return bool(
        set_option(_M_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD) and set_option(_M_TRIM_THRESHOLD, _NEVER)
    )
