"""The policy: what a guest may use, as one frozen value. Backends translate it; no option is added anywhere else."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Policy:
    """Bounds of one guest. There is never a network, a writable bind or a terminal, so no field says so."""

    memory: int = 2048 * MIB
    """Bytes that student code may add to what the interpreter and torch take."""
    scratch: int = 64 * MIB
    """Bytes of /tmp, and again of /dev/shm."""
    processes: int = 64
    """Processes and threads."""
    observation_seconds: float = 10.0
    """Wall time of one observation."""
    submission_seconds: float = 180.0
    """Wall time of all observations of one submission together; start-up is not counted."""
    answer: int = 16 * MIB
    """Bytes of one answer."""
    start_seconds: float = 60.0
    """Wall time until the guest is up; ours, never the student's."""
    log_kept: int = 64 * 1024
    """Bytes of stdout and stderr that are kept."""
    log_total: int = 16 * MIB
    """Bytes of stdout and stderr after which the guest is ended."""

    @property
    def cpu_seconds(self) -> int:
        """Processor time of one observation: a hard limit behind the wall-clock one."""
        return int(2 * self.observation_seconds) + 5
