"""A repository with hooks, fsmonitor, filters and a submodule that run a program when git looks at it.

Attacks: D5, C1
Earns: 100
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)


def build(folder, name, right, host):
    git = folder / name / ".git"
    (git / "hooks").mkdir(parents=True)
    (git / "objects").mkdir()
    (git / "refs").mkdir()
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "config").write_text(
        f"[core]\n\trepositoryformatversion = 0\n\tfsmonitor = touch {host}/fsmonitor\n\thooksPath = hooks\n"
        f'[filter "x"]\n\tclean = touch {host}/filter\n\tsmudge = touch {host}/filter\n'
    )
    for hook in ("post-checkout", "pre-commit", "post-index-change"):
        (git / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {host}/hook\n")
        (git / "hooks" / hook).chmod(0o755)
    (folder / name / ".gitattributes").write_text("* filter=x\n")
    (folder / name / ".gitmodules").write_text('[submodule "x"]\n\tpath = x\n\turl = ext::touch\n')
    (folder / name / "toy.py").write_text(right)
