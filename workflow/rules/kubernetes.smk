# Jobs on Kubernetes run where the study is: in its folder, on a volume that all pods mount.
#
# Snakemake's executor would have them fetch their files from a store; but the rules read the
# study's videos and configuration wherever they run.

import os
import shlex

from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

KUBERNETES = ExecutorPluginRegistry().plugins.get("kubernetes")

if KUBERNETES:
    # Asked after this has been read.
    KUBERNETES.common_settings.implies_no_shared_fs = False

    class InTheStudysFolder(KUBERNETES.executor):
        """Snakemake's executor, with jobs that start in the study's folder."""

        def __post_init__(self):
            super().__post_init__()
            read_log = self.kubeapi.read_namespaced_pod_log

            def read_namespaced_pod_log(*, previous, **of_pod):
                # Of a failed job it asks for the log of a container before this one. There is
                # none: no container starts twice. The refusal would end the study.
                return read_log(**of_pod)

            self.kubeapi.read_namespaced_pod_log = read_namespaced_pod_log

        def get_job_exec_prefix(self, job):
            return f"cd {shlex.quote(os.getcwd())}"

    KUBERNETES.executor = InTheStudysFolder
