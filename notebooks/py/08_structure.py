# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 8 · Structure: what all tasks have in common
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_name/metarl/blob/main/notebooks/08_structure.ipynb)
#
# A washbasin in a strange hotel has two taps without labels. You turn one, and the water is cold. Now you know that the *other* one is hot, although you have not touched it. No law of physics says so. You know it because you have met many washbasins, and they have something in common. **How does a brain learn what its tasks have in common? And what happens to it in a hotel where both taps are cold?**
#
# **Promise: you will see networks that have learnt what their tasks have in common, and you will predict with pencil and paper how they fail where this knowledge is wrong.**
#
# At the end you will be able to say
#
# * what the *structure* of a family of tasks is, and how choices show that a network has learnt it,
# * what a player does if it believes in a structure that is not there,
# * how to compute what a piece of information is worth, and why a good player may choose the worst arm of all.
#
# Run time: about 30 seconds of computing; 40 minutes to read and do.

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
import jax
import matplotlib.pyplot as plt
import numpy as np

import metarl
from metarl.baselines import Greedy, Planner, Random
from metarl.configs.bandit import TASKS
from metarl.exact.optimum import optimum
from metarl.notebook import fast
from metarl.plotting.players import PLAYER_COLOURS, plot_matrix
from metarl.pretrained import load_agents

# %% [markdown]
# The numbers of this notebook. Change them, and run it again.

# %% tags=["parameters"]
SEED = 8
NUM_EPISODES = fast(2000, 500)
PER_TASK = fast(60, 25)  # episodes on each task of the maps in 8.3

# %% [markdown]
# ## 8.1 What can two arms have in common?
#
# A task is a pair of win probabilities, p1 and p2. A *family* of tasks is a rule by which such pairs are drawn. These five are the families of [Wang et al. (2016)](https://arxiv.org/abs/1611.05763), "W16" from here on, experiments 1 and 2. In one of them the arms are *independent*. In the four others they are *dependent*, p2 = 1 - p1:
#
# | family | p1 is | so one arm says |
# |---|---|---|
# | independent | anything, and so is p2 | nothing about the other |
# | uniform (we call it *correlated*) | anything | everything about the other |
# | easy | .9 or .1 | everything about the other |
# | medium | .75 or .25 | everything about the other |
# | hard | .6 or .4 | everything about the other |
#
# **Guess before you run the cell:** if p1 is drawn across and p2 up, where do the tasks of each family lie?

# %%
FAMILIES = ("independent", "correlated", "easy", "medium", "hard")
keys = jax.random.split(jax.random.key(SEED), NUM_EPISODES)
tasks = {name: np.asarray(jax.vmap(TASKS[name].sample_task)(keys).arm_probs) for name in FAMILIES}
fig, axes = plt.subplots(1, 5, figsize=(9, 2.2), sharey=True, layout="constrained")
for ax, name in zip(axes, FAMILIES):
    ax.plot(*tasks[name][:300].T, "o", ms=3, alpha=0.5, color="#595959")
    ax.set(title=name, xlabel="p1", xlim=(-0.05, 1.05), ylim=(-0.05, 1.05), aspect="equal")
axes[0].set_ylabel("p2");
# %% [markdown]
# Independent tasks fill the square. Dependent tasks lie on one line: who knows p1 knows p2. This line is the *structure*. It is not told to anybody; it can only be learnt from many tasks.

# %%
off_the_line = {name: np.abs(pairs.sum(axis=1) - 1).max() for name, pairs in tasks.items()}
print({name: f"{distance:.3f}" for name, distance in off_the_line.items()})
assert off_the_line.pop("independent") > 0.5, "independent arms need not add up to one"
assert max(off_the_line.values()) < 1e-6, "dependent arms always do"

# %% [markdown]
# ## 8.2 Is a specialist better than an all-rounder?
#
# Five networks of the same kind, with the same learning algorithm, were trained on one family each. Each now plays all five, with frozen weights. They meet the same tasks and the same luck.
#
# **Guess before you look at the table:** in which column will the rows differ most? And on *dependent* arms: which agent is the worst?

