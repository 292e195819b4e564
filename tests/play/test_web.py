"""The game as a page: what is in the file, and what a browser makes of it."""

import base64
import contextlib
import json
import os
import re
import shutil
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from metarl import baselines
from metarl.envs import TimeStep
from metarl.envs.arm_priors import Counts
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.results import episode_regret
from metarl.play import web
from metarl.play.record import COLUMNS, read_regret
from metarl.plotting.players import PLAYER_COLOURS
from metarl.pretrained import load_agent

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
GAMES = tuple(web.AGENTS)
SEED = 7


def environment(game, trials=None):
    env = load_agent(web.AGENTS[game]).config.environment
    return env if trials is None else env.changed(num_trials=trials)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return web.export_web(tmp_path_factory.mktemp("page") / "play.html")


@pytest.fixture(scope="module")
def data(page):
    found = re.search(
        r'<script type="application/json" id="data">(.*?)</script>', page.read_text(), re.S
    )
    return json.loads(found[1])


def test_the_page_is_one_small_file_that_loads_nothing(page):
    text = page.read_text()
    assert page.stat().st_size < 500_000
    for loads in ("http:", "https:", "src=", "@import", "url(", "import(", "fetch(", "//www"):
        assert loads not in text, loads
    assert "default-src 'none'" in text  # and the browser refuses whatever would
    assert set(re.findall(r'href="([^"]*)"', text)) == {"data:,"}


def test_every_file_of_the_page_is_in_it(page):
    text = page.read_text()
    names = {file.name for file in web._PAGE.iterdir()}
    assert names == {"page.html", "page.css", *(f"{name}.js" for name in web._SCRIPTS)}
    for name in names - {"page.html"}:
        assert web._read(name).strip() in text, name
    assert not re.search(r"/\* (STYLE|SCRIPT) \*/|\"DATA\"", text)


def test_the_weights_are_the_shipped_ones_to_the_last_bit(data):
    for game, name in web.AGENTS.items():
        checkpoint, told = load_agent(name), data["agents"][name]
        assert data["games"][game]["settings"] == json.loads(
            json.dumps(checkpoint.config.environment.to_dict())
        )
        weights = np.frombuffer(base64.b64decode(told["weights"]), "<f4")
        leaves = jax.tree.leaves(checkpoint.params)
        assert weights.size == sum(leaf.size for leaf in leaves)
        assert sorted(weights) == sorted(np.concatenate([np.ravel(leaf) for leaf in leaves]))


def test_players_have_their_colours_and_the_record_its_columns(data):
    assert data["colours"] == {name: PLAYER_COLOURS[name] for name in web.PLAYERS}
    assert tuple(data["columns"]) == COLUMNS


def test_an_existing_page_is_replaced_and_an_impossible_one_is_refused(tmp_path, page, monkeypatch):
    monkeypatch.setattr(web, "page", page.read_text)
    file = tmp_path / "play.html"
    file.write_text("an older page")
    assert web.export_web(str(file)) == file
    assert file.read_text() == page.read_text()
    with pytest.raises(ValueError, match="`file` must be a non-empty string"):
        web.export_web(" ")
    with pytest.raises(OSError, match="could not be written"):
        web.export_web(tmp_path / "missing" / "play.html")


# In a browser.

browser_test = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium with its driver"),
    pytest.mark.filterwarnings("ignore"),  # selenium's own
]


def in_a_browser(test):
    for mark in browser_test:
        test = mark(test)
    return test


