"""Thresholds are measured, and a record that does not hold is refused: the arithmetic, the spec, the record, the command."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import aim
import pytest
from aim_runs import CHECK, taken, usual
from hypothesis import given, settings
from hypothesis import strategies as st
from support import ROOT

from autograder.assignment import load_assignment
from autograder.calibrate import bounds, run, settle, tolerance
from autograder.calibrate.record import problems, write_record
from autograder.calibrate.training import Trainer, Training, TrainingFailed
from autograder.checks import CheckFailed, Line
from autograder.compare import above, below
from autograder.course import find_course
from autograder.errors import AssignmentError
from autograder.limit import Limit
from autograder.outcome import CheckResult, Status


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return aim.made(tmp_path / "course")


def planned(root: Path) -> run.Plan:
    found = find_course(root)
    return run.plan(found, load_assignment(found, "aim"))


def settled(root: Path, value=usual, *, upper: bool = True) -> settle.Settled:
    plan = planned(root)
    caught_by = run.deterministic(plan.assignment, plan.rubric)
    return settle.settle(taken(list(plan.cases), value, upper=upper), plan.spec, caught_by)


# The arithmetic


@pytest.mark.parametrize(("runs", "factor"), [(5, 7.50), (10, 5.20), (15, 4.61), (20, 4.32), (30, 4.02), (50, 3.77)])
def test_the_factor_is_that_of_published_tables(runs, factor):
    assert tolerance.tolerance_factor(runs, coverage=0.999) == pytest.approx(factor, abs=0.011)


def test_the_factor_of_the_design_and_its_limits():
    assert tolerance.tolerance_factor(20) == pytest.approx(5.17, abs=0.01)
    factors = [tolerance.tolerance_factor(n) for n in (3, 5, 10, 20, 50, 1000)]
    assert factors == sorted(factors, reverse=True) and factors[-1] > 3.719  # the quantile itself
    with pytest.raises(ValueError, match="at least 2"):
        tolerance.tolerance_factor(1)


def test_a_tolerance_limit_keeps_its_promise():
    """Of 400 thresholds from 20 normal runs, about 95 % lie above the 99.99 % quantile."""
    import random

    rng, quantile = random.Random(3), 3.719
    kept = sum(bounds.threshold_of([rng.gauss(0, 1) for _ in range(20)], upper=True) >= quantile for _ in range(400))
    assert 0.92 < kept / 400 < 0.98


def test_the_bounds_that_need_no_normality():
    assert tolerance.distribution_free_bound(20) == pytest.approx(0.139, abs=0.001)
    assert tolerance.distribution_free_bound(59) == pytest.approx(0.0495, abs=0.001)
    assert tolerance.most_likely_rate(0, 1000) == pytest.approx(1 - 0.05 ** (1 / 1000), rel=1e-6)
    assert tolerance.most_likely_rate(1, 1000) == pytest.approx(0.004735, abs=2e-5)
    assert tolerance.most_likely_rate(3, 3) == 1.0


# Partial credit

POSITIVE = st.floats(1e-6, 1e6)


@settings(deadline=None, max_examples=300)
@given(POSITIVE, st.floats(1.01, 1e4), st.integers(2, 20), POSITIVE, POSITIVE, st.booleans())
def test_credit_never_grows_with_a_worse_value(threshold, ratio, steps, first, second, upper):
    limit = Limit(threshold, threshold * ratio if upper else threshold / ratio, steps)
    better, worse = sorted((first, second), reverse=not upper)
    shares = [limit.share(value, upper=upper) for value in (better, worse)]
    assert shares[0] >= shares[1]
    for value, share in zip((better, worse), shares, strict=True):
        within = value <= threshold if upper else value >= threshold
        assert (share == 1) == within and 0 <= share <= 1 and (share * steps).denominator == 1


@settings(deadline=None, max_examples=100)
@given(POSITIVE, st.floats(1.01, 1e4), st.integers(2, 20), st.booleans())
def test_credit_ends_at_the_floor_and_is_log_linear_before(threshold, ratio, steps, upper):
    floor = threshold * ratio if upper else threshold / ratio
    limit = Limit(threshold, floor, steps)
    assert limit.share(floor, upper=upper) == 0
    for k in range(1, steps):  # the middle of each step
        value = floor * (threshold / floor) ** ((k + 0.5) / steps)
        assert limit.share(value, upper=upper) == Fraction(k, steps)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_earns_nothing(value):
    for check in (below, above):
        with pytest.raises(CheckFailed, match="finite") as failed:
            check(value, Limit(1.0, 100.0 if check is below else 0.01), what="x")
        assert failed.value.share == 0


def test_the_helpers_raise_with_the_share():
    with pytest.raises(CheckFailed, match="expected at most 10, got 15") as failed:
        below(15.0, Limit(10.0, 160.0), what="x")
    assert failed.value.share == Fraction(3, 4)
    with pytest.raises(CheckFailed, match=r"expected at least 0\.8, got 0\.3") as failed:
        above(0.3, Limit(0.8, 0.1, 3), what="x")
    assert failed.value.share == Fraction(1, 3)
    with pytest.raises(CheckFailed) as failed:
        below(15.0, Limit(10.0), what="x")  # no floor: all or nothing
    assert failed.value.share == 0
    with pytest.raises(CheckFailed) as failed:
        below(0.5, Limit(0.1, 0.01), what="x")  # a floor on the wrong side
    assert failed.value.share == 0
    below(10.0, Limit(10.0, 160.0), what="x")
    assert Limit(10.0, 160.0) + 1 == 11.0


@pytest.mark.parametrize(
    "arguments", [(math.nan,), (1.0, -1.0), (1.0, math.inf), (-1.0, 2.0), (1.0, 1.0), (1.0, 2.0, 1), (1.0, 2.0, 2.5)]
)
def test_a_limit_that_makes_no_sense_is_refused(arguments):
    with pytest.raises(ValueError, match="expected"):
        Limit(*arguments)


def line(points: int) -> Line:
    return Line(CHECK, "title", "training", points, "quality", "hint", "visible", ("limit",))


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 100), st.integers(2, 20), st.data())
def test_points_are_whole_and_rounded_down(points, steps, data):
    share = Fraction(data.draw(st.integers(0, steps - 1)), steps)
    result = CheckResult(line(points), Status.FAILED, share=share)
    assert isinstance(result.points, int) and result.points == math.floor(points * share) and result.points <= points
    for status in (Status.ERROR, Status.SKIPPED):
        assert CheckResult(line(points), status, share=share).points == 0
    assert CheckResult(line(points), Status.PASSED).points == points


def judged_as(course: Path, learned: float, *, only=None):
    """The verdict on a weight, judged with a threshold of 2 and a floor of 32."""
    from autograder.judge import judge
    from autograder.observe import Run
    from autograder.rubric import load_rubric
    from autograder.sandbox.contract import Answer

    assignment = load_assignment(find_course(course), "aim")
    made = Run(
        "ada",
        "aim",
        "",
        "",
        "00" * 32,
        {"numbers": [2.0, 4.0], "start": 1.0},
        {"stepped": Answer(2.0), "learned": Answer(learned)},
    )
    return judge([made], assignment, load_rubric(assignment), {CHECK: Limit(2.0, 32.0)}, only=only)[0]


def test_the_judge_gives_the_share_and_says_so(course):
    verdicts = {learned: judged_as(course, learned) for learned in (3.5, 5.0, 9.0, math.nan)}
    results = {learned: verdict.results[CHECK] for learned, verdict in verdicts.items()}
    assert [(result.status, result.points) for result in results.values()] == [
        (Status.PASSED, 25), (Status.FAILED, 12), (Status.FAILED, 0), (Status.FAILED, 0),
    ]  # fmt: skip
    assert results[5.0].message.endswith("expected at most 2, got 5: not trained long enough? (12 of 25 points)")
    assert "points" not in results[9.0].message and verdicts[5.0].measured[CHECK].upper


def test_a_check_of_several_cases_is_worth_its_worst_case(course):
    path = course / "assignments/aim/checks_visible.py"
    text = path.read_text().replace("def check_learned(learned,", "def check_learned(factor, learned,")
    text = text.replace("@check(points=25", '@pytest.mark.parametrize("factor", [1.0, 2.0, 1.5])\n@check(points=25')
    text = text.replace("below(error,", "below(factor * error,").replace(
        "from autograder.checks", "import pytest\nfrom autograder.checks"
    )
    path.write_text(text.replace("squared error of 200", "squared error, factor"))
    result = judged_as(course, 5.0).results[CHECK]
    assert (result.points, result.value) == (6, 10.0)
    assert judged_as(course, 3.5).results[CHECK].points == 18  # 2.5, not 1.25


def test_a_check_that_is_asked_about_no_run_is_left_out(course):
    verdict = judged_as(course, 5.0, only={CHECK: [0], "check_step": []})
    assert set(verdict.results) == {CHECK} and verdict.fault == ""


def test_every_report_shows_partial_points(tmp_path):
    from test_reports_sample import ASSIGNMENT, score  # the reports' own sample

    from autograder.reports.feedback import feedback_html, feedback_md
    from autograder.reports.results_json import read_results, write_result, write_results

    sample = score("anna", 0.0)
    quality = next(i for i, result in enumerate(sample.checks) if result.line.level == "quality")
    half = CheckResult(
        sample.checks[quality].line, Status.FAILED, "x: expected at most 1, got 2", value=2.0, share=Fraction(1, 2)
    )
    from dataclasses import replace

    given = replace(sample, checks=(*sample.checks[:quality], half, *sample.checks[quality + 1 :]))
    points, worth = half.points, half.line.points
    assert 0 < points < worth and given.raw_score == sample.raw_score - sample.checks[quality].points + points
    assert f"failed, {points} of {worth}" in feedback_md(given, ASSIGNMENT)
    assert f"{points} / {worth}" in feedback_html(given, ASSIGNMENT)
    write_results([given], tmp_path / "results.json")
    assert read_results(tmp_path / "results.json")[0]["checks"][quality]["points"] == points
    write_result(given, tmp_path / "result.json")
    read = [json.loads((tmp_path / "result.json").read_text())]
    (tmp_path / "own.json").write_text(json.dumps(read))
    assert read_results(tmp_path / "own.json")[0]["raw_score"] == given.raw_score


# From runs to a record


def test_the_record_follows_from_the_runs(course):
    found = settled(course)
    entry = found.checks[CHECK]
    assert found.problems == []
    assert entry["direction"] == "below" and len(entry["runs"]) == 20
    assert entry["threshold"] == pytest.approx(entry["mean"] + entry["factor"] * entry["sd"], rel=1e-3)
    mean, sd = tolerance.mean_and_sd(entry["mutants"]["not_trained"])
    assert entry["floor"] == pytest.approx(mean - entry["factor"] * sd, rel=1e-3) and entry["steps"] == 4
    assert entry["power"] == {"not_trained": 1.0, "away": 1.0, "whole_way": 0.0, "all_zero": 1.0}
    assert entry["not_caught"] == {"whole_way": ["check_step"]}  # better than the reference


def test_more_can_be_better(course):
    found = settled(course, lambda case, rng: 1 / usual(case, rng), upper=False)
    entry = found.checks[CHECK]
    assert entry["direction"] == "above" and entry["threshold"] < min(entry["runs"]) and entry["floor"] < entry["threshold"]
    assert entry["power"]["not_trained"] == 1.0


def test_a_mistake_that_nothing_catches_is_a_problem(course):
    found = settled(course, lambda case, rng: 1.0 + 0.01 * rng.gauss(0, 1) if case.name == "all_zero" else usual(case, rng))
    assert found.problems == ["all_zero is caught by no threshold, and mutants.yaml names no deterministic check for it"]


def test_a_right_answer_beyond_the_threshold_is_a_problem(course):
    found = settled(course, lambda case, rng: 7.0 if case.kind == "alternate" else usual(case, rng))
    assert found.problems == [f"{CHECK}: the right answer average is beyond {found.checks[CHECK]['threshold']:.4g}: 7, 7"]


def test_a_few_rejected_runs_are_not_power_enough(course):
    """2 of 2 rejected, but on average within reach of right answers."""
    found = settled(course, lambda case, rng: 1.3 if case.name == "all_zero" else usual(case, rng))
    assert found.checks[CHECK]["power"]["all_zero"] == 1.0
    near = settled(course, lambda case, rng: 1.2 if case.name == "all_zero" else usual(case, rng))
    assert "all_zero" in near.checks[CHECK]["not_caught"] and near.problems


def test_without_a_usable_floor_it_is_all_or_nothing(course):
    for value in (1.2, None):
        found = settled(course, lambda case, rng, value=value: value if case.name == "not_trained" else usual(case, rng))
        assert "floor" not in found.checks[CHECK] and "all or nothing" in found.remarks[0]


def test_steps_are_wider_than_the_noise(course):
    """A floor at 1.9 leaves no room for quarters of 4 sd each."""
    found = settled(course, lambda case, rng: 2.0 + 0.01 * rng.gauss(0, 1) if case.name == "not_trained" else usual(case, rng))
    assert found.checks[CHECK].get("steps", 0) < 4 and found.remarks


def test_runs_that_do_not_vary_need_no_threshold(course):
    with pytest.raises(AssignmentError, match="expected a number that varies"):
        settled(course, lambda case, rng: 1.0)


# The record, proven again


def recorded(root: Path) -> dict:
    plan = planned(root)
    record = {"format": 2, "profile": "embedded", "encoders": {}, "checks": settled(root).checks}
    write_record(plan.assignment.folder / "calibration.json", record)
    return record


def said(root: Path, measured: float = 0.957) -> str:
    plan = planned(root)
    caught_by = run.deterministic(plan.assignment, plan.rubric)
    return "\n".join(problems(plan.assignment, plan.rubric, plan.spec, caught_by, {CHECK: measured}))


def test_a_record_as_it_was_written_holds(course):
    recorded(course)
    assert said(course) == ""


BROKEN = {
    "too few runs": (lambda e: e.update(runs=e["runs"][:19]), "19 runs, expected at least 20"),
    "a run that is text": (lambda e: e["runs"].__setitem__(3, "1.0"), "all of them finite numbers"),
    "another mean": (lambda e: e.update(mean=0.5), "mean 0.5, but its runs give"),
    "a threshold by feel": (lambda e: e.update(threshold=2.0), "threshold 2.0, but its runs give"),
    "another factor": (lambda e: e.update(factor=4.32), "factor 4.32, but its runs give 5.16"),
    "a looser bound": (lambda e: e.update(false_fail_bound=0.01), "bound 0.01 with confidence 0.95, expected 0.0001"),
    "a floor by feel": (lambda e: e.update(floor=20.0), "floor 20.0, but the runs of not_trained give"),
    "finer steps": (lambda e: e.update(steps=50), "50 steps, but only"),
    "an alternate outside": (lambda e: e["alternates"].update(average=[9.0]), "the right answer average is beyond"),
    "a mutant left out": (lambda e: e["mutants"].pop("away"), "no run of away"),
    "power by feel": (lambda e: e["power"].update(whole_way=1.0), "power 1.0 against whole_way, but its runs give 0.0"),
    "an escape hidden": (lambda e: e.update(not_caught={}), "whole_way is not caught, and not listed"),
    "an alibi": (lambda e: e.update(not_caught={"whole_way": []}), "expected check_step to catch it instead, got none"),
    "no power": (lambda e: e.pop("power"), "not an entry of a record: KeyError"),
}


@pytest.mark.parametrize(("break_it", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_record_is_told(course, break_it, words):
    record = recorded(course)
    break_it(record["checks"][CHECK])
    write_record(course / "assignments/aim/calibration.json", record)
    assert words in said(course)


def test_a_record_of_another_check_format_or_encoder_is_told(course):
    record = recorded(course)
    path = course / "assignments/aim/calibration.json"
    write_record(path, {**record, "checks": {**record["checks"], "check_gone": record["checks"][CHECK]}})
    assert "check_gone: no statistical check is called so" in said(course)
    write_record(path, {**record, "format": 1})
    assert "format 1, expected 2: run `autograder calibrate aim`" in said(course)
    write_record(path, {**record, "encoders": {"mnist": "0" * 64}})
    assert "encoders: expected none, got mnist" in said(course)
    spec = course / "reference_solutions/aim/calibration.yaml"
    spec.write_text(spec.read_text() + "encoders: [mnist]\n")
    assert "measured with another encoder mnist: 000000000000, today" in said(course)


def test_a_stale_record_is_told(course):
    recorded(course)
    assert "checkpoint measured 0.957, today 1.4: another check now?" in said(course, 1.4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"checks": {"check_learned": {"threshold": NaN}}}', "NaN is not a number of JSON"),
        ('{"checks": {"check_learned": {"threshold": "1"}}}', "check_learned: threshold: expected a finite number, got '1'"),
        ('{"checks": {"check_learned": {}}}', "check_learned: no 'threshold'"),
        ('{"checks": {"check_learned": {"threshold": 1, "floor": -2}}}', "check_learned: floor: expected a positive number"),
        ('{"checks": {"check_learned": {"threshold": 1, "floor": 2, "steps": 1}}}', "steps: expected a whole number from 2"),
        ("[]", "expected an object"),
        ("{", "not a calibration record"),
    ],
)
def test_what_is_no_record_is_never_graded_on(command, course, tmp_path, text, words):
    (course / "assignments/aim/calibration.json").write_text(text)
    (tmp_path / "class/ada").mkdir(parents=True)
    (tmp_path / "class/ada/aim.py").write_text("")
    done = command("grade", tmp_path / "class", "--assignment", "aim", "--out", tmp_path / "out", cwd=course)
    assert done.returncode == 2 and words in " ".join(done.stderr.split()), done.stderr
    assert "autograder calibrate aim" in done.stderr


# The spec


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("power: 2", "powr: 2", "powr: unknown key"),
        ("power: 2", "runs: 10", "runs: expected greater than or equal to 20, got 10"),
        ("mutants: [away", "mutants: [aways", "mutants: aways: expected one of away, whole_way, all_zero"),
        ("floor: not_trained", "floor: nobody", "floor: nobody: expected one of not_trained"),
        (
            "floor: not_trained",
            "floor: not_trained\nchecks: {check_step: {}}",
            "checks: check_step: expected one of check_learned",
        ),
        ("floor: not_trained", "floor: not_trained\nalternates: [conv]", "alternates: conv: expected one of average"),
        ("floor: not_trained", "floor: not_trained\nencoders: [vgg]", "vgg: no encoder of this name"),
        ('train: {reference: [--epochs, "6"]}', "", "train: missing: aim.safetensors is handed in"),
        ('[--epochs, "6"]', "[--epochs, 6]", "train.reference.1: expected a valid string"),
        ("weak: {not_trained", "weak: {away", "weak: away: expected a name of its own"),
    ],
)
def test_a_mistake_in_the_spec_is_told_before_anything_is_trained(command, course, old, new, words):
    path = course / "reference_solutions/aim/calibration.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    done = command("calibrate", "aim", cwd=course)
    assert done.returncode == 2 and words in " ".join(done.stderr.split()), done.stderr
    assert not (course / ".autograder/calibrate").exists()


def test_bad_use_of_the_command_is_told(command, course):
    assert "expected at least 20" in command("calibrate", "aim", "--runs", 5, cwd=course).stderr
    assert "expected one of aim" in command("calibrate", "mia", cwd=course).stderr
    (course / "reference_solutions/aim/calibration.yaml").unlink()
    done = command("calibrate", "aim", cwd=course)
    assert done.returncode == 2 and "calibration.yaml: missing" in " ".join(done.stderr.split())


def test_an_assignment_without_a_statistical_check_has_nothing_to_calibrate(command, toy_root):
    done = command("calibrate", "toy", cwd=toy_root)
    assert done.returncode == 2 and "nothing to calibrate" in done.stderr


# Training


def trainer(root: Path) -> Trainer:
    plan = planned(root)
    assert plan.trainer is not None
    return plan.trainer


def test_weights_are_kept_by_what_they_depend_on(course):
    ours, source = trainer(course), aim.FILES["reference_solutions/aim/aim.py"].encode()
    first = ours.weights(Training(source, ("--epochs", "3"), 1))
    assert ours.is_cached(Training(source, ("--epochs", "3"), 1)) and len(list(ours._cache.iterdir())) == 1
    (kept,) = ours._cache.iterdir()
    kept.write_bytes(b"kept")
    assert ours.weights(Training(source, ("--epochs", "3"), 1)) == b"kept" != first
    others = [
        Training(source, ("--epochs", "3"), 2),
        Training(source, ("--epochs", "4"), 1),
        Training(source + b"\n", ("--epochs", "3"), 1),
    ]
    assert not any(ours.is_cached(other) for other in others)
    script = course / "assignments/aim/train.py"
    script.write_text(script.read_text() + "\n")
    assert not trainer(course).is_cached(Training(source, ("--epochs", "3"), 1))


@pytest.mark.parametrize(
    ("source", "arguments", "words"),
    [
        (b"def step(w, target):\n    raise ValueError('lost')\n", (), "ValueError: lost"),
        (b"import sys; sys.exit(0)\n", ("--epochs", "1"), "no file was saved"),
        (b"import time; time.sleep(60)\n", ("--epochs", "1"), "did not end within"),
        (b"", ("--speed", "9"), "unrecognized arguments: --speed 9"),
    ],
)
def test_a_training_that_fails_says_how(course, source, arguments, words):
    plan = planned(course)
    ours = Trainer(plan.assignment, course / "cache", 3)
    with pytest.raises(TrainingFailed, match=words):
        ours.weights(Training(source, arguments, 0))
    assert not (course / "cache").exists() or not list((course / "cache").iterdir())


# The command


@pytest.mark.wall
def test_calibrate_writes_a_record_that_verify_accepts(cli, course):
    place = course / "assignments/aim"
    done = cli("calibrate", "aim", "--dry-run", "--runs", 4, "--power", 1, cwd=course)
    assert done.returncode == 0 and "threshold" in done.stdout and not (place / "calibration.json").exists(), done.stderr
    done = cli("calibrate", "aim", cwd=course)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0.8 false fails expected" in done.stdout and "not caught   whole_way" in done.stdout
    picture = (place / "docs/calibration/check_learned.png").read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) < 60_000
    first = (place / "calibration.json").read_text()
    again = cli("calibrate", "aim", "--json", "--jobs", 1, cwd=course)
    assert json.loads(again.stdout)["record"] == json.loads(first)
    assert again.stderr == ""
    assert cli("release", "aim", cwd=course).returncode == 0
    proof = cli("verify", "aim", "--seeds", 4, "--table", course / "tables", cwd=course)
    assert proof.returncode == 0, proof.stdout + proof.stderr
    assert "0 of 8 judgements lost" in proof.stdout and (course / "tables/aim.html").stat().st_size < 100_000
    partial(cli, course)
    record = json.loads(first)
    record["checks"][CHECK]["threshold"] *= 1.1
    (place / "calibration.json").write_text(json.dumps(record))
    proof = cli("verify", "aim", "--seeds", 2, "--json", cwd=course)
    assert proof.returncode == 1
    assert "its runs give" in "\n".join(json.loads(proof.stdout)["assignments"][0]["problems"])


def partial(cli, course: Path) -> None:
    """A weight that is not quite there earns a part, NaN earns nothing."""
    for name, weight in (("near", 5.5), ("nan", math.nan)):
        (course / "class" / name).mkdir(parents=True)
        (course / "class" / name / "aim.py").write_text(aim.FILES["reference_solutions/aim/aim.py"])
        (course / "class" / name / "aim.safetensors").write_bytes(aim.weights(weight))
    done = cli(
        "grade", course / "class", "--assignment", "aim", "--out", course / "out", "--sandbox", "warm", "--json", cwd=course
    )
    points = {score["student"]: score["checks"][1] for score in json.loads(done.stdout)}
    assert (points["near"]["status"], points["near"]["points"]) == ("failed", 12)
    assert points["near"]["message"].endswith("(12 of 25 points)")
    assert (points["nan"]["status"], points["nan"]["points"]) == ("failed", 0)


@pytest.mark.wall
def test_a_mistake_that_nothing_catches_ends_with_1_and_a_right_answer_that_fails_with_2(cli, course):
    mutants = course / "reference_solutions/aim/mutants.yaml"
    mutants.write_text(mutants.read_text().replace("goes the whole way\n  edits: [{old: \"0.5 *\", new: \"1.0 *\"}]\n  must_fail: [check_step]",
                                                   "goes the whole way\n  edits: [{old: \"0.5 *\", new: \"1.0 *\"}]\n  must_fail: [check_learned]"))  # fmt: skip
    done = cli("calibrate", "aim", "--dry-run", "--runs", 4, "--power", 1, cwd=course)
    assert done.returncode == 1 and "whole_way is caught by no threshold" in done.stdout, done.stdout + done.stderr
    script = course / "assignments/aim/train.py"
    script.write_text(script.read_text().replace("w += 0.1", "w = float('nan') + 0.1"))
    done = cli("calibrate", "aim", "--dry-run", "--runs", 2, "--power", 1, cwd=course)
    assert done.returncode == 2 and "reference reference, run" in done.stderr and "finite" in done.stderr


def test_every_record_of_the_course_is_of_this_format():
    found = find_course(ROOT)
    for slug in found.slugs:
        record = load_assignment(found, slug).calibration()
        assert not record or record["format"] == 2, slug
        pictures = {path.stem for path in (ROOT / "assignments" / slug / "docs/calibration").glob("*.png")}
        assert set(record.get("checks", {})) == pictures, slug
