"""config.yaml, video folders and label files: what is accepted, and what a refusal says."""

from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from configuration import ROW, table, written
from facetally.emotions import CLASS_OF
from facetally.errors import ConfigError, FacetallyError, LabelError
from facetally.study.config import Study, load_study
from facetally.study.datasets import read_folder
from facetally.study.detectors import NETWORKS_OF
from facetally.study.finetuning import Finetuning
from facetally.study.golden import LabelFiles
from facetally.study.inputs import Inputs
from facetally.study.labelling import Labelling
from facetally.study.labels import read_rows
from facetally.study.schema import read_schema
from facetally.study.steps import EveryNthFrame, EverySeconds
from support.recognizers import finetuned, shipped, write_card
from support.repository import ROOT


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with two videos and their labels."""
    (tmp_path / "clips").mkdir()
    for name in ("b_1.mp4", "a 2.MKV"):
        (tmp_path / "clips" / name).touch()
    (tmp_path / "clips" / "notes.txt").touch()
    (tmp_path / "labels.csv").write_text("filename,label\nb_1,Positive\n")
    finetuned(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(text: str) -> Study:
    return load_study(yaml.safe_load(text))


def changes_of(study: Study, name: str) -> dict[str, str]:
    """Return the emotions whose class in a mapping differs from the paper's."""
    mapping = study.mappings[name]
    return {emotion: label for emotion, label in mapping.items() if label != CLASS_OF[emotion]}


def refusal(text: str) -> str:
    with pytest.raises(FacetallyError) as error:
        load(text)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.usefixtures("folder")
def test_every_key_but_datasets_has_a_default() -> None:
    study = load("datasets: {d: {videos: clips}}")
    assert (study.step, study.segment_frames) == (EveryNthFrame(20), 1000)
    assert (study.detectors, study.engine) == (("haar", "mtcnn"), "onnx")
    assert study.device == "auto"
    assert study.scratch is None
    assert study.methods == ("majority", "mean_score", "ensemble")
    assert study.finetuning == Finetuning(unfreeze_blocks=0, epochs=30, seed=1)
    assert study.recognizer is None
    assert (study.min_confidence, study.min_face_height) == ({"mtcnn": 0}, 0)
    assert (study.face, study.mapping) == ("first", "paper")
    assert study.class_of == CLASS_OF
    assert {name: changes_of(study, name) for name in study.mappings} == {
        "paper": {},
        "fear_negative": {"fear": "Neg"},
        "sad_negative": {"sad": "Neg"},
        "fear_sad_negative": {"fear": "Neg", "sad": "Neg"},
    }
    assert not study.datasets["d"].labels
    assert (study.golden, study.label_names) == ("majority", {})
    assert study.labelling == Labelling()
    assert not study.is_rated
    assert dict(study.datasets["d"].videos) == {
        "a 2": Path("clips/a 2.MKV"),
        "b_1": Path("clips/b_1.mp4"),
    }


@pytest.mark.usefixtures("folder")
def test_frames_are_sampled_by_time() -> None:
    study = load("{datasets: {d: {videos: clips}}, sampling: {every_seconds: 0.1}}")
    assert study.step == EverySeconds(Fraction(1, 10))
    assert str(study.step) == "every-seconds=1/10"


@pytest.mark.usefixtures("folder")
def test_numbers_given_as_text_are_read_where_numbers_are_wanted() -> None:
    """As Snakemake reads ``--config 'sampling={every_nth_frame: 10}'``."""
    config = {
        "datasets": {"d": {"videos": "10"}},
        "sampling": {"every_nth_frame": "10"},
        "finetuning": {"epochs": "7", "seed": "0x10", "unfreeze_blocks": 2},
        "scratch": "20",
    }
    Path("10").mkdir()
    Path("10/one.mp4").touch()
    study = load_study(config)
    assert study.step == EveryNthFrame(10)
    assert study.finetuning == Finetuning(unfreeze_blocks=2, epochs=7, seed=16)
    assert study.scratch == Path("20")
    assert study.datasets["d"].videos == {"one": Path("10/one.mp4")}
    assert config["sampling"] == {"every_nth_frame": "10"}, "the caller's own is changed"
    with pytest.raises(ConfigError, match="every_nth_frame: 0 is too small"):
        load_study(config | {"sampling": {"every_nth_frame": "0"}})
    for text in ("ten", "[10]", "9" * 5000, ""):
        with pytest.raises(ConfigError, match="is not of type integer"):
            load_study(config | {"sampling": {"every_nth_frame": text}})


