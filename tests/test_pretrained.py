"""The agents that ship: that they load, that they are what their config makes, how they play."""

import dataclasses
from pathlib import Path

import pytest

import metarl.configs
from metarl.cli.files import run_config_file
from metarl.config import TrainConfig
from metarl.config.recipe import derive
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.results import episode_regret
from metarl.exact.optimum import best_possible_regret, correlated_pair_regret
from metarl.pretrained import load_agent, load_agents, pretrained_names
from metarl.storage.checkpoint import CheckpointError, save_checkpoint


def test_the_correlated_agent_ships():
    assert "bandit_correlated" in pretrained_names()


def config_name(agent):
    """The experiment that trains an agent: `bandit_easy` comes from `bandit:easy`."""
    modules = [file.stem for file in Path(metarl.configs.__file__).parent.glob("*[!_].py")]
    (module,) = [stem for stem in modules if agent.startswith(stem)]
    variant = agent.removeprefix(module).removeprefix("_")
    return f"{module}:{variant}" if variant else module


@pytest.mark.parametrize("name", pretrained_names())
def test_a_shipped_agent_comes_from_the_config_of_its_name(name):
    checkpoint = load_agent(name)
    config = run_config_file(TrainConfig, config_name(name))
    agent = derive(config.agent, config.environment)
    config = dataclasses.replace(config, agent=agent)
    assert checkpoint.config == dataclasses.replace(config, workdir=checkpoint.config.workdir)
    assert checkpoint.progress.steps >= config.agent.training_steps
    assert checkpoint.scores["advantage_rewards"] == config.agent.advantage_rewards


@pytest.mark.parametrize("name", pretrained_names())
def test_a_shipped_agent_is_small_and_names_no_machine(name):
    file = Path(metarl.configs.__file__).parents[1] / "pretrained" / f"{name}.npz"
    assert file.stat().st_size < 1_000_000
    assert load_agent(name).config.workdir == "results"


def test_the_correlated_agent_plays_within_five_per_cent_of_the_best_possible():
    checkpoint = load_agent("bandit_correlated")
    env = checkpoint.config.environment
    result = evaluate(checkpoint.agent, checkpoint.params, env, num_episodes=10_000, seed=123)
    regret = episode_regret(result)
    best = correlated_pair_regret(env.num_trials).sum()
    assert regret.mean < 1.05 * best + 2 * regret.standard_error
    assert abs(regret.mean - checkpoint.scores["expected_regret"]) < 5 * regret.standard_error


@pytest.mark.parametrize("name", [n for n in pretrained_names() if n.startswith("bandit_")])
def test_the_agents_of_two_arms_were_near_the_best_possible(name):
    checkpoint = load_agent(name)
    best = best_possible_regret(checkpoint.config.environment).sum()
    margin = 1.1 if "independent" in name else 1.05  # where exploration had to be learnt
    assert checkpoint.scores["num_episodes"] == 20_000
    assert 0.9 * best < checkpoint.scores["expected_regret"] < margin * best


def test_a_file_with_one_agent_gives_a_list_of_one(tmp_path):
    (agent,) = load_agents("bandit_independent")
    assert agent.config == load_agent("bandit_independent").config
    (tmp_path / "two").mkdir()
    changed = dataclasses.replace(agent.config.agent, random_seed=3)
    other = agent._replace(config=dataclasses.replace(agent.config, agent=changed))
    save_checkpoint(tmp_path / "two" / "checkpoint.npz", agent._replace(others=(other,)))
    found = load_agents("two", tmp_path)
    assert [one.config.agent.random_seed for one in found] == [42, 3]
    assert not any(one.others for one in found)


def test_an_agent_in_the_folder_comes_first(tmp_path):
    (tmp_path / "bandit_correlated").mkdir()
    (tmp_path / "bandit_correlated" / "checkpoint.npz").write_bytes(b"something else")
    with pytest.raises(CheckpointError, match="must be a whole"):
        load_agent("bandit_correlated", tmp_path)


def test_an_unknown_agent_is_refused_with_the_names_there_are():
    with pytest.raises(
        CheckpointError, match=r"`nobody` is not one of the agents.*bandit_correlated"
    ):
        load_agent("nobody")
