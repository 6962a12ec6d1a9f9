"""Raises and prints what ends a block of code in Markdown: fences of every length, quotes, tables, references and raw markup.

Attacks: D7, D9
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
    "`````````````````\n```\n~~~\n</code></pre>\n\n# a heading\n> quote\n\n[x]: javascript:alert(1)\n[x] [y](javascript:alert(2)) "
    "<http://127.0.0.1/> ![z](http://127.0.0.1/z)\n\n| a | b |\n|---|---|\n| c | d |\n\n<details open>\n<b>bold</b>\n***\n===\n---\n"
    "1. item\n    indented\n\t<img src=x>\r\n&lt;b&gt; \\` \u2028``` \u2029\x85```\n<!-- comment\n"
)


def mean(numbers):
    raise ValueError(TEXT)


def spread(numbers):
    raise type("`" * 40 + "<b>", (Exception,), {})(TEXT[::-1])
