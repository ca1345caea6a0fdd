"""Networks of a user's own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WAY_OUT = "name a model.onnx that snakemake finetuned has made, or remove emotion_model"


def model(
    path: Path,
    slopes: Sequence[float] = (1.0, -1.0, 0.0),
    size: Sequence[int | str] = ("n", 64, 64, 1),
    classes: str | None = "Pos,Neg,Neut",
    activation: str = "Softmax",
    outputs: int = 1,
) -> Path:
    """Write a network whose classes depend on a picture's brightness alone."""
    kernel = np.asarray([slopes], np.float32) * 5
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axis"], ["column"]),
        helper.make_node("MatMul", ["column", "kernel"], ["logits"]),
        helper.make_node(activation, ["logits"], ["classes"]),
    ]
    results = [
        helper.make_tensor_value_info("classes", TensorProto.FLOAT, ["n", len(slopes)]),
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", len(slopes)]),
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
        helper.set_model_props(made, {"classes": classes})
    onnx.save(made, path)
    return path