# %%
agents = {name: metarl.load_agent(f"bandit_{name}") for name in FAMILIES}


def play(trained_on, pairs):
    """The episodes of an agent on tasks that are given by their win probabilities."""
    player, env, count = agents[trained_on], TASKS["correlated"], len(pairs)
    return metarl.evaluate(
        player.agent, player.params, env, num_episodes=count, seed=SEED, tasks=pairs, keep="steps"
    )


# %% [markdown]
# (All five families work in the same way, with different probabilities. So one `env` will do, if we hand it the tasks.) First all scores, then the table, with the regret of the best possible player below it.

# %%
regrets = np.array(
    [[play(a, tasks[b]).regret.sum(axis=1) for b in FAMILIES] for a in FAMILIES]
)  # trained on, tested on, episode
score = regrets.mean(axis=2)
best = np.array([optimum(TASKS[name]).sum() for name in FAMILIES])

# %%
fig, ax = plt.subplots(figsize=(7.4, 3.8), layout="constrained")
rows = [f"trained on {name}" for name in FAMILIES] + ["best possible"]
plot_matrix(ax, np.vstack([score, best]), rows, FAMILIES, best=0.6)
ax.set(xlabel="tested on", title="regret per episode of 100 trials");
# %% [markdown]
# This mirrors the table of W16, experiment 2. What to see:
#
# * On the diagonal, where an agent plays what it was trained on, it is about as good as anybody can be.
# * The first **column**: on independent arms, every agent of dependent arms has far more regret than the agent that was trained there. Their knowledge is wrong here.
# * The first **row**: the agent of independent arms plays dependent ones well, but not as well as the agents that know about the line. It lacks a piece of knowledge.
# * The four agents of dependent arms can stand in for each other, nearly. There is a reason: on all four families the best rule is the same. Count a win of one arm as a point for it, count a loss as a point for the *other* arm, and pull the arm that is ahead. There is one exception. The agent of easy arms is poor at hard ones; on easy arms nobody has to count far.
#
# (Some scores are a little better than the best possible. That is luck: the last row is what the best player may *expect*, and the others are means of episodes, most good to about a tenth, those of the hard arms to about .15; and all rows of a column share the same luck.)

# %%
print("on independent arms:", score[:, 0].round(2))
print("on hard arms:", score[:, 4].round(2))
assert (np.diag(score) < 1.25 * best + 0.2).all(), "at home, all are nearly as good as can be"
assert (score[1:, 0] > 1.25 * score[0, 0]).all(), "knowledge of a line that is not there costs"
assert (np.diag(score)[1:] < score[0, 1:]).all(), "who knows about the line uses it"

# %% [markdown]
# ## 8.3 Where does the wrong belief cost most?
#
# Here are two agents, one of dependent arms (*correlated*) and one of independent arms, on pairs of win probabilities from the whole square. Colour is regret.
#
# **Guess before you run the cell:** the agent of dependent arms believes that its tasks lie on the dashed line. Where, away from the line, does that hurt? At the lower left, both arms are bad. At the upper right, both are good.

# %%
grid = (np.arange(10) + 0.5) / 10
square = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
pairs = np.repeat(square, PER_TASK, axis=0)
maps = {
    name: play(name, pairs).regret.sum(axis=1).reshape(10, 10, PER_TASK).mean(axis=2)
    for name in ("correlated", "independent")
}

# %%
fig, axes = plt.subplots(1, 2, figsize=(7.6, 3.4), sharey=True, layout="constrained")
for ax, (name, values) in zip(axes, maps.items()):
    style = {"origin": "lower", "extent": (0, 1, 0, 1), "cmap": "Blues"}
    image = ax.imshow(values, vmin=0, vmax=10, **style)
    ax.plot([0, 1], [1, 0], "k--", lw=1)
    ax.set(title=f"trained on {name} arms", xlabel="p1")
