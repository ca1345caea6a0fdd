"""The versions of Snakemake with which this folder's modules have been tried."""

from typing import Final

TRIED: Final = ("9.27",)


def is_tried(otherwise: str) -> bool:
    """Say whether the installed Snakemake is one of these; report in one line if it is not.

    Args:
        otherwise: what does not work then.
    """
    import snakemake
    from snakemake.logging import logger

    if ".".join(snakemake.__version__.split(".")[:2]) in TRIED:
        return True
    logger.warning(
        f"facetally: Snakemake {snakemake.__version__} has not been tried (tried: "
        f"{', '.join(TRIED)}): {otherwise}; install the version of the lock file"
    )
    return False
