"""A study on Kubernetes, whose API a small server plays and whose pods are processes here."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.clips import noise, write_clip
from support.repository import ROOT
from support.snakemake_runs import snakemake
from support.studies import write_config

PROFILE = ROOT / "workflow" / "profiles" / "kubernetes" / "config.yaml"
LIMITED = threading.Semaphore(2)


class Api(BaseHTTPRequestHandler):
    """Answers what Snakemake's executor asks, as Kubernetes does; the first pod is evicted."""

    pods: dict[str, dict[str, Any]]
    jobs: list[dict[str, Any]]
    asked: set[tuple[str, str]]

    def do_POST(self) -> None:
        """Make a secret, or a job, whose pod starts at once."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        kind = self._note("create")
        if kind == "jobs":
            resources = body["spec"]["template"]["spec"]["containers"][0]["resources"]
            gpus = [
                of.get("nvidia.com/gpu")
                for of in (resources["requests"], resources.get("limits", {}))
            ]
            if gpus[0] != gpus[1]:
                return self._answer({"message": "Limit must be set"}, 422)
            self.jobs.append(body)
            self.pods[body["metadata"]["name"]] = {"running": {}}
            threading.Thread(target=self._run, args=(body, len(self.jobs) == 1)).start()
        return self._answer(body, 201)

    def _run(self, body: dict[str, Any], evicted: bool) -> None:
        """Run a pod's command with no more than an image gives it."""
        (container,) = body["spec"]["template"]["spec"]["containers"]
        command = ["false"] if evicted else [*container["command"], *container["args"]]
        env = {"PATH": "/usr/bin:/bin", "HOME": self.home}
        with LIMITED:
            process = subprocess.run(command, cwd="/", env=env, capture_output=True, text=True)
        code = process.returncode
        self.pods[body["metadata"]["name"]] = {
            "terminated": {"exitCode": code},
            "log": process.stderr,
        }

    def do_GET(self) -> None:
        """Give the state of a job, its pod or the pod's log."""
        kind = self._note("list" if self.path.split("?")[0].endswith("pods") else "get")
        name = re.search(r"snakejob-[\w-]+", self.path)[0]
        state = self.pods[name]
        if kind == "pods/log":
            # As Kubernetes does where no container was started twice.
            if "previous=True" in self.path:
                return self._answer({"message": "previous terminated container not found"}, 400)
            return self._answer(state["log"])
        if kind == "pods":
            container = {
                "name": "snakemake", "image": "", "imageID": "", "ready": True, "restartCount": 0,
                "state": {key: state[key] for key in state if key != "log"},
            }  # fmt: skip
            pod = {"metadata": {"name": name}, "status": {"containerStatuses": [container]}}
            return self._answer({"items": [pod]})
        code = state.get("terminated", {}).get("exitCode")
        return self._answer({"status": {"failed": int(bool(code)), "succeeded": int(code == 0)}})

    def do_DELETE(self) -> None:
        """Pretend."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._note("delete")
        self._answer({})

    def _note(self, verb: str) -> str:
        """Note what is done to what, as a cluster's roles name it."""
        parts = self.path.split("?")[0].split("/namespaces/ours/")[1].split("/")
        kind = "/".join(parts[::2])
        self.asked.add((kind, verb))
        return kind

    def _answer(self, body: object, status: int = 200) -> None:
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Api]]:
    """The server, to which kubectl's configuration points."""
    handler = type(
        "Handler", (Api,), {"pods": {}, "jobs": [], "asked": set(), "home": str(tmp_path)}
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever).start()
    here = {"cluster": "c", "user": "u"}
    config = {
        "clusters": [
            {"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}
        ],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "c", "context": here}],
        "current-context": "c",
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    yield handler
    server.shutdown()
    server.server_close()


def test_a_study_runs_on_kubernetes(tmp_path: Path, api: type[Api]) -> None:
    study = tmp_path / "a study"
    for video in ("one", "two"):
        write_clip(study / "data" / f"{video}.mp4", noise(25))
    write_config(study, datasets={"set": {"videos": "data"}}, device="cpu")
    process = snakemake(
        study, "--profile", str(PROFILE.parent), "--kubernetes-namespace=ours",
        f"--kubernetes-persistent-volumes=facetally:{study}", "--seconds-between-status-checks=1",
    )  # fmt: skip
    assert process.returncode == 0, process.stdout
    assert "Trying to restart" in process.stdout
    assert (study / "results" / "report" / "index.html").exists()

    # The videos' jobs are one pod, whose jobs share its GPU.
    templates = [job["spec"]["template"]["spec"] for job in api.jobs]
    args = [template["containers"][0]["args"][1] for template in templates]
    (videos,) = [of for of, command in zip(templates, args, strict=True) if "sample_f" in command]
    (container,) = videos["containers"]
    assert (container["image"], container["command"]) == ("facetally", ["/bin/sh"])
    limits = {
        "cpu": "2000m",
        "memory": "4000M",
        "ephemeral-storage": "500M",
        "nvidia.com/gpu": "1",
    }
    assert container["resources"]["limits"] == limits
    assert container["resources"]["requests"] == limits | {"cpu": "1900m"}
    assert {"name": "facetally", "mountPath": str(study)} in container["volumeMounts"]
    claim = {"name": "facetally", "persistentVolumeClaim": {"claimName": "facetally"}}
    assert claim in videos["volumes"]
    assert videos["tolerations"][0]["key"] == "nvidia.com/gpu"
    for told in (f"cd '{study}' && ", "detector=haar,video=one", "video=two"):
        assert told in container["args"][1]
    ran = api.pods[api.jobs[templates.index(videos)]["metadata"]["name"]]["log"]
    assert set(re.findall(r"Execute (\d+) jobs", ran)) == {"1"}
    assert not any("nvidia.com/gpu" in str(of) for of in templates if of is not videos)

    # What the manifest allows is what has been asked for.
    manifests = yaml.safe_load_all((PROFILE.parent / "cluster.yaml").read_text())
    (role,) = [manifest for manifest in manifests if manifest["kind"] == "Role"]
    allowed = {
        (resource, verb)
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert api.asked == allowed


def test_the_pods_of_the_manifest_fit_the_profile() -> None:
    profile = yaml.safe_load(PROFILE.read_text())
    manifests = yaml.safe_load_all((PROFILE.parent / "cluster.yaml").read_text())
    of_kind = {manifest["kind"]: manifest for manifest in manifests}
    assert {manifest["metadata"]["name"] for manifest in of_kind.values()} == {"facetally"}
    (container,) = of_kind["Pod"]["spec"]["containers"]
    (mount,) = container["volumeMounts"]
    assert container["image"] == profile["container-image"]
    assert profile["kubernetes-persistent-volumes"] == [f"facetally:{mount['mountPath']}"]
    assert of_kind["PersistentVolumeClaim"]["spec"]["accessModes"] == ["ReadWriteMany"]
