"""Processes that end with the one that started them, so that none goes on writing alone."""

import signal
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1
"""From <linux/prctl.h>."""


def end_with_parent() -> None:
    """Let Linux end this process when its parent ends, even by SIGKILL."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
