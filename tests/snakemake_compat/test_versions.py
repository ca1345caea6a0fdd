"""With an untested Snakemake, its private parts are left alone."""

import logging
from types import SimpleNamespace

import pytest
import snakemake
from facetally.snakemake_compat.records import Records, travel
from facetally.study.contents import Digests


def test_an_untried_version_is_reported_in_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(snakemake, "__version__", "10.1.2")
    workflow = SimpleNamespace()
    with caplog.at_level(logging.WARNING):
        travel(workflow, Records([], Digests()), [])
    assert caplog.messages == [
        "facetally: Snakemake 10.1.2 has not been tried (tried: 9.27): records do not travel with "
        "results; install the version of the lock file"
    ]
    assert vars(workflow) == {}
