"""Publishing a run and bundling a model need an up-to-date study; anything else is refused."""

import json
import os
import re
import shutil
import sys
from dataclasses import replace
from functools import partial

import pytest
from conftest import GUARD, ROOT, dirty, dvc, jpeg, run

from colorization.core.errors import InputError
from colorization.core.files import read_table
from colorization.core.params import load_config
from colorization.report.labels import Labels
from tools import bundle, publish
from tools.publish import bring, claims, predictions

pytestmark = pytest.mark.slow


def refused(main, monkeypatch, *words: str) -> str:
    """What a tool says that refuses to work."""
    monkeypatch.setattr(sys, "argv", [main.__module__, *words])
    with pytest.raises(InputError) as told:
        main()
    return str(told.value)


def test_a_run_is_published_when_it_is_up_to_date(repository, monkeypatch):
    monkeypatch.chdir(repository)
    words = ["trial", "--time", "a minute"]
    run([sys.executable, "-m", "tools.publish", *words], repository)
    page = (repository / "results/trial/README.md").read_text()
    revision = run(["git", "rev-parse", "HEAD"], repository).stdout.strip()
    assert f"git checkout {revision}" in page and "| VAE |" in page and page.count("undecided") > 3
    linked = set(re.findall(r"\]\((\S+?\.(?:png|jpg|lock|csv))\)", page))
    assert linked and all((repository / "results/trial" / name).exists() for name in linked)
    assert {"figure-4-resnet-predictions.jpg", "figure-6-gan-predictions.jpg", "comparison.jpg"} <= linked
    history = read_table(repository / "results/trial/history.csv")
    assert set(history.model) == set(load_config().models) and (history.epoch >= 1).all() and (history.seed >= 1).all()
    assert (repository / "results/trial/params.yaml").read_text() == (repository / "params.yaml").read_text()
    shutil.rmtree(repository / "results/trial")
    params = repository / "params.yaml"
    before = params.read_text()
    params.write_text(before.replace("split: test", "split: val"))
    assert "evaluate.split: val is for experiments" in refused(publish.main, monkeypatch, *words)
    params.write_text(before.replace("resamples: 200", "resamples: 300"))
    assert "not up to date; run: dvc repro" in refused(publish.main, monkeypatch, *words)
    params.write_text(before)
    (repository / "stages/plot.py").open("a").write("\n")
    assert "uncommitted changes (M stages/plot.py)" in refused(publish.main, monkeypatch, *words)
    run(["git", "reset", "-q", "--hard"], repository)
    assert not (repository / "results/trial").exists()


def test_the_printed_commands_name_the_place_for_your_photographs():
    config = load_config(ROOT / "presets/sample.yaml")
    kaggle = replace(config.data, source="kaggle")
    assert bring(config) == "" == bring(replace(config, data=kaggle))
    folder = replace(config.data, source="folder", folder=replace(config.data.folder, path={"a": "a.zip", "b": "work"}))
    told = "# put the photographs at a.zip, work, where these parameters look for them\n"
    assert bring(replace(config, data=folder)) == told
    started = replace(config, data=folder, train=replace(config.train, start={"vae": "vae.safetensors"}))
    assert bring(started).removeprefix(told).startswith("# put the weights of an earlier training at vae.safetensors, ")


def test_a_run_without_the_papers_models_has_no_section_of_its_claims():
    row = {"sentence": "s", "section": "1", "rule": "r", "figure": "0.5", "verdict": "refuted"}
    assert claims({}) == "" and "✗ refuted" in claims({"great": row})


def test_the_papers_figures_keep_their_numbers():
    found = predictions(["gan", "ours"], Labels({"gan": "GAN", "ours": "ours"}, {})).split("\n\n")
    assert found[0].startswith("![Figure 6 of the paper: GAN:") and found[0].endswith("(figure-6-gan-predictions.jpg)")
    assert found[1] == "![ours: gray input, results, originals](ours-predictions.jpg)"


def test_a_bundled_model_is_in_the_package_and_in_a_clone(repository, tmp_path):
    bundled, command = repository / "src/colorization/photo/weights", [sys.executable, "-m", "tools.bundle"]
    for path in bundled.iterdir():
        path.unlink()
    run([*command, "resnet", "vae"], repository)
    made = {path.name: path.read_bytes() for path in bundled.iterdir()}
    assert set(made) == {"README.md", "resnet.md", "resnet.onnx", "vae.md", "vae.onnx"}
    assert all(f"[{name}]({name}.md)" in made["README.md"].decode() for name in ("resnet", "vae"))
    run(["git", "add", "-A"], repository)
    (bundled / "vae.onnx").write_bytes(b"another")
    run([*command, "vae"], repository)
    assert (bundled / "vae.onnx").read_bytes() == made["vae.onnx"], "the same model is the same bytes"
    run(["git", "checkout", "-q", "--", "."], repository)
    assert 2 * len(made["vae.onnx"]) < 1.1 * (repository / "models/vae.safetensors").stat().st_size
    page, revision = made["vae.md"].decode(), run(["git", "rev-parse", "HEAD"], repository).stdout.strip()
    assert f"git checkout {revision}\ndvc repro\npython -m tools.bundle resnet vae\n" in page and "| VAE |" in page
    audit = json.loads((repository / "data/lab/audit.json").read_text())
    assert f"{audit['used']['train']:,} training photographs at 32×32 px" in page and "| portraits |" in page
    assert f"| all ({audit['used']['test']}): `colorize`, vividness " in page

    run(["git", "commit", "-qm", "a bundled model"], repository)
    run(["git", "clone", "-q", str(repository), str(tmp_path / "clone")], tmp_path)
    (tmp_path / "photo.jpg").write_bytes(jpeg(1))
    env = os.environ | {"PYTHONPATH": f"{GUARD}{os.pathsep}{tmp_path / 'clone/src'}"}
    colorize = [sys.executable, "-m", "colorization.command.main"]
    done = run([*colorize, "photo.jpg", "-o", "out.jpg", "--model", "vae"], tmp_path, env=env)
    assert "with vae: out.jpg" in done.stdout
    score = json.loads((repository / "metrics/scores/vae.json").read_text())["delta_e"]
    rows = map(str.split, run([*colorize, "--list"], tmp_path, env=env).stdout.splitlines())
    (listed,) = (row for row in rows if row[:1] == ["vae"])
    assert float(listed[1]) == pytest.approx(score, abs=0.02) and int(listed[4]) == audit["used"]["train"]
    run(["git", "reset", "-q", "--hard", revision], repository)


def test_an_outdated_model_is_not_bundled(repository, monkeypatch):
    monkeypatch.chdir(repository)
    refusal = partial(refused, bundle.main, monkeypatch, "vae")
    assert "unet: unknown model" in refused(bundle.main, monkeypatch, "unet")
    bad = run([sys.executable, "-m", "tools.bundle", "unet"], repository, check=False)
    assert bad.returncode == 1 and bad.stderr.startswith("error: ") and bad.stderr.count("\n") == 1
    params = repository / "params.yaml"
    before = params.read_text()
    params.write_text(before + "# a remark\n")
    dvc(repository, "commit", "--force", "report")  # as if run again: the page shows the file
    assert "params.yaml: in no committed run" in refusal()
    params.write_text(before.replace("lr: 0.001", "lr: 0.002"))
    assert "not up to date; run: dvc repro" in refusal()
    params.write_text(before)
    (repository / "stages/plot.py").open("a").write("\n")
    assert "uncommitted changes (M stages/plot.py)" in refusal()
    run(["git", "reset", "-q", "--hard"], repository)
    assert not dirty(repository)
