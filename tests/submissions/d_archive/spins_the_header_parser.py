"""Extended headers of a tar that are a megabyte of digits: patterns that look for a number go back and forth in them.

Attacks: D3, C9
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import gzip
import tarfile

SIZE = 1 << 20


def build(folder, name, right, host):
    names = []
    for number, content in enumerate((b"1" * SIZE, b"1" * (SIZE - 64) + b" hdrcharset=BINARY\n".ljust(64, b"1"))):
        names.append(f"{name}-{number}")
        with gzip.open(folder / f"{names[-1]}.tgz", "wb", compresslevel=1) as packed:
            for kind in (tarfile.XGLTYPE, tarfile.XHDTYPE):
                member = tarfile.TarInfo("pax")
                member.type, member.size = kind, SIZE
                packed.write(member.tobuf(tarfile.USTAR_FORMAT) + content)
            packed.write(bytes(1024))
    return names
