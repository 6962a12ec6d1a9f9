"""A proof for a person: what holds in one line each, what does not in a sentence each."""

from __future__ import annotations

from rich.markup import escape

from autograder.verify.report import Report


def proof_lines(report: Report) -> list[str]:
    """Lines with Rich markup."""
    caught = sum(mutant.ok for mutant in report.mutants)
    full = sum(score == report.max_score for _, score in report.alternates)
    head = "[bold green]proven[/]" if report.ok else "[bold red]not proven[/]"
    lines = [
        f"[bold]{report.slug}[/]: {head} in {report.seconds:.0f} s ({report.work_seconds:.0f} s of work)",
        f"  reference    {report.reference_score}/{report.max_score}, {report.seeds} seeds: {len(report.false_fails)} of "
        f"{report.judgements:,} judgements lost, a rate of at most {report.false_fail_bound:.1e} with 95 % confidence",
        f"  starter      {report.starter_score}",
        f"  mutants      {caught} of {len(report.mutants)} caught by the named check and no other",
        f"  alternates   {full} of {len(report.alternates)} with full marks",
        f"  corruptions  {report.caught} of {report.tried} caught, {report.exempt} exempt with a reason",
    ]
    lines += [f"  [yellow]lost[/]         {escape(text)}" for text in report.false_fails[:5] if report.ok]
    lines += [f"  threshold    {e['check']}: {e['threshold']:.4g} from {e['runs']} runs" for e in report.calibration]
    return lines + [f"  [red]x[/] {escape(problem)}" for problem in report.problems]
