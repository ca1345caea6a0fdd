"""End Snakemake with one line, not a traceback, if Ctrl-C comes while it is being imported.

That takes seconds in which nothing of the workflow has run yet. ``python envs/interrupts.py``,
which make runs, puts this file into the environment of that Python, which then imports it at its
start (https://docs.python.org/3/library/site.html). From ``workflow/config.smk`` on, Ctrl-C is
handled by ``facetally.snakemake_compat.stopping``.
"""

import os
import sys

STOPPED = (
    b"facetally: stopped on request; what is done stays, and the same command resumes the study\n"
)


def listen() -> None:
    """Handle Ctrl-C in a process that runs Snakemake, unless it is ignored."""
    import atexit
    import signal

    def stop(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        os.write(2, STOPPED)
        atexit._run_exitfuncs()  # Snakemake may have made its temporary folder.
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, stop)


def install() -> None:
    """Put this file into the environment of this Python."""
    import sysconfig
    from pathlib import Path

    packages = Path(sysconfig.get_path("purelib"))
    (packages / "facetally_interrupts.py").write_bytes(Path(__file__).read_bytes())
    (packages / "facetally_interrupts.pth").write_text("import facetally_interrupts\n")


if __name__ == "__main__":
    install()
elif any(os.path.basename(word) == "snakemake" for word in sys.orig_argv[1:3]):  # noqa: PTH119
    listen()
