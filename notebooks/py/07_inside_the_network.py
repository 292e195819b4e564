# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 7 · Inside the network: what does the memory hold?
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_name/metarl/blob/main/notebooks/07_inside_the_network.ipynb)
#
# You try two coffee machines, and after a few cups you know which one works. Where in your brain is that knowledge? Most textbooks answer: in synapses, which learning has made stronger or weaker. [Wang, Kurth-Nelson et al. (2018)](https://doi.org/10.1038/s41593-018-0147-8), "W18" from here on, propose another place for what is learnt within minutes: the ongoing *activity* of the prefrontal cortex, with all synapses as they were. Their model is the network of this course. It learns, and no weight changes. So we can open it and ask: **where is the learning, if no weight changes?**
#
# **Promise: you will record all units of a network while it learns, read its belief from their activity, damage it, and give one network the memory of another.**
#
# At the end you will be able to say
#
# * what a trained memory holds: a count of the evidence, a clock, and the belief of an ideal observer,
# * why it proves little that a belief *can be read* from activity, and which experiments prove more,
# * where the learning is.
#
# Run time: about 40 seconds of computing; 45 minutes to read and do.

# %%
# In Colab, install the package; everywhere else it is there already.
import sys

if "google.colab" in sys.modules:
    address = "https://github.com/your_name/metarl"
    assert "your_" + "name" not in address, "set it first: python tools/notebooks.py address URL"
    get_ipython().run_line_magic("pip", f"install -q git+{address}")

# %% [markdown]
# What we need from the package, and from others. (The decoder needs scikit-learn. Colab has it; elsewhere it comes with `pip install -e '.[analysis]'`.)

# %%
import jax
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, ListedColormap

import metarl
from metarl.analysis import stay_probabilities, trials_of
from metarl.analysis.lesions import MemoryReset
from metarl.analysis.memory import decode, hidden_of, memory_of, principal_components
from metarl.analysis.observer import beliefs_of
from metarl.baselines import WinStayLoseShift
from metarl.evaluation.draws import draw_episodes
from metarl.exact.optimum import correlated_pair_regret
from metarl.notebook import fast
from metarl.plotting.players import PLAYER_COLOURS
from metarl.plotting.raster import ARM_COLOURS
from metarl.rollout import begin, unroll

# %% [markdown]
# The numbers of this notebook. Change them, and run it again.

# %% tags=["parameters"]
plt.rcParams["figure.dpi"] = 76
SEED = 7
NUM_EPISODES = fast(300, 100)
AGENT = "bandit_correlated"  # the agent that is opened
OTHERS = fast(["bandit_independent", "two_step"], ["two_step"])  # their belief is read, too

# %% [markdown]
# ## 7.1 What do the units do while it learns?
#
# The agent of notebook 4 plays two *correlated* arms: if one wins with probability p, the other wins with 1 - p. It is an LSTM with 48 units. Each unit has two numbers: a **cell**, which can grow without limit, and its **activity** (also called *hidden state*), which lies between -1 and 1. Only the activity is seen by the rest of the network, as only the spikes of a neuron are seen by others.
#
# We let it play, with frozen weights, and record everything.

# %%
checkpoint = metarl.load_agent(AGENT)
agent, params, env = checkpoint.agent, checkpoint.params, checkpoint.config.environment
result = metarl.evaluate(agent, params, env, num_episodes=NUM_EPISODES, seed=SEED)
hidden = hidden_of(result)  # the activity with which each choice was made
print("episodes, trials, units:", hidden.shape)

# %% [markdown]
# We look at one episode: the one in which it changed arms most often, so that there is something to see. Below the choices and the wins, each row is a unit; those whose activity varies most over all episodes are on top.
#
# **Guess before you run the cell:** of 48 units, how many will visibly do something?

# %%
actions, rewards = result.trajectory.actions, result.trajectory.rewards
shown = (np.diff(actions, axis=1) != 0).sum(axis=1).argmax()
spread = hidden.std(axis=(0, 1))
loudest = np.argsort(-spread)
print("win probabilities:", result.trajectory.action_values[shown, 0].round(2))

