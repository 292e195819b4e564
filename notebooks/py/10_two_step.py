# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 10 · The two-step task: who taught the network to think ahead?
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_name/metarl/blob/main/notebooks/10_two_step.ipynb)
#
# You want to go swimming and take the bus to the lake. Today there is a detour, and the bus drops you off in the forest, where you find the best mushrooms of your life. Tomorrow you want mushrooms again. Which bus do you take?
#
# A creature of habit repeats what was followed by a reward: it takes the bus to the *lake*. Somebody who knows the map takes the bus to the *forest*, the very one that was *not* taken. Psychologists call the first a **model-free** learner and the second a **model-based** one, and since Daw et al. (2011, doi 10.1016/j.neuron.2011.02.027) they tell them apart with one experiment, the two-step task. People turn out to be a bit of both.
#
# Our network was trained by a model-free method, which knows no map at all. So: **which bus does the network take?**
#
# **Promise: you will find a learner who knows the map inside a network that was trained by a method without one, and you will be able to explain how it got there.**
#
# At the end you will be able to say
#
# * what a *stay probability* is, and how it tells the two kinds of learner apart,
# * which of the two the frozen network is, and how far back in the past it looks,
# * why that is no contradiction, and what such an experiment does *not* show.
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
import pandas as pd

import metarl
from metarl.analysis import stay_probabilities, trials_of
from metarl.analysis.observer import beliefs_of
from metarl.baselines import Greedy, Oracle
from metarl.baselines.two_step import Hybrid
from metarl.notebook import fast
from metarl.plotting.players import PLAYER_COLOURS
from metarl.pretrained import load_agents
from metarl.reproduce.core import bars
from metarl.reproduce.w16_5 import COLOURS, KINDS

# %% [markdown]
# The numbers of this notebook. Change them, and run it again.

# %% tags=["parameters"]
SEED = 10
NUM_EPISODES = fast(300, 100)
AGENTS, FOLDER = "two_step", None  # or the name and folder of agents of your own

# %% [markdown]
# ## 10.1 The task
#
# Each trial has two steps. First you choose, left or right. Left *usually* leads to state A, and right *usually* to state B: that is a **common** transition. One time in five it is the other way round, an **uncommon** one. In the second state you collect what there is: one of the two states pays on nine trials of ten, the other on one of ten. Which one is the good one is not said, and from time to time they swap (on average every 40 trials). So you must keep learning which *state* is good, and choose for it.
#
# Eight networks ship for this task, trained in the same way from different random seeds. Their task is that of Wang et al. (2018), simulation 4, without its fixation cue.

# %%
agents = load_agents(AGENTS, FOLDER)
agent, env = agents[0].agent, agents[0].config.environment
print(len(agents), "agents for", env)

# %% [markdown]
# Here it is as a picture. Thick arrows are common transitions, thin ones are uncommon.

# %%
common, pays = env.common_probability, env.win_probability
fig, ax = plt.subplots(figsize=(5.6, 2.9), layout="constrained")
boxes = {"left": (0, 1), "right": (2, 1), "state A": (0, 0), "state B": (2, 0)}
for name, (x, y) in boxes.items():
    ax.text(x, y, name, ha="center", va="center", bbox={"boxstyle": "round,pad=0.5", "fc": "w"})
for start, end, p in [(0, 0, common), (2, 2, common), (0, 2, 1 - common), (2, 0, 1 - common)]:
    arrow = {"arrowstyle": "-|>", "lw": 5 * p, "color": COLOURS[p < 0.5], "shrinkA": 16, "shrinkB": 16}
    ax.annotate("", (end, 0), (start, 1), arrowprops=arrow)
    x, y = (1.24 * start - 0.24, 0.5) if p > 0.5 else (0.42 + 0.58 * start, 0.88)
    ax.text(x, y, f"{p:.0%}", color=COLOURS[p < 0.5], ha="center", va="center")
ax.text(0, -0.32, f"pays on {pays:.0%} of trials", ha="center")
ax.text(2, -0.32, f"pays on {1 - pays:.0%} of trials", ha="center")
ax.text(1, -0.55, "(and the other way round after a swap)", ha="center", color="#666666")
ax.set(xlim=(-0.8, 2.8), ylim=(-0.65, 1.3))
ax.axis("off");