@pytest.mark.usefixtures("folder")
def test_every_key_is_read() -> None:
    study = load(
        "{datasets: {d: {videos: clips, labels: labels.csv}}, sampling: {every_nth_frame: 3}, "
        "detectors: [mtcnn], segment_frames: 50, engine: fer, device: cuda, scratch: fast/disk, "
        "methods: [mean_score, majority], "
        "finetuning: {unfreeze_blocks: 2, epochs: 7.0, seed: 0}, recognizer: model.yaml, "
        "min_confidence: 0.9, min_face_height: 40, "
        "golden: unanimous, label_names: {gut: positive, -1: NEG}, label: {videos: unlabelled, "
        "sample: 20, seed: 2, sound: false, previews: all}, "
        "face: tracked, mapping: mine, mappings: {mine: {sad: NEG, happy: neutral, fear: Positive}}}"
    )
    assert (study.step, study.segment_frames) == (EveryNthFrame(3), 50)
    assert study.detectors == ("mtcnn",)
    assert (study.engine, study.device) == ("fer", "cuda")
    assert study.scratch == Path("fast/disk")
    assert study.methods == ("majority", "mean_score")
    assert study.finetuning == Finetuning(unfreeze_blocks=2, epochs=7, seed=0)
    assert study.recognizer is not None
    assert study.recognizer.network == Path("model.onnx")
    assert (study.min_confidence, study.min_face_height) == ({"mtcnn": 0.9}, 40)
    assert (study.face, study.mapping) == ("tracked", "mine")
    assert list(study.mappings) == ["paper", "mine"]
    assert changes_of(study, "mine") == {"sad": "Neg", "happy": "Neut", "fear": "Pos"}
    assert study.class_of == study.mappings["mine"]
    assert changes_of(study, "paper") == {}
    assert study.datasets["d"].label_files == [Path("labels.csv")]
    assert (study.golden, study.label_names) == ("unanimous", {"gut": "Pos", "-1": "Neg"})
    assert study.labelling == Labelling("unlabelled", 20, 2, sound=False, previews="all")


@pytest.mark.usefixtures("folder")
def test_the_papers_method_always_is_there_and_one_detector_makes_no_ensemble() -> None:
    one = "datasets: {d: {videos: clips}}, detectors: [haar]"
    assert load(f"{{{one}}}").methods == ("majority", "mean_score")
    assert load(f"{{{one}, methods: [ensemble]}}").methods == ("majority",)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["2019", "'2019'", "2019-10-05", "a-B_9"])
