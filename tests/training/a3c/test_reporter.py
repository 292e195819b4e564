import sys

import pytest
from runs import changed
from tqdm.auto import tqdm

from metarl.config import TrainConfig
from metarl.envs import Bandit
from metarl.evaluation.yardsticks import Yardsticks
from metarl.storage.checkpoint import Progress
from metarl.storage.curves import LearningCurves, TrainingRow, read_rows
from metarl.training.a3c.manager import train
from metarl.training.a3c.reporter import Reporter
from metarl.training.learner import Metrics

ENV = Bandit(num_trials=20)


@pytest.fixture(scope="module")
def yardsticks():
    played = Yardsticks(ENV, num_episodes=200, seed=0)
    played.results()
    return played


def metrics(*, regret, entropy):
    return Metrics(reward=0.5, regret=regret / 20, policy_loss=0.0, value_loss=0.0, entropy=entropy)


@pytest.fixture
def said(tmp_path, yardsticks, caplog):
    """What a line of progress says: the log's lines, and the text after the bar."""
    caplog.set_level("INFO", "metarl")
    curves = LearningCurves(tmp_path, 0, -1)
    reporter = Reporter(TrainConfig(environment=ENV), curves, yardsticks, None)

    def said_of(**seen):
        caplog.clear()
        reporter.add(metrics(**seen))
        with tqdm(total=10, disable=False, leave=False) as bar:
            reporter.line(Progress(updates=1, steps=320), bar)
            return [record.getMessage() for record in caplog.records], bar.postfix

    said_of.rows = lambda: read_rows(tmp_path / "training.csv", TrainingRow)
    return said_of


def test_a_line_says_how_far_the_agent_is_from_random_to_the_best(said, yardsticks):
    scale = yardsticks.scale()
    log, bar = said(regret=(scale.random + scale.best) / 2, entropy=0.5)
    assert "50.0% of the way from random to best" in log[-1]
    assert "from random to best=50%" in bar
    assert said.rows()[-1].expected_regret == pytest.approx((scale.random + scale.best) / 2)


def test_a_collapse_is_named_once(said, yardsticks):
    chance = yardsticks.scale().random
    log, _ = said(regret=chance, entropy=0.6)
    assert not any("collapsed" in line for line in log)
    log, _ = said(regret=chance, entropy=1e-4)
    assert sum("The policy has collapsed" in line for line in log) == 1
    log, _ = said(regret=chance, entropy=1e-4)
    assert not any("collapsed" in line for line in log)


def test_learning_curves_are_written_for_tensorboard_too(tmp_path):
    pytest.importorskip("tensorboardX")
    config = changed(
        TrainConfig(workdir=str(tmp_path), name="seen", tensorboard=True),
        num_workers=0,
        log_every_steps=400,
        eval_every_steps=400,
        num_eval_episodes=4,
        num_final_eval_episodes=4,
        environment={"num_trials": 10},
        agent={"training_steps": 1600, "episodes_per_update": 4},
    )
    train(config)
    (file,) = (tmp_path / "seen" / "tensorboard").iterdir()
    data = file.read_bytes()
    for name in (b"training/reward", b"training/entropy", b"evaluator_0/expected_regret"):
        assert name in data
    assert b"wall_seconds" not in data


def test_tensorboard_without_tensorboardx_is_refused_before_training(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    config = TrainConfig(workdir=str(tmp_path), tensorboard=True, num_workers=0)
    with pytest.raises(ValueError, match=r"`tensorboard`.*tensorboardX"):
        train(config)
    assert not (tmp_path / "my_agent" / "checkpoint.npz").exists()
