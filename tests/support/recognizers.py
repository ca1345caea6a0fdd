"""Cards, and networks with the shapes of published ones and known answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper
from support.repository import ROOT

CARDS = ROOT / "models"


def model(
    path: Path,
    slopes: Sequence[float] = (1.0, -1.0, 0.0),
    size: Sequence[int | str] = ("n", 64, 64, 1),
    classes: str | None = None,
    activation: str = "Softmax",
    outputs: int = 1,
) -> Path:
    """Write a network whose labels depend only on the mean of its input.

    The logits are five times the slopes times that mean.
    """
    kernel = np.asarray([slopes], np.float32) * 5
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axis"], ["column"]),
        helper.make_node("MatMul", ["column", "kernel"], ["logits"]),
        helper.make_node(activation, ["logits"], ["labels"]),
    ]
    results = [
        helper.make_tensor_value_info("labels", TensorProto.FLOAT, [size[0], len(slopes)]),
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, [size[0], len(slopes)]),
    ]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, size)],
        results[:outputs],
        [
            numpy_helper.from_array(np.asarray([1], np.int64), "axis"),
            numpy_helper.from_array(kernel, "kernel"),
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if classes:
        helper.set_model_props(made, {"made_by": "facetally", "classes": classes})
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(made, path)
    return path


def shipped(name: str) -> dict[str, Any]:
    """Read a card that ships, without the checksum of a file that the tests do not have."""
    card: dict[str, Any] = yaml.safe_load((CARDS / f"{name}.yaml").read_text("utf-8"))
    card.pop("sha256", None)
    return card


def write_card(path: Path, card: dict[str, Any]) -> Path:
    """Write a card."""
    path.write_text(yaml.safe_dump(card, sort_keys=False))
    return path


def finetuned(folder: Path, slopes: Sequence[float] = (1.0, -1.0, 0.0)) -> Path:
    """Write a card and its network as ``snakemake finetuned`` does; return the card."""
    model(folder / "model.onnx", slopes, classes="Pos,Neg,Neut")
    return write_card(folder / "model.yaml", shipped("finetuned"))
