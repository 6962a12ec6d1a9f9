"""The warm wall of an ordinary user, beside root's: the same tests once more, and what is said where it cannot be built."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT
from test_conformance import ordinary_user

pytestmark = [pytest.mark.wall, pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")]

PROVE = """
import json, os
from autograder.sandbox.warm import Warm
proof = Warm(preload=()).prove()
print(json.dumps([os.geteuid(), proof.missing, proof.hint, str(proof)]))
"""


def test_where_user_namespaces_are_not_allowed_it_says_so(tmp_path):
    """A place where this user may make none, as in a plain container: the warm wall is missing, with what to change."""
    within = ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--uid", "12345", "--gid", "12345", "--disable-userns"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    command = [*within, "--cap-drop", "ALL", sys.executable, "-c", PROVE]
    done = subprocess.run(command, env=variables, cwd="/", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    uid, missing, hint, said = json.loads(done.stdout)
    assert uid == 12345 and len(missing) == 1
    assert "the warm wall cannot be built here" in missing[0] and "new namespaces" in missing[0], missing
    assert "apparmor_restrict_unprivileged_userns=0" in hint and "missing: " in said


ALSO = (
    "measures or filter or looks or planted or counted or two_guests or notices or nothing_is_left or readable or "
    "killed_server or hosts_death or each_guest"
)
"""Tests that depend on who builds the wall."""


def test_as_an_ordinary_user():
    """What differs between the two ways to build the wall, once more in the other way."""
    with ordinary_user() as (python, variables):
        files = [str(Path(__file__).with_name(name)) for name in ("test_warm.py", "test_warm_server.py")]
        command = [*python, "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", "-k", ALSO, *files]
        done = subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0 and " passed" in done.stdout and "skipped" not in done.stdout, done.stdout[-4000:] + done.stderr
