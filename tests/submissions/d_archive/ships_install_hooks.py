"""Setup.py, conftest.py, a Makefile and an .envrc that would run a program when somebody builds or enters.

Attacks: C1, C3
Earns: 100
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)


def build(folder, name, right, host):
    (folder / name).mkdir()
    (folder / name / "toy.py").write_text(right)
    for each in ("setup.py", "conftest.py", "sitecustomize.py", "usercustomize.py", "noxfile.py"):
        (folder / name / each).write_text(f"open({str(host / 'installed')!r}, 'w').close()\n")
    (folder / name / "Makefile").write_text(f"$(shell touch {host}/made)\nall:\n\ttouch {host}/made\n")
    (folder / name / ".envrc").write_text(f"touch {host}/entered\n")
    (folder / name / "pyproject.toml").write_text(
        "[build-system]\nrequires = ['.']\nbuild-backend = 'setup'\nbackend-path = ['.']\n"
    )