# %% [markdown]
# Now we need players. The package has one for each kind of learner, after Daw et al. (2011). Both keep values that move towards what happens:
#
# * **model-free**: one value for *left* and one for *right*. The choice that was made gets the credit for the outcome, whichever way it led there.
# * **model-based**: one value for *state A* and one for *state B*. When it is time to choose, it works out from the transitions, which it knows, what *left* and *right* are worth.
#
# `Hybrid` is a mixture of both; with `weight=0` it is the first, with `weight=1` the second. Both mostly choose what looks better, and now and then the other side (a softmax with an inverse temperature of 8). Let them play, and look at the first trials of one of them.


# %%
def play(player, params=(), task_family=env):
    """Plays the episodes of this notebook: the same ones for everybody."""
    return metarl.evaluate(player, params, task_family, num_episodes=NUM_EPISODES, seed=SEED)


def learner(weight, family=env):
    """A learner whose values are partly model-based, by `weight`, and partly model-free."""
    return Hybrid(env=family, learning_rate=0.5, inverse_temperature=8.0, weight=weight)


played = {"model-free": play(learner(0.0)), "model-based": play(learner(1.0))}
example = trials_of(env, played["model-free"])

# %%
for trial in range(12):
    choice, state = example.choices[0, trial], example.states[0, trial]
    way = "common" if state == choice else "UNCOMMON"
    paid = "reward" if example.rewards[0, trial] > 0 else "nothing"
    print(f"trial {trial + 1}: {env.action_names[choice]:5s} -> state {'AB'[state]} ({way:8s}) -> {paid}")

# %% [markdown]
# Do the transitions come out as they should?

# %%
share = (example.states == example.choices).mean()
print(f"common transitions: {share:.3f} of all trials")
assert abs(share - common) < 0.02, "about four of five transitions must be common"

# %% [markdown]
# ## 10.2 How to tell the two apart
#
# Ask one question about every pair of trials in a row: is the first choice of this trial the same as on the trial before? That is a **stay**. Then sort by what happened on the trial before: was there a reward, and was the transition common? This gives four **stay probabilities**.
#
# Think of the bus. After a *rewarded uncommon* trial the habit says *stay*, and the map says *leave*. After an *unrewarded uncommon* trial the habit says *leave*, and the map says *stay*.
#
# **Guess before you run the cell:** draw four bars for each of the two learners. The order is that of Daw et al., figure 2: rewarded (common, uncommon), unrewarded (common, uncommon).


# %%
def stays(result, family=env):
    """The four stay probabilities, in the order of `KINDS`."""
    t = trials_of(family, result)
    return stay_probabilities(t.choices, t.rewards, t.states == t.choices)["stay"].to_numpy()


def draw_stays(ax, title, values):
    """Draws four bars; dots are agents, if there are several."""
    bars(ax, KINDS, np.atleast_2d(values), COLOURS)
    for dot in list(ax.lines) if np.ndim(values) == 1 else ():
        dot.remove()
    ax.set(title=title, ylim=(0, 1.05))
    ax.tick_params(axis="x", labelsize=7)


fig, axes = plt.subplots(1, 2, figsize=(7.4, 3), sharey=True, layout="constrained")
for ax, name in zip(axes, played):
    draw_stays(ax, f"one {name} learner", stays(played[name]))
axes[0].set_ylabel("stay probability");

# %% [markdown]
# What to see: on the left, what counts is the *reward*: both bars after a reward are high, whatever the transition was. On the right, the transition turns everything round: a reward makes staying likelier after a common transition, and less likely after an uncommon one. In the words of statistics: on the left there is a main effect of reward, and on the right there is an **interaction** of reward and transition.
#
# (Why are the bars on the left not quite equal in pairs? Whoever is rewarded after an *uncommon* transition has probably chosen the way to the bad state, and that choice has a low value already; whoever gets nothing after one has probably chosen the way to the good state. So a small interaction appears without any map. Such traps are the subject of Akam, Costa & Dayan 2015, doi 10.1371/journal.pcbi.1004648.)
#
# One number for the interaction: the effect of a reward after a common transition, minus its effect after an uncommon one. It is 2 at most.


