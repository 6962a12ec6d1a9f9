"""Zips whose streams of three kinds are broken, so that each library raises an exception of its own.

Attacks: D3, C12
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import zipfile


def build(folder, name, right, host):
    names = []
    for kind, method in (("deflate", zipfile.ZIP_DEFLATED), ("bzip", zipfile.ZIP_BZIP2), ("lzma", zipfile.ZIP_LZMA)):
        names.append(f"{name}-{kind}")
        path = folder / f"{names[-1]}.zip"
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.writestr("toy.py", right * 50)
        raw = bytearray(path.read_bytes())
        raw[60:90] = bytes(b ^ 0xA5 for b in raw[60:90])
        path.write_bytes(bytes(raw))
    return names
