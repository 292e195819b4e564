"""The adapter to Gymnasium: single and vector environments, and how others train on them."""

import dataclasses
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.utils.env_checker import check_env  # noqa: E402
from gymnasium.vector import AutoresetMode  # noqa: E402

from metarl.agents.actor_critic import Agent  # noqa: E402
from metarl.envs import Bandit, TaskFamily, families  # noqa: E402
from metarl.envs.baited import Baited  # noqa: E402
from metarl.envs.bandit import BanditTask  # noqa: E402
from metarl.envs.core import TimeStep  # noqa: E402
from metarl.envs.gym import FamilyEnv, FamilyVectorEnv  # noqa: E402
from metarl.envs.harlow import Harlow  # noqa: E402
from metarl.envs.informative import Informative  # noqa: E402
from metarl.envs.risky import Risky  # noqa: E402
from metarl.envs.two_step import TwoStep  # noqa: E402
from metarl.envs.volatile import Volatile  # noqa: E402

IDS = sorted(name for name in gymnasium.registry if name.startswith("metarl/"))
# They differ in observations, ranges of rewards, steps per trial, forced actions and regret.
DIFFERENT = [
    Bandit(num_trials=3),
    TwoStep(num_trials=2, fixation=True, hazard=0.5),
    Risky(num_trials=3, num_forced=1),
    Baited(num_trials=2, fixation=True),
    Harlow(num_trials=2),
    Volatile(num_trials=4, interval=2),
]
different = pytest.mark.parametrize("env", DIFFERENT, ids=lambda env: env.family)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Echo(TaskFamily, family="gym_echo"):
    """A user's own family: the action that was drawn pays 2, any other costs 1."""

    num_trials: int = 3
    num_actions = 3
    reward_range = (-1.0, 2.0)

    def sample_task(self, key):
        return jax.random.randint(key, (), 0, 3)

    def reset(self, task):
        state = (task, jnp.int32(0))
        return state, TimeStep(jnp.zeros(0), jnp.float32(0.0), state[1])

    def step(self, state, action, tape_t):
        reward = self.action_values(state)[action]
        state = (state[0], state[1] + 1)
        return state, TimeStep(jnp.zeros(0), reward, state[1])

    def action_values(self, state):
        return 3 * jax.nn.one_hot(state[0], 3) - 1


def play(env, actions, **reset):
    """All that an environment returns for a reset and some actions."""
    return [env.reset(**reset), *(env.step(action) for action in actions)]


def assert_equal(one, other):
    """Equal in structure, types and numbers, up to rounding."""
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        one, other = list(one.values()), [other[name] for name in one]
    if isinstance(one, tuple | list):
        for pair in zip(one, other, strict=True):
            assert_equal(*pair)
    else:
        np.testing.assert_allclose(one, other, atol=1e-6)
        assert getattr(one, "dtype", None) == getattr(other, "dtype", None)


def test_all_families_that_ship_are_registered():
    ours = [families.find(name) for name in families.names()]
    ours = [kind for kind in ours if kind.__module__.startswith("metarl.envs.")]
    assert [f"metarl/{kind.__name__}-v0" for kind in ours if kind.family != "gymnax"] == IDS
    assert "metarl/TwoStep-v0" in IDS


def test_metarl_never_imports_gymnasium_by_itself():
    code = (
        "import sys, metarl, metarl.play.watch; from metarl.envs import families;"
        "families.names(); assert not {'gymnasium', 'metarl.envs.gym'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", IDS)
def test_gymnasiums_own_check_finds_nothing(name):
    check_env(gymnasium.make(name).unwrapped)  # a warning would be an error


def test_the_check_finds_nothing_in_a_users_own_family():
    check_env(FamilyEnv(Echo()), skip_render_check=True)  # no `spec`, which rendering needs
    check_env(FamilyEnv(Bandit(), show_previous=False, show_elapsed=False), skip_render_check=True)


@different
def test_observations_are_the_inputs_of_metarls_own_networks(env):
    agent = Agent.for_environment(env, use_trial_index=True)
    single, bare = FamilyEnv(env), FamilyEnv(env, show_previous=False, show_elapsed=False)
    assert single.observation_space.shape == (agent.num_inputs,)
    shown, _ = bare.reset(seed=4)
    found, _ = single.reset(seed=4)
    previous, reward = -1, 0.0
    for step in range(env.num_steps + 1):
        timestep = TimeStep(jnp.asarray(shown), jnp.float32(reward), jnp.int32(step))
        np.testing.assert_allclose(found, agent.encode(jnp.int32(previous), timestep), atol=1e-6)
        assert found in single.observation_space
        if step < env.num_steps:
            action = step % env.num_actions
            shown = bare.step(action)[0]
            found, reward, _, _, info = single.step(action)
            previous = info.get("action", action)