class Browser:
    """Chromium with the page in it, and what a person does there."""

    def __init__(self, driver, page):
        self.driver, self.page = driver, page

    def script(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def open(self, game, trials, seed=SEED, width=1000, height=800, scheme="light"):
        size = {"width": width, "height": height, "deviceScaleFactor": 1.5, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        self.driver.get("about:blank")
        self.driver.get(f"{self.page.as_uri()}#game={game}&trials={trials}&seed={seed}")

    def press(self, key):
        from selenium.webdriver.common.action_chains import ActionChains

        time.sleep(0.11)  # what follows at once counts as a double click
        ActionChains(self.driver).send_keys(key).perform()

    def click(self, selector):
        time.sleep(0.11)
        self.driver.find_element("css selector", selector).click()

    def text(self, selector):
        return self.script("return document.querySelector(arguments[0]).textContent", selector)

    def shown(self, selector):
        return self.driver.find_element("css selector", selector).is_displayed()

    def steps(self):
        return self.script("return metarl.now().players.you.steps.length")

    def picture(self, name):
        folder = os.environ.get("METARL_SCREENSHOTS")
        if folder:
            time.sleep(0.4)
            whole = {
                "captureBeyondViewport": True,
                "clip": self.script(
                    "return {x: 0, y: 0, width: innerWidth, scale: 1,"
                    "height: document.documentElement.scrollHeight}"
                ),
            }
            shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", whole)
            (Path(folder) / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))


@contextlib.contextmanager
def chromium(scratch):
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    flags = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars"
    for flag in [*flags.split(), f"--user-data-dir={scratch / 'chromium'}"]:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        driver.set_script_timeout(200)
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def browser(page, tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("browser")) as driver:
        yield Browser(driver, page)


def record_of(browser, tmp_path):
    file = tmp_path / "record.csv"
    file.write_text(browser.script("return metarl.csv()"), encoding="utf-8")
    return pd.read_csv(file)


@in_a_browser
@pytest.mark.parametrize("name", web.AGENTS.values())
def test_the_network_computes_what_it_computes_in_python(browser, name):
    checkpoint = load_agent(name)
    agent, params, env = checkpoint.agent, checkpoint.params, checkpoint.config.environment
    played = evaluate(agent, params, env, num_episodes=3, seed=1).trajectory.trace
    browser.open("independent", 20)
    for episode in range(3):
        inputs = np.asarray(played.inputs[episode], np.float64).tolist()
        found = browser.script("return metarl.run(arguments[0], arguments[1])", name, inputs)
        np.testing.assert_allclose(found["logits"], played.logits[episode], atol=1e-4, rtol=0)
        np.testing.assert_allclose(found["values"], played.value[episode], atol=1e-4, rtol=0)


def best_kind(env):
    if env.greedy_is_optimal:
        return baselines.Greedy
    return baselines.BayesOptimal if env.num_actions == 2 else baselines.Gittins


def best_in_python(env, steps):
    """The scores by which the best player of `env` chooses on each step of a history."""
    if not env.greedy_is_optimal:
        player, wins, losses = best_kind(env).for_environment(env), np.zeros(env.num_arms), 0
        for step in steps:
            yield player.scores(Counts(wins, np.zeros(env.num_arms) + losses))
            arm = np.eye(env.num_arms)[step["action"]]
            wins, losses = wins + arm * step["reward"], losses + arm * (1 - step["reward"])
        return
    update, values = jax.jit(env.update_belief), jax.jit(env.belief_values)
    belief, reward = env.initial_belief(), 0.0
    for t, step in enumerate(steps):
        shown = jnp.asarray(step["observation"], jnp.float32)
        seen = TimeStep(observation=shown, reward=jnp.float32(reward), step=jnp.int32(t))
        yield np.asarray(values(belief, seen)[0])
        reward = step["reward"]
        after = seen._replace(reward=jnp.float32(reward))
        belief = update(belief, seen, jnp.int32(step["action"]), after)


@in_a_browser
@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("trials", [20, 100])
def test_the_best_player_chooses_as_in_python(browser, game, trials):
    env = environment(game, trials)
    thompson = baselines.Thompson.for_environment(env)
    played = evaluate(thompson, (), env, num_episodes=4, seed=2).trajectory
    browser.open("independent", 20)
    differing = 0
    for episode in range(4):
        shown = np.asarray(played.observations[episode])
        steps = [
            {
                "action": int(played.actions[episode, t]),
                "reward": float(played.rewards[episode, t]),
                "observation": shown[t].tolist(),
                "place": int(shown[t].argmax()) if shown.shape[1] else 0,
            }
            for t in range(env.num_steps)
        ]
        code = "return metarl.bestActions(arguments[0], arguments[1], arguments[2])"
        for chosen, scores in zip(
            browser.script(code, game, trials, steps), best_in_python(env, steps), strict=True
        ):
            # Scores are float32 in Python, which parts ties and joins what nearly ties.
            assert (scores[chosen] >= scores.max() - 2e-6).all()
            differing += set(chosen) != set(np.flatnonzero(scores == scores.max()).tolist())
    assert differing < 0.05 * 4 * env.num_steps


@in_a_browser
@pytest.mark.parametrize("game", GAMES)
def test_the_machines_play_as_well_as_in_python(browser, game):
    trials, episodes = 20, 1000
    env, checkpoint = environment(game, trials), load_agent(web.AGENTS[game])
    best = best_kind(env)
    players = {
        "agent": (checkpoint.agent, checkpoint.params),
        "Thompson": (baselines.Thompson.for_environment(env), ()),
        "best possible": (best.for_environment(env), ()),
    }
    browser.open("independent", 20)
    found = browser.script("return metarl.simulate(arguments[0], 20, arguments[1])", game, episodes)
    if game == "ten_arms":
        found["best possible"] = found.pop("Gittins")
    for name, (player, params) in players.items():
        result = evaluate(player, params, env, num_episodes=2000, seed=3)
        expected = episode_regret(result)
        error = np.hypot(expected.standard_error, np.std(found[name]) / np.sqrt(episodes))
        assert abs(np.mean(found[name]) - expected.mean) < 4.5 * error, name


@in_a_browser
def test_an_episode_of_ten_arms_is_played_by_keyboard(browser, tmp_path):
    browser.open("ten_arms", 20)
    assert browser.text("#trial") == "Trial 1 of 20"
    assert not browser.shown("#results")
    keys = "1234567890" * 2
    for trial, key in enumerate(keys, 1):
        browser.press(key)
        assert browser.steps() == trial
        told = browser.text("#outcome")
        assert f"Trial {trial}, arm {int(key) or 10}." in told
        assert ("✓ You won" in told) != ("✕ You missed" in told)
        if trial < 20:  # nothing is given away
            assert not browser.script("return document.querySelectorAll('.truth').length")
            assert not browser.shown("#results")
            assert not browser.shown("#watched")
    assert browser.text("#trial") == "Episode over"
    assert browser.script("return document.activeElement.id") == "again"
    table = record_of(browser, tmp_path)
    assert tuple(table.columns) == (*COLUMNS, *(f"p{arm}" for arm in range(1, 11)))
    mine = table[table.subject == "you"]
    assert mine.action.tolist() == [int(key) - 1 if key != "0" else 9 for key in keys]
    assert table.subject.tolist()[:4] == ["you", "agent", "Thompson", "Gittins"]
    assert len(table) == 4 * 20
    time.sleep(0.7)
    browser.press("\ue007")  # Enter
    assert browser.text("#trial") == "Trial 1 of 20"
    assert browser.steps() == 0


@in_a_browser
def test_an_episode_of_two_steps_is_played_by_mouse(browser, tmp_path):
    browser.open("two_step", 20)
    for trial in range(1, 21):
        browser.click(f".choice[data-action='{trial % 2}']")
        assert "You are in state" in browser.text("#outcome")
        browser.click(".arm.here")
        assert f"Trial {trial}, state" in browser.text("#outcome")
        assert browser.steps() == 2 * trial
    table = record_of(browser, tmp_path)
    env = environment("two_step")
    scenes = [web._scenes(env)[place] for place in (0, 1, 2)]
    mine, agent = table[table.subject == "you"], table[table.subject == "agent"]
    assert set(mine.state[mine.step == 1]) == {scenes[0]}
    assert set(mine.state[mine.step == 2]) <= set(scenes[1:])
    assert mine.seconds.notna().all()
    assert agent.seconds.isna().all()
    assert agent.value.notna().all()
    first = table[table.step == 1]
    worse = (first.p1 < first.p2).astype(int) != first.action
    np.testing.assert_allclose(first.regret, np.where(worse, 0.48, 0.0), atol=1e-7)
    assert (table.regret[table.step == 2] == 0).all()


@in_a_browser
@pytest.mark.parametrize("game", ["independent", "reversal"])
def test_everybody_meets_the_same_luck(browser, tmp_path, game):
    browser.open(game, 50)
    for trial in range(50):
        browser.press(str(1 + trial // 5 % 2))
    table = record_of(browser, tmp_path)
    outcomes = table.groupby(["trial", "action"]).reward.nunique()
    assert (outcomes == 1).all()
    chances = table[["p1", "p2"]].to_numpy()
    chosen = chances[np.arange(len(table)), table.action]
    np.testing.assert_allclose(table.regret, chances.max(axis=1) - chosen, atol=1e-7)
    totals = read_regret(tmp_path / "record.csv")
    assert list(totals) == ["you", "agent", "Thompson", "best possible"]
    shown = browser.script(
        "return [...document.querySelectorAll('#comparison tr')].map("
        "row => [...row.querySelectorAll('td')].map(cell => cell.textContent))"
    )
    for (name, regret), (reward, better, told) in zip(totals.items(), shown, strict=True):
        of_player = table[table.subject == name]
        assert float(told) == pytest.approx(regret.sum(), abs=0.006)
        assert int(reward) == of_player.reward.sum()
        assert int(better.rstrip("%")) == pytest.approx(100 * (of_player.regret == 0).mean(), abs=1)


@in_a_browser
def test_a_seed_shows_the_same_episode_again(browser):
    played = []
    for seed in (1, 1, 2):
        browser.open("correlated", 20, seed=seed)
        for _ in range(20):
            browser.press("1")
        played.append(browser.script("return metarl.csv()"))
    machines = [[line for line in csv.splitlines() if "Thompson" in line] for csv in played]
    first, again, other = ([line.split(",", 2)[2] for line in lines] for lines in machines)
    assert first == again != other


@in_a_browser
def test_the_record_is_downloaded(browser, page):
    browser.open("correlated", 20)
    for _ in range(20):
        browser.press("2")
    folder = page.parent
    browser.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)}
    )
    browser.click("#download")
    file = folder / "metarl_correlated_20.csv"
    for _ in range(100):
        if file.exists():
            break
        time.sleep(0.1)
    assert file.read_text(encoding="utf-8") == browser.script("return metarl.csv()")


