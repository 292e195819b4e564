"""An episode as an animation."""

import numpy as np
import pytest
from PIL import Image

from metarl.cli.main import main
from metarl.plotting.animation import animate_episode

ACTIONS, REWARDS = np.array([0, 1, 1]), np.array([0.0, 1.0, 0.0])
PROBABILITIES = np.array([[0.5, 0.5], [0.2, 0.8], [0.1, 0.9]])


def animate(path, **changed):
    arrays = {"actions": ACTIONS, "rewards": REWARDS, "probabilities": PROBABILITIES} | changed
    return animate_episode(path, **arrays, action_names=("left", "right"))


def test_a_gif_has_a_picture_for_each_step_and_one_before_the_first(tmp_path):
    path = animate(tmp_path / "episode.gif", values=PROBABILITIES)
    with Image.open(path) as image:
        assert image.n_frames == 4
    assert [file.name for file in tmp_path.iterdir()] == ["episode.gif"]


def test_a_page_of_html_stands_alone(tmp_path):
    page = animate(tmp_path / "episode.html").read_text()
    assert page.count("data:image/png;base64") == 4
    assert "onclick" in page


def test_a_film_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"`file`.*\.gif"):
        animate(tmp_path / "episode.mov")
    assert not list(tmp_path.iterdir())


def test_the_commands_write_an_animation_and_a_page_of_all_results(tmp_path, capsys):
    settings = ["--config.name=bandit_easy", f"--config.workdir={tmp_path}"]
    assert main(["animate", *settings, "--config.environment.num_trials=5"]) == 0
    folder = tmp_path / "bandit_easy"
    with Image.open(folder / "episode.gif") as image:
        assert image.n_frames == 6
    assert main(["report", *settings, "--config.num_eval_episodes=20"]) == 0
    page = (folder / "report.html").read_text()
    assert "report.html" in capsys.readouterr().out
    assert page.count("data:image/png;base64") == len(list(folder.glob("*.png"))) == 3
    assert "best possible" in page
    assert '"num_units": 48' in page.replace("&quot;", '"')
    assert "jax" in page