axes[0].set_ylabel("p2")
fig.colorbar(image, ax=axes, label="regret per episode");
# %% [markdown]
# (On the other diagonal both arms are equal, and nobody can have regret.) The agent of independent arms is at home everywhere in the square. The other agent is at home along its line, and has two weak spots. They are the two places where "if one is bad, the other must be good" is false: both arms bad, and both arms good. The hotel with two cold taps is at the lower left.

# %%
total = square.sum(axis=1).reshape(10, 10)
places = {"both bad": total < 0.8, "near the line": abs(total - 1) < 0.25, "both good": total > 1.2}
for place, there in places.items():
    print(place, {name: f"{values[there].mean():.2f}" for name, values in maps.items()})
for place in ("both bad", "both good"):
    wrong, right = (maps[name][places[place]].mean() for name in ("correlated", "independent"))
    assert wrong > 1.4 * right, "a wrong belief costs where it is wrong"

# %% [markdown]
# ## 8.4 Can you predict its mistakes by hand?
#
# Take both arms to be bad: p1 = .3 and p2 = .1. What will a player do if it counts points as in 8.2? Let *e* be the points of arm 1 minus those of arm 2.
#
# * While *e* is above 0, it pulls arm 1. A win (.3) adds a point, a loss (.7) takes one away: on average, *e* **falls** by 1 - 2 p1 = .4 per pull.
# * While *e* is below 0, it pulls arm 2. Each loss (.9) speaks for arm 1, each win (.1) against it: on average, *e* **rises** by 1 - 2 p2 = .8 per pull.
#
# So *e* is driven back to 0 from both sides. The player can never make up its mind; whichever arm it pulls disappoints. In the long run, rises and falls must cancel. If *f* is the share of pulls of arm 1,
#
# $$f\,(1-2p_1) = (1-f)\,(1-2p_2), \qquad\text{so}\qquad f = \frac{1-2p_2}{(1-2p_1)+(1-2p_2)}.$$
#
# Here that is .8 / 1.2 = 2/3: every third pull goes to an arm that wins one time in ten, for ever. Nothing in this calculation is about networks. Does the network do that?

# %%
bad_pairs = np.array([[0.2, 0.1], [0.3, 0.1], [0.4, 0.2], [0.4, 0.0]])
predicted = (1 - 2 * bad_pairs[:, 1]) / (2 - 2 * bad_pairs.sum(axis=1))


def late_share(trained_on, pair):
    """How often arm 1 is pulled in the second half of an episode."""
    actions = play(trained_on, np.tile(pair, (NUM_EPISODES, 1))).trajectory.actions
    return (actions[:, 50:] == 0).mean()


shares = {
    name: np.array([late_share(name, pair) for pair in bad_pairs])
    for name in ("correlated", "independent")
}

# %% [markdown]
# **Guess before you run the cell:** if the network does as calculated, on which line do its points lie? Where will those of the agent of independent arms be?

# %%
fig, ax = plt.subplots(figsize=(7.4, 3.6), layout="constrained")
ax.plot([0.5, 1], [0.5, 1], "k--", lw=1, label="as predicted by hand")
ax.plot(predicted, shares["independent"], "s", color="#595959", label="trained on independent arms")
ax.plot(predicted, shares["correlated"], "o", color=PLAYER_COLOURS["agent"], label="trained on correlated arms")
for (p1, p2), x, y in zip(bad_pairs, predicted, shares["correlated"]):
    ax.text(x + 0.01, y - 0.03, f"{p1:.1f}, {p2:.1f}", fontsize=8)
ax.set(xlabel="predicted share of arm 1", ylabel="share of arm 1, trials 51 to 100")
ax.set(xlim=(0.5, 0.95), ylim=(0.48, 1.03))
ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5));
# %% [markdown]
# The agent of dependent arms lies close to the line: it goes back and forth between two bad arms, in nearly the proportions that the wrong belief asks for. (All its points are a little below the line, so it is not exactly a counter. It has never been in such a hotel, and nothing in its training said what to do there.) The agent of independent arms mostly finds the better arm and stays.
#
# This is how one shows that somebody *believes* something: not by successes, which may have many reasons, but by the mistakes that only this belief leads to.

