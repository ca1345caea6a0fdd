"""What a run of the tests has left out, for its last line."""

from collections import Counter
from collections.abc import Iterable


def skipped_line(reasons: Iterable[str]) -> str:
    """Say how many tests were skipped, why, and how to run them.

    Args:
        reasons: of each skipped test; they say what to do, too.
    """
    counted = Counter(reason.removeprefix("Skipped: ") for reason in reasons)
    if not counted:
        return "facetally: no test was skipped"
    tests = "1 test was" if counted.total() == 1 else f"{counted.total()} tests were"
    said = "; ".join(f"{number} for {reason}" for reason, number in counted.most_common())
    return f"facetally: {tests} skipped: {said}"
