# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 6 · The yardstick: how good can anybody be?
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/metarl/metarl/blob/main/notebooks/06_yardstick.ipynb)
#
# **Promise: you will know exactly what the best possible player earns, what it does, and how far from it everybody else is, a trained network included.**
#
# At the end you will be able to say
#
# * what *optimal* means for a player who does not know the task, and how to compute it,
# * what a *Gittins index* is, and what it has to do with optimism,
# * why "better than UCB1" means nothing until somebody says which UCB1.
#
# Run time: about 50 seconds.

# %%
# In Colab, install the package; everywhere else it is there already.
import sys

if "google.colab" in sys.modules:
    get_ipython().run_line_magic("pip", "install -q git+https://github.com/metarl/metarl")

# %% [markdown]
# What we need from the package, and from others.

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

import metarl
from metarl.baselines import UCB1, BayesOptimal, Gittins, Greedy, Thompson
from metarl.benchmark.players import compare_players, table
from metarl.envs.arm_priors import Counts
from metarl.exact.dynamic_programme import solve_two_arms
from metarl.exact.gittins_indices import discounted_indices
from metarl.exact.regret import exact_regret
from metarl.notebook import fast
from metarl.plotting.players import plot_regret
from metarl.plotting.raster import ARM_COLOURS

# %% [markdown]
# The numbers of this notebook. Change them, and run it again.

# %% tags=["parameters"]
SEED = 6
NUM_TRIALS = fast(100, 40)
NUM_EPISODES = fast(20_000, 1_000)
AGENT, FOLDER = "bandit_independent", None  # or the name and folder of an agent of your own

# %% [markdown]
# ## 6.1 What does *optimal* mean?
#
# An oracle has no regret, but an oracle knows the probabilities. We ask for the best that a player can do who knows only the *family*: two independent arms, each as likely to have any win probability as any other. Some regret is then the price of finding out, and even the cleverest must pay it.
#
# How much? Start at the end. With **one** trial left and nothing known, an arm wins half the time: the value is 1/2. With **two** trials, pull one. If it wins (half the time), its chance is now 2/3, as Bayes says, (wins + 1) / (pulls + 2), so you stay; if it loses, you go to the other, of which you know nothing: 1/2. Together
#
# $$V(2) = \tfrac12 + \tfrac12 \cdot \tfrac23 + \tfrac12 \cdot \tfrac12 = \tfrac{13}{12}.$$
#
# This can go on: the value of any state is that of the better choice, and a choice is worth its chance to win plus the value of what may follow. A computer fills the table from the last trial back: *dynamic programming*.

# %%
values = {trials: solve_two_arms(trials).value for trials in (1, 2, 3, 10, NUM_TRIALS)}
for trials, value in values.items():
    print(f"{trials:4d} trials: value {value:.6f}, regret {2 * trials / 3 - value:.6f}")

# %% [markdown]
# (The better of two arms wins 2/3 of the time on average, so an oracle expects 2T/3.) These are no estimates. No player, network or person, can expect more on these tasks; who seems to, was lucky.

# %%
assert abs(values[2] - 13 / 12) < 1e-12, "the sum by hand"
assert abs(solve_two_arms(100).value - 64.91842065102297) < 1e-9

# %% [markdown]
# ## 6.2 What does the optimal player do?
#
# The programme leaves a table that says, for every state, which arm to pull. A state is four numbers, so we look at a slice: arm 2 has won one of two pulls. Arm 1 has been pulled some number of times (across) and has won some of them (up). Which arm would you pull?


# %%
def slice_of_the_policy(num_trials, most):
    """The better choice for each number of pulls and wins of arm 1, if arm 2 won one of two."""
    wins, pulls = np.indices((most, most))
    reachable = (wins <= pulls) & (pulls + 2 < num_trials)
    won = np.stack([np.where(reachable, wins, 0), np.ones_like(wins)])
    lost = np.stack([np.where(reachable, pulls - wins, 0), np.ones_like(wins)])
    counts = Counts(wins=won.astype(float), losses=lost.astype(float))
    choice = BayesOptimal(num_trials=num_trials).scores(counts)[0]
    return np.where(reachable, choice, np.nan)


# %% [markdown]
# Twice: for an episode that ends where the picture does, and for one that goes on.

# %%
SHOWN = 24
fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.6), sharey=True, layout="constrained")
for ax, trials in zip(axes, [SHOWN + 2, NUM_TRIALS]):
    choice = slice_of_the_policy(trials, SHOWN)
    ax.imshow(choice, origin="lower", cmap=ListedColormap(ARM_COLOURS[1::-1]), vmin=-1, vmax=1)
    ax.plot([0, SHOWN - 1], [0, (SHOWN - 1) / 2], color="k", ls="--", label="equal means")
    ax.set(title=f"episode of {trials} trials", xlabel="pulls of arm 1")