def test_dataset_names_are_text(name: str) -> None:
    assert list(load(f"datasets: {{{name}: {{videos: clips}}}}").datasets) == [name.strip("'")]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "config.yaml: key 'datasets' is missing"),
        ("datasets: {}", "config.yaml: datasets: nothing is given; at least one is needed"),
        ("datasets: {d: {labels: labels.csv}}", "config.yaml: datasets.d: key 'videos' is missing"),
        ("datasets: {d: clips}", "config.yaml: datasets.d: 'clips' is not of type object"),
        ("datasets: {'2/3': {videos: clips}}", "dataset name '2/3' cannot be used"),
        ("datasets: {yes: {videos: clips}}", "dataset name 'True' cannot be used"),
        ("datasets: {2019: {videos: clips}, '2019': {videos: clips}}", "2019 is given twice"),
        ("{datasets: {d: {videos: clips}}, sampling: {every_nth_frame: 0}}", "sampling.every_nth_frame: 0 is too small; it must be 1 or more"),
        ("{datasets: {d: {videos: clips}}, sampling: {every_nth_frame: 2, every_seconds: 1}}", "config.yaml: sampling: every_nth_frame and every_seconds cannot both be used; remove one"),
        ("{datasets: {d: {videos: clips}}, sampling: {every_seconds: 0}}", "sampling.every_seconds: 0 is too small; it must be 0.001 or more"),
        ("{datasets: {d: {videos: clips}}, sampling: {every_nth_frame: 2.5}}", "sampling.every_nth_frame: 2.5 is not of type integer"),
        ("{datasets: {d: {videos: clips}}, sampling: {every_nth_frames: 2}}", "sampling: unknown key 'every_nth_frames'; did you mean 'every_nth_frame'?"),
        ("{dataset: {d: {videos: clips}}}", "unknown key 'dataset'; did you mean 'datasets'?"),
        ("{datasets: {d: {videos: clips}}, detectors: [dlib]}", "detectors.0: 'dlib' is unknown (known: haar, mtcnn, centerface)"),
        ("{datasets: {d: {videos: clips}}, detectors: [haar, haar]}", "detectors: ['haar', 'haar'] lists an item twice; remove one"),
        ("{datasets: {d: {videos: clips}}, detectors: []}", "detectors: nothing is given"),
        ("{datasets: {d: {videos: clips}}, segment_frames: -1}", "segment_frames: -1 is too small"),
        ("{datasets: {d: {videos: clips}}, engine: dnn}", "engine: 'dnn' is unknown (known: onnx, fer)"),
        ("{datasets: {d: {videos: clips}}, device: gpu}", "device: 'gpu' is unknown (known: auto, cpu, cuda)"),
        ("{datasets: {d: {videos: clips}}, methods: [mode]}", "methods.0: 'mode' is unknown (known: majority, mean_score, ensemble, calibrated, finetuned)"),
        ("{datasets: {d: {videos: clips}}, finetuning: {unfreeze_blocks: 3}}", "finetuning.unfreeze_blocks: 3 is too large; it must be 2 or less"),
        ("{datasets: {d: {videos: clips}}, finetuning: {epoch: 3}}", "finetuning: unknown key 'epoch'; did you mean 'epochs'?"),
        ("{datasets: {d: {videos: clips}}, recognizer: absent.yaml}", "config.yaml: recognizer: absent.yaml does not exist; name a card, or write fer"),
        ("{datasets: {d: {videos: clips}}, recognizer: clips}", "recognizer: clips does not exist; name a card, or write fer"),
        ("{datasets: {d: {videos: clips}}, emotion_model: own/m.onnx}", "config.yaml: emotion_model: is now recognizer, which names a card; copy models/finetuned.yaml to own/m.yaml, name the network in it (network: m.onnx), and write recognizer: own/m.yaml"),
        ("{datasets: {d: {videos: clips}}, recognizer: model.onnx}", "config.yaml: recognizer: model.onnx is a network; name its card instead, see docs/recognizers.md"),
        ("{datasets: {d: {videos: clips}}, min_confidence: {2019: 0.5}}", "min_confidence.2019: is not one of detectors (haar, mtcnn); remove it"),
        ("{datasets: {d: {videos: clips}}, min_confidence: .nan}", "config.yaml: min_confidence: nan is not a finite number; correct it"),
        ("{datasets: {d: {videos: clips}}, min_confidence: 2}", "min_confidence: 2 is too large; it must be 1 or less"),
        ("{datasets: {d: {videos: clips}}, min_confidence: {centerface: 0.5}}", "min_confidence.centerface: is not one of detectors (haar, mtcnn); remove it"),
        ("{datasets: {d: {videos: clips}}, min_confidence: {haar: 0.5}}", "min_confidence.haar: haar gives no confidence; remove it"),
        ("{datasets: {d: {videos: clips}}, min_face_height: -1}", "min_face_height: -1 is too small; it must be 0 or more"),
        ("{datasets: {d: {videos: clips}}, face: biggest}", "face: 'biggest' is unknown (known: first, largest, tracked, person)"),
        ("{datasets: {d: {videos: clips}}, mapping: sad}", "mapping: 'sad' is unknown (known: paper, fear_negative, sad_negative, fear_sad_negative)"),
        ("{datasets: {d: {videos: clips}}, mapping: sad_negative, mappings: {m: {sad: neg}}}", "mapping: 'sad_negative' is unknown (known: paper, m)"),
        ("{datasets: {d: {videos: clips}}, mappings: {m: {feer: neg}}}", "mappings.m: unknown key 'feer'; did you mean 'fear'? (known: angry, disgust, fear, happy, sad, surprise, neutral)"),
        ("{datasets: {d: {videos: clips}}, mappings: {m: {fear: bad}}}", "mappings.m.fear: 'bad' is unknown (known: Positive, Neutral, Negative)"),
        ("{datasets: {d: {videos: clips}}, mappings: {m: {}}}", "mappings.m: nothing is given; at least one is needed"),
        ("{datasets: {d: {videos: clips}}, mappings: {paper: {fear: neg}}}", "mappings.paper: is the paper's own mapping; rename yours"),
        ("datasets: {d: {videos: nowhere}}", "dataset d: folder nowhere does not exist; create it or correct datasets.d.videos"),
        ("datasets: {d: {videos: clips, labels: absent.csv}}", "absent.csv: label file does not exist"),
    ],
)  # fmt: skip
def test_a_refusal_is_one_line(text: str, message: str) -> None:
    assert message in refusal(text)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{datasets: {d: {videos: clips}}, methods: [calibrated]}", "methods: calibrated learns from golden labels, but no dataset has any; name a label file or remove calibrated"),
        ("{datasets: {d: {videos: clips, labels: labels.csv}}, methods: [finetuned]}", "dataset d: nothing can be learned: all its labels are Pos; add videos of another class"),
        ("{datasets: {d: {videos: clips, labels: empty}}, methods: [finetuned]}", "config.yaml: methods: finetuned learns from golden labels, but no dataset has any; name a label file or remove finetuned"),
        ("{datasets: {d: {videos: clips, labels: labels.csv}}, golden: zoe}", "config.yaml: golden: zoe is not a rater of dataset d (raters: labels); name one, or write majority or unanimous"),
    ],
)  # fmt: skip
def test_labels_that_do_not_suffice_are_no_obstacle_to_labelling(text: str, message: str) -> None:
    Path("empty").mkdir()
    inputs = Inputs(load(text))
    inputs.check(["label"])
    inputs.check(["results/label/d.html"])
    for targets in ([], ["raw"], ["label", "all"]):
        with pytest.raises(FacetallyError) as error:
            inputs.check(targets)
        assert message in str(error.value)


