"""What jobs claim of the cores and GPUs there are: functions of a job's wildcards.

Only the standard library is imported: the workflow itself uses this.
"""

from collections.abc import Callable
from typing import Any

from facetally.study.config import Study


class Claims:
    """The claims of a run's jobs.

    Args:
        study: what is run.
        by_need: returns the threads of a video's jobs where processors do all the work, of its
            wildcards and the number of cores.
        cores: how many threads run at a time; on a cluster, within one of its jobs.
        gpus: what ``--resources gpu=N`` or a profile says; None where nothing does, as within a
            job of a cluster.
        local: whether jobs run on this machine, and this process starts them.
        within_job: whether this process itself runs in a job of a cluster.
        processors: whether there is no GPU here that the networks could run on. It says nothing
            of a cluster's machines.
    """

    def __init__(
        self,
        study: Study,
        by_need: Callable[[Any, int], int],
        cores: int,
        gpus: int | None,
        local: bool,
        within_job: bool,
        processors: bool,
    ) -> None:
        self._study = study
        self._by_need = by_need
        self._cores = cores
        self._gpus = gpus
        self._local = local
        self._within_job = within_job
        self._without_gpu = study.device == "cpu" or gpus == 0 or (local and processors)

    def gpus(self, _: Any) -> int:
        """Return the GPUs of a detection job: one, unless processors do the work."""
        return 0 if self._without_gpu else 1

    def device(self, _: Any) -> str:
        """Return what a job's networks run on; one that claims no GPU takes none by itself."""
        asked = self._study.device
        return "cpu" if self._without_gpu and asked == "auto" else asked

    def threads(self, wildcards: Any) -> int:
        """Return the threads of a video's jobs.

        Without GPUs by need; with them the cores, shared by as many jobs as there are GPUs.
        Sampling jobs take as many as detection jobs: were they smaller, they would fill every
        core that falls free, and their frames the disk, before a detection job could start.
        """
        if self._without_gpu:
            return self._by_need(wildcards, self._cores)
        at_a_time = self._gpus or (1 if self._within_job else self._cores)
        return max(1, self._cores // at_a_time)

    def threads_to_export(self, _: Any) -> int:
        """Return all of this machine's cores, or one of a cluster's.

        What else ran beside it here would be sampling, of frames that nothing can use yet.
        """
        return self._cores if self._local else 1

    def threads_to_learn(self, _: Any) -> int:
        """Return the cores, shared by all heads that are learned."""
        labelled = [dataset for dataset in self._study.datasets.values() if dataset.labels]
        heads = len(labelled) * len(self._study.detectors)
        return max(1, self._cores // max(1, heads))
