"""A notebook of JSON a hundred thousand levels deep, one of a million cells' worth of nothing, one with magics.

Attacks: C11, C1
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import json


def build(folder, name, right, host):
    for number, text in enumerate(
        (
            '{"cells": ' + "[" * 100000 + "]" * 100000 + "}",
            '{"cells": [' + "{}," * 400000 + '{}], "nbformat": 4}',
            json.dumps(
                {
                    "cells": [
                        {
                            "cell_type": "code",
                            "metadata": {},
                            "outputs": [],
                            "source": f"!touch {host}/magic\n%run x\n%%bash\ntouch {host}/magic",
                        }
                    ],
                    "nbformat": 4,
                }
            ),
        )
    ):
        (folder / f"{name}-{number}").mkdir()
        (folder / f"{name}-{number}" / "toy.ipynb").write_text(text)
    return [f"{name}-{number}" for number in range(3)]