@pytest.mark.usefixtures("folder")
def test_a_detector_that_no_package_has_is_refused_by_the_engine_fer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(NETWORKS_OF, "profile", ())
    config = "datasets: {d: {videos: clips}}, detectors: [haar, profile]"
    assert load(f"{{{config}}}").detectors == ("haar", "profile")
    assert refusal(f"{{{config}, engine: fer}}") == (
        "config.yaml: engine: fer has no detector profile (it has haar, mtcnn, centerface); "
        "use engine: onnx"
    )


def test_a_recognizer_among_the_studys_own_results_is_refused(folder: Path) -> None:
    card = folder / "results" / "finetuned" / "d" / "haar" / "model.yaml"
    card.parent.mkdir(parents=True)
    write_card(card, shipped("finetuned"))
    outside = write_card(
        folder / "outside.yaml",
        shipped("finetuned") | {"network": "results/finetuned/d/haar/model.onnx"},
    )
    for name, said in (
        ("results/finetuned/d/haar/model.yaml", "results/finetuned/d/haar/model.yaml"),
        (str(card), str(card)),
        (outside.name, "results/finetuned/d/haar/model.onnx"),
    ):
        assert refusal(f"{{datasets: {{d: {{videos: clips}}}}, recognizer: {name}}}") == (
            f"config.yaml: recognizer: {name}: {said} is in results, which this study "
            "rebuilds; copy it elsewhere and name the copy"
        )