# %%
def interaction(stay):
    """How much more a reward adds to staying after a common transition than after an uncommon one."""
    rewarded_common, rewarded_uncommon, common, uncommon = stay
    return rewarded_common - common - (rewarded_uncommon - uncommon)


crossed = {name: float(interaction(stays(result))) for name, result in played.items()}
print({name: round(value, 2) for name, value in crossed.items()})
assert crossed["model-based"] > crossed["model-free"] + 0.3, "the test must tell them apart"

# %% [markdown]
# ## 10.3 Which bus does the network take?
#
# Now the networks, with frozen weights, on the same episodes. Beside them: the same network *before* training, and the **ideal observer**, who computes by Bayes' rule how likely each state is to be the good one, and takes the way to the better one. On this task no player can earn more: both states tell equally much about which one is good, so there is nothing to explore for.
#
# **Guess before you run the cell:** training makes choices more likely that were followed by reward; that is a model-free method. Do you expect the left or the right picture of 10.2? Or something in between, as in people?

# %%
results = [play(a.agent, a.params) for a in agents]
untrained = play(agent, agent.init(jax.random.key(SEED)))
observer = play(Greedy(env=env))
stay = np.array([stays(result) for result in results])

# %%
fig, axes = plt.subplots(1, 3, figsize=(9, 3), sharey=True, layout="constrained")
draw_stays(axes[0], "before training", stays(untrained))
draw_stays(axes[1], "eight trained networks", stay)
draw_stays(axes[2], "ideal observer", stays(observer))
axes[0].set_ylabel("stay probability");

# %% [markdown]
# What to see: before training, nothing: it tosses a coin. After training, the pattern is that of a model-based learner, and all eight networks (the dots) agree almost exactly. This is the behaviour in Wang et al. (2018), simulation 4. They even stay and leave as often as the ideal observer does.
#
# The first paper had a shorter version: ten trials, transitions of 75%, and no swaps (Wang et al. 2016, experiment 5). Eight networks ship for that one, too.

# %%
short_agents = load_agents("two_step_w16")
short = short_agents[0].config.environment
short_results = [play(a.agent, a.params, short) for a in short_agents]
short_stay = np.array([stays(result, short) for result in short_results])

# %%
means = {"100 trials, swaps": stay.mean(axis=0), "10 trials, no swaps": short_stay.mean(axis=0)}
print(pd.DataFrame(means, index=[kind.replace("\n", ", ") for kind in KINDS]).round(2))
assert all(interaction(row) > crossed["model-free"] + 0.3 for row in stay), "in every network"
assert all(interaction(row) > 0.5 for row in short_stay), "and in the shorter task"
assert abs(interaction(stays(untrained))) < 0.2, "before training there is nothing to see"

# %% [markdown]
# ## 10.4 How far back does it look?
#
# A stay probability knows only one trial of the past. A learner knows more. So let us ask what each of the last five trials contributes to a choice, in two currencies. An outcome (+1 for a reward, -1 for none) can be credited
#
# * to **the choice that was made**: left or right, as a model-free learner would, or
# * to **the state it came from**, that is, to the choice that commonly leads there, as a model-based learner would.
#
# A linear regression of the choice (+1 left, -1 right) on these ten numbers divides the credit among them. Miller, Botvinick & Brody (2017, doi 10.1038/nn.4613) look at the choices of rats in a similar way.


# %%
def history(result, lags=5):
    """Weights of earlier outcomes: credited to the choice (row 0) and to the state (row 1)."""
    t = trials_of(env, result)
    side, state = 1 - 2 * t.choices, 1 - 2 * t.states
    outcome = np.where(t.rewards > 0, 1, -1)
    past = [slice(lags - lag, -lag) for lag in range(1, lags + 1)]
    columns = [(who * outcome)[:, p].ravel() for who in (side, state) for p in past]
    return np.linalg.lstsq(np.stack(columns, 1), side[:, lags:].ravel())[0].reshape(2, lags)


# %% [markdown]
# **Guess before you run the cell:** for each of the three players, which of the two curves lies at zero?