# %%
miss = np.abs(shares["correlated"] - predicted)
print("predicted:", predicted.round(3), " measured:", shares["correlated"].round(3))
assert (miss < 0.1).all(), "the mistakes are those of the wrong belief"
assert (shares["independent"] > shares["correlated"] + 0.1).all(), "the other agent settles"

# %% [markdown]
# ## 8.5 What is a piece of information worth?
#
# A different structure, from W16, experiment 3. There are eleven arms and only five trials. Rewards are certain: nine arms pay 1, and one, the *target*, pays 5. Arm 11 is strange: it pays a tenth of the target's number, for instance .7 if the target is arm 7. So it is the worst arm of all, or equal to the others at best, and it tells everything. The target is drawn anew in each episode.
#
# Would you pull it? Work out three plans before you go on.
#
# * **At random**: a pull brings (9 · 1 + 5 + .55) / 11 on average, where .55 is the average pay of arm 11.
# * **Search** without arm 11: try one arm after another, until the target is found; then stay. The target comes up on pull k with a chance of 1/10, for each k from 1 to 5. Then k - 1 pulls have paid 1, and 6 - k pay 5. With a chance of 1/2 it does not come up at all, and all five pulls pay 1.
# * **Ask**: pull arm 11 once, for .55, and the target four times, for 5.

# %%
by_hand = {
    "random": 5 * (9 * 1 + 5 + 0.55) / 11,
    "search": sum(((k - 1) * 1 + (6 - k) * 5) / 10 for k in range(1, 6)) + 5 / 2,
    "ask": np.mean([target / 10 for target in range(1, 11)]) + 4 * 5,
}
print({plan: round(float(reward), 2) for plan, reward in by_hand.items()})

# %% [markdown]
# The first pull of arm 11 brings .55, where another arm would have brought 1.4 on average. So asking costs .85 now, and yet the whole episode brings 20.55 - 11 = 9.55 more. A player that always takes what looks best *now* will never find that out. Let us check the three sums with players: *greedy* takes what looks best now, and the *planner* looks ahead to the end of the episode.

# %%
informative = load_agents("informative")
eleven = informative[0].config.environment
players = {"random": Random(num_actions=11), "search": Greedy(env=eleven), "ask": Planner(env=eleven)}
played = {}
for plan, player in players.items():
    result = metarl.evaluate(player, (), eleven, num_episodes=4000, seed=SEED, keep="steps")
    played[plan] = result.trajectory.rewards.sum(axis=1).mean()
    print(f"{plan:8s}{by_hand[plan]:6.2f} by hand, {played[plan]:6.2f} played")

# %% [markdown]
# The sums are right. So the best possible player asks, and it earns 20.55.

# %%
for plan, reward in by_hand.items():
    assert abs(played[plan] - reward) < 0.5, "played and computed rewards must agree"
assert abs(by_hand["ask"] - 20.55) < 1e-9

# %% [markdown]
# ## 8.6 Do networks learn to ask?
#
# For learning, this is hard. Asking is rewarded only later, through other choices. A network that has not yet learnt to *use* the message gains nothing by asking for it, and a network that never asks cannot learn to use it. Eight networks were trained, with different random seeds. **Guess before you run the cell:** how many of the eight have learnt to ask?

# %%
share = np.zeros((8, 3, 5))  # network, kind of arm, trial
message, earned = np.zeros((10, 10)), []
for i, agent in enumerate(informative):
    r = metarl.evaluate(agent.agent, agent.params, eleven, num_episodes=NUM_EPISODES, seed=SEED)
    actions, target = r.trajectory.actions, r.trajectory.action_values.argmax(axis=-1)
    asks, right = actions == 10, actions == target
    share[i] = [x.mean(axis=0) for x in (right, asks, ~right & ~asks)]
    earned.append(r.trajectory.rewards.sum(axis=1).mean())
    second = actions[:, 1] < 10
    np.add.at(message, (target[second, 1], actions[second, 1]), 1)

