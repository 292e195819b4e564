# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1 · The environment: slot machines you have never seen
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/metarl/metarl/blob/main/notebooks/01_environment.ipynb)
#
# **Promise: in ten minutes you will know the task that the whole course is about, and why it cannot be solved without learning.**
#
# At the end you will be able to say
#
# * what a *trial*, an *episode* and a *task* are,
# * how *independent* arms differ from *correlated* ones,
# * what *regret* measures, and why we never compute it from luck.
#
# Run time: about 10 seconds.

# %%
# In Colab, install the package; everywhere else it is there already.
import sys

if "google.colab" in sys.modules:
    get_ipython().run_line_magic("pip", "install -q git+https://github.com/metarl/metarl")

# %% [markdown]
# What we need from the package, and from others.

# %%
import jax
import matplotlib.pyplot as plt
import numpy as np

import metarl
from metarl.baselines import Oracle, Random
from metarl.notebook import fast

# %% [markdown]
# The numbers of this notebook. Change them, and run it again.

# %% tags=["parameters"]
SEED = 1
NUM_EPISODES = fast(2000, 200)

# %% [markdown]
# ## 1.1 What is a bandit?
#
# A *one-armed bandit* is a slot machine: you pull its arm, and it pays 1 or nothing. It has a win probability, which nobody tells you. A row of such machines is an *N-armed bandit*. On each **trial** you pull one arm, and see whether it paid.
#
# Here is a two-armed one. We set its win probabilities by hand: the first arm pays one time in four, the second three times in four.

# %%
env = metarl.Bandit(num_arms=2, num_trials=100, reward_structure="correlated")
task = env.make_task([0.25, 0.75])
task

# %% [markdown]
# (What *correlated* means comes in 1.3.) An **episode** is a chain of trials in one such **task**. Its luck is drawn beforehand, as a *tape*: a random number in [0, 1) for each arm on each trial. An arm pays if its number lies below its win probability. That sounds odd, and it is very useful: two players who get the same tape have the same luck.
#
# The package is written in JAX: numpy that can also be compiled and differentiated. JAX keeps no hidden random state. You give each draw a *key*; `split` makes new keys of one; and `vmap(f)(xs)` calls `f` on every row of `xs` at once.

# %%
tape = env.sample_tape(jax.random.key(SEED))
print("tape:", tape.shape)
print("first three trials:\n", np.round(tape[:3], 2))
assert tape.shape == (100, 2), "one number for each trial and arm"

# %% [markdown]
# ## 1.2 Can we pull an arm by hand?
#
# `reset` begins an episode. It returns the **state** (what the machine knows) and a **time step** (what the player is shown). `step` pulls an arm. The player sees the reward, and never the probabilities.

# %%
state, timestep = env.reset(task)
print("before: reward", timestep.reward, "trial", timestep.step)
for trial, arm in enumerate([0, 0, 1, 1, 1]):
    state, timestep = env.step(state, jax.numpy.int32(arm), tape[trial])
    print(f"pulled arm {arm + 1}: reward {timestep.reward:.0f}")

# %% [markdown]
# Pull one arm for a whole episode, and it pays about as often as its probability says.

# %%
arm_2 = tape[:, 1] < task.arm_probs[1]
print("arm 2 paid on", int(arm_2.sum()), "of", env.num_trials, "trials")
assert abs(arm_2.mean() - 0.75) < 0.15, "arm 2 should pay about three times in four"

# %% [markdown]
# ## 1.3 Where do tasks come from?
#
# In each episode the machines are *other* machines. The law they are drawn from is the **task family**. We use two of them, after Wang et al. (2016):
#
# * **independent**: each arm's probability is uniform on [0, 1], whatever the other's is;
# * **correlated**: they sum to one, like the lengths of a stick of length 1 that is broken at random. With two arms, one has p and the other 1 - p.
#
# What would you see if you drew a few hundred tasks of each?

# %%
fig, axes = plt.subplots(1, 2, figsize=(7, 3.4), sharey=True, layout="constrained")
keys = jax.random.split(jax.random.key(SEED), 400)
for ax, structure in zip(axes, ["independent", "correlated"]):
    family = metarl.Bandit(reward_structure=structure)
    probs = np.asarray(jax.vmap(family.sample_task)(keys).arm_probs)
    ax.plot(probs[:, 0], probs[:, 1], "o", ms=3, alpha=0.5)
    ax.set(title=structure, xlabel="win probability of arm 1", aspect="equal")
axes[0].set_ylabel("win probability of arm 2");
# %% [markdown]
# Independent tasks fill the square. Correlated ones lie on its falling diagonal: there, to learn that arm 1 is bad *is* to learn that arm 2 is good.

# %%
assert np.allclose(probs.sum(axis=1), 1, atol=1e-5), "correlated arms must sum to one"

# %% [markdown]
# ## 1.4 How good is a player?
#
# Counting rewards is not fair: some tasks are rich and some are poor, and luck comes on top. **Regret** takes out most of both: it compares with the best arm of the *same* task, in probabilities. On each trial it is
#
# $$\text{win probability of the best arm} - \text{win probability of the arm you pulled},$$
#
# and the regret of an episode is the sum. A player that always pulls the best arm has zero regret, lucky or not. Let us play many episodes of correlated tasks with the two simplest players: **random** pulls any arm, and the **oracle** knows the probabilities. (The `()` below stands for their parameters: they have none.)