@in_a_browser
def test_the_network_is_watched_on_either_episode(browser):
    browser.open("independent", 20)
    assert not browser.shown("#watched")
    browser.click("#watching label:has([value=yours])")
    assert "Your episode" in browser.text("#watched-title")
    for _ in range(8):
        browser.press("1")

    def probabilities():
        bars = "[...document.querySelectorAll('#probabilities .share')]"
        return [
            int(x.rstrip("%")) for x in browser.script(f"return {bars}.map(e => e.textContent)")
        ]

    inputs, previous, reward = [], -1, 0
    for t, step in enumerate(browser.script("return metarl.now().players.you.steps")):
        inputs.append([float(previous == a) for a in (0, 1)] + [reward, t / 100])
        previous, reward = step["action"], step["reward"]
    inputs.append([float(previous == a) for a in (0, 1)] + [reward, 8 / 100])
    checkpoint = load_agent("bandit_independent")
    agent, params = checkpoint.agent, checkpoint.params
    trace = agent.replay(params, agent.initial_memory(), jnp.asarray(inputs, jnp.float32))
    expected = 100 * np.asarray(jax.nn.softmax(trace.logits[-1]))
    np.testing.assert_allclose(probabilities(), expected, atol=0.51)
    assert f"{float(trace.value[-1]):.1f}" in browser.text("#value")
    browser.click("#watching label:has([value=own])")
    assert "Its own episode" in browser.text("#watched-title")
    assert sum(probabilities()) in (99, 100, 101)


