"""A wall that is weaker than it must be gives no grade of record, unless the instructor accepts that weakness by its name."""

from __future__ import annotations

import pytest
from support import RIGHT

from autograder.errors import SandboxUnavailable
from autograder.sandbox.contract import Proof
from autograder.sandbox.degraded import OWN_UID, UNSUMMED, at_once, demand

WEAKER = Proof("bubblewrap", "0.8.0", degraded=(UNSUMMED, OWN_UID))


def test_a_weaker_wall_is_refused_with_its_names_and_the_way_to_mend_it():
    with pytest.raises(SandboxUnavailable) as caught:
        demand(WEAKER, [])
    assert UNSUMMED in caught.value.message and OWN_UID in caught.value.message
    assert "--accept-degraded W10 --accept-degraded W6" in caught.value.hint and "control group" in caught.value.hint


def test_each_weakness_is_accepted_by_its_own_name_only():
    with pytest.raises(SandboxUnavailable, match="W6") as caught:
        demand(WEAKER, ["W10"])
    assert "W10" not in caught.value.message
    demand(WEAKER, ["W10", "W6"])
    demand(Proof("bubblewrap", "0.8.0"), [])


def test_what_is_missing_cannot_be_accepted():
    missing = Proof("bubblewrap", "0.8.0", missing=("W7: reached from inside",))
    demand(missing, ["W7"])  # left to the flow, which grades nothing behind it
    assert not missing.holds


def test_guests_without_a_common_bound_run_one_at_a_time():
    assert at_once(WEAKER, 8) == 1
    assert at_once(Proof("bubblewrap", "0.8.0", degraded=(OWN_UID,)), 8) == 8


@pytest.mark.wall
def test_the_command_line_grades_nothing_behind_a_weaker_wall(command, toy_root, tmp_path, wall, monkeypatch):
    from autograder.sandbox import cgroups

    monkeypatch.setattr(cgroups, "available", lambda: False)
    monkeypatch.setattr(cgroups, "make", lambda policy: None)
    (tmp_path / "class/ada").mkdir(parents=True)
    (tmp_path / "class/ada/toy.py").write_text(RIGHT)
    text = (toy_root / "course.yaml").read_text()
    (toy_root / "course.yaml").write_text(text.replace("accept_degraded: [W6, W10]", "accept_degraded: [W6]"))
    grade = ("grade", tmp_path / "class", "--assignment", "toy", "--out", tmp_path / "out")
    done = command(*grade, cwd=toy_root)
    assert done.returncode == 3 and "W10" in done.stderr and "--accept-degraded W10" in " ".join(done.stderr.split())
    assert not (tmp_path / "out").exists()
    done = command(*grade, "--accept-degraded", "W10", cwd=toy_root)
    assert done.returncode == 0, done.stderr
    assert "degraded: W10: memory" in (tmp_path / "out/ada/result.json").read_text()
