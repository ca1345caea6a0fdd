"""Lines about a running video: frames done, faces found, frames a second."""

import logging
import time
from collections.abc import Sized
from typing import Final, TextIO, TypeVar

INTERVAL_S: Final = 10.0
Faces = TypeVar("Faces", bound=Sized)


class Progress:
    """Report how far a video is: every ten seconds, and when it is done.

    The lines are whole, not redrawn, because several videos run at a time and the output may go
    to a file. A video that is done before the first line has none on the terminal: Snakemake
    counts it. The log has its last line in any case.

    Args:
        terminal: where the lines go.
        title: what runs, for instance ``2019/haar/biden_58_0``.
        interval: seconds between two lines.
    """

    def __init__(self, terminal: TextIO, title: str, interval: float = INTERVAL_S) -> None:
        self.frames = 0
        self.faces = 0
        self._terminal = terminal
        self._title = title
        self._interval = interval
        self._start = self._last = time.monotonic()

    def add(self, faces: Faces) -> Faces:
        """Count one more frame and the faces found in it, which are passed on."""
        self.frames += 1
        self.faces += len(faces)
        if time.monotonic() - self._last >= self._interval:
            self._last = time.monotonic()
            print(self._line("..."), file=self._terminal, flush=True)
        return faces

    def done(self) -> None:
        """Report the final figures."""
        line = self._line("done")
        logging.getLogger(__name__).info(line)
        if self._last > self._start:
            print(line, file=self._terminal, flush=True)

    def _line(self, state: str) -> str:
        rate = self.frames / max(time.monotonic() - self._start, 1e-9)
        return (
            f"{self._title}: frames {self.frames}, faces {self.faces}, {rate:.1f} frames/s {state}"
        )