axes[0].set_ylabel("wins of arm 1")
axes[0].text(23, 13, "pull arm 1", color="w", ha="right", fontsize=9)
axes[0].text(23, 4, "pull arm 2", ha="right", fontsize=9)
axes[0].legend(frameon=False, loc="upper left");
# %% [markdown]
# The greedy player's border is the dashed line, where both arms have the same mean. The optimal player's lies *above* it: for a while it pulls arm 2 although arm 1 looks better, as it knows little about arm 2 and might learn something that pays later. On the left, the episode ends where the picture does; towards its right edge there is no *later*, and the border comes down to the line. On the right most of the episode is still to come, and the border keeps its distance.

# %%
short, long = (slice_of_the_policy(trials, SHOWN) for trials in (SHOWN + 2, NUM_TRIALS))
wins, pulls = np.indices(short.shape)
arm_1_looks_better = 2 * wins > pulls
explores = [int((c[arm_1_looks_better] == -1).sum()) for c in (short, long)]
print("states in which it pulls the arm that looks worse:", explores)
assert 0 < explores[0] < explores[1], "the longer the future, the more is worth finding out"

# %% [markdown]
# ## 6.3 What is a Gittins index?
#
# The table has grown to millions of states for two arms, and ten arms are out of reach. Gittins (1979) found a way round: *each arm on its own* has a number, and it is optimal to pull the arm with the highest. Imagine that you must pay a charge for every pull and may stop at any time. The index is the highest charge at which it is still worth playing. (That is exact for arms that are independent and a future that is endless and discounted. For an episode that just ends it is very close, as you will see.)
#
# An index is at least the arm's mean, as you could pull just once. How much more? Here is an arm that won half of its pulls.

# %%
pulls = np.arange(0, 41, 2)
row = pulls * (pulls + 1) // 2 + pulls // 2  # tables are ordered by pulls, then wins
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
for discount in (0.5, 0.9, 0.99):
    ax.plot(pulls, discounted_indices(discount, 41)[row], "o-", ms=3, label=f"discount {discount}")
ax.axhline(0.5, color="k", ls="--", lw=1, label="mean")
ax.set(xlabel="pulls of the arm, half of them won", ylabel="Gittins index", ylim=(0.45, 0.95))
ax.legend(frameon=False);
# %% [markdown]
# The index is the mean plus a bonus for what is not known, and the bonus shrinks as the arm becomes known; the further you look ahead, the larger it is. That is *optimism*, in exactly the right amount.

# %%
table_90 = discounted_indices(0.9, 3)
print("no pulls, one lost, one won:", table_90[:3].round(4))
assert np.allclose(table_90[:3], [0.7029, 0.5001, 0.8001], atol=1e-4), "Gittins' own table"

# %% [markdown]
# And how close is it to the optimum, in an episode that just ends? No need to play: a player's choice depends on four counts only, so we can carry the probability of every state forward, trial by trial, and read off its regret. That is `exact_regret`.

# %%
env = metarl.Bandit(num_trials=NUM_TRIALS, reward_structure="independent")
exact = {
    "Bayes-optimal": exact_regret(BayesOptimal(num_trials=NUM_TRIALS), env),
    "Gittins": exact_regret(Gittins(num_actions=2, num_trials=NUM_TRIALS), env),
}
for name, regret in exact.items():
    print(f"{name:14s}{regret.sum():.6f}")
assert 1 <= exact["Gittins"].sum() / exact["Bayes-optimal"].sum() < 1.01

# %% [markdown]
# ## 6.4 Greedy, Thompson or UCB1?
#
# Three ideas that are simpler, and that you meet everywhere. **Greedy**: the arm with the highest mean. **Thompson**: draw a win probability for each arm from what is believed about it, and pull the arm that is best under the draw. **UCB1**: the highest mean + c √(ln t / n), for an arm with n of all t pulls. Guess their order before you run the cell.

# %%
players = {
    "greedy": Greedy(env=env),
    "Thompson": Thompson(env=env),
    "UCB1 (c 1.41)": UCB1(num_actions=2),
    "UCB1 (c 0.25)": UCB1(num_actions=2, constant=0.25),
}
exact |= {name: exact_regret(player, env) for name, player in players.items()}
curves = {name: (np.cumsum(r), np.zeros_like(r)) for name, r in exact.items()}
best, _ = curves.pop("Bayes-optimal")

# %% [markdown]
# All of them exact: no luck, and no band.

