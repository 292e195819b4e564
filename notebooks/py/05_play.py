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
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_name/metarl/blob/main/notebooks/05_play.ipynb)
#
# You are a learner, too. When you lose three times in a row on a slot machine, do you leave? And when you lose once, after ten wins? What you do can be written down in a few numbers, and compared with what a rat does, or a network.
#
# **Promise: you will play the network's game against the network, with the same luck, and find out what kind of learner you are.**
#
# At the end you will be able to say
#
# * how good you are at exploring, compared with a coin, a network and the best possible player,
# * how often you stay after a win and after a loss, and your *learning rate*,
# * why the network's learning rate is not a number.
#
# Run time: about 30 seconds of computing; 40 minutes to play, read and do.

# %%
# In Colab, install the package; everywhere else it is there already.
import sys

if "google.colab" in sys.modules:
    address = "https://github.com/your_name/metarl"
    assert "your_" + "name" not in address, "set it first: python tools/notebooks.py address URL"
    get_ipython().run_line_magic("pip", f"install -q git+{address}")

# %% [markdown]
# What we need from the package, and from others.

# %%
import tempfile

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import metarl
from metarl.analysis import fit_delta_rule, stay_probabilities, trials_of, trials_of_table
from metarl.baselines import RescorlaWagner
from metarl.evaluation.players import opponents
from metarl.evaluation.results import mean_curve
from metarl.exact.optimum import correlated_pair_regret
from metarl.notebook import fast
from metarl.play.choose import GameChooser
from metarl.play.record import read_regret
from metarl.play.sample import sample_record, simulate
from metarl.play.session import PlaySession
from metarl.play.watch import Watch
from metarl.play.widget import PlayView, WatchView
from metarl.plotting.players import PLAYER_COLOURS, plot_regret

# %% [markdown]
# The numbers of this notebook. Change them, and run it again.

# %% tags=["parameters"]
SEED = 8
NUM_TRIALS = 20
NUM_EPISODES = 3
MANY = fast(4000, 500)  # episodes that machines play

# %% [markdown]
# ## 5.1 Can you find the better arm?
#
# ![The game: buttons for two arms, the outcome of the last trial, a strip of past choices, and curves of regret](https://raw.githubusercontent.com/your_name/metarl/main/docs/game.png)
#
# (This is a picture. If you read this page on the web, it is all that you can see of the game. Run the notebook to play.)
#
# There are two arms. One wins with some probability p, the other with 1 - p. You do not know p, nor which is which, and in every episode it is a new pair. Click an arm, or move to it with the Tab key and press the space bar. After each pull you are told whether you won or missed; below, a square for each trial stays: full for a win, hollow for a miss. When the episode is over, the probabilities are revealed.
#
# The curve is your *regret*: how much you have lost, on average, by not pulling the better arm. It gives the answer away (it is flat while you pull the better arm), so untick the box for a real challenge.

# %%
env = metarl.Bandit(num_arms=2, num_trials=NUM_TRIALS, reward_structure="correlated")
alone = PlaySession(env, num_episodes=NUM_EPISODES, seed=SEED)
alone_view = PlayView(alone)
display(alone_view.box)

# %% [markdown]
# How good is your regret? Here are two marks on the scale. A coin is wrong half of the time, and the win probabilities of the two arms differ by ½ on average, so it loses ¼ per trial. The best that anybody can do, without knowing the arms, can be computed.

# %%
best = correlated_pair_regret(NUM_TRIALS).cumsum()
coin = 0.25 * NUM_TRIALS
print(f"regret of an episode of {NUM_TRIALS} trials: a coin {coin:.1f}, best possible {best[-1]:.2f}")
assert 0.3 < best[-1] < 1 < coin, "even the best must find out, but it soon has"

