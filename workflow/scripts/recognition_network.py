"""Build dlib's recognition network from its weights.

Out: ``recognition``, ONNX.
"""

from facetally.detect.recognition import recognition_model, weights
from facetally.files import write_whole
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    network = recognition_model(weights()).SerializeToString(deterministic=True)
    write_whole(snakemake.output.recognition, lambda partial: partial.write_bytes(network))
