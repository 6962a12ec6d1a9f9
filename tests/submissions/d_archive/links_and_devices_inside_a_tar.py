"""A tar holds symbolic and hard links, devices and a FIFO under the accepted name.

Attacks: D2, B6
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import tarfile


def build(folder, name, right, host):
    with tarfile.open(folder / f"{name}.tar", "w") as archive:
        for kind, target in (
            (tarfile.SYMTYPE, "../honest/toy.py"),
            (tarfile.LNKTYPE, f"{host}/secret"),
            (tarfile.CHRTYPE, ""),
            (tarfile.BLKTYPE, ""),
            (tarfile.FIFOTYPE, ""),
            (tarfile.CONTTYPE, ""),
            (b"Z", ""),
        ):
            member = tarfile.TarInfo("toy.py" if kind != tarfile.LNKTYPE else "a/toy.py")
            member.type, member.linkname, member.devmajor, member.devminor = kind, target, 1, 5
            archive.addfile(member)