# %%
weights = {name: history(result) for name, result in played.items()}
weights["agent"] = np.mean([history(result) for result in results], axis=0)
fig, axes = plt.subplots(1, 3, figsize=(9, 2.9), sharey=True, layout="constrained")
for ax, (name, (to_choice, to_state)) in zip(axes, weights.items()):
    ax.plot(range(1, 6), to_state, "o-", color=COLOURS[0], label="to the state")
    ax.plot(range(1, 6), to_choice, "s--", color=COLOURS[1], label="to the choice")
    ax.axhline(0, color="#888888", lw=0.8)
    ax.set(title="eight networks" if name == "agent" else name, xlabel="trials back")
axes[0].set_ylabel("weight of an outcome")
axes[0].legend(frameon=False);

# %% [markdown]
# What to see: the model-free learner credits its recent outcomes to the choices (dashed). Neither of its curves lies at zero: on four trials of five the two agree, and a sum over five trials only approximates what the learner does, so some of the credit goes to the wrong account. The model-based learner credits states, and choices hardly at all. The network is of that kind: as far back as we look, "the choice that was made" counts for *nothing*. And it does not go by the last outcome only: the one before that counts even a little more, and older ones less and less. It weighs evidence.

# %%
to_choice, to_state = weights["agent"]
assert np.abs(to_choice).max() < 0.08, "outcomes are not credited to the choice that was made"
assert to_state[:2].min() > 0.15, "they are credited to the state, more than one trial back"
assert weights["model-free"][0, 0] > 0.15, "and the regression would have shown a habit"

# %% [markdown]
# ## 10.5 What is the map worth?
#
# The training never asked for a map. It knew one thing: reward. So what does a map earn? Take the mixture, and go from all model-free (weight 0) to all model-based (weight 1).
#
# **Guess before you run the cell:** where is the highest point of the curve? And where does the network lie: below the model-based learner, or above?

# %%
mixing = np.linspace(0, 1, fast(6, 3))
mixtures = [play(learner(float(w))) for w in mixing[1:-1]]
mixtures = [played["model-free"], *mixtures, played["model-based"]]
earned = np.array([metarl.trial_reward(result).mean for result in mixtures])
per_agent = np.array([metarl.trial_reward(result).mean for result in results])
others = {"ideal observer": observer, "knows the good state": play(Oracle())}
lines = {name: metarl.trial_reward(result).mean for name, result in others.items()}

# %%
fig, ax = plt.subplots(figsize=(6.2, 3.4), layout="constrained")
ax.plot(mixing, earned, "o-", color="#595959", label="mixtures")
for (name, value), colour in zip(lines.items(), [PLAYER_COLOURS[k] for k in ("greedy", "oracle")]):
    ax.axhline(value, color=colour, ls="--", label=f"{name}: {value:.3f}")
label = f"eight networks: {per_agent.mean():.3f}"
ax.plot(np.full(8, 1.06), per_agent, "o", color=PLAYER_COLOURS["agent"], mfc="none", label=label)
ax.set(xlabel="model-free (0) to model-based (1)", ylabel="reward per trial")
ax.set_ylim(top=0.79)
ax.legend(frameon=False, fontsize=8, loc="upper left");

# %% [markdown]
# What to see: the more map, the more reward: the curve climbs to the right, and gets flat near its end. The networks lie higher still, where the ideal observer is: at .705 per trial on these episodes, and at .706 on many more (see below). The model-based learner stays below, as it sometimes takes what looks worse, and moves its values by half of each surprise, where the observer weighs each outcome by how much it tells. Nobody can reach the highest line without being told which state is good.

# %%
print("mixtures:", earned.round(3), "networks:", per_agent.round(3).min(), "to", per_agent.round(3).max())
print("networks on 20,000 other episodes:", [round(a.scores["mean_reward"], 4) for a in agents])
assert earned[-1] > earned[0] + 0.015, "the map must pay"
assert per_agent.min() > earned[0] + 0.02, "every network earns more than a creature of habit"
assert np.abs(per_agent - lines["ideal observer"]).max() < 0.02, "and as much as the ideal observer"