# %% [markdown]
# ## 5.2 Are you better than the network?
#
# Now the others play beside you. **Agent** is the trained network, with frozen weights. **Thompson** (1933) draws a guess from what it believes, and acts on the guess. The **best possible** player follows Bayes' rule. Everybody meets the same arms with the same luck: whoever pulls the same arm on the same trial gets the same reward.
#
# **Guess before you play:** how many of the machines will you beat in three episodes? Curves that lie on top of each other can be told apart: the best possible player's is broad and pale, the agent's is thick, Thompson's is dashed, and yours has dots.

# %%
machines = opponents(env)
game = PlaySession(env, num_episodes=NUM_EPISODES, seed=SEED + 1, opponents=machines)
game_view = PlayView(game, show_regret=False)
display(game_view.box)

# %% [markdown]
# The luck is fixed before the game: on each trial, it is already decided what *each* arm would pay. That makes the comparison fair. Is it true? We let a simulated person play the same game, and look at all trials on which it pulled the arm that the agent pulled.

# %%
double = PlaySession(env, num_episodes=NUM_EPISODES, seed=SEED + 1, opponents=machines)
simulate(double, RescorlaWagner(num_actions=2, learning_rate=0.5, inverse_temperature=5), seed=1)
pairs = [
    (mine.reward, theirs.reward)
    for episode in range(NUM_EPISODES)
    for mine, theirs in zip(double.choices(episode=episode), double.choices("agent", episode))
    if mine.action == theirs.action
]
print(f"the same arm on the same trial: {len(pairs)} times in {NUM_EPISODES * NUM_TRIALS}")
assert len(pairs) > 10
assert all(mine == theirs for mine, theirs in pairs), "the same luck"

# %% [markdown]
# ## 5.3 What kind of learner are you?
#
# Everything you did is kept, and can be saved as a table, one row per trial. Run this cell after your game. If you have not finished an episode, it takes a sample that ships with the package: ten episodes by **Ada**, who is *simulated* (a model that learns by prediction errors and lapses now and then, not a person), with the machines beside her.

# %%
mine = [e for e in range(NUM_EPISODES) if len(game.choices(episode=e)) == NUM_TRIALS]
path = game.save_csv(tempfile.mkdtemp() + "/my_game.csv") if mine else sample_record()
you = "you" if mine else "Ada"
others = ["agent", "Thompson", "best possible"]
table = pd.read_csv(path)
print("the learner is", you if mine else "Ada (simulated)")
table[table["subject"] == you].dropna(axis=1).head(4)

# %% [markdown]
# First, the curves, averaged over the episodes.

# %%
regret = {name: mean_curve(losses.cumsum(axis=1)) for name, losses in read_regret(path).items()}
label = "you" if mine else "you (Ada, simulated)"
drawn = {name: (regret[name][0], np.zeros(NUM_TRIALS)) for name in reversed(others)}
fig, ax = plt.subplots(figsize=(6.2, 3.6), layout="constrained")
plot_regret(ax, drawn | {label: regret[you]})
lines = {line.get_label(): line for line in ax.lines}
lines["best possible"].set(linewidth=7, alpha=0.4);
# %% [markdown]
# What to see: how steeply each curve begins (that is the price of not knowing), and when it becomes flat (that is when a player has found the better arm). The agent's thin line lies on the pale, broad one of the best possible player. The band is a 95% interval of the learner's curve: a few episodes say little about how *good* somebody is. Can they say more about *how* somebody chooses? Every trial is a choice, after all.
#
# Second: how often do they **stay** with an arm after a win, and after a loss? **Guess before you run the cell:** who forgives a loss more readily, the learner or the best possible player?

# %%
played = {name: trials_of_table(table[table["subject"] == name], env) for name in (you, *others)}
stays = {name: stay_probabilities(t.choices, t.rewards) for name, t in played.items()}
fig, ax = plt.subplots(figsize=(6.2, 3), layout="constrained")
for i, (name, stay) in enumerate(stays.items()):
    colour = PLAYER_COLOURS.get(name, PLAYER_COLOURS["you"])
    ax.bar([i - 0.19, i + 0.19], stay["stay"], 0.36, color=[colour, "none"], edgecolor=colour, lw=2)
    spread = [stay["stay"] - stay["low"], stay["high"] - stay["stay"]]
    ax.errorbar([i - 0.19, i + 0.19], stay["stay"], spread, fmt="none", color="#222222", capsize=3)