@in_a_browser
def test_machines_scores_can_be_hidden(browser):
    browser.open("independent", 20)
    scores = "return [...document.querySelectorAll('.score')].map(e => e.textContent)"
    assert browser.script(scores) == ["0", "0", "0", "0"]
    browser.click("#show-scores")
    assert browser.script(scores) == ["0", "–", "–", "–"]


@in_a_browser
def test_a_game_that_was_left_goes_on_where_it_was(browser):
    browser.open("reversal", 50)
    for _ in range(3):
        browser.press("2")
    browser.click("#games label:has([value=correlated])")
    assert browser.text("#trial") == "Trial 1 of 50"
    browser.click("#games label:has([value=reversal])")
    assert browser.text("#trial") == "Trial 4 of 50"


@in_a_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1000])
def test_every_game_fits_a_phone_in_light_and_dark(browser, width, scheme):
    too_wide = "return document.documentElement.scrollWidth > innerWidth"
    for game in GAMES:
        browser.open(game, 20, width=width, scheme=scheme)
        browser.click("#watching label:has([value=yours])")
        browser.script("document.querySelector('details').open = true")
        for _ in range(7):
            browser.press("1")
        assert not browser.script(too_wide), game
        browser.picture(f"{game}_{width}_{scheme}_middle")
        while browser.script("return !metarl.now().players.you.over"):
            browser.press("2")
        assert not browser.script(too_wide), game
        browser.picture(f"{game}_{width}_{scheme}_end")
    background = browser.script("return getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", background)[:3]))
    assert (brightness > 600) == (scheme == "light")


@in_a_browser
def test_outcomes_are_announced_and_the_focus_is_seen(browser):
    browser.open("two_step", 20)
    status = "return document.querySelector('#outcome')"
    assert browser.script(f"{status}.getAttribute('aria-live')") == "polite"
    browser.press("\ue004")  # Tab: to the games
    outline = "return getComputedStyle({}).outlineStyle"
    assert browser.script(outline.format("document.activeElement.nextElementSibling")) == "solid"
    for _ in range(2):
        browser.press("\ue004")  # to the trials, then to the first choice
    assert browser.script("return document.activeElement.dataset.action") == "0"
    assert browser.script(outline.format("document.activeElement")) == "solid"
    browser.press(" ")  # a button's own key
    assert "You are in state" in browser.text("#outcome")
    names = "return [...document.querySelectorAll('button, input')].every(b =>"
    named = "b.ariaLabel || b.textContent.trim() || b.closest('label'))"
    assert browser.script(names + named)


@in_a_browser
def test_nothing_is_loaded_and_nothing_goes_wrong(browser):
    browser.open("ten_arms", 20)
    assert browser.script("return performance.getEntriesByType('resource').length") == 0
    severe = [line for line in browser.driver.get_log("browser") if line["level"] == "SEVERE"]
    assert not severe
