"""Pages that need nothing but themselves: templates, style sheet, pictures inline.

No script at all. The policy in each page allows one style sheet, by its hash, and pictures inside the page; nothing is fetched.
Every text that a template prints is cleaned and escaped, also where a template forgets to ask for it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.reports.clean import clean, line
from autograder.reports.tasks import MARKS, MEANINGS, duration

TEMPLATES = Path(__file__).parent / "templates"
PNG = b"\x89PNG\r\n\x1a\n"


def render(template: str, **values: object) -> str:
    """A whole page."""
    return _environment().get_template(template).render(**values)


def render_with(style: str, template: str, **values: object) -> str:
    """A whole page with a style sheet of its own, which the page's policy then names."""
    return render(template, style=Markup(style), policy=_policy(style), **values)  # noqa: S704  a file of ours


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=_finalize,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    style = (TEMPLATES / "style.css").read_text("utf-8")
    own = Markup(style)  # noqa: S704  a file of ours
    environment.globals.update(style=own, policy=_policy(style), marks=MARKS, meanings=MEANINGS)
    environment.filters.update(line=line, prose=_prose, duration=duration, image=_image, broad=_broad, link=_link)
    return environment


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def _finalize(value: object) -> object:
    """What `{{ }}` prints: markup of ours as it is, any other text cleaned (and then escaped by Jinja)."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _prose(text: str) -> Markup:
    """A sentence in which `this` is code."""
    escaped = str(escape(clean(text)))
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escaped))  # noqa: S704  escaped above


def _image(png: bytes, alt: str) -> Markup:
    """An `img` of the picture's own size, inside the page."""
    width, height = _size(png)
    source = base64.b64encode(png).decode()
    return Markup('<img src="data:image/png;base64,{}" width="{}" height="{}" alt="{}">').format(source, width, height, line(alt))


def _broad(png: bytes) -> bool:
    """Whether two of these are better compared one above the other."""
    width, height = _size(png)
    return width > 2 * height


def _size(png: bytes) -> tuple[int, int]:
    if not png.startswith(PNG) or len(png) < 33:
        raise ValueError(f"a gallery picture: expected PNG bytes, got {png[:8]!r}")
    width, height = struct.unpack(">II", png[16:24])
    return int(width), int(height)


def _link(path: str) -> str:
    """A relative link: what could be a scheme, a host or a query becomes part of a file name."""
    return quote(line(path, 500).lstrip("/"), safe="/")