ax.set_xticks(range(len(stays)), list(stays))
ax.set(ylabel="stays with the arm", title="after a win (full) and after a loss (hollow)");
# %% [markdown]
# What to see: everybody mostly stays after a win, about nine times out of ten or more often. They differ in what they do after a loss. The agent and the best possible player forgive more than half of their losses, Thompson about half; Ada mostly leaves. (The black lines are 95% intervals.)
#
# Third, a *model* of the choices. **Rescorla and Wagner**'s delta rule keeps a value for each arm, and moves it towards each reward by a fraction $\alpha$ of the prediction error; the arm with the higher value is chosen more often; the larger $\beta$, the more often:
#
# $$Q \leftarrow Q + \alpha\,(r - Q), \qquad P(\text{arm}) \propto e^{\beta Q}.$$
#
# The **learning rate** $\alpha$ says how much the last outcome counts. With $\alpha = 1$, only the last outcome of each arm counts, nearly as in win-stay, lose-shift. We fit both numbers to everybody's choices, by *maximum likelihood*: we take the numbers that make these choices most probable.

# %%
choices, rewards = (np.stack([getattr(t, x) for t in played.values()]) for x in ("choices", "rewards"))
fitted = fit_delta_rule(choices, rewards, ("alpha", "beta"))
fitted.index = list(played)
fitted[["alpha", "beta", "per_trial"]].round(2)

# %% [markdown]
# What to see: `per_trial` says how surprising the choices are to the fitted model, from 0 (never) to .69 (a coin). Ada's learning rate comes out near .5, which is what was built into her. The agent's and the best possible player's come out near *zero*, with an enormous $\beta$. That is the model's way of saying that they do not learn as it does: they do not let old outcomes fade, they *count* them, and then take the arm that is ahead.

# %%
print("learning rates:", {name: f"{rate:.2f}" for name, rate in fitted["alpha"].items()})
assert (fitted["per_trial"] < 0.7).all(), "no fit is worse than a coin"
if not mine:  # three episodes are too few for these; the sample's ten are not
    assert abs(fitted["alpha"]["Ada"] - 0.5) < 0.2, "what was built in is found again"
    assert fitted["alpha"]["agent"] < 0.2, "a counter weighs old and new outcomes alike"

# %% [markdown]
# ## 5.4 What goes on in the network?
#
# Step through an episode of the agent's. The lines are the probabilities of its choices: how sure it is. Below is the value: how much reward its critic expects from here on. It goes up with good news and down with bad.

# %%
watch_view = WatchView(Watch(env, agent=machines["agent"], seed=SEED + 2))
display(watch_view.box)

# %% [markdown]
# Watch what a loss does to the probability of the arm that lost. Does a loss on trial 2 shake the network as much as one on trial 15? One episode may mislead, so let us ask many: how often does it leave an arm after a loss, trial by trial?
#
# **Guess before you run the cell.** And what would a delta rule with $\alpha = .5$ do?

# %%
delta = RescorlaWagner(num_actions=2, learning_rate=0.5, inverse_temperature=5)
several = {name: machines[name] for name in ("best possible", "agent")}
shaken = {}
for name, (player, params) in (several | {"delta rule": (delta, ())}).items():
    result = metarl.evaluate(player, params, env, num_episodes=MANY, seed=SEED)
    t = trials_of(env, result)
    leaves, lost = np.diff(t.choices) != 0, t.rewards[:, :-1] == 0
    shaken[name] = (leaves & lost).sum(axis=0) / lost.sum(axis=0)

# %%
fig, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
for name, curve in shaken.items():
    look = {"lw": 7, "alpha": 0.4} if name == "best possible" else {"marker": "o", "ms": 3}
    colour = PLAYER_COLOURS.get(name, "#B8860B")
    ax.plot(np.arange(1, NUM_TRIALS), curve, color=colour, label=name, **look)