@different
def test_an_episode_is_the_familys_own(env):
    """Against plain calls of the family, with the same task and the same tape."""
    single = FamilyEnv(env)
    single.reset(seed=9)
    state, tape = single._episode
    for step in range(env.num_steps):
        action = np.int64((step + 1) % env.num_actions)
        forced = env.forced_action(state)
        taken = action if forced is None or forced < 0 else int(forced)
        values = env.action_values(state)
        tape_t = jax.tree.map(lambda x, step=step: x[step], tape)
        state, timestep = env.step(state, jnp.int32(taken), tape_t)
        _, reward, terminated, truncated, info = single.step(action)
        assert reward == pytest.approx(float(timestep.reward), abs=1e-6)
        assert (terminated, truncated) == (step == env.num_steps - 1, False)
        assert ("action" in info) == (forced is not None)
        assert info.get("action", taken) == taken
        assert ("regret" in info) == env.has_regret
        if env.has_regret:
            regret = values.max() - values[taken] if taken == action else 0.0
            assert info["regret"] == pytest.approx(float(regret), abs=1e-6)


@different
def test_the_vector_environment_equals_single_ones_from_the_seeds_that_follow(env):
    count = 3
    rng = np.random.default_rng(0)
    actions = rng.integers(0, env.num_actions, (2 * env.num_steps + 4, count))
    ours = play(FamilyVectorEnv(env, count), actions, seed=7)
    singles = gymnasium.vector.SyncVectorEnv([lambda: FamilyEnv(env)] * count)
    assert singles.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert_equal(ours, play(singles, actions, seed=7))

    alone = FamilyEnv(env)
    observation, _ = alone.reset(seed=7 + 2)
    for row, now in zip(actions[: env.num_steps], ours[: env.num_steps], strict=True):
        np.testing.assert_allclose(now[0][2], observation, atol=1e-6)
        observation = alone.step(row[2])[0]


def test_the_step_after_the_last_one_begins_new_episodes():
    many = gymnasium.make_vec("metarl/Bandit-v0", num_envs=5, num_trials=2)
    assert isinstance(many, FamilyVectorEnv)
    assert many.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert many.observation_space.shape == (5, 4)
    ends = [step[2] for step in play(many, [np.zeros(5, int)] * 8, seed=1)[1:]]
    expected = [False, True, False, False, True, False, False, True]  # the third begins anew
    np.testing.assert_array_equal(ends, np.repeat(expected, 5).reshape(8, 5))
    many.reset(seed=1)
    for _ in range(2):
        many.step(np.zeros(5, int))
    first, rewards, _, truncated, infos = many.step(np.ones(5, int))
    assert infos == {}
    for zeros in (first, rewards, truncated):
        assert not zeros.any()


def gap(steps):
    """The regret of two actions that differ: it tells one bandit from another."""
    return sum(step[4]["regret"] for step in steps[1:3])


def test_a_seed_determines_this_episode_and_those_that_follow():
    one, other = FamilyEnv(Bandit(num_trials=4)), FamilyEnv(Bandit(num_trials=4))
    actions = [0, 1, 0, 1]
    first = [play(one, actions, seed=3), play(one, actions)]
    assert_equal(first, [play(other, actions, seed=3), play(other, actions)])
    unseeded = [play(FamilyEnv(Bandit(num_trials=4)), actions) for _ in range(2)]
    tasks = [gap(steps) for steps in [*first, play(one, actions, seed=4), *unseeded]]
    assert len(set(tasks)) == 5


def test_sub_environments_can_have_seeds_of_their_own():
    env = Bandit(num_trials=4)
    actions = [np.zeros(3, int)] * 4
    many = FamilyVectorEnv(env, 3)
    many.reset(seed=0)
    found = play(many, actions, seed=[8, None, 5])
    for i, resets in enumerate([{"seed": 8}, {}, {"seed": 5}]):
        alone = FamilyEnv(env)
        alone.reset(seed=i)
        for now, then in zip(found[1:], play(alone, [0] * 4, **resets)[1:], strict=True):
            assert now[1][i] == then[1]
            assert now[4]["regret"][i] == pytest.approx(then[4]["regret"])


