"""The game in a real browser: JupyterLab and Chromium run notebook 5, and play an episode."""

import contextlib
import os
import shutil
import time
from pathlib import Path

import pytest
from lab import jupyter_lab

import metarl

ROOT = Path(metarl.__file__).parents[1]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")

selenium = pytest.importorskip("selenium", reason="selenium is not installed")
pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")

from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium with its driver"),
    pytest.mark.skipif(not (ROOT / "notebooks").exists(), reason="not in a checkout"),
    pytest.mark.filterwarnings("ignore"),  # JupyterLab's and selenium's own
]

CHROMIUM_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--disable-dev-shm-usage --window-size=1280,1400"
)


@contextlib.contextmanager
def chromium(scratch):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in [*CHROMIUM_FLAGS.split(), f"--user-data-dir={scratch / 'chromium'}"]:
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield browser
    finally:
        browser.quit()


def test_an_episode_is_played_in_a_real_browser(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(ROOT / "notebooks" / "05_play.ipynb", work)
    with jupyter_lab(work, tmp_path) as address, chromium(tmp_path) as browser:
        wait = WebDriverWait(browser, 120, poll_frequency=0.25)

        def script(code):
            return browser.execute_script(code)

        browser.get(f"{address}/lab/tree/05_play.ipynb?reset")
        # Where no window has the focus, JupyterLab has no current widget until one is activated.
        document = "[...(window.jupyterapp?.shell?.widgets('main') ?? [])][0]"
        session = f"{document}?.sessionContext"
        wait.until(lambda _: script(f"return {session}?.session?.kernel?.status == 'idle'"))
        script(f"window.jupyterapp.shell.activateById({document}.id)")
        browser.set_script_timeout(180)
        browser.execute_async_script(
            "const done = arguments[0];"
            "window.jupyterapp.commands.execute('notebook:run-all-cells').then(done, done)"
        )
        status = "[...document.querySelectorAll('.metarl-status')].map(e => e.textContent)"
        wait.until(lambda _: len(script(f"return {status}")) == 3)  # two games and one to watch
        arm = (
            "[...document.querySelectorAll('button')].filter(b => b.textContent.trim() == 'Arm 1')"
        )
        screenshots = os.environ.get("METARL_SCREENSHOTS")

        def picture(name):
            if screenshots:
                script(f"{arm}[1].scrollIntoView({{block: 'center'}})")
                time.sleep(0.7)
                browser.save_screenshot(str(Path(screenshots) / f"{name}.png"))

        picture("start")
        for trial in range(1, 21):
            time.sleep(0.5)  # as a person does: a click that follows at once is a double click's
            if trial % 2:
                script(f"{arm}[1].click(); {arm}[1].click()")  # the second game, against machines
            else:
                field = browser.find_elements("css selector", "input[placeholder*='press a key']")
                field[1].send_keys("1")
            wait.until(lambda _, t=trial: f"trial {t} of 20" in script(f"return {status}[1]"))
            if trial == 10:
                picture("middle")
        result = "[...document.querySelectorAll('.metarl-result')].map(e => e.textContent)"
        wait.until(lambda _: script(f"return {result}.length") == 1)
        text = script(f"return {result}[0]")
        for words in ("The arms won with", "you", "agent", "Thompson", "best possible"):
            assert words in text
        assert script(f"return {arm}[1].disabled")
        assert "trial 0 of 20" in script(f"return {status}[0]")  # the first game is untouched
        squares = "document.querySelectorAll('.metarl-strip')[1].querySelectorAll('span').length"
        assert script(f"return {squares}") == 20
        picture("end")
        focusable = f"return {arm}.every(b => b.tabIndex >= 0)"
        assert script(focusable)
        severe = [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]
        assert not [line for line in severe if "widget" in line["message"].lower()]
