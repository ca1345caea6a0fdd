"""One line about a running video: frames done, faces found, frames a second."""

import time
from collections.abc import Sized
from typing import Final, TextIO, TypeVar

INTERVAL_S: Final = 10.0
Faces = TypeVar("Faces", bound=Sized)


class Progress:
    """Report how far a video is: every ten seconds, and when it is done.

    Whole lines rather than a redrawn one, because several videos run at a time and the
    output may go to a file.

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
        self._start = self._told = time.monotonic()

    def add(self, faces: Faces) -> Faces:
        """Count one more frame and the faces found in it, which are passed on."""
        self.frames += 1
        self.faces += len(faces)
        if time.monotonic() - self._told >= self._interval:
            self._tell("...")
        return faces

    def done(self) -> None:
        """Report the final figures."""
        self._tell("done")

    def _tell(self, state: str) -> None:
        self._told = time.monotonic()
        rate = self.frames / max(self._told - self._start, 1e-9)
        print(
            f"{self._title}: frames {self.frames}, faces {self.faces}, "
            f"{rate:.1f} frames/s {state}",
            file=self._terminal,
            flush=True,
        )