# %% [markdown]
# ## 10.6 How can a model-free method make a model-based learner?
#
# There are **two** learners here, on two timescales. The *outer* one changes the weights, over thousands of episodes. It is indeed model-free: it makes those choices more likely that were followed by more reward than expected, and has no idea of states and buses. The *inner* one is what the weights compute, within an episode, with no weight changing. What the outer learner shapes is not a choice, but a *way from history to choice*: what the network does after such and such rewards in such and such states. Of all such ways it keeps those that earn more. You have just seen which ones do: the curve of the last figure goes uphill, and the outer learner climbs on beyond its end. Up there sits a player who credits states. The transitions were the same in all of training, so the map did not have to be learnt within an episode: it is in the weights. The network did not have to be *told* the map, it had to be *paid* for using it.
#
# So the network should be like the player at the very top, the ideal observer, not only on average but choice by choice. Here is a hard question. After a rewarded uncommon transition, the networks leave in only a third of all cases. Why not always? Suppose you have good reasons to believe in state A, and then B pays once. One outcome will not turn you round. The observer knows for each single trial whether the evidence is enough.

# %%
result, trials = results[0], trials_of(env, results[0])
_, expected = beliefs_of(env, result)
expected = expected[:, ::2]  # at the first choice of each trial
prefers = expected.argmax(axis=-1)
sure = np.abs(expected[..., 0] - expected[..., 1]) > 1e-3
agrees = (trials.choices == prefers)[sure].mean()
print(f"the network chooses as the ideal observer would: {agrees:.1%} of trials")

# %% [markdown]
# **Guess before you run the cell:** we split the cases after a rewarded uncommon transition by what the ideal observer would do now. How high are the two bars?

# %%
uncommon_win = (trials.rewards > 0) & (trials.states != trials.choices)
after = uncommon_win[:, :-1] & sure[:, 1:]
stayed = trials.choices[:, 1:] == trials.choices[:, :-1]
should_stay = prefers[:, 1:] == trials.choices[:, :-1]
split = [stayed[after & should_stay].mean(), stayed[after & ~should_stay].mean()]

# %%
fig, ax = plt.subplots(figsize=(4.4, 2.8), layout="constrained")
ax.bar([0, 1], split, color=PLAYER_COLOURS["agent"], width=0.6)
ax.axhline(stay[0, 1], color="#888888", ls=":", label="both together")
ax.set_xticks([0, 1], ["evidence still\nfor the old side", "evidence now\nfor the other"])
ax.set(ylabel="stay probability", ylim=(0, 1.05), title="after a rewarded uncommon trial")
ax.legend(frameon=False);

# %% [markdown]
# What to see: what looked like wavering was none. Where the evidence has turned, the network leaves; where it has not, it stays. It is close to being the observer.
#
# And what does all this *not* show? That the network **plans**, as you do when you picture the map. A player that has learnt by heart "when A is the good one, go left" stays and leaves in the same way, and so does our ideal observer, which only asks which of two hidden situations it is in. The four bars cannot tell planning from knowing such rules; Akam, Costa & Dayan (2015) show that in detail, and that is a warning to all who measure brains with this task. *Model-based* here means: it credits the state and not the choice. The network's reward-prediction errors tell the same story (notebook 12).

# %%
assert agrees > 0.95, "choice by choice, the network does what the ideal observer would do"
assert split[0] > 0.9 > 0.1 > split[1], "it stays or leaves by the evidence, not by chance"

# %% [markdown]
# ## What we saw
#
# * **Stay probabilities** tell a learner that credits *choices* from one that credits *states*: a main effect of reward, or an interaction of reward and transition.
# * The **frozen network** credits states, several trials back, and its choices are those of the ideal observer. Before training there is nothing of the kind.
# * The **training** is model-free, and what it trains is a *learner*: it keeps whatever way from history to choice earns most, and here that one uses the map.
#
# ## Exercises

# %% [markdown]
# **1 · Predict.** Let the transitions be a fair coin: left leads to A in half of all cases, and so does right. What is the *model-based* learner's stay probability after a rewarded common trial? And does the *network*, which was trained on 80%, still show the interaction (True or False)?

# %% tags=["exercise", "skip-execution"]
model_based_stay = ...  # a number from 0 to 1
network_interacts = ...  # True or False