# %%
shape = {"height_ratios": (1, 1, 12), "sharex": True, "layout": "constrained"}
fig, axes = plt.subplots(3, 1, figsize=(7.4, 5.4), **shape)
place = {"aspect": "auto", "extent": (0.5, env.num_trials + 0.5, len(spread), 0)}
strips = {"arm": (actions, ListedColormap(ARM_COLOURS[:2])), "win": (rewards, "Greys")}
for ax, (label, (row, colours)) in zip(axes, strips.items()):
    ax.imshow(row[[shown]], cmap=colours, vmin=0, vmax=1, **place)
    ax.set_ylabel(label, rotation=0, ha="right", va="center")
    ax.set_yticks([])
image = axes[2].imshow(hidden[shown].T[loudest], cmap="RdBu_r", vmin=-1, vmax=1, **place)
axes[2].set(xlabel="trial", ylabel="unit, the most variable on top")
fig.colorbar(image, ax=axes[2], label="activity");
# %% [markdown]
# Top strip: blue is arm 1, orange is arm 2. Second strip: black is a win. What to see: most units are nearly silent, and a handful do almost everything. Of those, some flicker with each outcome, some keep one sign as long as the network stays with one arm, and some move slowly through the episode, whatever is chosen. No weight moved in all this: everything that differs between two columns of the picture is activity.

# %% [markdown]
# A check that is easily forgotten: before the first outcome the network can know nothing, so its activity must be the same in every episode, and differ later.

# %%
differs = [np.ptp(hidden[:, trial], axis=0).max() for trial in (0, 1, 20)]
print("largest difference between episodes on trials 1, 2, 21:", np.round(differs, 3))
print("units whose activity varies by more than .1:", (spread > 0.1).sum(), "of", len(spread))
assert differs[0] < 1e-4 < 0.1 < differs[2], "it starts the same, and differs once it has learnt"

# %% [markdown]
# ## 7.2 What are the main directions of the memory?
#
# 48 numbers are too many to look at. *Principal component analysis* turns the axes so that the first one points where the data vary most, the second where they vary most of what is left, and so on. It is the most common first look at recordings of many neurons.
#
# And what should we compare with? With correlated arms, all that matters is one number. A win of arm 1 speaks for arm 1, and so does a loss of arm 2. The **evidence** goes up by one for each of these, and down by one for the opposite. `beliefs_of` runs an ideal observer (Bayes' rule) next to the agent, on what the agent saw.

# %%
beliefs, values = beliefs_of(env, result)
score = beliefs.wins - beliefs.losses  # of each arm, before each choice
evidence = score[..., 0] - score[..., 1]
places, shares = principal_components(hidden)
shares.round(3)

# %% [markdown]
# Each dot below is one moment of one episode: where the activity was, on the first two components. Its colour is the evidence at that moment: blue for arm 1, orange for arm 2, grey for undecided. This mirrors the picture of network states in W18, figure 1.
#
# **Guess before you run the cell:** will dots of one colour lie together? Nobody told the network about evidence.

# %%
arms = LinearSegmentedColormap.from_list("arms", [ARM_COLOURS[1], "#DDDDDD", ARM_COLOURS[0]])
fig, ax = plt.subplots(figsize=(5.8, 3.8), layout="constrained")
some = {"c": evidence[:40, ::3], "s": 6, "cmap": arms, "vmin": -6, "vmax": 6}
dots = ax.scatter(places[:40, ::3, 0], places[:40, ::3, 1], **some)
ax.plot(*places[shown].T, color="k", lw=0.6, label="the episode above")
ax.plot(*places[0, 0], "k*", ms=12, label="start")
ax.set(xlabel="component 1", ylabel="component 2", xticks=[], yticks=[])
ax.legend(frameon=False, loc="upper center")
fig.colorbar(dots, label="evidence for arm 1");
# %% [markdown]
# What to see: every episode begins at the star. Outcomes push it to one side or the other, through a narrow bridge of grey, and then it lives in one of the two legs of the horseshoe: one for "arm 1 is better", one for "arm 2 is better". Component 1 tells the two apart. Along each leg, time goes by: up while the network becomes sure, and down again towards the end of the episode. (The first component holds nearly half of the variance, the second three tenths; see the table above.)

# %% [markdown]
# Activity is what a unit says. Its cell is what it has stored. Let us look at the first components of both, against the evidence and against the trial.

# %%
cell = np.asarray(result.trajectory.trace.memory.cell)
stored, stored_shares = principal_components(cell)
trial = np.broadcast_to(np.arange(1, env.num_trials + 1), evidence.shape)
stored_shares.round(3)