ax.set(xlabel="trial of the loss", ylabel="leaves the arm after it", ylim=(0, 1))
ax.xaxis.get_major_locator().set_params(integer=True)
ax.legend(frameon=False);
# %% [markdown]
# What to see: the network always leaves after a loss on trial 1, and after few of the late ones, nearly like the best possible player, who counts. (Where they part, on even trials, the arms are often level after the loss. Either choice is right then, and the network tends to stay.) The delta rule also leaves less often later, when its two values have moved apart; but its learning rate is a fixed number, half of what it knows of an arm is always from the last pull of that arm, and so a late loss still drives it away nearly every other time. The network's learning rate falls as evidence builds up, though nothing in the network was ever called a learning rate. (W16, [Wang et al. 2016](https://arxiv.org/abs/1611.05763), makes that point with arms that drift (experiment 4), and W18, [Wang, Kurth-Nelson et al. 2018](https://doi.org/10.1038/s41593-018-0147-8), with stable and volatile blocks (simulation 2); notebook 9 is about it.)

# %%
for name, curve in shaken.items():
    print(f"{name:14s}leaves after a loss on trial 1: {curve[0]:.2f}, on the last five: {curve[-5:].mean():.2f}")
fall = {name: curve[0] - curve[-5:].mean() for name, curve in shaken.items()}
assert fall["agent"] > 0.4, "a late loss counts for less than the first one"
assert fall["agent"] > fall["delta rule"] + 0.1, "not so for a fixed learning rate"

# %% [markdown]
# ## 5.5 Another game?
#
# The same network, trained on other tasks, becomes another learner. Choose a game: arms that swap without notice, the two-step task, Harlow's task... (The game appears below the drop-down, against the agent that was trained on it.)

# %%
chooser = GameChooser(num_episodes=NUM_EPISODES)
display(chooser.box)

# %% [markdown]
# **Guess:** the agent for arms that swap ("reversal") must never be too sure. Will it, late in an episode, forgive a loss as readily as the agent that you played against?

# %%
swapping = metarl.load_agent("reversal")
agent, arms = swapping.agent, swapping.config.environment
other = trials_of(arms, metarl.evaluate(agent, swapping.params, arms, num_episodes=MANY, seed=SEED))
late = stay_probabilities(other.choices[:, -50:], other.rewards[:, -50:])["stay"]
print(f"the agent for arms that swap leaves after {1 - late[1]:.2f} of its late losses")
print(f"the agent for arms that stay leaves after {shaken['agent'][-5:].mean():.2f} of them")
assert 1 - late[1] > shaken["agent"][-5:].mean() + 0.1, "in a changing world, a loss stays news"

# %% [markdown]
# ## What we saw
#
# * You and the machines played the **same tasks with the same luck**; the agent plays like the best possible player, and a coin is far away.
# * A record of choices says **what kind of learner** somebody is: how often they stay after a win and after a loss, and which learning rate fits.
# * The **network's learning rate is not a number**: it counts what it has seen, so that a first loss weighs much and a late one little; and in a world that changes, it has learnt to stay watchful.
#
# The game runs in a terminal, too: `metarl play`, or `metarl play --config=reversal`.
#
# ## Exercises
#
# Fill in the dots, and run the cell. It fails until your answer is right.

# %% [markdown]
# **1 · Predict.** You pull one of the two arms once, and it wins. What is the probability that it is the better one? (All p between 0 and 1 are equally likely.) The check simulates it, and wants it to within 0.03.

# %% tags=["exercise", "skip-execution"]
prediction = ...  # a probability