coin = env.changed(common_probability=0.5)
knows = stays(play(learner(1.0, coin), (), coin), coin)
network = stays(play(agent, agents[0].params, coin), coin)
print("model-based", knows.round(2), "network", network.round(2))
assert abs(model_based_stay - knows[0]) < 0.1, "what are left and right worth to it now?"
assert network_interacts is bool(interaction(network) > 0.3), "where is the network's map?"

# %% [markdown]
# <details><summary>Answer</summary>
#
# It is told the transitions, so both choices are worth the same to it, and it tosses a coin: .5. The network has its map in the weights, and goes on as if left still led to A. It has learnt to learn which *state* is good, but its *transitions* are fixed. (A network that is trained on tasks with different transitions has to learn those within the episode, too.)
#
# ```python
# model_based_stay = 0.5
# network_interacts = True
#
# coin = env.changed(common_probability=0.5)
# knows = stays(play(learner(1.0, coin), (), coin), coin)
# network = stays(play(agent, agents[0].params, coin), coin)
# print("model-based", knows.round(2), "network", network.round(2))
# assert abs(model_based_stay - knows[0]) < 0.1, "what are left and right worth to it now?"
# assert network_interacts is bool(interaction(network) > 0.3), "where is the network's map?"
# ```
# </details>

# %% [markdown]
# **2 · Change.** In Daw et al. (2011), people show *both*: a main effect of reward, and an interaction. Choose a `weight` for which the mixture shows both: the main effect (stay after a reward minus stay after none, averaged over transitions) is more than .1, and the interaction is at least .15 larger than that of the model-free learner.

# %% tags=["exercise", "skip-execution"]
weight = ...  # between 0 and 1

assert 0 <= weight <= 1
person = stays(play(learner(weight)))
main_effect = person[:2].mean() - person[2:].mean()
print(person.round(2), "main effect", main_effect.round(2), "interaction", interaction(person).round(2))
assert main_effect > 0.1, "a person has habits, too"
assert interaction(person) > crossed["model-free"] + 0.15, "and uses the map"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Something in the middle, such as .5. That people are such a mixture has been the standard reading for years. It is under dispute: with better instructions, people look almost entirely model-based (Feher da Silva & Hare 2020, doi 10.1038/s41562-020-0905-y).
#
# ```python
# weight = 0.5
#
# assert 0 <= weight <= 1
# person = stays(play(learner(weight)))
# main_effect = person[:2].mean() - person[2:].mean()
# print(person.round(2), "main effect", main_effect.round(2), "interaction", interaction(person).round(2))
# assert main_effect > 0.1, "a person has habits, too"
# assert interaction(person) > crossed["model-free"] + 0.15, "and uses the map"
# ```
# </details>

# %% [markdown]
# **3 · Write.** The simplest player with a map remembers one trial: after a reward it makes the choice that commonly leads to that state, after none it makes the other one. Write what it would choose on each trial from the second on, given what happened on the trial before. How often does the network do the same? Do the same for a player without a map: repeat what was rewarded, change what was not.

# %% tags=["exercise", "skip-execution"]
def with_map(trials):
    """The choices, 0 or 1, on all trials but the first. Shape: (episodes, trials - 1)."""
    ...


def without_map(trials):
    """The same for a player that credits the choice that was made."""
    ...


actual = trials.choices[:, 1:]
assert np.shape(with_map(trials)) == np.shape(without_map(trials)) == actual.shape
same = [(rule(trials) == actual).mean() for rule in (with_map, without_map)]
print("with a map", same[0].round(3), "without", same[1].round(3))
assert 0.75 < same[0] < 0.95, "a good rule, and not quite the network's"
assert same[1] < same[0] - 0.1, "without a map it must be worse"