# %%
panels = [
    ("activity, component 1", "evidence for arm 1", evidence, places[..., 0]),
    ("cells, component 2", "evidence for arm 1", evidence, stored[..., 1]),
    ("cells, component 1", "trial", trial, stored[..., 0]),
]
fig, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
for ax, (title, xlabel, x, y) in zip(axes, panels):
    ax.plot(x[:60, ::4].ravel(), y[:60, ::4].ravel(), ".", ms=2, color=PLAYER_COLOURS["agent"])
    ax.set(title=title, xlabel=xlabel, yticks=[])
    ax.spines[["top", "right"]].set_visible(False)
# %% [markdown]
# Three different things:
#
# * **A belief** (left). The activity jumps from one side to the other where the evidence changes sign, and hardly cares how large it is: *which arm is ahead?*
# * **A count** (middle). The cells keep the evidence itself, nearly as a straight line, up to a hundred. An LSTM's cell can add; the network uses it as a tally.
# * **A clock** (right). Most of the variance of the cells, by far, is about time. The choice needs no clock here, but the critic does, near the end: it must know when the rewards stop. (Its discount is .9, so that before the last ten or twenty trials the clock changes its prediction little.)
#
# So the largest component of the *cells* has little to do with learning. Principal components are sorted by variance, not by importance.


# %%
def follows(component, quantity):
    """The size of the correlation; the sign of a component means nothing."""
    return abs(np.corrcoef(component.ravel(), quantity.ravel())[0, 1])


found = {
    "activity 1, squashed evidence": follows(places[..., 0], np.tanh(evidence / 4)),
    "cells 2, evidence": follows(stored[..., 1], evidence),
    "cells 1, trial": follows(stored[..., 0], trial),
}
print({name: round(float(value), 3) for name, value in found.items()})
assert min(found.values()) > 0.85, "a belief, a count and a clock"

# %% [markdown]
# ## 7.3 Can we read its belief?
#
# The ideal observer's belief on correlated arms is one number per trial: the expected win probability of arm 1 (that of arm 2 is 1 minus it). Is that number in the memory? We fit a *decoder*: the weighted sum of all cells and activities that comes closest to the belief (*ridge regression*, which keeps the weights small). We fit it on one half of the episodes and test it on the other half, **whose tasks it has not seen**. A decoder that is tested on its own data proves nothing.
#
# Not only for this agent: also for one trained on *independent* arms, where the belief is two numbers, and for one trained on the *two-step task* of notebook 10, where it is the probability that the first of the two second-step states is the better one.

# %%
games, targets = {AGENT: (agent, result)}, {AGENT: values}
for name in OTHERS:
    other = metarl.load_agent(name)
    family, rules = other.config.environment, {"num_episodes": NUM_EPISODES, "seed": SEED}
    played = metarl.evaluate(other.agent, other.params, family, **rules)
    belief, expected = beliefs_of(family, played)
    games[name] = (other.agent, played)
    targets[name] = np.asarray(belief)[..., None] if family.family == "two_step" else expected

# %% [markdown]
# **Guess before you run the cell:** r² is the share of the belief's variance that is read correctly: 0 is nothing, 1 is everything. How much will it be?

# %%
trained, read = {}, {}
for name, (_, played) in games.items():
    table, read[name] = decode(memory_of(played), targets[name])
    trained[name] = table["r2"].mean()
    print(f"{name:20s} r² on tasks not seen: {trained[name]:.4f}")

