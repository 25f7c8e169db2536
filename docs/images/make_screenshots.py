"""Make the screenshots of the README and the handbook from the demo site, on a temporary SQLite database.

    .uv/bin/uv run --group browser docs/images/make_screenshots.py

Needs Chromium and a Chinese font: `apt-get install chromium-headless-shell fonts-noto-cjk`.
"""

import io
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parent
ROOT = IMAGES.parents[1]
BROWSERS = [Path("/usr/bin", name) for name in ("chromium-headless-shell", "chromium")]
WIDTH, DESK_WIDTH, HEIGHT = 1280, 1440, 800
COLOURS = 64  # text on flat colours: keeps a picture below 200 kB


@contextmanager
def demo_site() -> Iterator[tuple[str, str]]:
    """Serve the demo. Yield its address and the password of `writer`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        storage = {
            "DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3",
            "MEDIA_STORAGE": f"file://{folder}/media",
        }
        server = subprocess.Popen(  # noqa: S603
            [sys.executable, ROOT / "manage.py", "demo", "--port", str(port)],
            env=os.environ | storage,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            for line in server.stdout or ():
                if account := re.fullmatch(r"  writer +Writers +(\S+)\n", line):
                    wait_until_open(port)
                    yield f"http://127.0.0.1:{port}", account[1]
                    return
            raise SystemExit("The demo did not start.")
        finally:
            server.terminate()
            server.wait()


def wait_until_open(port: int) -> None:
    for _ in range(100):
        with suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.1)
    raise SystemExit("The demo does not answer.")


def open_page(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light").new_page()
    page.goto(address)
    return page


def sign_in(page: Page, name: str, password: str) -> None:
    page.fill("#id_login", name)
    page.fill("#id_password", password)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/admin/")


def choose_language(page: Page, language: str) -> None:
    """Switch the desk's interface, unless it is in this language: the button is the other one then."""
    if (button := page.locator(f"#language-form button[value={language}]")).count():
        button.click()
        button.wait_for(state="detached")


def save_picture(page: Page, name: str) -> None:
    """Save the visible part of the page with few colours, which makes the file about four times smaller."""
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(page.screenshot()))
    few = picture.convert("RGB").quantize(
        COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )  # keeps rare colours, such as the red of a correction
    few.save(IMAGES / name, optimize=True)


def make_screenshots() -> None:
    browser_path = next((path for path in BROWSERS if path.exists()), None)
    with demo_site() as (site, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])

        reader = open_page(browser, f"{site}/en/")
        reader.click("main article a, main h2 a")
        reader.goto(f"{reader.url.rstrip('/')}/parallel/")
        save_picture(reader, "parallel.png")

        writer = open_page(browser, f"{site}/admin/")
        sign_in(writer, "writer", password)
        writer.set_viewport_size({"width": DESK_WIDTH, "height": HEIGHT})  # wide enough for margins
        for language, name in [("en", "editor.png"), ("zh-hant", "editor_zh.png")]:
            writer.goto(f"{site}/admin/")
            choose_language(writer, language)
            writer.goto(f"{site}/admin/briefs/brief/?q=drones")
            writer.click("main a[href$='/change/']")
            writer.locator(".pair:not(.lead) textarea").first.click()  # its margin then shows everything
            save_picture(writer, name)


if __name__ == "__main__":
    make_screenshots()
