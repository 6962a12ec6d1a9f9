"""Measures the thresholds of the quality checks.

    python reference_solutions/vae/calibrate.py [--runs 20] [--epochs 10] [--power 3]

Trains the reference `runs` times on the images that ship, each time with a seed of its own, and hands what the driver observes
to the very checks that grade. Trained for half of train.py's epochs: a threshold has to let through a right solution that was
trained a little less, or has another architecture, and not only another seed. Then trains mutants, for all epochs, to see which
the thresholds catch.
Writes assignments/vae/calibration.json. About 10 minutes on one core.
"""

import argparse
import contextlib
import importlib.util
import inspect
import io
import json
import statistics
import types
from pathlib import Path

import torch
import yaml

from autograder import compare
from autograder.data import SHIPPED, DataSets, load

HERE = Path(__file__).resolve().parent
ASSIGNMENT = HERE.parents[1] / "assignments" / "vae"
CHECKS = {
    "check_trained_on_training_images": "-ELBO of 512 training images, nats per image",
    "check_trained_on_heldout_images": "-ELBO of 1,000 held-out images, nats per image",
    "check_samples_resemble_images": "energy distance of 600 decoded codes to 1,000 held-out images, RMS per pixel",
}
FACTOR = 4.32
"""One-sided normal tolerance limit for n = 20: covers 99.9 % of runs with 95 % confidence."""
FULL = 20
"""Epochs of train.py."""
TRAINED_MUTANTS = (
    "no_noise", "uniform_noise", "one_noise_for_the_batch", "gradient_cut_from_mean", "sigma_is_exp_logvar",
    "kl_mean_over_latent", "kl_missing_half", "kl_sign", "rec_mean_over_pixels", "rec_sigmoid_twice", "elbo_without_kl",
    "elbo_kl_summed_over_batch", "elbo_decodes_mean", "encoder_one_head",
)  # fmt: skip


def loaded(path: Path) -> types.ModuleType:
    """The module in this file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def solution(edits: list[dict[str, str]]) -> types.ModuleType:
    """The reference, with a mutant's edits."""
    source = (HERE / "vae.py").read_text(encoding="utf-8")
    for edit in edits:
        assert source.count(edit["old"]) == 1, edit
        source = source.replace(edit["old"], edit["new"])
    module = types.ModuleType("vae")
    exec(compile(source, "vae.py", "exec"), module.__dict__)
    return module


def statistics_of(student: types.ModuleType, weights: dict[str, torch.Tensor], seed: int) -> dict[str, float]:
    """Check id -> what the check measures of these weights, with inputs of this seed."""
    inputs, driver = loaded(ASSIGNMENT / "inputs.py"), loaded(ASSIGNMENT / "driver.py")
    judges = {**vars(loaded(ASSIGNMENT / "checks_visible.py")), **vars(loaded(ASSIGNMENT / "checks_hidden.py"))}
    known = {"student": student, "weights": weights, "limit": None, "data": DataSets(HERE.parent / "data")}

    def value(name: str, number: int):
        if name == "rng":
            return torch.Generator().manual_seed(1000 * seed + number)
        if name not in known:
            maker = getattr(driver, name, None) or getattr(inputs, name)
            known[name] = maker(*(value(p, sum(name.encode())) for p in inspect.signature(maker).parameters))
        return known[name]

    found = {}
    for check in CHECKS:
        compare.measured.clear()
        try:
            judges[check](*(value(p, 0) for p in inspect.signature(judges[check]).parameters))
            found[check] = compare.measured[-1]
        except AssertionError:  # NaN, or a bound that is infinite
            found[check] = float("inf")
    return found


def trained(edits: list[dict[str, str]], epochs: int, seed: int) -> dict[str, float]:
    """The statistics of a model trained with this solution; what is judged is its weights, with the right code around them."""
    images = load("fashion_mnist", SHIPPED / "fashion_mnist").images.float() / 255
    with contextlib.redirect_stdout(io.StringIO()):
        model = loaded(ASSIGNMENT / "train.py").train(solution(edits), images, epochs, seed)
    return statistics_of(solution([]), model.state_dict(), seed)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the thresholds of the quality checks of `vae`.")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=FULL // 2)
    parser.add_argument("--power", type=int, default=3, help="runs of each trained mutant")
    parser.add_argument("--out", type=Path, default=ASSIGNMENT / "calibration.json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    chosen = f"--runs {options.runs} --epochs {options.epochs} --power {options.power}"
    command = f"python reference_solutions/vae/calibrate.py {chosen}"

    runs = {check: [] for check in CHECKS}
    for seed in range(options.runs):
        for check, value in trained([], options.epochs, seed).items():
            runs[check].append(float(f"{value:.6g}"))
        print(f"run {seed}", {check: values[-1] for check, values in runs.items()}, flush=True)
    record = {}
    for check, values in runs.items():
        mean, sd = statistics.mean(values), statistics.stdev(values)
        record[check] = {
            "statistic": CHECKS[check], "direction": "below", "runs": values,
            "mean": float(f"{mean:.6g}"), "sd": float(f"{sd:.4g}"),
            "factor": FACTOR, "threshold": float(f"{mean + FACTOR * sd:.5g}"), "false_fail_bound": 0.001, "confidence": 0.95,
            "power": {}, "command": command,
        }  # fmt: skip

    full = [trained([], FULL, 100 + seed) for seed in range(3)]
    print(f"all {FULL} epochs", full, flush=True)
    mutants = {mutant["name"]: mutant for mutant in yaml.safe_load((HERE / "mutants.yaml").read_text(encoding="utf-8"))}
    for name in TRAINED_MUTANTS:
        found = [trained(mutants[name]["edits"], FULL, 200 + seed) for seed in range(options.power)]
        for check, entry in record.items():
            entry["power"][name] = round(sum(not run[check] <= entry["threshold"] for run in found) / len(found), 2)
        print(name, found, flush=True)
    options.out.write_text(json.dumps({"profile": "embedded", "checks": record}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
