"""No wall: a plain process, for one's own code only. Runs the visible checks of `check`, refuses hidden ones."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace

from autograder.sandbox.contract import Guest, Proof, Stage
from autograder.sandbox.policy import Policy
from autograder.sandbox.process import ENVIRONMENT, LocalGuest, settings_for


class NoSandbox:
    """Starts the guest beside us, with the caller's rights."""

    name = "none"

    def prove(self) -> Proof:
        """Nothing holds here, and it says so."""
        return Proof("none", "", missing=("there is no wall: student code has your rights",), hint="use bubblewrap to grade")

    def start(self, stage: Stage, policy: Policy) -> Guest:
        """The guest as a child process."""
        ours, theirs = socket.socketpair()
        # No limit on processes: it would count everything else that this user runs.
        settings = settings_for(
            stage, replace(policy, processes=0), boot=str(stage.boot), sub=str(stage.sub), libraries=[], channel=theirs.fileno()
        )
        process = subprocess.Popen(
            [sys.executable, "-B", "-P" if sys.version_info >= (3, 11) else "-s", str(stage.boot / "guest.py"), settings],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(theirs.fileno(),),
            env={**os.environ, **ENVIRONMENT}, start_new_session=True,
        )  # fmt: skip
        theirs.close()
        guest = LocalGuest(process, ours, policy)
        guest.wait_ready()
        return guest
