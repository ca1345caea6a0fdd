"""Real batch systems on this machine for the duration of a test: SLURM and Grid Engine, as root.

Each has one node and one fake GPU, and writes everything to the test's own folder.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from support.processes import wait_for

CORES = 8
MEMORY_MB = 20_000


@dataclass(frozen=True)
class Record:
    """A job as its cluster remembers it, with times in seconds."""

    number: str
    gpus: int
    start: float
    end: float


def free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Cluster(ABC):
    """A running batch system."""

    programs: tuple[str, ...]
    """The commands that must be installed."""

    profile: str
    arguments: tuple[str, ...]
    """What a test adds to the profile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }

    def call(self, *command: str, check: bool = True) -> str:
        """Run a command of the cluster; return its output."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60
        )
        if check and done.returncode:
            raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    @abstractmethod
    def start(self) -> None:
        """Start its daemons, and wait until it accepts jobs."""

    @abstractmethod
    def stop(self) -> None:
        """End its jobs and daemons."""

    @abstractmethod
    def running(self) -> list[str]:
        """Return the numbers of running jobs that have a GPU."""

    @abstractmethod
    def cancel(self, number: str) -> None:
        """Cancel a job as its user would."""

    @abstractmethod
    def records(self) -> list[Record]:
        """Return all jobs that have ended."""


class Slurm(Cluster):
    """SLURM, as packaged by Debian."""

    programs = ("slurmctld", "slurmd", "sbatch", "munged")
    profile = "slurm"
    # It keeps no accounting, which sacct would need.
    arguments = (
        "--slurm-no-account",
        "--slurm-status-command=squeue",
        "--slurm-init-seconds-before-status-checks=2",
    )

    def start(self) -> None:
        folder = self.folder
        controller, node = free_ports(2)
        for name in ("munge", "state", "spool", "bin"):
            (folder / name).mkdir(mode=0o700)
        conf = folder / "slurm.conf"
        settings = {
            "ClusterName": "test",
            "SlurmctldHost": "localhost(127.0.0.1)",
            "SlurmctldPort": controller,
            "SlurmdPort": node,
            "AuthType": "auth/munge",
            "AuthInfo": f"socket={folder}/munge/socket",
            "SlurmUser": "root",
            "SlurmdUser": "root",
            "StateSaveLocation": folder / "state",
            "SlurmdSpoolDir": folder / "spool",
            "SlurmctldPidFile": folder / "slurmctld.pid",
            "SlurmdPidFile": folder / "slurmd.pid",
            "SlurmctldLogFile": folder / "slurmctld.log",
            "SlurmdLogFile": folder / "slurmd.log",
            "ProctrackType": "proctrack/linuxproc",
            "TaskPlugin": "task/none",
            "JobAcctGatherType": "jobacct_gather/none",
            "AccountingStorageType": "accounting_storage/none",
            "MpiDefault": "none",
            "ReturnToService": 2,
            "SchedulerParameters": "sched_interval=2,batch_sched_delay=0",
            "SelectType": "select/cons_tres",
            "SelectTypeParameters": "CR_Core_Memory",
            "GresTypes": "gpu",
            "SlurmdParameters": "config_overrides",
            "MinJobAge": 86400,
            "KillWait": 5,
        }
        conf.write_text(
            "".join(f"{key}={value}\n" for key, value in settings.items())
            + f"NodeName=localhost NodeAddr=127.0.0.1 CPUs={CORES} RealMemory={MEMORY_MB} Gres=gpu:1\n"
            "PartitionName=all Nodes=localhost Default=YES MaxTime=INFINITE\n"
        )
        (folder / "gres.conf").write_text("NodeName=localhost Name=gpu Count=1 File=/dev/null\n")
        # Snakemake's executor hides SLURM_CONF from it.
        srun = folder / "bin" / "srun"
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={conf} exec {shutil.which("srun")} "$@"\n')
        srun.chmod(0o755)
        self.environment["SLURM_CONF"] = str(conf)
        self.environment["PATH"] = f"{folder / 'bin'}{os.pathsep}{self.environment['PATH']}"
        key = folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        munge = folder / "munge"
        self.call(
            "munged", "--force", f"--key-file={key}", f"--socket={munge}/socket",
            f"--pid-file={munge}/pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed",
        )  # fmt: skip
        self.call("slurmctld", "-f", str(conf))
        self.call("slurmd", "-N", "localhost", "-f", str(conf))
        wait_for(
            lambda: "idle" in self.call("sinfo", "--noheader", "-o", "%T", check=False), 60, 0.1
        )

    def stop(self) -> None:
        self.call("scancel", "--user=root", check=False)
        time.sleep(1)
        for name in ("slurmctld.pid", "slurmd.pid", "munge/pid"):
            if (self.folder / name).exists():
                self.call("kill", (self.folder / name).read_text().strip(), check=False)

    def running(self) -> list[str]:
        said = self.call(
            "squeue", "--noheader", "--states=RUNNING", "--Format=JobID,tres-per-job:100"
        )
        return [line.split()[0] for line in said.splitlines() if "gpu:1" in line]

    def cancel(self, number: str) -> None:
        self.call("scancel", number)

    def records(self) -> list[Record]:
        records = []
        for line in self.call("scontrol", "--oneliner", "show", "job").splitlines():
            fields = dict(re.findall(r"(\S+?)=(\S+)", line))
            if fields.get("JobState") in (None, "PENDING", "RUNNING", "COMPLETING"):
                continue
            gpus = re.search(r"gres:gpu:(\d+)", line)
            start, end = (
                datetime.fromisoformat(fields[key]).timestamp() for key in ("StartTime", "EndTime")
            )
            records.append(Record(fields["JobId"], int(gpus[1]) if gpus else 0, start, end))
        return records


class GridEngine(Cluster):
    """Grid Engine, as packaged by Debian."""

    programs = ("sge_qmaster", "sge_execd", "qsub")
    profile = "sge"
    arguments = ()

    def start(self) -> None:
        root = self.folder / "root"
        master, node = free_ports(2)
        common, spool = root / "default" / "common", self.folder / "spool"
        for path in (common, spool / "spooldb", spool / "qmaster", spool / "execd"):
            path.mkdir(parents=True)
        for name in ("util", "utilbin", "lib", "bin"):
            (root / name).symlink_to(f"/var/lib/gridengine/{name}")
        self.folder.chmod(0o755)  # Part of it runs as another user.
        here = socket.gethostname()
        (common / "bootstrap").write_text(
            "admin_user sgeadmin\ndefault_domain none\nignore_fqdn true\n"
            "spooling_method berkeleydb\nspooling_lib libspoolb\n"
            f"spooling_params {spool}/spooldb\nbinary_path /usr/sbin\n"
            f"qmaster_spool_dir {spool}/qmaster\nsecurity_mode none\n"
            "listener_threads 2\nworker_threads 2\nscheduler_threads 1\n"
        )
        (common / "act_qmaster").write_text("localhost\n")
        (common / "host_aliases").write_text(f"localhost {here}\n")
        self.environment |= {
            "SGE_ROOT": str(root),
            "SGE_CELL": "default",
            "SGE_QMASTER_PORT": str(master),
            "SGE_EXECD_PORT": str(node),
        }
        self.call("chown", "-R", "sgeadmin", str(root / "default"), str(spool))
        self.call(
            "/usr/share/gridengine/scripts/init_cluster", str(root), "default",
            f"{spool}/spooldb", "sgeadmin",
        )  # fmt: skip
        self.call("chown", "-R", "sgeadmin", str(root / "default"), str(spool))
        self.call("sge_qmaster")
        wait_for(lambda: self.call("qconf", "-sh", check=False), 60, 0.1)
        self.call("qconf", "-as", "localhost")
        self._change("conf", "global", min_uid=0, min_gid=0, execd_spool_dir=spool / "execd")
        complexes = self.call("qconf", "-sc") + "gpus gpu INT <= YES JOB 0 0\n"
        self.call("qconf", "-Mc", str(self._file("complexes", complexes)))
        self._change(
            "sconf", "", schedule_interval="0:0:1", flush_submit_sec=1, flush_finish_sec=1
        )
        self.call("sge_execd")
        wait_for(lambda: "lx-" in self.call("qhost"), 60, 0.1)
        pe = (
            "pe_name smp\nslots 999\nuser_lists NONE\nxuser_lists NONE\nstart_proc_args NONE\n"
            "stop_proc_args NONE\nallocation_rule $pe_slots\ncontrol_slaves FALSE\n"
            "job_is_first_task TRUE\nurgency_slots min\naccounting_summary FALSE\n"
            "qsort_args NONE\n"
        )
        self.call("qconf", "-Ap", str(self._file("pe", pe)))
        self.call(
            "qconf",
            "-Ahgrp",
            str(self._file("hosts", "group_name @allhosts\nhostlist localhost\n")),
        )
        queue = self._set(
            self.call("qconf", "-sq"),
            qname="all.q",
            hostlist="@allhosts",
            slots=CORES,
            pe_list="smp",
            load_thresholds="NONE",
        )
        self.call("qconf", "-Aq", str(self._file("queue", queue)))
        self.call("qconf", "-aattr", "exechost", "complex_values", "gpus=1", "localhost")

    def _file(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.write_text(content)
        return path

    @staticmethod
    def _set(text: str, **settings: object) -> str:
        for key, value in settings.items():
            text = re.sub(rf"^{key}\b.*", f"{key} {value}", text, flags=re.M)
        return text

    def _change(self, kind: str, name: str, **settings: object) -> None:
        old = self.call("qconf", f"-s{kind}", *filter(None, [name]))
        self.call("qconf", f"-M{kind}", str(self._file(name or kind, self._set(old, **settings))))

    def stop(self) -> None:
        self.call("qdel", "-u", "root", check=False)
        time.sleep(1)
        self.call("qconf", "-kej", "all", check=False)
        time.sleep(1)
        self.call("qconf", "-km", check=False)

    def running(self) -> list[str]:
        # Its own resource option lists queues that have the resource, whoever uses it.
        said = self.call("qstat", "-s", "r", "-r", check=False)
        jobs = [job.split() for job in re.split(r"^(?= *\d+ \d)", said, flags=re.M)[1:]]
        return [words[0] for words in jobs if words[4] == "r" and "gpus=1" in words]

    def cancel(self, number: str) -> None:
        self.call("qdel", number)

    def records(self) -> list[Record]:
        records = []
        accounting = self.folder / "root/default/common/accounting"
        for line in accounting.read_text().splitlines() if accounting.exists() else []:
            if line.startswith("#"):
                continue
            fields = line.split(":")
            gpus = re.search(r"gpus=(\d+)", line)
            records.append(
                Record(fields[5], int(gpus[1]) if gpus else 0, float(fields[9]), float(fields[10]))
            )
        return records


@contextmanager
def started(kind: type[Cluster]) -> Iterator[Cluster]:
    """Start a cluster, and stop it at the end."""
    with TemporaryDirectory(prefix="cluster-", ignore_cleanup_errors=True) as folder:
        cluster = kind(Path(folder))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