def test_a_folder_without_videos_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    (tmp_path / "inner.mp4").mkdir()
    with pytest.raises(
        ConfigError, match=r"dataset d: folder .* holds no video \(\*\.mp4 \*\.mov"
    ):
        read_folder("d", tmp_path)


def test_two_videos_of_one_name_are_refused(folder: Path) -> None:
    (folder / "clips" / "b_1.avi").touch()
    with pytest.raises(ConfigError, match=r"b_1\.avi and .*b_1\.mp4 have the same name"):
        read_folder("d", folder / "clips")


def test_hidden_files_are_no_videos(folder: Path) -> None:
    (folder / "clips" / "._b_1.mp4").touch()
    assert list(read_folder("d", folder / "clips").videos) == ["a 2", "b_1"]


def test_videos_the_workflow_renders_need_not_exist(tmp_path: Path) -> None:
    promised = [tmp_path / "demo" / "clip.mp4", tmp_path / "other" / "clip.mp4"]
    assert read_folder("d", tmp_path / "demo", promised).videos == {"clip": promised[0]}
    (tmp_path / "demo.csv").write_text("filename,label\nclip,Pos\n")
    dataset = {"videos": str(tmp_path / "demo"), "labels": str(tmp_path / "demo.csv")}
    study = load_study({"datasets": {"d": dataset}}, promised)
    assert study.datasets["d"].label_files == [tmp_path / "demo.csv"]


def labels_of(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return {row.name: row.label for row in read_rows(path)}


def test_labels_in_any_spelling(tmp_path: Path) -> None:
    text = "filename,label\na,Positive\nb,NEUT\nc,neg\nd,Negative\ne,pos\nf,Neutral\n"
    assert labels_of(tmp_path, text) == {
        "a": "Pos",
        "b": "Neut",
        "c": "Neg",
        "d": "Neg",
        "e": "Pos",
        "f": "Neut",
    }


def test_label_files_as_spreadsheets_write_them(tmp_path: Path) -> None:
    text = '\ufeffsource,filename,label\r\nx,"a, b",Pos\r\n\r\nx, 007 , neg \r\n'
    assert labels_of(tmp_path, text) == {"a, b": "Pos", "007": "Neg"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; write the header filename,label"),
        ("name,label\na,Pos\n", "the header is 'name,label'; it must name the columns filename,label"),
        ("filename,label\na,Pos\nb,Happy\n", "row 3: label 'Happy' of b is unknown; write Positive, Neutral or Negative, or name it in label_names"),
        ("filename,label\na\n", "row 2: label '' of a is unknown"),
        ("filename,label\n,Pos\n", "row 2: the filename is empty"),
        ("filename,label\na,Pos\na,Pos\n", "row 3: a is labelled twice, as in row 2; remove one of the rows"),
    ],
)  # fmt: skip
def test_a_bad_label_file_is_refused_with_the_row(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LabelError) as error:
        labels_of(tmp_path, text)
    assert str(error.value).startswith(str(tmp_path / "labels.csv"))
    assert message in str(error.value)


def test_labels_without_videos_are_listed(folder: Path) -> None:
    (folder / "labels.csv").write_text("filename,label\nb_1.mp4,Pos\nc.mp4,Neg\nd,Neut\n")
    message = refusal("datasets: {d: {videos: clips, labels: labels.csv}}")
    assert message == (
        "labels.csv: label without a video: c.mp4, d; add the videos or remove the rows"
    )


