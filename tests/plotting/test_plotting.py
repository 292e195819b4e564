import math

import numpy as np
import pytest
from matplotlib.figure import Figure

from metarl.evaluation.results import mean_curve
from metarl.notebook import LiveCurve
from metarl.plotting.curves import plot_learning_curve, plot_reference
from metarl.plotting.players import PLAYER_COLOURS, plot_regret
from metarl.plotting.raster import arm_colours, plot_raster
from metarl.storage.curves import EvaluatorRow


@pytest.fixture
def ax():
    return Figure().subplots()


def test_the_raster_shows_each_choice_in_its_arms_colour(ax):
    actions = np.array([[0, 1, 0], [1, 1, 1]], np.int32)
    labels = ["(1.00, 0.00)", "(0.25, 0.75)"]
    plot_raster(ax, actions, ["arm 1", "arm 2"], labels, ylabel="probabilities")
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array(), actions)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["(1.00, 0.00)", "(0.25, 0.75)"]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["arm 1", "arm 2"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("trial", "probabilities")
    drawn = image.cmap(image.norm(np.array([0, 1])))
    assert not np.allclose(drawn[0], drawn[1])


@pytest.mark.parametrize("num_arms", [2, 3, 10, 30])
def test_every_arm_has_a_colour_of_its_own(ax, num_arms):
    assert len(set(arm_colours(num_arms))) == num_arms
    names = [f"arm {arm + 1}" for arm in range(num_arms)]
    plot_raster(ax, np.tile(np.arange(num_arms, dtype=np.int32)[:, None], (1, 4)), names, names)
    assert len(ax.get_legend().get_texts()) == min(num_arms, 10)  # of 30, every third


def test_regret_is_drawn_with_a_band_and_what_is_exact_without(ax):
    regret = np.tile(np.array([[1.0, 0.0], [0.0, 0.5]], np.float32), (5, 1))
    curve = mean_curve(regret.cumsum(axis=1))
    plot_regret(ax, {"agent": curve}, {"best possible": np.array([0.25, 0.35])})
    agent, best = ax.lines
    np.testing.assert_allclose(agent.get_ydata(), [0.5, 0.75])
    np.testing.assert_allclose(best.get_ydata(), [0.25, 0.35])
    assert len(ax.collections) == 1
    labels = [text.get_text() for text in ax.texts]
    assert labels == ["best possible: 0.35 (exact)", "agent: 0.75 ± 0.16"]


def test_a_few_episodes_have_no_band(ax):
    plot_regret(ax, {"you": mean_curve(np.ones((3, 4)).cumsum(axis=1))})
    assert not ax.collections
    assert ax.texts[0].get_text() == "you: 4.00"


def test_players_that_are_known_have_their_colour_and_no_other_has_it(ax):
    curves = {name: (np.ones(3), np.ones(3)) for name in ("UCB1 (c=1)", "agent", "Thompson", "x")}
    plot_regret(ax, curves)
    colours = [line.get_color() for line in ax.lines]
    assert colours[1:3] == [PLAYER_COLOURS["agent"], PLAYER_COLOURS["Thompson"]]
    assert len(set(colours)) == 4


def test_the_learning_curve_is_on_a_log_scale_in_millions(ax):
    plot_learning_curve(
        ax, np.array([0, 2e6]), np.array([20.0, 1.5]), np.array([1.0, 0.1]), label="evaluator 0"
    )
    plot_reference(ax, 1.22, label="best possible (exact)")
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [0, 2])
    assert ax.get_yscale() == "log"
    labels = [t.get_text() for t in ax.get_legend().get_texts()]
    assert labels == ["evaluator 0", "best possible (exact): 1.22"]


@pytest.mark.parametrize(("regret", "label"), [(2.0, "expected regret"), (math.nan, "reward per")])
def test_the_live_curve_draws_reward_where_a_family_has_no_regret(regret, label):
    live = LiveCurve(reference=0.8)
    for step in (200_000, 100_000):
        live(EvaluatorRow(step, 1000, 1.0, 0.7, regret, regret / 10))
    (ax,) = live.figure.axes
    assert ax.get_ylabel().startswith(label)
    x, y = ax.lines[0].get_data()
    np.testing.assert_allclose(x, (0.1, 0.2))
    np.testing.assert_allclose(y, 0.7 if math.isnan(regret) else regret)
