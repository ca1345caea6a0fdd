"""The exported networks, made as the workflow makes them."""

import os
import subprocess
import sys
from pathlib import Path

from support.repository import ROOT


def export_networks(folder: Path) -> Path:
    """Export the networks to ONNX in a process of its own; give the folder."""
    code = (
        "import sys; from pathlib import Path; from facetally.detect.export import export_models; "
        "export_models(Path(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow")},
        check=True,
        capture_output=True,
        timeout=300,
    )
    return folder