# %% [markdown]
# <details><summary>Answer</summary>
#
# The rule with a map agrees with the network far more often. It fails where the network remembers more than one trial.
#
# ```python
# def with_map(trials):
#     """The choices, 0 or 1, on all trials but the first. Shape: (episodes, trials - 1)."""
#     return np.where(trials.rewards > 0, trials.states, 1 - trials.states)[:, :-1]
#
#
# def without_map(trials):
#     """The same for a player that credits the choice that was made."""
#     return np.where(trials.rewards > 0, trials.choices, 1 - trials.choices)[:, :-1]
#
#
# actual = trials.choices[:, 1:]
# assert np.shape(with_map(trials)) == np.shape(without_map(trials)) == actual.shape
# same = [(rule(trials) == actual).mean() for rule in (with_map, without_map)]
# print("with a map", same[0].round(3), "without", same[1].round(3))
# assert 0.75 < same[0] < 0.95, "a good rule, and not quite the network's"
# assert same[1] < same[0] - 0.1, "without a map it must be worse"
# ```
# </details>

# %% [markdown]
# **4 · Write.** In the short task (`short_results`) a network knows nothing on the first trial, and more and more later. Write a function that gives the interaction for each pair of trials in a row: from trial 1 to 2, from 2 to 3, ... How does it change, and why?

# %% tags=["exercise", "skip-execution"]
def interaction_by_trial(choices, rewards, states):
    """The interaction for each pair of trials in a row. Shape: (trials - 1,)."""
    ...


t = [trials_of(short, result) for result in short_results]
pooled = [np.concatenate([getattr(x, name) for x in t]) for name in ("choices", "rewards", "states")]
curve = interaction_by_trial(*pooled)
print(np.round(curve, 2))
assert np.shape(curve) == (short.num_trials - 1,)
assert curve[0] > 1.8, "the first outcome decides all"
assert curve[-1] < 1.5, "a later one decides less"

# %% [markdown]
# <details><summary>Answer</summary>
#
# After the first trial one outcome is all that is known, and the network follows it strictly: the interaction is 2, as large as can be. Later, one outcome is weighed against many. (Why is it a zigzag? After an even number of outcomes the evidence can be in balance, and then the next choice is a coin toss.) So a small interaction need not mean that the map plays a small part: it can also mean that there is much evidence.
#
# ```python
# def interaction_by_trial(choices, rewards, states):
#     """The interaction for each pair of trials in a row. Shape: (trials - 1,)."""
#     common = states == choices
#     pairs = [slice(i, i + 2) for i in range(choices.shape[1] - 1)]
#     tables = [stay_probabilities(choices[:, p], rewards[:, p], common[:, p]) for p in pairs]
#     return np.array([interaction(table["stay"]) for table in tables])
#
#
# t = [trials_of(short, result) for result in short_results]
# pooled = [np.concatenate([getattr(x, name) for x in t]) for name in ("choices", "rewards", "states")]
# curve = interaction_by_trial(*pooled)
# print(np.round(curve, 2))
# assert np.shape(curve) == (short.num_trials - 1,)
# assert curve[0] > 1.8, "the first outcome decides all"
# assert curve[-1] < 1.5, "a later one decides less"
# ```
# </details>

# %% [markdown]
# **5 · Open.** W18's version of the task begins each trial with a fixation cue. `metarl.load_agent("two_step_fixation")` plays that one. Is it model-based as well? Measure its stay probabilities, with `stays`. If you have more time, play the task yourself, with `metarl play --config=two_step` in a terminal: which bus do *you* take?

# %% tags=["exercise", "skip-execution"]
cued_stays = ...  # the stay probabilities of that agent, in its own environment

cued_interaction = interaction(cued_stays)
assert crossed["model-free"] + 0.3 < cued_interaction < 2, "far from that of a habit"
print(f"with a cue {cued_interaction:.2f}, without {interaction(stay[0]):.2f}")

# %% [markdown]
# <details><summary>Answer</summary>
#
# It is. What to do at the cue is learnt quickly, and the rest is as before.
#
# ```python
# cued = metarl.load_agent("two_step_fixation")
# family = cued.config.environment
# cued_stays = stays(play(cued.agent, cued.params, family), family)
#
# cued_interaction = interaction(cued_stays)
# assert crossed["model-free"] + 0.3 < cued_interaction < 2, "far from that of a habit"
# print(f"with a cue {cued_interaction:.2f}, without {interaction(stay[0]):.2f}")
# ```
# </details>
#
# **Next:** [11 · Harlow](11_harlow.ipynb): learning to learn, as it was first seen in an animal.
