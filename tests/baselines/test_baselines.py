"""The classic players: their rules by hand, and their play against exact expectations."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.stats

from metarl.baselines import (
    KLUCB,
    UCB1,
    BayesOptimal,
    EpsilonGreedy,
    Gittins,
    Greedy,
    OptimisticThompson,
    Random,
    RescorlaWagner,
    Thompson,
)
from metarl.baselines.belief import BeliefMemory, BeliefPlayer
from metarl.envs import Bandit, TimeStep
from metarl.envs.arm_priors import Counts, means
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.results import episode_regret
from metarl.exact.regret import exact_regret
from metarl.rollout import Player

NUM_TRIALS = 12
UNIFORM = {"env": Bandit(reward_structure="independent")}
KNOWN_EXACTLY = {
    "random": Random(num_actions=2),
    "greedy": Greedy(**UNIFORM),
    "Thompson": Thompson(**UNIFORM),
    "epsilon-greedy": EpsilonGreedy(**UNIFORM, epsilon=0.2),
    "UCB1": UCB1(num_actions=2),
    "UCB1, one win and one loss to start": UCB1(num_actions=2, prior_wins=1, prior_losses=1),
    "KL-UCB": KLUCB(num_actions=2),
    "Gittins": Gittins(num_actions=2, num_trials=NUM_TRIALS),
    "discounted Gittins": Gittins(num_actions=2, num_trials=NUM_TRIALS, discount=0.9),
    "Bayes-optimal": BayesOptimal(num_trials=NUM_TRIALS),
}
EVERY_PLAYER = {
    **KNOWN_EXACTLY,
    "optimistic Thompson": OptimisticThompson(**UNIFORM),
    "Rescorla-Wagner": RescorlaWagner(num_actions=2, learning_rate=0.4, inverse_temperature=3.0),
}


def counts_of(wins, losses):
    return Counts(jnp.asarray(wins, jnp.float32), jnp.asarray(losses, jnp.float32))


def first_step():
    return TimeStep(observation=jnp.zeros(0), reward=jnp.float32(0), step=jnp.int32(0))


def choices(player, memory, count=20_000):
    """The frequency of each arm, of a player that remembers `memory`."""

    if isinstance(player, BeliefPlayer):
        memory = BeliefMemory(memory, first_step())

    def choose(key):
        noise = jax.tree.map(lambda steps: steps[0], player.draw_noise(key, 1))
        return player.act((), memory, jnp.int32(-1), first_step(), noise)[1]

    arms = jax.jit(jax.vmap(choose))(jax.random.split(jax.random.key(5), count))
    return np.bincount(np.asarray(arms), minlength=player.num_actions) / count


@pytest.mark.parametrize("name", KNOWN_EXACTLY)
def test_a_player_has_its_exact_regret_and_begins_fairly(name):
    player, env = KNOWN_EXACTLY[name], Bandit(num_trials=NUM_TRIALS, reward_structure="independent")
    result = evaluate(player, (), env, num_episodes=20_000, seed=4)
    assert abs(result.trajectory.actions[:, 0].mean() - 0.5) < 0.015  # 4 standard errors
    regret = episode_regret(result)
    assert abs(regret.mean - exact_regret(player, env).sum()) < 3.5 * regret.standard_error


@pytest.mark.parametrize(
    ("kind", "structure"),
    [(Greedy, "easy"), (Thompson, "hard")],
)
def test_bayesian_players_have_their_exact_regret_on_pairs(kind, structure):
    player = kind(env=Bandit(reward_structure=structure))
    env = Bandit(num_trials=NUM_TRIALS, reward_structure=structure)
    regret = episode_regret(evaluate(player, (), env, num_episodes=20_000, seed=4))
    assert abs(regret.mean - exact_regret(player, env).sum()) < 3.5 * regret.standard_error


@pytest.mark.parametrize("name", EVERY_PLAYER)
def test_every_baseline_is_a_player_that_jit_can_take_as_a_constant(name):
    player = EVERY_PLAYER[name]
    assert isinstance(player, Player)
    assert hash(player) == hash(type(player)(**vars(player)))


def test_optimistic_thompson_is_fair_to_arms_that_look_alike():
    # In a quarter of all draws both fall short of the mean, and that is a tie.
    np.testing.assert_allclose(
        choices(OptimisticThompson(**UNIFORM), counts_of([0, 0], [0, 0])), 0.5, atol=0.015
    )


@pytest.mark.parametrize(
    "player",
    [
        UCB1(num_actions=5),
        KLUCB(num_actions=5),
        Gittins(num_actions=5, num_trials=9),
        EpsilonGreedy(env=Bandit(num_arms=5, reward_structure="independent"), epsilon=0.3),
    ],
    ids=lambda player: type(player).__name__,
)
def test_ties_of_three_among_five_arms_are_broken_fairly(player):
    memory = counts_of([1, 0, 1, 0, 1], [0, 2, 0, 2, 0])
    frequencies = choices(player, memory)
    np.testing.assert_allclose(frequencies[[0, 2, 4]], frequencies[[0, 2, 4]].mean(), atol=0.015)
    np.testing.assert_allclose(frequencies[[1, 3]], getattr(player, "epsilon", 0) / 5, atol=0.01)


def test_epsilon_greedy_chooses_blindly_that_often():
    player = EpsilonGreedy(env=Bandit(num_arms=4, reward_structure="independent"), epsilon=0.4)
    frequencies = choices(player, counts_of([0, 3, 0, 0], [1, 0, 1, 2]))
    np.testing.assert_allclose(frequencies, [0.1, 0.7, 0.1, 0.1], atol=0.014)


def test_discrete_pairs_have_their_posterior_by_hand():
    # The first arm won once: the odds that it is the arm with .9 are 9 to 1.
    mean = means(counts_of([1, 0], [0, 0]), "easy")
    np.testing.assert_allclose(mean, [0.9 * 0.9 + 0.1 * 0.1, 0.1 * 0.9 + 0.9 * 0.1], rtol=1e-6)
    # A loss of the second arm says as much; a loss of the first takes it back.
    mean = means(counts_of([1, 0], [1, 1]), "hard")
    np.testing.assert_allclose(mean, [0.6 * 0.6 + 0.4 * 0.4, 2 * 0.6 * 0.4], rtol=1e-6)
    # Thompson sampling draws the better arm as often as that.
    thompson = Thompson(env=Bandit(reward_structure="medium"))
    frequencies = choices(thompson, counts_of([1, 0], [0, 0]))
    np.testing.assert_allclose(frequencies, [0.75, 0.25], atol=0.013)
    np.testing.assert_allclose(thompson.first_arm_chance(1, 0)[:, 0], [0.25, 0.75])


def test_ucb1_scores_are_their_formula_by_hand():
    scores = UCB1(num_actions=3, constant=0.5).scores(counts_of([3, 0, 1], [1, 0, 1]))
    bonus = 0.5 * np.sqrt(np.log(6) / np.array([4, 2]))
    np.testing.assert_allclose(scores, [0.75 + bonus[0], np.inf, 0.5 + bonus[1]], rtol=1e-6)
    # RL2's start: one win and one loss of each arm, pulls counted with them.
    player = UCB1(num_actions=2, prior_wins=1, prior_losses=1)
    scores = player.scores(counts_of([3, 0], [1, 0]))
    bonus = np.sqrt(2 * np.log(8) / np.array([6, 2]))
    np.testing.assert_allclose(scores, [4 / 6 + bonus[0], 1 / 2 + bonus[1]], rtol=1e-6)


@pytest.mark.parametrize("constant", [0.0, 3.0])
def test_kl_ucb_scores_solve_their_equation(constant):
    wins, losses = np.array([3, 0, 5]), np.array([4, 2, 0])
    scores = KLUCB(num_actions=3, constant=constant).scores(counts_of(wins, losses))
    budget = np.log(14) + constant * np.log(np.log(14))
    for q, w, n in zip(np.asarray(scores, np.float64), wins, wins + losses, strict=True):
        divergence = scipy.stats.entropy([w / n, 1 - w / n], [q, 1 - q]) if q < 1 else 0.0
        assert q >= w / n
        assert abs(n * divergence - budget) < 1e-4 or w == n


def test_an_arm_never_pulled_comes_first():
    for player in (UCB1(num_actions=3), KLUCB(num_actions=3)):
        assert np.argmax(player.scores(counts_of([9, 0, 5], [0, 0, 0]))) == 1


def test_rescorla_wagner_learns_by_the_delta_rule():
    player = RescorlaWagner(
        num_actions=2, learning_rate=0.25, inverse_temperature=2.0, initial_value=0.4
    )
    task = Bandit().make_task([0.2, 0.8])
    values = player.initial_memory(task)
    won = first_step()._replace(reward=jnp.float32(1))
    values, _, _ = player.act((), values, jnp.int32(1), won, jnp.zeros(2))
    np.testing.assert_allclose(values.values, [0.4, 0.4 + 0.25 * 0.6], rtol=1e-6)
    values, _, _ = player.act((), values, jnp.int32(0), first_step(), jnp.zeros(2))
    np.testing.assert_allclose(values.values, [0.3, 0.55], rtol=1e-6)
    odds = np.exp(2.0 * (0.55 - 0.3))
    np.testing.assert_allclose(choices(player, values)[1], odds / (1 + odds), atol=0.014)


def test_rescorla_wagner_has_the_regret_of_all_its_histories_together():
    probs, num_trials, rate, beta = np.array([0.25, 0.75]), 5, 0.4, 3.0
    exact = 0.0
    for history in itertools.product(itertools.product([0, 1], [0, 1]), repeat=num_trials):
        chance, values = 1.0, np.array([0.5, 0.5])
        for action, reward in history:
            policy = np.exp(beta * values) / np.exp(beta * values).sum()
            chance *= policy[action] * (probs[action] if reward else 1 - probs[action])
            values[action] += rate * (reward - values[action])
        exact += chance * sum(0.75 - probs[action] for action, _ in history)
    player = RescorlaWagner(num_actions=2, learning_rate=rate, inverse_temperature=beta)
    env = Bandit(num_trials=num_trials, arm_probs=(0.25, 0.75))
    regret = episode_regret(evaluate(player, (), env, num_episodes=20_000, seed=4))
    assert abs(regret.mean - exact) < 3.5 * regret.standard_error


def test_optimistic_thompson_chooses_as_often_as_its_law_says():
    """The first arm's mean is the lower one: its draw must beat the other's mean and draw."""
    player = OptimisticThompson(**UNIFORM)
    frequency = choices(player, counts_of([1, 4], [2, 3]))[0]
    first, second = scipy.stats.beta(2, 3), scipy.stats.beta(5, 4)
    law, _ = scipy.integrate.quad(lambda x: first.pdf(x) * second.cdf(x), 5 / 9, 1)
    assert abs(frequency - law) < 4 * np.sqrt(law * (1 - law) / 20_000)


def test_optimistic_thompson_never_pulls_an_arm_that_cannot_be_better():
    # Two correlated arms: above its mean, a draw of the second still falls short of the first's.
    player = OptimisticThompson(env=Bandit(reward_structure="easy"))
    frequency = choices(player, counts_of([2, 0], [0, 0]))[0]
    np.testing.assert_allclose(frequency, 81 / 82, atol=0.004)


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        (UCB1, {"constant": -1.0}, ["`constant`", "at least 0", "-1.0"]),
        (UCB1, {"constant": float("nan")}, ["`constant`", "finite"]),
        (UCB1, {"num_actions": 1}, ["`num_actions`", "at least 2", "no choice"]),
        (UCB1, {"prior_wins": -1}, ["`prior_wins`", "at least 0"]),
        (UCB1, {"prior_losses": 0.3}, ["`prior_losses`", "whole number", "ties are fair"]),
        (KLUCB, {"constant": "3"}, ["`constant`", "finite number", "'3'"]),
        (EpsilonGreedy, {**UNIFORM, "epsilon": 1.5}, ["`epsilon`", "at most 1", "1.5"]),
        (Greedy, {"env": Bandit(num_arms=3)}, ["`num_arms`", "2", "got 3"]),
        (
            RescorlaWagner,
            {"learning_rate": 1.1, "inverse_temperature": 1.0},
            ["`learning_rate`", "at most 1", "1.1"],
        ),
        (
            RescorlaWagner,
            {"learning_rate": 0.1, "inverse_temperature": -1.0},
            ["`inverse_temperature`", "at least 0"],
        ),
        (Gittins, {"num_trials": 0}, ["`num_trials`", "at least 1"]),
        (Gittins, {"num_trials": 9, "discount": 1.0}, ["`discount`", "at most 0.995", "None"]),
        (BayesOptimal, {"num_trials": 201}, ["`num_trials`", "at most 200", "201"]),
        (BayesOptimal, {"num_trials": 9, "num_actions": 3}, ["`num_actions`", "be 2", "Gittins"]),
    ],
)
def test_impossible_players_are_refused_with_the_reason(as_users_run_it, kind, arguments, words):
    with pytest.raises(ValueError, match="must") as error:
        kind(**({} if "env" in arguments else {"num_actions": 2}) | arguments)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize("epsilon", [0, 1])
def test_epsilon_may_be_a_whole_number(as_users_run_it, epsilon):
    player = EpsilonGreedy(**UNIFORM, epsilon=epsilon)
    expected = Greedy(**UNIFORM) if epsilon == 0 else Random(num_actions=2)
    env = Bandit(num_trials=10, reward_structure="independent")
    regret = episode_regret(evaluate(player, (), env, num_episodes=4000, seed=0))
    exact = exact_regret(expected, env).sum()
    assert abs(regret.mean - exact) < 4 * regret.standard_error


def test_large_values_leave_softmax_its_chance():
    player = RescorlaWagner(
        num_actions=2, learning_rate=0.1, inverse_temperature=1e6, initial_value=1e6
    )
    np.testing.assert_allclose(choices(player, player.initial_memory(None)), 0.5, atol=0.02)


def test_episodes_longer_than_a_players_tables_are_refused():
    env = Bandit(num_trials=6, reward_structure="independent")
    for player in (BayesOptimal(num_trials=5), Gittins(num_actions=2, num_trials=5)):
        for play in (
            lambda player=player: evaluate(player, (), env, num_episodes=2, seed=0),
            lambda player=player: exact_regret(player, env),
        ):
            with pytest.raises(ValueError, match=r"`num_trials` must be at least 6 .* got 5"):
                play()
