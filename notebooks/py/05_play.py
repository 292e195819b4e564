# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 5 · Play: you against the network
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/metarl/metarl/blob/main/notebooks/05_play.ipynb)
#
# **Promise: you will play the game yourself, against the trained network, a statistician of 1933 and the best possible player, all with the same luck as you.**
#
# At the end you will be able to say
#
# * how good you are at exploring, in numbers,
# * what the network would have done in your place,
# * how a person's regret curve compares with a machine's.
#
# Run time: 15 seconds, and as long as you like to play.

# %%
# In Colab, install the package; everywhere else it is there already.
import sys

if "google.colab" in sys.modules:
    get_ipython().run_line_magic("pip", "install -q git+https://github.com/metarl/metarl")

# %% [markdown]
# What we need from the package, and from others.

# %%
import tempfile

import matplotlib.pyplot as plt
from IPython.display import display

import metarl
from metarl.evaluation.players import opponents
from metarl.evaluation.results import mean_curve
from metarl.play.record import read_regret
from metarl.play.session import PlaySession
from metarl.play.watch import Watch
from metarl.play.widget import PlayView, WatchView
from metarl.plotting.players import plot_regret

# %% [markdown]
# The numbers of this notebook. Change them, and run it again.

# %% tags=["parameters"]
SEED = 8
NUM_ARMS = 2
NUM_TRIALS = 20
NUM_EPISODES = 3
REWARD_STRUCTURE = "correlated"

# %% [markdown]
# ## 5.1 Can you find the better arm?
#
# Click an arm, or move to it with the Tab key and press the space bar. Each coloured square below the arms is a trial: full if you won, hollow if you lost. In every episode the arms are new ones. Their probabilities are told when it is over. (Run the notebook to see the game: a page on the web cannot show it.)
#
# The curve is your *regret*. It gives the answer away (it is flat while you pull the better arm), so untick the box for a real challenge.

# %%
env = metarl.Bandit(num_arms=NUM_ARMS, num_trials=NUM_TRIALS, reward_structure=REWARD_STRUCTURE)
alone = PlaySession(env, num_episodes=NUM_EPISODES, seed=SEED)
alone_view = PlayView(alone)
display(alone_view.box)

# %% [markdown]
# The rules live apart from the buttons, so they can be checked: before an episode is over, the probabilities are not told.

# %%
fresh, told = PlaySession(env, seed=SEED), True
try:
    fresh.told()
except RuntimeError as secret:
    told = False
    print(secret)
assert not told, "the probabilities are a secret while you play"

# %% [markdown]
# ## 5.2 Are you better than the network?
#
# Now the others play beside you, on the same tape of luck: if you pull the same arm on the same trial, you get the same reward. **Agent** is the trained network, frozen. **Thompson** draws a guess from what it believes, and acts on it (Thompson, 1933). The **best possible** player follows Bayes' rule.

# %%
game = PlaySession(env, num_episodes=NUM_EPISODES, seed=SEED + 1, opponents=opponents(env))
game_view = PlayView(game, show_regret=False)
display(game_view.box)

# %% [markdown]
# Who is at the table?

# %%
print("playing:", ", ".join(game.players))
assert list(opponents(env)) == game.players[1:], "everybody plays beside you"

# %% [markdown]
# ## 5.3 What goes on in the network?
#
# Step through an episode of the agent's. The lines are its action probabilities: how sure it is. Below is its value: what it expects still to lose against the best arm (minus the discounted regret, for that is what this agent was trained on), so it is mostly below zero, and comes up as it grows sure. Look whether an early loss shakes it more than a late one.

# %%
pair = metarl.Bandit(num_trials=NUM_TRIALS)
watch_view = WatchView(Watch(pair, seed=SEED + 2))
display(watch_view.box)

# %% [markdown]
# The episode is already played; you only uncover it.

# %%
watch = watch_view.watch
assert watch.probabilities.shape == (NUM_TRIALS, 2)
assert watch.step_index == 0, "nothing is shown before you step"

# %% [markdown]
# ## 5.4 How do you compare, over the whole game?
#
# Everything you did can be saved as a csv, one row per trial. The function that draws the agent's regret curve draws yours from that file. Run this cell after your game. If you did not finish an episode, it lets a patient volunteer play for you, who pulls the arms in turn.

# %%
record = game
if not any(len(game.choices(episode=e)) == NUM_TRIALS for e in range(NUM_EPISODES)):
    record = PlaySession(env, num_episodes=3, seed=SEED, opponents=opponents(env))
    while not record.over:
        record.choose(record.trial % env.num_arms)
        record.next_episode()
path = record.save_csv(tempfile.mkdtemp() + "/my_game.csv")
print(path.read_text()[:220])

# %% [markdown]
# And the curves, from the file alone:

# %%
fig, ax = plt.subplots(figsize=(6, 3.8), layout="constrained")
regret = read_regret(path)
plot_regret(ax, {name: mean_curve(r.cumsum(axis=1)) for name, r in regret.items()});
# %%
assert regret["you"].shape[1] == NUM_TRIALS, "a row for each trial of each finished episode"

# %% [markdown]
# ## What we saw
#
# * You and the machines played the **same tasks with the same luck**, so the comparison is fair.
# * The network's **probabilities** move with every reward: that is its learning, and no weight changes.
# * One function draws **anybody's regret curve**, person or network, from the same kind of record.
#
# The game runs in a terminal, too: `metarl play`.
#
# ## Exercises
#
# **1.** Set `NUM_ARMS = 4` and `REWARD_STRUCTURE = "independent"` above, and play again. Who plays against you now, and why is the network missing?
#
# <details><summary>Solution</summary>
#
# Thompson and the greedy player. The network was trained on two arms, and has two outputs. You can train one on four, and let it play:
#
# ```python
# checkpoint = metarl.train(metarl.TrainConfig(workdir="four_arms", environment=env))
# mine = {"mine": (checkpoint.agent, checkpoint.params)}
# game = PlaySession(env, num_episodes=3, seed=SEED, opponents=opponents(env) | mine)
# display(PlayView(game).box)
# ```
# </details>
#
# **2.** Let three friends play ten episodes each: set `NUM_EPISODES = 10`, run 5.2 anew for each, and save each game with `game.save_csv("ada.csv")`. Draw the mean regret of all three. Whose curve gets flat first?
#
# <details><summary>Solution</summary>
#
# ```python
# from metarl.exact.optimum import correlated_pair_regret
# fig, ax = plt.subplots(layout="constrained")
# games = {name: read_regret(f"{name}.csv")["you"] for name in ("ada", "ben", "cy")}
# curves = {name: mean_curve(r.cumsum(axis=1)) for name, r in games.items()}
# plot_regret(ax, curves, {"best possible": correlated_pair_regret(NUM_TRIALS).cumsum()})
# ```
# </details>
#
# **Next:** [6 · The yardstick](06_yardstick.ipynb): how good can anybody be?
