# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 4 · Frozen evaluation: learning without changing a weight
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/metarl/metarl/blob/main/notebooks/04_frozen_evaluation.ipynb)
#
# **Promise: you will see a network whose weights are frozen try the arms, find the better one, and stay with it.**
#
# At the end you will be able to say
#
# * how we know that the weights did not change,
# * how close the network comes to the best possible player,
# * what the network needs for it: without the reward input, it is at chance.
#
# Run time: about 15 seconds.

# %%
# In Colab, install the package; everywhere else it is there already.
import sys

if "google.colab" in sys.modules:
    get_ipython().run_line_magic("pip", "install -q git+https://github.com/metarl/metarl")

# %% [markdown]
# What we need from the package, and from others.

# %%
import hashlib

import jax
import matplotlib.pyplot as plt
import numpy as np

import metarl
from metarl.baselines import Greedy, Oracle, Random
from metarl.exact.optimum import correlated_pair_regret
from metarl.notebook import fast
from metarl.plotting.players import plot_regret
from metarl.plotting.raster import plot_raster

# %% [markdown]
# The numbers of this notebook. Change them, and run it again.

# %% tags=["parameters"]
SEED = 4
NUM_EPISODES = fast(4000, 500)
AGENT, FOLDER = "bandit_correlated", None  # or the name and folder of an agent of your own

# %% [markdown]
# ## 4.1 Who is playing?
#
# An agent that ships with the package, trained on correlated pairs. (Yours from the last notebook will do as well, on the same machine: above, set `AGENT` and `FOLDER` to the name and the folder it printed.) It says about itself how it was trained.

# %%
checkpoint = metarl.load_agent(AGENT, FOLDER)
agent, params, env = checkpoint.agent, checkpoint.params, checkpoint.config.environment
print(env)
print("trained for", checkpoint.progress.steps / 1e6, "million steps,")
print("advantage from", checkpoint.config.agent.advantage_rewards, "rewards")

# %% [markdown]
# We take a fingerprint of all its weights now, and another at the end of this notebook. If a single bit of a single weight changes, they differ.


# %%
def fingerprint(params):
    """A digest of every bit of every weight."""
    weights = b"".join(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(params))
    return hashlib.sha256(weights).hexdigest()


before = fingerprint(params)
print(before[:16], "...")
touched = jax.tree.map(np.array, params)
touched["value"]["bias"][0] = np.nextafter(touched["value"]["bias"][0], np.float32(9))
assert fingerprint(touched) != before, "the smallest change of one weight must show"

# %% [markdown]
# ## 4.2 What does learning look like?
#
# Here are 101 episodes. Each row is one, each column a trial, and the colour says which arm was pulled. At the top arm 1 always wins, at the bottom arm 2, and in the middle they are equal. No weight changes in all this; each row starts from a memory of zero.

# %%
tasks, labels = env.diagnostic_tasks(101, jax.random.key(SEED))
raster = metarl.evaluate(agent, params, env, num_episodes=101, seed=SEED, tasks=tasks)
fig, ax = plt.subplots(figsize=(6.6, 4.8), layout="constrained")
arm_probs = raster.trajectory.action_values[:, 0]
plot_raster(ax, raster.trajectory.actions, env.action_names, labels, ylabel=env.diagnostic_label);
# %% [markdown]
# What to see: on the left edge it guesses. Near the top and bottom edges, where the arms differ much, it settles within a few trials. In the middle it tries for longer, and sometimes it is wrong, as anybody would be.

# %% [markdown]
# In numbers: how often is it on the better arm in the second half, where the arms differ by more than a half?

# %%
late = raster.trajectory.actions[:, 50:]
clear = np.abs(arm_probs[:, 0] - arm_probs[:, 1]) > 0.5
right = late == arm_probs.argmax(axis=1)[:, None]
print("late trials on the better arm, where the difference is clear:", right[clear].mean().round(3))
assert right[clear].mean() > 0.95, "a frozen agent must find a clearly better arm"

# %% [markdown]
# ## 4.3 How fast does it learn within an episode?
#
# The regret of each trial, summed up: a curve that gets flat means that the player pulls the better arm. All players meet the same tasks and the same luck. On these tasks the **greedy** Bayesian, who always pulls the arm that has the better odds by Bayes' rule, is the best possible player, and its regret is known exactly (the dashed line). Why greedy? In a correlated pair, a win of arm 1 says exactly what a loss of arm 2 says. Whichever arm it pulls, it learns the same, so it can always take the one that looks better now. (The random player soon leaves the picture; the legend says where it ends. ± is a 95% interval, 1.96 standard errors.)

