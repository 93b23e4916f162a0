"""What a process has freed goes back to the system, and does not wait in it for a next time."""

import ctypes

TRIM_SECONDS = 30.0
"""Between two, what was freed is used again: giving back each block as it is freed takes a sixth of a worker's CPU."""

_M_ARENA_MAX = -8  # <malloc.h>
_LIBC = ctypes.CDLL(None)


def share_one_heap() -> None:
    """For all threads: glibc gives each its own otherwise, and `trim` reaches the end of the first alone. Other C
    libraries have neither."""
    if mallopt := getattr(_LIBC, "mallopt", None):
        mallopt(_M_ARENA_MAX, 1)


def trim() -> None:
    """Takes up to some milliseconds. Without it, glibc keeps as much free memory as twice the largest block that was
    ever freed, and all that lies below what is in use."""
    if malloc_trim := getattr(_LIBC, "malloc_trim", None):
        malloc_trim(0)