# %%
shape = {"figsize": (9.6, 2.9), "sharey": True, "layout": "constrained"}
fig, axes = plt.subplots(1, len(games), **shape)
for ax, name in zip(axes, games):
    steps = slice(None, None, targets[name].shape[1] // env.num_trials)  # the first choices
    trials = np.arange(1, env.num_trials + 1)
    ax.plot(trials, targets[name][-1, steps, 0], color=ARM_COLOURS[1], lw=5, label="ideal")
    look = {"color": PLAYER_COLOURS["agent"], "lw": 1.4, "label": "read"}
    ax.plot(trials, read[name][-1, steps, 0], "--", **look)
    ax.set(title=name, xlabel="trial", ylim=(-0.05, 1.05))
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("belief")
axes[0].legend(frameon=False);
# %% [markdown]
# The last episode of each: the ideal observer's belief as a broad, pale orange line, and on it, dashed in blue, what the decoder reads from the memory. They are hard to tell apart; only the agent of independent arms strays a little, late in the episode. A network that was only paid for good choices carries in its memory what Bayes' rule says it should believe: all but 2% of the variance, or less, can be read.

# %%
assert min(trained.values()) > 0.9, "the belief can be read from the memory, on new tasks"

# %% [markdown]
# ## 7.4 Does it prove anything that we can read it?
#
# Papers about decoding often stop here. We do not, and neither should you. Do the same with a network that has **never been trained**: random weights, fed with exactly what the trained one saw (its actions, its rewards, its observations). It knows nothing about bandits, and left to itself it would play at chance.


# %%
def untrained_memory(agent, played):
    """The memory of a network with random weights that is fed the inputs of these episodes."""
    fresh = agent.init(jax.random.key(SEED))
    feed = jax.jit(jax.vmap(lambda x: agent.replay(fresh, agent.initial_memory(), x)))
    trajectory = played.trajectory._replace(trace=feed(played.trajectory.trace.inputs))
    return memory_of(played._replace(trajectory=trajectory))


# %% [markdown]
# And a simpler control: only the inputs of the moment, without any memory (the last action, the last reward, the clock, what is shown).
#
# **Guess before you run the cell:** what will r² be for random weights: near 0, about a half, or near 1?

# %%
untrained, moment = {}, {}
for name, (other, played) in games.items():
    memory = untrained_memory(other, played)
    untrained[name] = decode(memory, targets[name])[0]["r2"].mean()
    moment[name] = decode(np.asarray(played.trajectory.trace.inputs), targets[name])[0]["r2"].mean()
    numbers = (moment[name], untrained[name], trained[name])
    print(f"{name:20s}", "inputs {:.3f}, untrained {:.3f}, trained {:.4f}".format(*numbers))

# %%
kinds = {"inputs": (moment, "#ABABAB"), "untrained": (untrained, "#595959")}
kinds["trained"] = (trained, PLAYER_COLOURS["agent"])
fig, ax = plt.subplots(figsize=(7.4, 3.2), layout="constrained")
for place, (label, (r2, colour)) in enumerate(kinds.items()):
    x = np.arange(len(games)) + 0.25 * (place - 1)
    ax.bar(x, [1 - r2[name] for name in games], 0.25, color=colour, label=label)
ax.set(yscale="log", ylabel="what cannot be read: 1 - r²", xticks=range(len(games)))
ax.set_xticklabels(games)
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.18));
# %% [markdown]
# Lower is better, and the scale is logarithmic: each labelled tick is a factor of ten. With random weights, over nine tenths of the belief's variance can be read on the bandits, and over eight tenths on the two-step task! Random recurrent networks keep traces of their past for free (engineers call that a *reservoir*), and a belief is a smooth function of the past. The trained memory is better: the unread share is three to eight times smaller on the bandits, and almost fifty times smaller on the two-step task, and that is the part that training has added. But the impressive r² of the last section was mostly not learnt.
#
# The lesson for recordings from brains: that something **can be decoded** from an area does not show that the area **computes** it, or that anything **uses** it. Compare with a control, and then do what the next two sections do: interfere.

# %%
missing = {name: (1 - untrained[name]) / (1 - trained[name]) for name in games}
print("what cannot be read, untrained over trained:", *np.round(list(missing.values()), 1))
assert min(untrained.values()) > 0.75, "an untrained memory holds most of the belief, too"
assert min(missing.values()) > 1.3, "a trained one holds more"

# %% [markdown]
# ## 7.5 What if we damage it?
#
# Lesion studies ask what an animal can no longer do. Ours are perfectly clean. The first lesion is that of notebook 4, as a yardstick for smaller ones: the memory is wiped before every trial. All weights stay, and so do the inputs, so the agent still sees what it did last and what that paid.
#
# **Guess before you run the cell, or remember:** what is left of it? Random play has a regret of about 25.

# %%
players = {
    "win-stay, lose-shift": (WinStayLoseShift.for_environment(env), ()),
    "agent, memory wiped": (MemoryReset(agent=agent), params),
    "agent": (agent, params),
}
rules = {"num_episodes": NUM_EPISODES, "seed": SEED}
results = {name: metarl.evaluate(*player, env, **rules) for name, player in players.items()}

# %%
fig, ax = plt.subplots(figsize=(6.8, 3.8), layout="constrained")
trials = np.arange(1, env.num_trials + 1)
colours = ["#117733", "#882255", PLAYER_COLOURS["agent"]]
optimum = correlated_pair_regret(env.num_trials).cumsum()
ax.plot(trials, 0.25 * trials, color=PLAYER_COLOURS["random"], label="random (exact)")
for (name, played), colour in zip(results.items(), colours):
    ax.plot(trials, played.curve.mean, color=colour, lw=5 if name == "agent" else 2, label=name)
