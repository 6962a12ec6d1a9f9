"""Sixty thousand folders without a file in them: what counts files never comes to an end.

Attacks: D3, C9
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)


def build(folder, name, right, host):
    for outer in range(200):
        for inner in range(300):
            (folder / name / str(outer) / str(inner)).mkdir(parents=True)