# %%
fig, ax = plt.subplots(figsize=(5.4, 3.4), layout="constrained")
colours = (PLAYER_COLOURS["agent"], "#C85200", "#ABABAB")
for kind, name in enumerate(["target", "arm 11", "other arms"]):
    ax.plot(range(1, 6), share[:, kind].T, "o-", color=colours[kind], lw=1)
    ax.plot([], [], "o-", color=colours[kind], label=name)
ax.set(xlabel="trial", ylabel="share of choices", xticks=range(1, 6))
ax.legend(frameon=False, loc="center right");
# %% [markdown]
# This mirrors the figure of W16, experiment 3, with one line for each network; the lines of all eight lie on top of each other. All eight have learnt it: on trial 1 they take the worst arm, and from trial 2 on the best one. They give up a reward for information that will pay later.
#
# How do they know where to go? As in the paper, the network sees its last reward twice: as a number, and as a one-hot vector with one entry for each possible reward. But nobody told it that the entry for .7 means arm 7. Here is what they choose on trial 2, by the number of the target. **Guess before you run the cell:** what would the picture look like if they had learnt only that "a message means: try something else"?

# %%
fig, ax = plt.subplots(figsize=(4.2, 3.8), layout="constrained")
chosen = message / message.sum(axis=1, keepdims=True)
image = ax.imshow(chosen, cmap="Blues", vmin=0, vmax=1, origin="lower", extent=(0.5, 10.5, 0.5, 10.5))
ax.set(xlabel="arm pulled on trial 2", ylabel="number of the target")
ax.set(xticks=range(1, 11), yticks=range(1, 11))
fig.colorbar(image, ax=ax, label="share");
# %% [markdown]
# A clean diagonal: each of the ten messages leads to its own arm. (With "try something else", all cells would be equally pale.) The code was learnt in the weights, over many episodes; the *message* of an episode is held in memory, for four trials.

# %%
print("reward per episode of the eight:", np.round(earned, 2))
assert min(earned) > 20.2, "each network earns nearly what the best possible player earns"
assert share[:, 1, 0].min() > 0.95, "each asks on trial 1"
assert np.diag(chosen).min() > 0.95, "each message is understood"

# %% [markdown]
# ## What we saw
#
# * The **structure** of a family of tasks is what all its tasks have in common. A network that is trained on many of them learns it, and then needs fewer trials than a network that does not know it.
# * Where the **structure is wrong**, the network errs as its belief demands: between two bad arms it goes back and forth in proportions that we computed by hand.
# * **Information has a price and a value**: all eight networks learnt to pull the worst arm once, as it tells where the best one is, and they earned the 20.55 of the best possible player.
#
# ## Exercises

# %% [markdown]
# **1 · Predict.** Now both arms are *good*: p1 = .9, p2 = .7. In which share of episodes does the agent of correlated arms spend more than half of its late trials on arm 2, the worse one? Write your number before you run the cell; it passes if you are at most .1 off. (Hint: what happens to *e* of section 8.4 now, on either side of 0?)

# %% tags=["exercise", "skip-execution"]
my_guess = ...  # between 0 and 1