def test_a_task_by_hand_lasts_for_one_episode():
    env = FamilyEnv(Bandit(num_trials=3))
    for task in (BanditTask(jnp.array([1.0, 0.0])), [1.0, 0.0]):
        _, *steps = play(env, [0, 1, 0], seed=2, options={"task": task})
        assert [step[1] for step in steps] == [1, 0, 1]
        assert [step[4]["regret"] for step in steps] == [0, 1, 0]
    assert 0 < gap(play(env, [0, 1])) < 1


def test_a_vector_takes_one_task_for_all_or_one_for_each():
    env = Informative(num_trials=2)
    many = FamilyVectorEnv(env, 3)
    targets = jax.vmap(env.sample_task)(jax.random.split(jax.random.key(0), 3))
    targets = targets._replace(target=np.array([4, 0, 7]))
    each = play(many, [np.array([4, 4, 4])], options={"task": targets})[1][1]
    np.testing.assert_array_equal(each, [5, 1, 1])
    every = play(many, [np.array([4, 3, 4])], options={"task": targets._replace(target=4)})[1][1]
    np.testing.assert_array_equal(every, [5, 1, 5])


def test_forced_actions_are_the_environments():
    env = FamilyEnv(Risky(num_trials=6, num_forced=2))
    steps = play(env, [0] * 6, seed=0)[1:]
    taken = [step[4]["action"] for step in steps]
    assert set(taken[:4]) == {0, 1}
    assert taken[4:] == [0, 0]
    assert [step[4]["regret"] for step in steps[:4]] == [0] * 4
    np.testing.assert_array_equal([step[0][:2] for step in steps], np.eye(2)[taken])


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: FamilyEnv(TwoStep), "`env` must be a TaskFamily"),
        (lambda: FamilyEnv(TwoStep(), show_previous=1), "`show_previous` must be True or False"),
        (lambda: FamilyVectorEnv(TwoStep(), 0), "`num_envs` must be at least 1, got 0"),
        (lambda: gymnasium.make("metarl/TwoStep-v0", hazard=2.0), "`hazard` must be at least 0"),
        (lambda: FamilyEnv(TwoStep()).reset(seed=-1), "`seed` must be at least 0"),
        (lambda: FamilyEnv(TwoStep()).reset(seed=2**32), "`seed` must be below"),
        (lambda: FamilyVectorEnv(TwoStep(), 2).reset(seed=2**32 - 1), "`seed` must be below"),
        (lambda: FamilyVectorEnv(TwoStep(), 2).reset(seed=[1]), "`seed` must be .* the 2 sub-env"),
        (lambda: play(FamilyEnv(TwoStep()), [2]), "`action` must be .* from 0 to 1, got 2"),
        (lambda: play(FamilyEnv(TwoStep()), [0.0]), "`action` must be .*, got 0.0"),
        (lambda: play(FamilyVectorEnv(TwoStep(), 2), [[0, 2]]), r"`actions` must be .*\[0, 2\]"),
        (lambda: play(FamilyVectorEnv(TwoStep(), 2), [[0.5, 1]]), "`actions` must be whole"),
        (lambda: play(FamilyVectorEnv(TwoStep(), 2), [[0]]), r"`actions` must .* shape \[2\]"),
    ],
)
def test_wrong_values_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    ("env", "options", "words"),
    [
        (Bandit(), {"arm_probs": [0.5, 0.5]}, "`options` must be"),
        (Bandit(), {"task": [0.5, 0.5, 0.5]}, r"`task` must be .* shape \[2\]"),
        (Bandit(), {"task": [0.5, 1.5]}, "must be probabilities"),
        (Bandit(), {"task": [0.5, np.nan]}, "`task` must have finite numbers"),
        (Harlow(), {"task": [0.5, 0.5]}, "`task` must be a task of the family harlow"),
        (Echo(), {"task": 0.5}, "`task` must have finite numbers of type int32"),
    ],
)
def test_what_is_no_task_is_refused(env, options, words):
    for made in (FamilyEnv(env), FamilyVectorEnv(env, 2)):
        with pytest.raises(ValueError, match=words):
            made.reset(options=options)


