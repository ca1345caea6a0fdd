"""ONNX Runtime, imported with its telemetry switched off.

Since 1.29 its packages report each process to Microsoft, and keep an identifier of the machine,
unless a variable is set before their first import (microsoft/onnxruntime, pull requests 27379 and
29843).
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

__all__ = ["onnxruntime"]
