"""The networks of fer and mtcnn by name, and which of them a face detector needs.

Only the standard library is imported: the workflow itself reads this.
"""

from typing import Final

NETWORKS: Final = ("pnet", "rnet", "onet", "emotion")
"""mtcnn's three networks, in the order of its cascade, and fer's."""

NETWORKS_WITH: Final = {"haar": ("emotion",), "mtcnn": NETWORKS}
"""The networks that run with each face detector."""