ax.plot(trials, optimum, "--", color=ARM_COLOURS[1], lw=2, label="best possible (exact)")
ax.set(xlabel="trial", ylabel="cumulative expected regret", ylim=(0, 14))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False);
# %% [markdown]
# The wiped agent keeps losing at about the same rate from the first trial to the last: it no longer learns. But it is far from random, and close to a famous simple rule: stay after a win, change after a loss. Do its choices follow that rule?

# %%
for name in ("agent", "agent, memory wiped"):
    played = trials_of(env, results[name])
    stay = stay_probabilities(played.choices, played.rewards)["stay"]
    print(f"{name:20s} stays after a win {stay[0]:.2f}, after a loss {stay[1]:.2f}")

# %% [markdown]
# Intact, it nearly always stays after a loss as well: one loss says little to somebody who has seen fifty trials. Without memory, it mostly changes. A rule for one trial is all that the **weights** do by themselves; the rest was in the **memory**.
#
# Now small lesions. We *silence* single units: every connection that leaves the unit is cut, so that no other unit hears it.


# %%
def silenced(units):
    """A copy of the weights in which nobody hears these units."""
    cut = jax.tree.map(np.array, params)
    wires = [cut["lstm"]["dense_h"], cut["policy"], cut["value"]]
    for kernel in (wire["kernel"] for wire in wires):
        kernel[units] = 0.0
    return cut


def regret_of(weights, seed=SEED):
    """The agent's mean regret with these weights."""
    played = metarl.evaluate(agent, weights, env, num_episodes=NUM_EPISODES, seed=seed)
    return metarl.episode_regret(played).mean


# %% [markdown]
# **Guess before you run the cell:** is there a unit without which the agent is lost?
#
# And groups of units: for these we need an order. We sort units by how loudly each speaks to the policy: how much its activity varies, times the difference of its weights to the two choices. Then we silence the loudest k units, or all *but* the loudest k, on new tasks.

# %%
single = np.array([regret_of(silenced([unit])) for unit in range(agent.num_units)])
kernel = params["policy"]["kernel"]
voice = spread * np.abs(kernel[:, 0] - kernel[:, 1])
order = np.argsort(-voice)
counts = np.arange(11)
without = [regret_of(silenced(order[:k]), SEED + 1) for k in counts]
only = [regret_of(silenced(order[k:]), SEED + 1) for k in counts]

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
left.bar(range(len(single)), single[order], color=PLAYER_COLOURS["agent"])
left.set(xlabel="the unit that is silenced, the loudest first", ylabel="regret", ylim=(0, 2.4))
left.axhline(metarl.episode_regret(results["agent"]).mean, color="k", ls="--", label="intact")
left.legend(frameon=False, loc="upper right")
right.plot(counts, without, "o-", color="#882255", label="the loudest k silenced")
right.plot(counts, only, "o-", color="#117733", label="all others silenced")
right.axhline(25, color=PLAYER_COLOURS["random"], ls=":", label="random play")
right.set(xlabel="k", ylabel="regret", ylim=(0, 26))
right.legend(frameon=False, loc="center right", bbox_to_anchor=(1, 0.38))
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
# %% [markdown]
# (Mind the two scales.) Left: no. No single unit is needed; losing the most important one costs less than one point of regret. Right, the dark red curve: silence the loudest six, and it plays nearly at random (the dotted line). Green: silence all the *others*, keep a handful, and it plays almost as before. So the memory is **shared** by a few units, each of which can be spared; the other forty do next to nothing for the choice. Somebody who lesioned units one by one would have found two small effects, and might have concluded that the knowledge is nowhere in particular.

# %%
intact = without[0]
wiped = metarl.episode_regret(results["agent, memory wiped"]).mean
print(f"intact {intact:.2f}, wiped {wiped:.2f}; on the tasks of the left figure,")
print(f"intact {metarl.episode_regret(results['agent']).mean:.2f}, worst single unit {single.max():.2f}")
print(f"without the loudest eight {without[8]:.2f}, with only these {only[8]:.2f}")
assert 6 < wiped < 12, "without memory: far worse than intact, far better than random"
assert single.max() < 4, "no single unit is needed"
assert only[8] < 3 < 10 < without[8], "a few are enough, and needed together"

