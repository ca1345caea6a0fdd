"""Turn pictures of people into vectors that faces are compared with.

In: ``models``, mtcnn's networks; ``recognition``, dlib's; ``params.people``, the pictures of each
person.
Out: ``references``, NumPy's npz, readable only by the owner: see facetally.faces.identity_files.
"""

from pathlib import Path

from facetally.detect.detector import open_detector
from facetally.detect.embedding import Embedder
from facetally.detect.networks import Networks
from facetally.faces.identity_files import write_references
from facetally.faces.references import reference_vectors
from facetally.run.job import logged_job

with logged_job(snakemake.log[0]):
    networks = Networks(Path(snakemake.input.models[0]).parent, "cpu")
    people = {
        person: list(map(Path, pictures)) for person, pictures in snakemake.params.people.items()
    }
    detector = open_detector("mtcnn", networks)
    embedder = Embedder(networks, Path(snakemake.input.recognition))
    vectors = reference_vectors(people, detector, embedder)
    write_references(Path(snakemake.output.references), vectors)
