"""What TensorFlow runs on. Importing this module imports it, which takes about ten seconds."""

import os

from facetally.detect.environment import no_cuda

# Set before TensorFlow is loaded, whose start-up messages have nothing to do with the study.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf


def use_device(device: str, threads: int) -> str:
    """Choose the device for TensorFlow, before it computes anything.

    Args:
        device: ``cpu``, ``cuda``, or ``auto`` for CUDA where TensorFlow finds a GPU.
        threads: threads that it may use.

    Returns:
        The device in TensorFlow's words: ``CPU:0`` or ``GPU:0``.

    Raises:
        EnvironmentBrokenError: if CUDA is asked for and cannot be used.
    """
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    if device == "cpu":
        tf.config.set_visible_devices([], "GPU")
    gpus = tf.config.get_visible_devices("GPU")
    if device == "cuda" and not gpus:
        raise no_cuda(f"TensorFlow {tf.__version__} finds no usable GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    return "GPU:0" if gpus else "CPU:0"
