"""The pages in a real browser: nothing is refused, every picture loads, and nothing overflows a phone.

Without a Chromium these are skipped, loudly; in CI that is a failure.
"""

from __future__ import annotations

import html
import io
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from test_reports_sample import ASSIGNMENT, entries, galleries, score, scores

from autograder.reports.class_page import class_page
from autograder.reports.feedback import feedback_html
from autograder.reports.view import Gallery

pytestmark = pytest.mark.browser
BINARY = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr", "--v=0",
)  # fmt: skip
INK = (255, 0, 255)

Browser = Callable[..., tuple[str, str]]

PAGES = {
    "class": lambda: class_page(ASSIGNMENT, entries()),
    "feedback": lambda: feedback_html(score("priya.raghunathan", 0.35), ASSIGNMENT, galleries("priya.raghunathan")),
    "ungraded": lambda: feedback_html(score("lena", reason="no sandbox here"), ASSIGNMENT),
    "full marks": lambda: feedback_html(scores()[0], ASSIGNMENT, galleries("amara.diallo")),
}
EVERY = pytest.mark.parametrize("make", PAGES.values(), ids=PAGES.keys())

PROBE = """<!doctype html><title>probe</title><iframe id="f" width="WIDTH" height="800" srcdoc="PAGE"></iframe><script>
addEventListener("load", () => {
  const d = document.getElementById("f").contentDocument, images = [...d.images];
  document.title = [d.documentElement.scrollWidth, images.length, images.filter(i => i.naturalWidth > 0).length].join(" ");
});
</script>"""


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """Opens a page; gives (what it printed, what it logged)."""
    if BINARY is None:
        reason = "no chromium, chromium-browser or google-chrome here: the pages were not looked at in a browser"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)

    def show(page: str, *flags: str) -> tuple[str, str]:
        (tmp_path / "page.html").write_text(page, "utf-8")
        command = [str(BINARY), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *flags, (tmp_path / "page.html").as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return done.stdout, done.stderr

    return show


def picture(browser: Browser, page: str, tmp_path: Path, *flags: str, size: str = "1200,1600") -> Image.Image:
    _, log = browser(page, f"--screenshot={tmp_path / 'page.png'}", f"--window-size={size}", *flags)
    assert "CONSOLE" not in log
    return Image.open(tmp_path / "page.png").convert("RGB")


@EVERY
def test_the_page_is_styled_and_nothing_is_refused(browser: Browser, tmp_path: Path, make: Callable[[], str]) -> None:
    light = picture(browser, make(), tmp_path)
    assert light.getpixel((2, 2)) == (0xFA, 0xF9, 0xF6)
    assert len(light.getcolors(1 << 24) or ()) > 50
    dark = picture(browser, make(), tmp_path, "--blink-settings=preferredColorScheme=0")
    assert dark.getpixel((2, 2)) == (0x14, 0x17, 0x1C)


def test_the_log_would_tell(browser: Browser) -> None:
    page = PAGES["ungraded"]()
    for forbidden in ("<script>1</script>", '<p style="color:red">x</p>', '<img src="https://example.invalid/x.png">'):
        _, log = browser(page.replace("</main>", f"{forbidden}</main>"), "--dump-dom")
        assert "CONSOLE" in log, forbidden


def test_pictures_are_drawn_under_the_policy(browser: Browser, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), INK).save(buffer, "PNG")
    page = feedback_html(scores()[0], ASSIGNMENT, [Gallery("x", "x", buffer.getvalue(), buffer.getvalue())])
    shot = picture(browser, page, tmp_path)
    count = sum(n for n, colour in shot.getcolors(1 << 24) or () if colour == INK)
    assert count > 2 * 60 * 40 * 0.95


@EVERY
@pytest.mark.parametrize("width", [360, 390, 1200])
def test_every_picture_loads_and_nothing_overflows(browser: Browser, make: Callable[[], str], width: int) -> None:
    page = make()
    probe = PROBE.replace("WIDTH", str(width)).replace("PAGE", html.escape(page))
    dom, _ = browser(probe, "--dump-dom", "--window-size=1400,900")
    title = re.search(r"<title>(\d+) (\d+) (\d+)</title>", dom)
    assert title, "the probe did not run"
    across, images, loaded = map(int, title.groups())
    assert images == loaded == page.count("<img ")
    assert across <= width
