"""Refusals of the workflow itself, as Snakemake reports errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from snakemake.exceptions import WorkflowError

from facetally.errors import FacetallyError


class RefusedError(WorkflowError):  # type: ignore[misc]
    """An error of Snakemake that a user can act on.

    Snakemake adds the lines of code that an error has come through, which say nothing about a
    study: this one shows it none.
    """

    # Python sets it where an error passes through a context.
    __traceback__ = property(lambda _: None, lambda *_: None)


RefusedError.__name__ = WorkflowError.__name__  # Printed above the line.


@contextmanager
def refusing() -> Iterator[None]:
    """Let Snakemake report an error that a user can act on.

    Raises:
        RefusedError: in place of a FacetallyError, with its line.
    """
    try:
        yield
    except FacetallyError as error:
        raise RefusedError(f"facetally: {error}") from None