# %%
players = {
    "agent": (agent, params),
    "greedy": (Greedy(env=metarl.Bandit(reward_structure="correlated")), ()),
    "oracle": (Oracle(), ()),
    "random": (Random(num_actions=2), ()),
}
results = {
    name: metarl.evaluate(player, weights, env, num_episodes=NUM_EPISODES, seed=SEED)
    for name, (player, weights) in players.items()
}

# %%
fig, ax = plt.subplots(figsize=(6.6, 4.2), layout="constrained")
optimum = correlated_pair_regret(env.num_trials).cumsum()
plot_regret(ax, {name: r.curve for name, r in results.items()}, {"best possible": optimum});
# %% [markdown]
# The agent's curve lies on the best possible one, as far as this many episodes can tell. Nobody told it Bayes' rule.

# %%
score = metarl.episode_regret(results["agent"])
print(f"agent {score.mean:.2f} ± {1.96 * score.standard_error:.2f}, best {optimum.sum():.2f}")
assert score.mean < 1.1 * optimum.sum() + 3 * score.standard_error

# %% [markdown]
# ## 4.4 What if it cannot see its rewards?
#
# If the network learns from its rewards, then it must be lost without them. Wang et al. (2016) made that test, and so do we: we cut the wire from the reward input to the LSTM, by setting its row of weights to zero. (This is a *copy*: the agent itself stays as it is.)

# %%
reward_input = agent.num_actions  # the inputs are: one-hot action, then reward
blind = jax.tree.map(np.array, params)
blind["lstm"]["dense_i"]["kernel"][reward_input] = 0.0
unseen = metarl.evaluate(agent, blind, env, num_episodes=NUM_EPISODES, seed=SEED)
for name, result in [("blind", unseen), ("random", results["random"])]:
    print(name, round(metarl.episode_regret(result).mean, 1))

# %%
fig, ax = plt.subplots(figsize=(5.4, 3.4), layout="constrained")
for name, result in [("sees its rewards", results["agent"]), ("does not", unseen)]:
    best = result.trajectory.action_values.argmax(axis=-1)
    ax.plot((result.trajectory.actions == best).mean(axis=0), label=name, lw=2)
ax.axhline(0.5, ls=":", color="#888888", label="chance")
ax.set(xlabel="trial", ylabel="better arm pulled", ylim=(0, 1.02))
ax.legend(frameon=False, loc="lower right");
# %% [markdown]
# Without its reward input, the agent is at chance from the first trial to the last. *Every* player without rewards is, as the two arms have the same law: so the test rules out that the agent learns through some other way, and that is what it is for.

# %%
chance = metarl.episode_regret(unseen)
assert abs(chance.mean - 25) < 5 * chance.standard_error, "a blind agent must be at chance"

# %% [markdown]
# ## 4.5 Did the weights change?
#
# We have played thousands of episodes. Here is the second fingerprint.

# %%
assert fingerprint(params) == before, "the weights must be the same, bit for bit"
print("The weights did not change. All learning was in the memory.")

# %% [markdown]
# ## What we saw
#
# * With **frozen weights** the network tries the arms, finds the better one and stays with it; the weights were the same, bit for bit.
# * On correlated pairs it plays like the **best possible** player, which here is the greedy Bayesian.
# * It learns **from its rewards**: without that input it is at chance.
#
# ## Exercises
#
# **1.** The agent was trained on episodes of 100 trials. How does it play in episodes of 300?
#
# <details><summary>Solution</summary>
#
# Its memory has never had to last that long. It stays with the better arm, mostly; look where its curve leaves the optimum's.
#
# ```python
# long = metarl.Bandit(num_trials=300)
# r = metarl.evaluate(agent, params, long, num_episodes=2000, seed=1)
# fig, ax = plt.subplots(layout="constrained")
# plot_regret(ax, {"agent": r.curve}, {"best possible": correlated_pair_regret(300).cumsum()})
# ```
# </details>
#
# **2.** Let it play *independent* arms, which it was not trained for. What does it get wrong?
#
# <details><summary>Solution</summary>
#
# It believes that a win of one arm speaks against the other. Where both arms are good it stays with whichever paid first, even if the other is better; where both are bad it keeps changing. On average its regret may come out close to that of the greedy player with the right belief: with independent arms greedy is not optimal either, for it explores too little. Split the episodes by `r.trajectory.action_values[:, 0]` to see where each of them loses.
#
# ```python
# independent = metarl.Bandit(reward_structure="independent")
# right = Greedy(env=metarl.Bandit(reward_structure="independent"))
# for player, weights in [(agent, params), (right, ())]:
#     r = metarl.evaluate(player, weights, independent, num_episodes=4000, seed=1)
#     print(metarl.episode_regret(r))
# ```
# </details>
#
# **Next:** [5 · Play](05_play.ipynb): now you.