def test_an_unknown_setting_is_named_with_those_that_exist():
    for make in (gymnasium.make, gymnasium.make_vec):
        with pytest.raises(TypeError, match=r"`hazrd` is not a setting of two_step.*hazard"):
            make("metarl/TwoStep-v0", hazrd=0.1)


def test_steps_need_a_reset_before_and_after_an_episode():
    single, many = FamilyEnv(Bandit(num_trials=1)), FamilyVectorEnv(Bandit(num_trials=1), 2)
    for env, action in ((single, 0), (many, np.zeros(2, int))):
        with pytest.raises(gymnasium.error.ResetNeeded):
            env.step(action)
    with pytest.raises(gymnasium.error.ResetNeeded):
        play(single, [0, 0])


def test_an_environment_survives_json_and_pickle():
    made = gymnasium.make("metarl/Bandit-v0", num_trials=3, arm_probs=(1.0, 0.0))
    again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(made.spec.to_json()))
    assert again.unwrapped.family == made.unwrapped.family
    made.reset(seed=1)
    other = pickle.loads(pickle.dumps(made))
    assert_equal([made.step(0), made.step(1)], [other.step(0), other.step(1)])


def test_gymnasiums_wrappers_count_episodes():
    single = gymnasium.wrappers.RecordEpisodeStatistics(FamilyEnv(Echo()))
    ended = play(single, [1] * 3, seed=0, options={"task": 1})[-1]
    assert ended[4]["episode"]["r"] == 6
    assert ended[4]["episode"]["l"] == 3
    many = gymnasium.wrappers.vector.RecordEpisodeStatistics(FamilyVectorEnv(Echo(), 2))
    ended = play(many, [np.array([1, 0])] * 3, seed=0, options={"task": 1})[-1]
    np.testing.assert_array_equal(ended[4]["episode"]["r"], [6, -3])


def test_environments_of_one_family_share_their_programs():
    from metarl.envs import gym

    env = Bandit(num_trials=7)
    play(FamilyEnv(env), [0], seed=0)
    size = gym._take_one._cache_size()
    play(FamilyEnv(Bandit(num_trials=7)), [0, 1], seed=1)
    assert gym._take_one._cache_size() == size


SPEED = """
import time, gymnasium, numpy as np, metarl.envs.gym
many = gymnasium.make_vec("metarl/Bandit-v0", num_envs=4096)
many.reset(seed=0)
actions = np.random.default_rng(0).integers(0, 2, (101, 4096))
seconds = []
for _ in range(7):
    begun = time.perf_counter()
    for row in actions:  # an episode, and the step that begins the next
        many.step(row)
    seconds.append(time.perf_counter() - begun)
print(100 * 4096 / min(seconds))  # the quickest: other work on the machine only slows
"""


@pytest.mark.hazard
def test_a_million_steps_take_at_most_a_second():
    """In a process of its own: here, types are checked, and programs compiled for quick tests."""
    env = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    command = [sys.executable, "-c", SPEED]
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    assert float(done.stdout) > 1e6


def test_the_examples_of_the_documentation_run():
    page = Path(__file__).parents[2] / "docs" / "gymnasium.md"
    if not page.exists():
        pytest.skip("not in a checkout of the repository")
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(), re.S)
    for block in blocks[:2]:  # the others train
        exec(block, {})


def test_stable_baselines_trains_on_it_unmodified():
    baselines = pytest.importorskip("stable_baselines3")
    contrib = pytest.importorskip("sb3_contrib")
    from stable_baselines3.common.env_checker import check_env as check
    from stable_baselines3.common.env_util import make_vec_env

    check(gymnasium.make("metarl/TwoStep-v0"))
    env = make_vec_env("metarl/TwoStep-v0", n_envs=2, seed=1, env_kwargs={"num_trials": 4})
    settings = {"n_steps": 16, "batch_size": 16, "n_epochs": 1, "device": "cpu", "seed": 0}
    for kind, policy in (
        (baselines.PPO, "MlpPolicy"),
        (contrib.RecurrentPPO, "MlpLstmPolicy"),
    ):
        model = kind(policy, env, **settings)
        before = {name: x.clone() for name, x in model.policy.state_dict().items()}
        model.learn(64)
        assert len(model.ep_info_buffer) == 8  # episodes of eight steps
        assert any((x != before[name]).any() for name, x in model.policy.state_dict().items())
