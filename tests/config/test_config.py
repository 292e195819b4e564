import json
import runpy
from pathlib import Path

import pytest

import metarl.configs
from metarl.config.experiment import (
    AgentConfig,
    EvalConfig,
    TrainConfig,
)
from metarl.config.mapping import config_from_dict, config_to_dict
from metarl.envs import Bandit

pytestmark = pytest.mark.usefixtures("as_users_run_it")


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (AgentConfig, "random_seed", -1),
        (AgentConfig, "random_seed", 1.5),
        (AgentConfig, "num_units", 0),
        (AgentConfig, "training_steps", 0),
        (AgentConfig, "episodes_per_update", 0),
        (AgentConfig, "max_unroll_steps", 0),
        (AgentConfig, "learning_rate", -1e-3),
        (AgentConfig, "learning_rate", 0.0),
        (AgentConfig, "learning_rate", float("nan")),
        (AgentConfig, "learning_rate", "fast"),
        (AgentConfig, "learning_rate_end", -1.0),
        (AgentConfig, "adam_b2", 1.0),
        (AgentConfig, "max_gradient_norm", 0.0),
        (AgentConfig, "discount", 1.1),
        (AgentConfig, "gae_lambda_end", -0.1),
        (AgentConfig, "advantage_estimator", "td"),
        (AgentConfig, "advantage_rewards", "real"),
        (AgentConfig, "value_cost", float("inf")),
        (AgentConfig, "entropy_cost", -0.1),
        (AgentConfig, "normalize_advantage", 1),
        (TrainConfig, "workdir", ""),
        (TrainConfig, "name", "../agent"),
        (TrainConfig, "name", "agent.npz"),
        (TrainConfig, "resume", "yes"),
        (TrainConfig, "num_workers", -1),
        (TrainConfig, "num_evaluators", -1),
        (TrainConfig, "eval_every_steps", 0),
        (TrainConfig, "num_eval_episodes", 0),
        (EvalConfig, "num_eval_episodes", 0),
        (EvalConfig, "random_seed", -2),
        (EvalConfig, "environment", (0.5, 2.0)),
        (EvalConfig, "environment", {1: 2}),
    ],
)
def test_impossible_values_are_refused_by_name(kind, field, value):
    with pytest.raises(ValueError, match=f"`{field}` must") as error:
        kind(**{field: value})
    assert repr(value).strip("()") in str(error.value)


@pytest.mark.parametrize(
    "config",
    [
        TrainConfig(
            environment=Bandit(num_arms=3, arm_probs=(0.1, 0.2, 0.3)),
            agent=AgentConfig(learning_rate=1e-4, use_trial_index=True),
        ),
        EvalConfig(environment={"num_trials": 7}),
    ],
)
def test_a_config_survives_json(config):
    text = json.dumps(config_to_dict(config))
    assert config_from_dict(type(config), json.loads(text)) == config


def test_configs_are_hashable():
    assert hash(TrainConfig()) == hash(TrainConfig())


def test_an_unknown_setting_is_refused_with_its_full_name():
    with pytest.raises(ValueError, match=r"`agent\.seed` is not a setting"):
        config_from_dict(TrainConfig, {"agent": {"seed": 1}})


def test_whole_numbers_are_taken_where_numbers_are_meant():
    assert config_from_dict(AgentConfig, {"discount": 1}).discount == 1.0


def test_an_evaluation_changes_only_what_it_names():
    env = Bandit(num_arms=3, num_trials=50, reward_structure="independent")
    assert env.changed() == env
    assert env.changed(num_trials=7).num_trials == 7
    by_hand = env.changed(arm_probs=(0.1, 0.2, 0.3))
    assert by_hand.arm_probs == (0.1, 0.2, 0.3)
    drawn = by_hand.changed(reward_structure="correlated")
    assert (drawn.reward_structure, drawn.arm_probs) == ("correlated", None)
    with pytest.raises(ValueError, match="3 arms"):
        env.changed(arm_probs=(0.1, 0.2))
    with pytest.raises(ValueError, match=r"`environment\.arms` is not a setting of bandit"):
        env.changed(arms=3)


@pytest.mark.parametrize(
    "file", sorted(Path(metarl.configs.__file__).parent.glob("*[!_].py")), ids=lambda p: p.stem
)
def test_every_experiment_makes_a_valid_config(file):
    module = runpy.run_path(str(file))
    assert isinstance(module["get_config"](), TrainConfig)
    for variant in module.get("VARIANTS", ()):
        assert isinstance(module["get_config"](variant), TrainConfig)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"environment": Bandit(num_arms=3)}, "`num_arms` must be 2 for beliefs"),
    ],
)
def test_belief_rewards_need_a_bayes_filter(changes, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(agent=AgentConfig(advantage_rewards="belief"), **changes)