good = play("correlated", np.tile([0.9, 0.7], (NUM_EPISODES, 1))).trajectory.actions
stuck = ((good[:, 50:] == 1).mean(axis=1) > 0.5).mean()
print("measured:", stuck.round(3))
assert abs(my_guess - stuck) < 0.1, "think of who gets ahead first, and whether it can be caught"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Now *e* runs away from 0 on both sides, as each arm mostly wins: whichever is ahead stays ahead. So it depends on the first few trials. Seen from 0, both arms are equally likely to be pulled, and *e* goes up with a chance of .5 · .9 + .5 · .3 = .6. From +1, it never comes back to 0 with a chance of 1 - .1/.9 = .89; from -1, with 1 - .3/.7 = .57 (the gambler's ruin). So arm 1 wins the race with .6 · .89 / (.6 · .89 + .4 · .57) = .70, and in .30 of all episodes the player is stuck with the worse arm. (The network, which is not exactly a counter, is stuck in .35.)
#
# ```python
# up, down = 0.6 * (1 - 0.1 / 0.9), 0.4 * (1 - 0.3 / 0.7)
# my_guess = down / (up + down)
#
# good = play("correlated", np.tile([0.9, 0.7], (NUM_EPISODES, 1))).trajectory.actions
# stuck = ((good[:, 50:] == 1).mean(axis=1) > 0.5).mean()
# print("measured:", stuck.round(3))
# assert abs(my_guess - stuck) < 0.1, "think of who gets ahead first, and whether it can be caught"
# ```
# </details>

# %% [markdown]
# **2 · Change.** Asking is not always worth it. Find a prize of the target, above 1, for which the best possible player does *not* begin with arm 11. (Do the sums of section 8.5 again with a prize of z.)

# %% tags=["exercise", "skip-execution"]
prize = ...  # a number above 1

assert prize > 1, "the target must pay more than the other arms"
smaller = eleven.changed(prize=float(prize))
_, start = smaller.reset(smaller.sample_task(jax.random.key(0)))
values = np.asarray(smaller.planned_values(smaller.initial_belief(), start))
print("value of arm 1:", values[0].round(3), " of arm 11:", values[10].round(3))
assert values.argmax() != 10, "with this prize, it still pays to ask"

# %% [markdown]
# <details><summary>Answer</summary>
#
# To ask is worth .55 + 4 z. To search is worth the sum of ((k - 1) + (6 - k) z) / 10 for k from 1 to 5, plus 5/2: that is 3.5 + 1.5 z. Asking is better as long as 2.5 z is above 2.95, so the prize must be below 1.18. What asking costs hardly depends on the prize; what it brings does.
#
# ```python
# prize = 1.1
#
# assert prize > 1, "the target must pay more than the other arms"
# smaller = eleven.changed(prize=float(prize))
# _, start = smaller.reset(smaller.sample_task(jax.random.key(0)))
# values = np.asarray(smaller.planned_values(smaller.initial_belief(), start))
# print("value of arm 1:", values[0].round(3), " of arm 11:", values[10].round(3))
# assert values.argmax() != 10, "with this prize, it still pays to ask"
# ```
# </details>

# %% [markdown]
# **3 · Write.** Write the player of section 8.4: it counts points, pulls the arm that is ahead, and draws an arm at random when none is. Return its choices, 0 for arm 1 and 1 for arm 2, as an array. The check compares it with the calculation by hand.

# %% tags=["exercise", "skip-execution"]
def count_points(p1, p2, rng, num_trials=100):
    """The choices of a player that takes arms to be dependent."""
    ...


rng = np.random.default_rng(SEED)
choices = np.array([count_points(0.3, 0.1, rng) for _ in range(400)])
assert choices.shape == (400, 100)
assert set(np.unique(choices)) == {0, 1}
assert abs((choices[:, 50:] == 0).mean() - 2 / 3) < 0.05, "two thirds of late pulls are of arm 1"
home = np.array([count_points(0.9, 0.1, rng) for _ in range(400)])
assert (home[:, 20:] == 0).mean() > 0.98, "on dependent arms it finds the better one"

# %% [markdown]
# <details><summary>Answer</summary>
#
# These few lines are nearly all that a network of 48 units has learnt here: this rule is the best possible one for dependent arms.
#
# ```python
# def count_points(p1, p2, rng, num_trials=100):
#     """The choices of a player that takes arms to be dependent."""
#     e, choices = 0, []
#     for _ in range(num_trials):
#         arm = rng.integers(2) if e == 0 else int(e < 0)
#         wins = rng.random() < (p1, p2)[arm]
#         e += 1 if wins == (arm == 0) else -1
#         choices.append(arm)
#     return np.array(choices)
#
#
# rng = np.random.default_rng(SEED)
# choices = np.array([count_points(0.3, 0.1, rng) for _ in range(400)])
# assert choices.shape == (400, 100)
# assert set(np.unique(choices)) == {0, 1}
# assert abs((choices[:, 50:] == 0).mean() - 2 / 3) < 0.05, "two thirds of late pulls are of arm 1"
# home = np.array([count_points(0.9, 0.1, rng) for _ in range(400)])
# assert (home[:, 20:] == 0).mean() > 0.98, "on dependent arms it finds the better one"
# ```
# </details>

# %% [markdown]
# **4 · Write.** Generalise the search of section 8.5: the expected reward of a player that never asks, with n arms, T trials, and a prize. (T may be larger than n.) Up to how many arms, with 5 trials and a prize of 5, is searching at least as good as asking?

# %% tags=["exercise", "skip-execution"]
def search(n, num_trials, prize=5.0):
    """The expected reward of searching for the target among n arms, and staying there."""
    ...


assert abs(search(10, 5) - 11) < 1e-9, "the sum of section 8.5"
assert abs(search(2, 2) - 8) < 1e-9, "half of the time 5 + 5, half of the time 1 + 5"
assert abs(search(2, 3) - 13) < 1e-9, "more trials than arms: you cannot look for ever"
assert abs(search(10, 1) - 1.4) < 1e-9, "one trial: no search at all"
for n in range(1, 11):
    print(n, "arms: search", search(n, 5), " ask", (n + 1) / (2 * n) + 20)

# %% [markdown]
# <details><summary>Answer</summary>
#
# With up to three arms searching is better; from four arms on, asking is. (A searcher that has missed the target in all but one arm knows where it is; the sum accounts for that, as the next pull then finds it for sure.)
#
# ```python
# def search(n, num_trials, prize=5.0):
#     """The expected reward of searching for the target among n arms, and staying there."""
#     found = range(1, min(n, num_trials) + 1)
#     rewards = [(k - 1) + (num_trials - k + 1) * prize for k in found]
#     never = (n - len(rewards)) * num_trials
#     return (sum(rewards) + never) / n
#
#
# assert abs(search(10, 5) - 11) < 1e-9, "the sum of section 8.5"
# assert abs(search(2, 2) - 8) < 1e-9, "half of the time 5 + 5, half of the time 1 + 5"
# assert abs(search(2, 3) - 13) < 1e-9, "more trials than arms: you cannot look for ever"
# assert abs(search(10, 1) - 1.4) < 1e-9, "one trial: no search at all"
# for n in range(1, 11):
#     print(n, "arms: search", search(n, 5), " ask", (n + 1) / (2 * n) + 20)
# ```
# </details>

# %% [markdown]
# **5 · Open.** A wrong belief is not always a disadvantage. Find a pair of win probabilities that is *off* the line, p1 + p2 at least .1 away from 1, at which the agent of correlated arms has *less* regret than the agent of independent arms. What question about belief and speed does this raise for animals?

# %% tags=["exercise", "skip-execution"]
p1, p2 = ..., ...

assert abs(p1 + p2 - 1) > 0.099
off = np.tile([p1, p2], (2000, 1))
believes, knows = (play(name, off).regret.sum(axis=1).mean() for name in maps)
print(f"correlated {believes:.2f}, independent {knows:.2f}")
assert believes < knows, "here the belief does not help"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Look at the map of section 8.3: the pale band of the agent of correlated arms is wide. As long as one arm wins more than half of the time and the other less, its points lead to the right arm, and where the arms differ little it gets there sooner, as it learns about both arms from each pull. A strong belief that is roughly right is faster than a weak one that is never wrong. (Statisticians call it bias and variance.) For animals one may ask: does one that lives in a stable niche hold stronger beliefs, and learn faster there, than one that meets many worlds?
#
# ```python
# p1, p2 = 0.7, 0.4
#
# assert abs(p1 + p2 - 1) > 0.099
# off = np.tile([p1, p2], (2000, 1))
# believes, knows = (play(name, off).regret.sum(axis=1).mean() for name in maps)
# print(f"correlated {believes:.2f}, independent {knows:.2f}")
# assert believes < knows, "here the belief does not help"
# ```
# </details>

# %% [markdown]
# **Next:** [9 · Volatility](09_volatility.ipynb): how fast should one change one's mind?
