"""Evidence of odd deeds: what looks like more than a mistake, short and clean, for the instructor's page."""

from __future__ import annotations

from autograder.observe import Run
from autograder.reports.evidence import evidence
from autograder.sandbox.contract import Answer

CRASH, LOOP, FINE = Answer(fault="crash", text="exit status 0"), Answer(fault="time", text="no answer"), Answer(1.0)


def run(log: str = "", problems: tuple[str, ...] = (), **answers: Answer) -> Run:
    return Run("ada", "toy", "", "", "", {}, answers, problems, log=log)


def test_a_mistake_is_no_evidence():
    """Loops, exceptions, missing files and what the code prints are what students do all day."""
    raised, missing = Answer(fault="raised", text="ValueError"), Answer(fault="missing", text="toy.py was not handed in")
    assert (
        evidence(None) == evidence(run(a=FINE, b=LOOP, c=raised, d=missing, log="hello\n", problems=("toy.py is missing",))) == ()
    )


def test_a_crash_is_shown_with_all_that_ended_oddly_and_what_was_printed():
    found = evidence(run(a=CRASH, hidden=CRASH, b=LOOP, c=FINE, log="PASSED\n\nscore: 100\n"))
    assert found == (
        "a, hidden: ended its process or broke the protocol: exit status 0", "b: did not answer in time: no answer",
        "printed: PASSED", "printed: score: 100",
    )  # fmt: skip


def test_it_stays_short_and_clean_whatever_the_code_says():
    names = {f"observation_{number:03}": CRASH for number in range(200)}
    (ended, *printed) = evidence(run(**names, log="\x1b[2J::error::x\n" * 5000))
    assert (
        ended
        == "observation_000, observation_001, observation_002 and 197 more: ended its process or broke the protocol: exit status 0"
    )
    assert 1 <= len(printed) <= 6 and not any("\x1b" in text or "\n" in text for text in printed)
    (ended,) = evidence(run(a=Answer(fault="answer", text="\x1b]0;x\x07" + "y" * 10_000)))
    assert len(ended) < 300 and "\x1b" not in ended
