"""What a process has freed goes back to the system, and does not wait in it for a next time."""

import ctypes

MAPPED_BYTES_MIN = 256 * 1024

_M_MMAP_THRESHOLD = -3  # <malloc.h>


def return_what_is_freed() -> None:
    """glibc maps a large block alone and unmaps it once it is freed; but then it takes that size for a usual one, and
    keeps the next ones in its heaps, of which each thread has its own. With a fixed bound it learns nothing: a worker
    holds what its pictures take now, and not what the largest took in each thread. Other C libraries have no such
    call, and no such habit."""
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(_M_MMAP_THRESHOLD, MAPPED_BYTES_MIN)