def test_a_label_for_what_is_passed_over_is_not_counted(folder: Path) -> None:
    (folder / "clips" / "more" / "deep").mkdir(parents=True)
    for name in ("c.rm", "e.jpg", "more/d.mp4", "more/deep/G.mp4", "notes.txt"):
        (folder / "clips" / name).touch()
    rows = "b_1,Pos\nc.mp4,Neg\nd,Neut\nmore/e,Neg\nmore,Pos\ng.MP4,Pos\n"
    (folder / "labels.csv").write_text(f"filename,label\n{rows}")
    study = load_study({"datasets": {"d": {"videos": "clips", "labels": "labels.csv"}}})
    assert study.not_analysed == [
        ("d", "c", "clips/c.rm"),
        ("d", "d", "clips/more/d.mp4"),
        ("d", "more/e", "clips/e.jpg"),
        ("d", "more", "clips/more"),
        ("d", "g", "clips/more/deep/G.mp4"),
    ]
    assert study.passed_over == [Path("clips", name) for name in ("more", "c.rm", "e.jpg")]
    assert study.datasets["d"].labels.golden_labels(study.datasets["d"].videos) == {"b_1": "Pos"}
    # Nobody takes a text for a video.
    (folder / "labels.csv").write_text(f"filename,label\n{rows}notes,Pos\n")
    assert refusal("datasets: {d: {videos: clips, labels: labels.csv}}") == (
        "labels.csv: label without a video: notes; add the videos or remove the rows"
    )


def test_what_a_study_names_or_makes_itself_is_not_passed_over(folder: Path) -> None:
    (folder / "a.mp4").touch()
    for name in ("results", "scratch", "sub/more"):
        (folder / name).mkdir(parents=True)
    (folder / "labels.dat").write_text("filename,label\n")
    (folder / "sub" / "more" / "b.mp4").touch()
    datasets = {
        "here": {"videos": ".", "labels": "labels.dat"},
        "clips": {"videos": "clips"},
        "below": {"videos": str(folder / "sub" / "more")},
    }
    config = {"datasets": datasets, "scratch": "scratch", "recognizer": "model.yaml"}
    assert load_study(config).passed_over == []
    (folder / "other").mkdir()
    assert load_study(config).passed_over == [Path("other")]


def test_a_dataset_has_no_or_one_label_file(tmp_path: Path) -> None:
    labels_of(tmp_path, "filename,label\na,Pos\n")
    assert LabelFiles().golden_labels(["a"]) == {}
    assert LabelFiles([tmp_path / "labels.csv"]).golden_labels(["a", "b"]) == {"a": "Pos"}


def test_the_configuration_page_is_written_from_the_schema() -> None:
    page = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    rows = table(read_schema("config"))
    assert written(page, rows) == page
    assert sorted(ROW.findall(page)) == sorted(rows)
    for key, row in rows.items():
        _, _, _, meaning, example = row.strip("| ").split(" | ")
        assert meaning
        assert key.rpartition(".")[2] in example


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("11/10", "config.yaml: part: 11/10 is not one of 10 parts; write 1/10"),
        ("0/10", "config.yaml: part: '0/10' cannot be read; write it like 1/10, in quotes"),
        ("a tenth", "config.yaml: part: 'a tenth' cannot be read; write it like 1/10, in quotes"),
    ],
)
def test_a_part_that_is_none_is_refused(part: str, said: str) -> None:
    assert refusal(f"{{datasets: {{d: {{videos: clips}}}}, part: {part}}}") == said


@pytest.mark.usefixtures("folder")
def test_a_dataset_that_snakemake_takes_for_periodic_is_refused() -> None:
    name = "x" * 20
    assert refusal(f"datasets: {{{name}: {{videos: clips}}}}") == (
        f"config.yaml: dataset name {name} ends in the same text twenty times over, "
        "which Snakemake refuses; rename it"
    )