# %% [markdown]
# ## 7.6 Where is the learning?
#
# The strongest test of "it is in the memory" is a transplant. We let the agent live through 30 trials in which arm 1 is good (.8 against .2), and take its memory. Then a **new** episode begins, with a task in which arm 2 is better (.3 against .7). Same weights, same inputs; but instead of zeros, the network starts with the donor's memory.
#
# Two controls: an empty memory, and one from donors whose good arm was arm 2.

# %%
AGE = 30  # how many trials the donors have lived through
task = env.make_task([0.3, 0.7])
draws = draw_episodes(env, NUM_EPISODES, SEED + 2)
noise = jax.vmap(lambda key: agent.draw_noise(key, env.num_steps))(draws.noise_keys)


def donated(arm_probs, age):
    """The memories of agents that have played so many trials with these win probabilities."""
    tasks = np.tile(arm_probs, (NUM_EPISODES, 1))
    played = metarl.evaluate(agent, params, env, **rules, tasks=tasks)
    return jax.tree.map(lambda x: x[:, age - 1], played.trajectory.trace.memory)


# %% [markdown]
# `begin` starts an episode, and `unroll` plays on from there; between the two, we put the memory in.


# %%
@jax.jit
@jax.vmap
def transplanted(memory, tape, noise):
    """The choices in an episode of `task` that begins with this memory."""
    start = begin(agent, env, task)._replace(memory=memory)
    return unroll(agent, params, env, start, tape, noise)[1].actions


memories = {"arm 1 was good": donated((0.8, 0.2), AGE), "arm 2 was good": donated((0.2, 0.8), AGE)}
memories["nothing"] = jax.tree.map(np.zeros_like, memories["arm 1 was good"])
chose = {
    name: np.asarray(transplanted(memory, draws.tape, noise)) == 1
    for name, memory in memories.items()
}

# %% [markdown]
# **Guess before you run the cell:** what will the network with the memory of "arm 1 was good" choose on its first trial, before it has seen anything? And on its hundredth?

# %%
colours = {"arm 1 was good": ARM_COLOURS[0], "arm 2 was good": ARM_COLOURS[1], "nothing": "#595959"}
fig, ax = plt.subplots(figsize=(6.6, 3.4), layout="constrained")
for name, colour in colours.items():
    ax.plot(trials, chose[name].mean(axis=0), color=colour, lw=2, label=name)
ax.set(xlabel="trial of the new episode", ylabel="arm 2 chosen, now the better", ylim=(-0.02, 1.02))
ax.legend(frameon=False, title="it remembers:", loc="lower right")
ax.spines[["top", "right"]].set_visible(False)
# %% [markdown]
# From the very first trial, the blue network acts on knowledge that it did not gain itself: it is sure of arm 1. It then meets a world in which arm 1 mostly loses, and needs about 27 trials to give up the donor's belief. (A perfect count of those 30 trials would need about 47: each of them brought .6 for arm 1, and each new one takes only .4 away. The transplant has also set the clock back to the start.) Nothing was moved but 96 numbers (48 cells and 48 activities), and the learning moved with them.
#
# So there are two kinds of learning here. A **slow** one, over 240,000 episodes, has set the weights. It is over, and what it left behind is an *algorithm*: how to count, how to choose. A **fast** one is that algorithm at work within an episode. It learns the *facts* of this task; they are in the activity, and are gone when the memory is emptied. W18's proposal is that dopamine drives the slow one, and that the prefrontal cortex, with its loops through the basal ganglia and the thalamus, is the place of the fast one. (An LSTM is not a cortex. That a network *can* work in this way does not show that a brain does.)

# %%
start, end = ({name: c[:, trial].mean() for name, c in chose.items()} for trial in (0, -1))
print("arm 2 on the first trial:", {name: round(float(share), 2) for name, share in start.items()})
assert start["arm 1 was good"] < 0.1 < 0.9 < start["arm 2 was good"], "the knowledge moved"
assert min(end.values()) > 0.85, "and can be unlearnt, with the same weights"

# %% [markdown]
# ## What we saw
#
# * While it learns, a handful of units change: their activity tells **which arm is better**, and their cells **count the evidence** and keep a **clock**; an ideal observer's belief can be read from the whole memory on new tasks, almost without error.
# * **Reading is weak evidence**: an untrained network holds most of the belief, too. Damage says more. A wiped memory leaves win-stay, lose-shift; no single unit is needed, and a few together carry everything.
# * **The learning is in the activity**: moved into another episode, it goes on there. The weights hold the algorithm, the memory holds what it has found out.
#
# ## Exercises
#
# Each has a cell to fill in; its check tells whether you are right.