rng = np.random.default_rng(SEED)
p = rng.uniform(size=200_000)
won = rng.uniform(size=p.size) < p
simulated = (p > 0.5)[won].mean()
assert abs(prediction - simulated) < 0.03, f"it is {simulated:.3f}"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Three quarters. Of all p, those above ½ make up ¾ of the wins: the area under p from ½ to 1 is 3/8, that under p from 0 to 1 is 4/8. So one win is already good news, and one is enough for a greedy player to stay.
#
# ```python
# prediction = 0.75
#
# rng = np.random.default_rng(SEED)
# p = rng.uniform(size=200_000)
# won = rng.uniform(size=p.size) < p
# simulated = (p > 0.5)[won].mean()
# assert abs(prediction - simulated) < 0.03, f"it is {simulated:.3f}"
# ```
# </details>

# %% [markdown]
# **2 · Change.** Play with *independent* arms: change `reward_structure`, and see who sits at the table. Which of the players above is missing, and why? The cell lists the machines that can play. (Then show the game with `display(PlayView(...).box)`, and play it.)

# %% tags=["exercise", "skip-execution"]
independent = metarl.Bandit(num_arms=2, num_trials=NUM_TRIALS, reward_structure=...)

table_of_players = list(opponents(independent))
print(table_of_players)
assert "agent" in table_of_players, "there is a network for two independent arms"
assert "greedy" in table_of_players
assert "best possible" not in table_of_players

# %% [markdown]
# <details><summary>Answer</summary>
#
# The best possible player is missing. With independent arms, the greedy Bayesian is no longer the best: an arm about which little is known may be worth a pull although it looks worse. It sits at the table as what it is, "greedy". Notebook 6 computes who is best. The agent is another network, trained on these arms.
#
# ```python
# independent = metarl.Bandit(num_arms=2, num_trials=NUM_TRIALS, reward_structure="independent")
#
# table_of_players = list(opponents(independent))
# print(table_of_players)
# assert "agent" in table_of_players, "there is a network for two independent arms"
# assert "greedy" in table_of_players
# assert "best possible" not in table_of_players
# ```
# </details>

# %% [markdown]
# **3 · Write.** A friend says: "After a loss I wait, and leave after *two in a row*." Write a function that returns how often a player stays after exactly `n` losses in a row on the same arm. (A run of losses begins after a win, after a change of arm, or at the start of the episode.) The cell prints it for the simulated Ada and Ben.

# %% tags=["exercise", "skip-execution"]
def stay_after_losses(choices, rewards, n):
    """The fraction of stays after exactly n losses in a row on one arm; arrays: episodes, trials."""
    ...


toy_choices, toy_rewards = np.array([[0, 0, 0, 1, 1]]), np.array([[1, 0, 0, 0, 1]])
assert stay_after_losses(toy_choices, toy_rewards, 1) == 1.0  # trials 2 and 4: stays both times
assert stay_after_losses(toy_choices, toy_rewards, 2) == 0.0  # trial 3: leaves
new_arm = np.array([[0, 1, 1]]), np.array([[0, 0, 1]])
assert stay_after_losses(*new_arm, 1) == 0.5, "a new arm begins a new run"
sample = pd.read_csv(sample_record())
for name in ("Ada", "Ben"):
    t = trials_of_table(sample[sample["subject"] == name], env)
    print(name, [round(stay_after_losses(t.choices, t.rewards, n), 2) for n in (1, 2)])

# %% [markdown]
# <details><summary>Answer</summary>
#
# Count the run of losses as you go through an episode; a win or a change of arm ends it.
#
# ```python
# def stay_after_losses(choices, rewards, n):
#     """The fraction of stays after exactly n losses in a row on one arm; arrays: episodes, trials."""
#     stays = []
#     for arms, wins in zip(choices, rewards):
#         run = 0
#         for now in range(len(arms) - 1):
#             run = 0 if wins[now] else (run + 1 if now and arms[now] == arms[now - 1] else 1)
#             stays += [arms[now + 1] == arms[now]] * (run == n)
#     return float(np.mean(stays))
#
#
# toy_choices, toy_rewards = np.array([[0, 0, 0, 1, 1]]), np.array([[1, 0, 0, 0, 1]])
# assert stay_after_losses(toy_choices, toy_rewards, 1) == 1.0  # trials 2 and 4: stays both times
# assert stay_after_losses(toy_choices, toy_rewards, 2) == 0.0  # trial 3: leaves
# new_arm = np.array([[0, 1, 1]]), np.array([[0, 0, 1]])
# assert stay_after_losses(*new_arm, 1) == 0.5, "a new arm begins a new run"
# sample = pd.read_csv(sample_record())
# for name in ("Ada", "Ben"):
#     t = trials_of_table(sample[sample["subject"] == name], env)
#     print(name, [round(stay_after_losses(t.choices, t.rewards, n), 2) for n in (1, 2)])
# ```
# </details>

