"""A .tgz whose header holds a name of 96 MiB: read letter by letter, it keeps the reader busy for minutes.

Attacks: D3, C9
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)


def build(folder, name, right, host):
    with (folder / f"{name}.tgz").open("wb") as file:
        file.write(b"\x1f\x8b\x08\x08" + bytes(6))
        for _ in range(96):
            file.write(b"a" * (1 << 20))
