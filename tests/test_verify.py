"""`verify` itself: a proof that cannot fail proves nothing, so every defect of an assignment must be reported."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from support import ROOT

from autograder.observe import Run
from autograder.sandbox.contract import Answer
from autograder.verify.corrupt import NAMES, corrupted, damage, unchanged
from autograder.verify.seeds import allowed
from autograder.verify.wrong import mutants, starter

pytestmark = pytest.mark.wall


def edit(path, old, new):
    text = path.read_text()
    assert old in text, old
    path.write_text(text.replace(old, new))


def proof(cli, root, *more) -> tuple[int, dict]:
    done = cli("verify", "toy", "--json", "--seeds", 2, *more, cwd=root)
    assert done.stdout, done.stderr
    (report,) = json.loads(done.stdout)["assignments"]
    return done.returncode, report


def test_a_sound_assignment_is_proven(cli, toy_root):
    status, report = proof(cli, toy_root)
    assert (status, report["ok"], report["problems"]) == (0, True, [])
    assert report["reference"] == {"score": 100, "max_score": 100, "false_fails": 0}
    bound = pytest.approx(1 - 0.05 ** (1 / 6))
    assert report["judgements"] == {"made": 6, "lost": 0, "bound": bound, "which": []}
    assert report["work_seconds"] > 0 and report["seconds"] > 0
    assert report["starter"] == {"score": 0}
    assert [mutant["ok"] for mutant in report["mutants"]] == [True] * 3
    assert report["corruptions"]["tried"] == report["corruptions"]["caught"] > 20


def test_every_defect_is_reported(cli, toy_root):
    twin, folder = toy_root / "reference_solutions/toy", toy_root / "assignments/toy"
    # a mutant that the named check does not notice, one that loses more than it says, one that says nothing telling
    edit(
        twin / "mutants.yaml",
        "- name: sample_variance",
        "- name: survivor\n  story: computes the mean another way\n"
        '  edits: [{old: "return sum(numbers) / len(numbers)", new: "return math.fsum(numbers) / len(numbers)"}]\n'
        "  must_fail: [check_mean]\n- name: sample_variance",
    )
    edit(
        twin / "mutants.yaml", "must_fail: [check_spread_value, check_spread_ignores_a_shift]", "must_fail: [check_spread_value]"
    )
    edit(twin / "mutants.yaml", "says: [sum]", "says: [walrus]")
    # a right answer that is judged wrong
    (twin / "alternates/integers.py").write_text("def mean(numbers):\n    return 3\n\n\nspread = mean\n")
    # a check that passes on damaged answers, and one that raises on them
    edit(
        folder / "checks_hidden.py",
        'same(spread["value"], statistics.pstdev(numbers), call="spread(numbers)")',
        'spread["value"] * 2',
    )
    # a handout that is stale, is not 0, and holds an answer
    stub = folder / "handout/toy.py"
    edit(stub, 'raise NotImplementedError("TODO 1: mean")', "return sum(numbers) / len(numbers)")
    status, report = proof(cli, toy_root)
    problems = "\n".join(report["problems"])
    assert status == 1 and not report["ok"]
    assert "mutant survivor is not caught by check_mean" in problems
    assert "mutant not_centred also loses check_spread_ignores_a_shift" in problems
    assert "mutant sum_for_mean: the student reads none of walrus" in problems
    assert "alternate integers loses check_mean" in problems
    assert "mutant sample_variance is not caught by check_spread_value" in problems
    assert "check_spread_value passes when spread.value is damaged (nan)" in problems
    assert "check_spread_value does not judge when spread.value is damaged (wrong dtype)" not in problems  # refused by its type
    assert "the starter gets 40 points, expected 0: check_mean" in problems
    assert "solution text is left" in problems
    assert "toy.py is not what `autograder release` makes now" in problems


def test_a_wrong_reference_is_reported(cli, toy_root):
    edit(toy_root / "reference_solutions/toy/toy.py", "return math.sqrt(", "return 1.01 * math.sqrt(")
    status, report = proof(cli, toy_root)
    assert status == 1
    assert report["reference"]["score"] == 60 and report["reference"]["false_fails"] == 2
    assert report["judgements"]["bound"] > 0.5 and "seed 1: check_spread_value" in report["judgements"]["which"][1]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('new: "return sum(numbers)"}]', 'new: "return sum(numbers)", when: always}]', "when: unknown key"),
        ('old: "x - centre', 'old: "no such text', ""),
        ("name: not_centred", "name: sum_for_mean", "occurs 2 times"),
        ("must_fail: [check_mean]", "must_fail: []", "must_fail"),
        ('old: "return sum(numbers) / len(numbers)"', 'old: "numbers"', "times in the reference, expected once"),
    ],
)
def test_a_broken_mutants_file_is_an_error_with_its_place(cli, toy_root, old, new, words):
    path = toy_root / "reference_solutions/toy/mutants.yaml"
    path.write_text(path.read_text().replace(old, new))
    done = cli("verify", "toy", "--seeds", 2, cwd=toy_root)
    if words:
        assert done.returncode == 2, done.stdout + done.stderr
        assert "mutants.yaml" in done.stderr and words in " ".join(done.stderr.split())


def twice(cli, root):
    """A second assignment, the same under another name."""
    for part in ("assignments", "reference_solutions"):
        shutil.copytree(root / part / "toy", root / part / "toy_too")
    edit(root / "course.yaml", "- slug: toy", "- slug: toy\n      - slug: toy_too")
    assert cli("release", "toy_too", cwd=root).returncode == 0


def test_a_whole_course_is_proven_at_once_and_the_same_on_any_number_of_workers_and_either_wall(cli, toy_root):
    twice(cli, toy_root)
    found = []
    for more in (["--jobs", 1], ["--jobs", 4], ["--jobs", 2, "--sandbox", "bubblewrap"]):
        done = cli("verify", "--json", "--seeds", 3, *more, cwd=toy_root)
        assert done.returncode == 0 and done.stderr == "", done.stdout + done.stderr
        reports = json.loads(done.stdout)["assignments"]
        assert [report["slug"] for report in reports] == ["toy", "toy_too"]
        found.append([{key: value for key, value in each.items() if not key.endswith("seconds")} for each in reports])
    assert found[0] == found[1] == found[2]
    assert {**found[0][0], "slug": "toy_too"} == found[0][1]


def test_progress_says_how_far_it_is(cli, toy_root):
    done = cli("verify", "--seeds", 2, cwd=toy_root)
    lines = done.stderr.splitlines()
    assert lines[-1].startswith("verifying: 9 of 9") and all(": toy: " in line for line in lines)
    assert "0 of 6 judgements lost, a rate of at most 3.9e-01 with 95 % confidence" in done.stdout


def test_few_lost_judgements_are_within_the_design_and_many_are_not():
    assert [allowed(count) for count in (6, 600, 9_999, 10_000, 30_000, 1_000_000)] == [0, 0, 0, 1, 3, 100]


def test_the_table_shows_who_catches_what(cli, toy_root, tmp_path):
    twin = toy_root / "reference_solutions/toy/mutants.yaml"
    edit(twin, "must_fail: [check_spread_value, check_spread_ignores_a_shift]", "must_fail: [check_spread_value]")
    edit(twin, "story: forgets to divide", "story: <b>forgets</b> to divide")
    done = cli("verify", "toy", "--seeds", 2, "--table", tmp_path / "t", cwd=toy_root)
    assert done.returncode == 1
    assert {path.name for path in (tmp_path / "t").iterdir()} == {"toy.html", "toy.json", "index.html"}
    record = json.loads((tmp_path / "t/toy.json").read_text())
    assert [mutant["ok"] for mutant in record["mutants"]] == [True, True, False]
    assert record["mutants"][0]["outcomes"] == {"check_mean": "failed"}
    page = (tmp_path / "t/toy.html").read_text()
    assert "&lt;b&gt;forgets&lt;/b&gt;" in page and "http" not in page.replace("http-equiv", "") and "<script" not in page
    assert page.count('class="must"') == 3 and page.count('class="more"') == 1
    assert "toy.html" in (tmp_path / "t/index.html").read_text()


def test_the_tables_in_the_docs_are_of_todays_mutants_and_checks(course_of):
    """`autograder verify --table docs/mutants` makes them anew."""
    folder = ROOT / "docs/mutants"
    pages = sorted(folder.glob("*.json"))
    assert pages and sum(path.stat().st_size for path in folder.iterdir()) < 1_000_000
    for path in pages:
        record, prepared = json.loads(path.read_text()), course_of(path.stem)
        listed = [mutant for mutant, _ in mutants(prepared.assignment)]
        assert [(m["name"], m["must_fail"]) for m in record["mutants"]] == [(m.name, m.must_fail) for m in listed], path.name
        assert [check["id"] for check in record["checks"]] == [line.id for line in prepared.rubric.lines], path.name
        assert record["ok"] and all(mutant["ok"] for mutant in record["mutants"]), path.name
        assert f"{path.stem}.html" in (folder / "index.html").read_text()


def test_stages_that_begin_and_end_at_once_do_not_take_the_folder_from_each_other(toy):
    """A proof ended with `no folder for the stage`: one thread removed the empty folder that another was about to use."""
    from concurrent.futures import ThreadPoolExecutor

    from autograder.stage import staged

    def one(number: int) -> bool:
        with staged(starter(toy.assignment), toy.assignment) as stage:
            return (stage.boot / "driver.py").is_file()

    with ThreadPoolExecutor(max_workers=2) as workers:
        assert all(workers.map(one, range(400)))


VALUE = {"a": torch.tensor([1.0, 2.0, 3.5]), "n": 2.5, "items": [1.0, 2.0], "flag": True, "word": "yes"}


def make(value) -> Run:
    return Run("r", "toy", "", "", "", {}, {"obs": Answer(value)})


@pytest.mark.parametrize("leaf", VALUE)
def test_every_damage_is_a_change(leaf):
    run, other = make(VALUE), make({**VALUE, leaf: damage(VALUE[leaf], "zeros") if leaf != "word" else "no"})
    found = list(corrupted(run, other, {("obs", leaf)}))
    assert found
    for each in found:
        assert not unchanged(VALUE[leaf], each.run.answers["obs"].value[leaf])
        assert run.answers["obs"].value is VALUE
        assert {key for key in VALUE if each.run.answers["obs"].value[key] is not VALUE[key]} == {leaf}


def test_a_tensor_is_damaged_in_every_way():
    kinds = {each.kind for each in corrupted(make(VALUE), make({**VALUE, "a": VALUE["a"] + 1}), {("obs", "a")})}
    assert kinds == set(NAMES)