# %% [markdown]
# **4 · Write.** The sample has three simulated people: Ada, Ben and Cy. One of them learns by win-stay, lose-shift and often lapses, one learns slowly, one is in between. Write a function that fits a learning rate to each, and say who is who. (`fit_delta_rule` can fit a `lapse`, too: the share of choices made at random.)

# %% tags=["exercise", "skip-execution"]
def learning_rates(table, names):
    """The fitted learning rate of each of `names`, as a dict."""
    ...


rates = learning_rates(pd.read_csv(sample_record()), ["Ada", "Ben", "Cy"])
win_stay, slow = ..., ...  # two names
print({name: round(float(rate), 2) for name, rate in rates.items()})
assert rates[win_stay] == max(rates.values()) > 0.8
assert rates[slow] == min(rates.values()) < 0.25

# %% [markdown]
# <details><summary>Answer</summary>
#
# Ben is the win-stay, lose-shifter (a learning rate of 1), and Cy the slow one. They were built with rates of .5, 1 and .1: ten episodes are enough to find out.
#
# ```python
# def learning_rates(table, names):
#     """The fitted learning rate of each of `names`, as a dict."""
#     found = [trials_of_table(table[table["subject"] == name], env) for name in names]
#     choices, rewards = (np.stack([getattr(t, x) for t in found]) for x in ("choices", "rewards"))
#     return dict(zip(names, fit_delta_rule(choices, rewards, ("alpha", "beta", "lapse"))["alpha"]))
#
#
# rates = learning_rates(pd.read_csv(sample_record()), ["Ada", "Ben", "Cy"])
# win_stay, slow = "Ben", "Cy"
# print({name: round(float(rate), 2) for name, rate in rates.items()})
# assert rates[win_stay] == max(rates.values()) > 0.8
# assert rates[slow] == min(rates.values()) < 0.25
# ```
# </details>

# %% [markdown]
# **5 · Open.** Let three friends play (`game.save_csv("maria.csv")` saves a game; the person's name goes into `PlaySession(..., subject="Maria")`). Or take the three of the sample. The cell draws their mean regret beside the best possible curve. Who is ahead in the end, and why?

# %% tags=["exercise", "skip-execution"]
records = ...  # the regret of each person, by name: see `read_regret`

curves = {name: mean_curve(losses.cumsum(axis=1)) for name, losses in records.items()}
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
plot_regret(ax, curves, {"best possible": best})
order = sorted(records, key=lambda name: records[name].sum(axis=1).mean())
print("from least regret to most:", order)
assert len(records) >= 3
assert all(len(losses) >= 3 for losses in records.values())

# %% [markdown]
# <details><summary>Answer</summary>
#
# Of the simulated three, Ada loses least and Ben most: he leaves good arms after every loss, and lapses. Cy is slow at first.
#
# ```python
# records = {name: read_regret(sample_record())[name] for name in ("Ada", "Ben", "Cy")}
#
# curves = {name: mean_curve(losses.cumsum(axis=1)) for name, losses in records.items()}
# fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
# plot_regret(ax, curves, {"best possible": best})
# order = sorted(records, key=lambda name: records[name].sum(axis=1).mean())
# print("from least regret to most:", order)
# assert len(records) >= 3
# assert all(len(losses) >= 3 for losses in records.values())
# ```
# </details>
#
# **Next:** [6 · The yardstick](06_yardstick.ipynb): how good can anybody be?