# %%
players = {"oracle": Oracle(), "random": Random(num_actions=2)}
results = {
    name: metarl.evaluate(player, (), env, num_episodes=NUM_EPISODES, seed=SEED)
    for name, player in players.items()
}
for name, result in results.items():
    print(name, "reward per trial:", round(metarl.trial_reward(result).mean, 3))
    print(name, "regret per episode:", round(metarl.episode_regret(result).mean, 2))

# %% [markdown]
# The oracle gets 3/4 of all rewards, for that is how good the better arm is on average. The random player gets half of them, and its regret grows by 1/4 with every trial: about 25 in an episode of 100. (Our sample misses that by a little; `regret.standard_error` is the typical size of such a miss.) You can work that out: the better arm has max(p, 1 - p), which is 3/4 on average, and the random player gets 1/2.

# %%
regret = metarl.episode_regret(results["random"])
assert abs(regret.mean - 25) < 4 * regret.standard_error, "the closed form is 25"
assert metarl.episode_regret(results["oracle"]).mean == 0

# %% [markdown]
# ## 1.5 Why does exploration pay?
#
# Between the two lies everything that is interesting. You do not know the probabilities, but you can find out, and finding out costs trials. A player that tries both arms a few times and then stays with the one that paid more often is already far better than chance. Here it is, for different numbers of tries.
#
# We take *independent* arms for this. With a correlated pair, each pull tells as much about one arm as about the other, so there is nothing to gain from trying both; notebook 4 comes back to that.


# %%
def explore_then_stay(tries, tape, probs):
    """The regret of a player that pulls each arm `tries` times, then stays with the better."""
    wins = (tape[:, :tries] < probs[:, None]).sum(axis=1)  # of each arm, in so many tries
    stays = np.where(wins[:, 0] >= wins[:, 1], probs[:, 0], probs[:, 1])
    gap = np.abs(probs[:, 0] - probs[:, 1])  # what a try of the worse arm costs
    rest = tape.shape[1] - 2 * tries
    return tries * gap + rest * (probs.max(axis=1) - stays)


# %%
independent = metarl.Bandit(reward_structure="independent")
keys = jax.random.split(jax.random.key(SEED), NUM_EPISODES)
probs = np.asarray(jax.vmap(independent.sample_task)(keys).arm_probs)
luck = np.random.default_rng(SEED).random((len(probs), 100, 2))
tries = np.arange(1, 26)
mean_regret = [explore_then_stay(n, luck, probs).mean() for n in tries]
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.plot(tries, mean_regret, "o-", ms=4)
ax.set(xlabel="tries of each arm before staying", ylabel="regret per episode", ylim=(0, None));
# %% [markdown]
# Too few tries, and you stay with the wrong arm; too many, and you waste trials on the bad one. That is the trade between *exploration* and *exploitation*. The best number of tries depends on the task, so a good player decides as it goes along. In the next notebooks, a network learns to do just that, and nobody tells it how.

# %%
best = tries[int(np.argmin(mean_regret))]
random_regret = 50 * np.abs(probs[:, 0] - probs[:, 1]).mean()
assert min(mean_regret) < 0.5 * random_regret, "a few tries are far better than chance"
print("best number of tries:", best, "with regret", round(min(mean_regret), 2))

# %% [markdown]
# ## What we saw
#
# * An **episode** is a chain of **trials** in one **task**; every episode has a new task, drawn from a **task family**.
# * **Regret** compares the arm you pulled with the best one, in probabilities and not in luck: 25 for a random player on correlated pairs, 0 for an oracle.
# * With independent arms a player must **explore** to find the better one, and stop early enough to gain from it.
#
# ## Exercises
#
# **1.** What is the random player's regret with *ten* correlated arms? Guess first, then measure.
#
# <details><summary>Solution</summary>
#
# The largest of ten parts of a stick broken at random is (1 + 1/2 + ... + 1/10) / 10 = 0.293 long on average, and the mean part is 0.1. So the regret is 0.193 per trial, 19.3 in all: less than with two arms, for there is less to win.
#
# ```python
# env10 = metarl.Bandit(num_arms=10)
# result = metarl.evaluate(Random(num_actions=10), (), env10, num_episodes=2000, seed=1)
# metarl.episode_regret(result)
# ```
# </details>
#
# **2.** Draw the cumulative regret of both players with `plot_regret`. Why is the random player's a straight line?
#
# <details><summary>Solution</summary>
#
# It learns nothing, so every trial costs as much as the one before.
#
# ```python
# from metarl.plotting.players import plot_regret
# fig, ax = plt.subplots(layout="constrained")
# plot_regret(ax, {name: r.curve for name, r in results.items()})
# ax.set_ylim(0, 26)
# ```
# </details>
#
# **Next:** [2 · The agent](02_lstm_agent.ipynb), the network that will learn to play.
