"""A notebook whose saved outputs, metadata and copied cell ids show full marks.

Attacks: A14, D7
"""

# ruff: noqa
if __name__ == "__main__":  # the runner calls build(); by itself this file does nothing
    raise SystemExit(77)

import json


def build(folder, name, right, host):
    code = "def mean(numbers):\n    return 0.0\n\n\ndef spread(numbers):\n    return 0.0\n"
    output = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/html": "<script>document.title='WON'</script>100/100", "text/plain": "100"},
    }
    cell = {
        "cell_type": "code",
        "id": "mean",
        "execution_count": 1,
        "source": code,
        "outputs": [output],
        "metadata": {
            "nbgrader": {
                "grade": True,
                "points": 100,
                "score": 100,
                "grade_id": "mean",
                "solution": True,
                "locked": False,
                "schema_version": 3,
            }
        },
    }
    book = {"cells": [cell, cell], "metadata": {"score": 100}, "nbformat": 4, "nbformat_minor": 5}
    (folder / name).mkdir()
    (folder / name / "toy.ipynb").write_text(json.dumps(book))