# %% [markdown]
# **1 · Predict.** In the family `reversal`, two arms pay with .9 and .1, and swap places before each trial with probability .025. The agent `reversal` earns about .84 per trial there. Wipe its memory before every trial. What will it earn? (A coin earns .5.) Predict to ±.03, before the cell computes. A hint: assume that it becomes win-stay, lose-shift. If you are on the better arm, you win with .9 and stay; if not, you lose with .9 and change.

# %% tags=["exercise", "skip-execution"]
prediction = ...  # your number

swapping = metarl.load_agent("reversal")
amnesic = MemoryReset(agent=swapping.agent)
there = swapping.config.environment
played = metarl.evaluate(amnesic, swapping.params, there, num_episodes=1000, seed=SEED)
earned = metarl.trial_reward(played).mean
print(f"earned: {earned:.3f}")
assert abs(prediction - earned) < 0.03, "not within .03 of what it earned"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Without swaps you would be on the better arm on nine trials of ten (.9 stays, .9 of wrong ones come back), and would win .9 x .9 + .1 x .1 = .82. A swap on one trial in forty costs a little more: you are on the better arm with .9 x .975 + .1 x .025 = .88, and win .88 x .9 + .12 x .1 = .80. Wiping costs only .04 per trial here, about half of what it costs with correlated arms (.08): in a world that changes, old memories are worth less.
#
# ```python
# prediction = 0.80
#
# swapping = metarl.load_agent("reversal")
# amnesic = MemoryReset(agent=swapping.agent)
# there = swapping.config.environment
# played = metarl.evaluate(amnesic, swapping.params, there, num_episodes=1000, seed=SEED)
# earned = metarl.trial_reward(played).mean
# print(f"earned: {earned:.3f}")
# assert abs(prediction - earned) < 0.03, "not within .03 of what it earned"
# ```
# </details>

# %% [markdown]
# **2 · Change.** A memory of 30 trials is stubborn: it took the recipients about 27 trials to choose arm 2 more often than not. Choose the donors' age, in trials, so that they need between 6 and 16.

# %% tags=["exercise", "skip-execution"]
age = ...  # the donors' age, in trials

