"""Raises and prints HTML, SVG, Markdown and template markup, to be run by whoever reads the feedback.

Attacks: D7
"""

# ruff: noqa
try:  # an attack runs behind the wall and nowhere else
    _status = dict(_line.split(":\t", 1) for _line in open("/proc/self/status") if ":\t" in _line)
    _behind = (
        _status["Uid"].split()[0] != "0"
        and _status["NoNewPrivs"].strip() == "1"
        and _status["Seccomp"].strip() == "2"
        and open("/proc/sys/kernel/hostname").read() == "sandbox\n"
    )
except (OSError, KeyError):
    _behind = False
if not _behind:
    raise SystemExit(77)

TEXT = (
    "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)></svg></pre></td></table>"
    "<iframe src=javascript:alert(4)></iframe>[x](javascript:alert(5)) ![y](http://127.0.0.1/z) {{ 7*7 }} {% raw %} ${7*7} `</code>"
)


def mean(numbers):
    raise ValueError(TEXT)


def spread(numbers):
    print(TEXT)
    raise ValueError(TEXT)
