"""Refusals of the workflow itself, as Snakemake reports errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from facetally.errors import FacetallyError


@contextmanager
def refusing() -> Iterator[None]:
    """Let Snakemake report an error that a user can act on.

    Raises:
        WorkflowError: in place of a FacetallyError, with its line.
    """
    from snakemake.exceptions import WorkflowError

    try:
        yield
    except FacetallyError as error:
        raise WorkflowError(f"facetally: {error}") from None