young = donated((0.8, 0.2), age)
arm_2 = np.asarray(transplanted(young, draws.tape, noise)) == 1
needed = int((arm_2.mean(axis=0) >= 0.5).argmax()) + 1
print("trials until most choose arm 2:", needed)
assert 6 <= needed <= 16, "not between 6 and 16 trials"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Ten trials will do: 12 are needed then. The more evidence a memory has counted, the more it takes to outweigh it. (A perfect count would need 17 trials here, and 47 after 30: a trial brings .6 on the donors' arms, and takes only .4 away on the new ones.)
#
# ```python
# age = 10
#
# young = donated((0.8, 0.2), age)
# arm_2 = np.asarray(transplanted(young, draws.tape, noise)) == 1
# needed = int((arm_2.mean(axis=0) >= 0.5).argmax()) + 1
# print("trials until most choose arm 2:", needed)
# assert 6 <= needed <= 16, "not between 6 and 16 trials"
# ```
# </details>

# %% [markdown]
# **3 · Write.** We read the *belief* from the memory. Can a decoder read the *true* win probabilities even better than the ideal observer knows them? Write `r2(truth, guess)`, the share of the variance of `truth` that `guess` explains: one minus the mean squared error over the variance of `truth`. The check compares the ideal observer's guess with what can be read from the memory, on the same episodes.


# %% tags=["exercise", "skip-execution"]
def r2(truth, guess):
    """The share of the variance of `truth` that `guess` explains."""
    ...


truth = np.asarray(result.trajectory.action_values)
_, guess = decode(memory_of(result), truth)
unseen = slice(-len(guess), None)  # the episodes that the decoder was not fitted on
ideal, decoded = r2(truth[unseen], values[unseen]), r2(truth[unseen], guess)
print(f"ideal observer {ideal:.3f}, read from the memory {decoded:.3f}")
assert abs(r2(np.array([0.0, 1.0]), np.array([0.0, 0.5])) - 0.5) < 1e-9, "by hand: .5"
assert 0.6 < decoded < ideal + 0.02, "nobody can know more than the ideal observer"

# %% [markdown]
# <details><summary>Answer</summary>
#
# No. The memory can hold no more about the task than the agent has seen, and the ideal observer makes the best of that. So r² has a ceiling, which is not 1: compare a decoder with the ceiling, not with 1.
#
# ```python
# def r2(truth, guess):
#     """The share of the variance of `truth` that `guess` explains."""
#     return 1 - np.square(truth - guess).mean() / np.var(truth)
#
#
# truth = np.asarray(result.trajectory.action_values)
# _, guess = decode(memory_of(result), truth)
# unseen = slice(-len(guess), None)  # the episodes that the decoder was not fitted on
# ideal, decoded = r2(truth[unseen], values[unseen]), r2(truth[unseen], guess)
# print(f"ideal observer {ideal:.3f}, read from the memory {decoded:.3f}")
# assert abs(r2(np.array([0.0, 1.0]), np.array([0.0, 0.5])) - 0.5) < 1e-9, "by hand: .5"
# assert 0.6 < decoded < ideal + 0.02, "nobody can know more than the ideal observer"
# ```
# </details>

# %% [markdown]
# **4 · Write.** How few units are enough? Write `smallest_core(limit)`: the smallest k for which the agent that keeps only the loudest k units (`order[:k]`) has a regret below `limit`. Use `silenced` and `regret_of`.


# %% tags=["exercise", "skip-execution"]
def smallest_core(limit):
    """The smallest number of units, the loudest first, with a regret below `limit`."""
    ...


core = smallest_core(2.0)
print("units that are enough for a regret below 2:", core)
assert regret_of(silenced(order[core:])) < 2.0, "too few units"
assert regret_of(silenced(order[core - 1 :])) >= 2.0, "one unit fewer would be enough"
assert smallest_core(30.0) == 1, "one unit is enough for a limit that is worse than chance"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Three, of 48. (That does not mean that one could have *trained* a network of three: nobody knows beforehand which units will do the work.)
#
# ```python
# def smallest_core(limit):
#     """The smallest number of units, the loudest first, with a regret below `limit`."""
#     return next(k for k in range(1, 49) if regret_of(silenced(order[k:])) < limit)
#
#
# core = smallest_core(2.0)
# print("units that are enough for a regret below 2:", core)
# assert regret_of(silenced(order[core:])) < 2.0, "too few units"
# assert regret_of(silenced(order[core - 1 :])) >= 2.0, "one unit fewer would be enough"
# assert smallest_core(30.0) == 1, "one unit is enough for a limit that is worse than chance"
# ```
# </details>

# %% [markdown]
# **5 · Open.** Is the clock special to this agent? Take another one (`metarl.pretrained_names()` lists them; `reversal`, `bandit_easy` and `two_step` are quick), let it play its own tasks, and measure how closely the first component of its cells follows the step number, with `principal_components` and `follows` as in 7.1. Why might a network keep a clock in a task in which the best choice does not depend on time?

# %% tags=["exercise", "skip-execution"]
component, step = ...  # the first component of its cells, and the step: (episodes, steps) each

assert component.shape == step.shape, "one number for each step of each episode"
clock = follows(component, step)
print(f"the first component of the cells follows time with {clock:.2f}")
assert clock > 0.3, "the agents that we looked at have a clock: is the component one of the cells?"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Most of the agents that we looked at have one: the critic has to predict how much reward is still to come, and that shrinks in the last trials. The elapsed time is also one of the inputs, and a cell that adds up an input grows by itself. Would an agent without a critic keep a clock? You would have to train one to find out.
#
# ```python
# another = metarl.load_agent("reversal")
# its_tasks = another.config.environment
# played = metarl.evaluate(another.agent, another.params, its_tasks, num_episodes=100, seed=SEED)
# cells = np.asarray(played.trajectory.trace.memory.cell)
# component = principal_components(cells)[0][..., 0]
# step = np.broadcast_to(np.arange(its_tasks.num_steps), component.shape)
#
# assert component.shape == step.shape, "one number for each step of each episode"
# clock = follows(component, step)
# print(f"the first component of the cells follows time with {clock:.2f}")
# assert clock > 0.3, "the agents that we looked at have a clock: is the component one of the cells?"
# ```
# </details>

# %% [markdown]
# **Next:** [8 · Structure](08_structure.ipynb): what if a task has a structure that can be used?