# %%
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
plot_regret(ax, curves, {"best possible": best});
# %% [markdown]
# The textbook's UCB1, with its c = √2, is by far the worst: that constant comes from a proof, which must hold for every task and any horizon. With c = 1/4 the same rule is the best of the simple ones. And greedy beats Thompson here, who explores for a future that these episodes do not have; let them last a little longer, and the order turns round (exercise 1). So when somebody reports that a network "outperforms UCB", ask for the constant, and always draw the greedy player.

# %%
total = {name: regret.sum() for name, regret in exact.items()}
assert total["Gittins"] < total["UCB1 (c 0.25)"] < total["greedy"] < total["Thompson"]
assert total["UCB1 (c 1.41)"] > 2 * total["greedy"]

# %% [markdown]
# ## 6.5 Where does the LSTM stand?
#
# A network's choice depends on its memory, not on four counts, so here we have to play. `compare_players` gives everybody the same tasks and the same luck, and says how sure each mean is: it draws tasks from those played, with replacement, a thousand times, and reports where 95% of the means lie. That is the *bootstrap*.
#
# We take the shipped agent, and the family it was trained on. (What its training saw is part of its name, and does matter: see the README.)

# %%
family_of_agent = metarl.load_agent(AGENT, FOLDER).config.environment
names = [AGENT, "greedy", "thompson", "ucb1:0.25", "ucb1:1.414", "random"]
compared = compare_players(
    family_of_agent, names, num_episodes=NUM_EPISODES, seed=SEED, folder=FOLDER
)
print(family_of_agent)
print(table(compared))

# %% [markdown]
# The same as curves, with 95% bands:

# %%
fig, ax = plt.subplots(figsize=(7.4, 4.2), layout="constrained")
plot_regret(ax, compared.curves, {"best possible": compared.best_possible});
# %% [markdown]
# The network's curve lies just above the dashed line, and clearly below greedy, Thompson and both UCB1s. Nobody gave it counts, or Bayes' rule, or an index; it was only paid for playing well on many tasks. It has become an algorithm nearly as good as the one that took mathematicians decades, for the one family that it knows.

# %%
regret = {row.player: row for row in compared.rows if row.measure == "regret"}
agent = next(row for name, row in regret.items() if name.startswith(AGENT))
error, optimum = agent.standard_error, compared.best_possible[-1]
print(f"{agent.mean / optimum:.3f} times the optimum, ± {1.96 * error / optimum:.3f}")
assert agent.mean - 4 * error < 1.1 * optimum, "within a tenth of the best possible"
assert agent.mean < regret["UCB1 (c 1.41)"].mean

# %% [markdown]
# ## What we saw
#
# * The **best possible** player can be computed, and so can what it does: it pulls an arm that looks worse as long as knowing it may pay later.
# * A **Gittins index** is an arm's mean plus a bonus for what is not known; it comes within a per cent of the optimum, and **greedy, Thompson and UCB1** are further off, in an order that depends on constants and horizon.
# * The **network** plays within a tenth of the best possible player on the family it was trained on, and better than all the others that were compared.
#
# ## Exercises
#
# **1.** Let the episodes last longer. From how many trials on does Thompson beat greedy? (150 trials take a few seconds for each player.)
#
# <details><summary>Solution</summary>
#
# One run is enough, as neither of the two plans ahead: what they do on trial 150 does not depend on when the episode ends. So look where the cumulative curves cross.
#
# ```python
# longer = metarl.Bandit(num_trials=150, reward_structure="independent")
# greedy, thompson = (exact_regret(players[name], longer) for name in ("greedy", "Thompson"))
# behind = np.cumsum(greedy) > np.cumsum(thompson)
# print("Thompson is ahead from trial", behind.argmax() + 1)
# ```
# </details>
#
# **2.** Find the best constant of UCB1 for 100 trials. Is it still the best for 20, and for the tasks (.25, .75)?
#
# <details><summary>Solution</summary>
#
# It is small, and it depends on both. A constant that was tuned on one family and horizon is no property of UCB1.
#
# ```python
# given = {"arm_probs": (0.25, 0.75)}
# for kwargs in ({"num_trials": 100}, {"num_trials": 20}, {"num_trials": 100, **given}):
#     env = metarl.Bandit(reward_structure="independent", **kwargs)
#     cs = [0.05, 0.1, 0.2, 0.3, 0.5, 1.0]
#     totals = [exact_regret(UCB1(num_actions=2, constant=c), env).sum() for c in cs]
#     print(kwargs, dict(zip(cs, np.round(totals, 2))))
# ```
# </details>
#
# **Back to:** [1 · The environment](01_environment.ipynb).
