# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 12 · Dopamine: what does a reward-prediction error know?
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_name/metarl/blob/main/notebooks/12_dopamine.ipynb)
#
# Dopamine neurons fire when something is better than expected, and pause when it is worse (Schultz, Dayan & Montague 1997, doi 10.1126/science.275.5306.1593). The textbook reads this as the *reward-prediction error* of a simple learner, which knows about each thing only what followed it in the past. But dopamine neurons turned out to know more: they react to a change that the animal can only have *inferred*. Is the textbook wrong? And if dopamine is there to change synapses, slowly, why does stimulating or silencing it change choices at once?
#
# [Wang, Kurth-Nelson et al. (2018)](https://doi.org/10.1038/s41593-018-0147-8), "W18" from here on, answer both with the network of this course. Its critic makes prediction errors; they train the weights, and that part is as simple as in the textbook. But the critic reads the memory of a network that has become an algorithm of its own. So: **how clever is a prediction error, and what else does it do?**
#
# **Promise: you will record the prediction errors of networks as one records dopamine, find out what they know, and stimulate and block them.**
#
# At the end you will be able to say
#
# * what a reward-prediction error is, and how to compute it,
# * how a simple method can produce the errors of a *model-based* learner, and how to test this although the two kinds look alike,
# * what happens when errors are an *input* of the network: which interventions change its choices, and why one does not.
#
# Run time: about 45 seconds of computing; 45 minutes to read and do.

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
import matplotlib.pyplot as plt
import numpy as np

import metarl
from metarl.analysis import trials_of
from metarl.analysis.lesions import Stimulated
from metarl.analysis.prediction_errors import (
    added_r2,
    ideal_values,
    model_free_errors,
    prediction_errors,
)
from metarl.notebook import fast
from metarl.plotting.players import PLAYER_COLOURS
from metarl.pretrained import load_agents

# %% [markdown]
# The numbers of this notebook. Change them, and run it again. Every agent comes in eight versions, trained in the same way from different random seeds; most figures show all of them.

# %% tags=["parameters"]
SEED = 12
NUM_EPISODES = fast(300, 100)
NUM_AGENTS = fast(8, 2)
DOSES = fast((0.8, 1.2, 1.6, 2.0, 3.0), (0.8, 3.0))  # in units of reward

# %% [markdown]
# ## 12.1 What is a prediction error?
#
# The critic of a network predicts, on each step, the *value* V: the reward still to come, where later reward counts less (by the *discount* γ per step, here .9). One step later there is a reward r and a new prediction. The **prediction error** compares what came, and what is now expected, with what was expected:
#
# $$\delta_t = r_t + \gamma V_{t+1} - V_t$$
#
# Our first recording is from the task `inferred` (W18, simulation 3). On each trial a fixation cue appears, then **one of two targets**, which has to be chosen. One of the targets pays 1, the other 0, and now and then (on one trial in twenty) they swap without notice. Apart from looking at the cue there is nothing to decide; all that the network can do is to predict.

# %%
agents = load_agents("inferred")[:NUM_AGENTS]
env = agents[0].config.environment


def play(agent, env, player=None):
    """The episodes of this notebook, by an agent, or by a player with its weights."""
    rules = {"num_episodes": NUM_EPISODES, "seed": SEED}
    return metarl.evaluate(player or agent.agent, agent.params, env, **rules)


def errors_of(agent, result):
    """The prediction error of each step, with the discount that the agent was trained with."""
    values, rewards = result.trajectory.trace.value, result.trajectory.rewards
    return prediction_errors(values, rewards, agent.config.agent.discount_end)


# %% [markdown]
# One step by hand, to be sure that nothing is hidden in the function.

# %%
results = [play(agent, env) for agent in agents]
values, rewards = results[0].trajectory.trace.value, results[0].trajectory.rewards
step = 41
by_hand = rewards[0, step] + 0.9 * values[0, step + 1] - values[0, step]
print(f"by hand {by_hand:.4f}, by the package {errors_of(agents[0], results[0])[0, step]:.4f}")

# %% [markdown]
# A trial has two steps, so there are two errors: one when the **target appears** (how good is that news?) and one at the **outcome**. As the payoffs are certain, an outcome also tells which target pays now, and we know what the network should expect on the next trial.

# %%
recorded = [
    errors_of(a, r).reshape(NUM_EPISODES, env.num_trials, 2) for a, r in zip(agents, results)
]
appears, outcome = np.moveaxis(np.array(recorded), -1, 0)  # agent, episode, trial
trials = trials_of(env, results[0])
target, reward = trials.choices, trials.rewards
pays = np.where(reward > 0, target, 1 - target)  # which target pays, as the outcome shows
expected = target[:, 1:] == pays[:, :-1]  # a reward is expected, from the second trial on

# %% [markdown]
# Schultz's famous cases: a reward that was expected, one that was not, and one that was expected and does not come. We add a fourth: none expected, and none comes.
#
# **Guess before you run the cell:** for each of the four, is the error at the target above zero, below, or zero? And at the outcome?

# %%
won = reward[:, 1:] > 0
kinds = {
    "reward,\nexpected": expected & won,
    "reward,\nnot expected": ~expected & won,
    "no reward,\nbut expected": expected & ~won,
    "no reward,\nnone expected": ~expected & ~won,
}
fig, axes = plt.subplots(1, 4, figsize=(9, 3), sharey=True, layout="constrained")
for ax, (name, here) in zip(axes, kinds.items()):
    errors = np.array([appears[:, :, 1:][:, here].mean(1), outcome[:, :, 1:][:, here].mean(1)])
    ax.bar([0, 1], errors.mean(axis=1), color=PLAYER_COLOURS["agent"])
    ax.plot([0, 1], errors, "o", ms=3, mfc="w", mec="k", mew=0.6)
    ax.set(title=name, xticks=[0, 1], xticklabels=["target", "outcome"])
    ax.axhline(0, color="k", lw=0.8)
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("prediction error");
# %% [markdown]
# Bars are means over agents, dots the single agents. First panel: a reward that is expected makes almost no error when it comes; the error has moved to the target that announces it. Second: the target was bad news, and the unexpected reward gives a large error. Third: an omission gives a large error below zero, at the moment at which the reward should have come. Fourth: the bad news comes with the target, and the outcome adds almost nothing. Schultz and colleagues found the main ones in dopamine neurons: the shift to the signal, the burst and the dip. So far any simple learner would do the same.

# %%
missed, surprise = (outcome[:, :, 1:][:, here].mean() for here in list(kinds.values())[2:0:-1])
print(f"outcome: unexpected reward {surprise:.2f}, omitted reward {missed:.2f}")
assert abs(by_hand - errors_of(agents[0], results[0])[0, step]) < 1e-5
assert missed < -0.6 < 0.6 < surprise, "errors are large where predictions fail"

# %% [markdown]
# ## 12.2 Can an error know what was never seen?
#
# Now the test. Suppose the left target has paid for a while. On this trial the *right* one is shown, and it pays: they have swapped. On the next trial the **left** one appears. It has not been shown since the swap; its own last outcome was a reward. What is the error at that moment?
#
# A learner that knows each target only from its own rewards is still glad to see it. Here is one, a delta rule that watches the same trials. Its error at the target is the target's value minus the mean of both, as either could have come.


# %%
def own_rewards_only(target, reward, rate=0.5):
    """The error when a target appears, of a learner that knows each from its own rewards."""
    values, rows, errors = np.full((len(target), 2), 0.5), np.arange(len(target)), []
    for shown, paid in zip(target.T, reward.T):
        errors.append(values[rows, shown] - values.mean(axis=1))
        values[rows, shown] += rate * (paid - values[rows, shown])
    return np.stack(errors, axis=1)


# %% [markdown]
# We look for such moments: a swap becomes visible on trial t, and on trial t + 1 the other target appears, which was shown last on trial t - 1.

# %%
swapped = pays[:, 1:-1] != pays[:, :-2]
other = (target[:, 2:] != target[:, 1:-1]) & (target[:, 2:] == target[:, :-2])
paid_before = target[:, 2:] == pays[:, :-2]
tests = [swapped & other & paid_before, swapped & other & ~paid_before]
print("moments of the two kinds:", [int(test.sum()) for test in tests])


def around(errors):
    """The error at the tested target, last before and first after the swap, for both kinds."""
    return [[errors[:, :-2][test].mean(), errors[:, 2:][test].mean()] for test in tests]


# %% [markdown]
# **Guess before you run the cell:** the networks' critics were trained by a method that knows nothing of inference. What do they do?

# %%
inferred = np.array([around(errors) for errors in appears])  # agent, kind, before or after
simple = np.array(around(own_rewards_only(target, reward)))
titles = ("it paid before the swap", "it did not pay before the swap")
fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.2), sharey=True, layout="constrained")
for kind, (ax, title) in enumerate(zip(axes, titles)):
    ax.bar([0, 1], inferred[:, kind].mean(axis=0), color=PLAYER_COLOURS["agent"])
    ax.plot([0, 1], inferred[:, kind].T, "o", ms=3, mfc="w", mec="k", mew=0.6)
    ax.plot([0, 1], simple[kind], "D--", color="#C85200", label="from its own rewards only")
    ax.set(title=title, xticks=[0, 1], xticklabels=["last time\nbefore", "first time\nafter"])
    ax.axhline(0, color="k", lw=0.8)
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("error when it appears")
axes[1].set_ylim(-0.5, 0.6)
axes[1].legend(frameon=False, loc="upper left");
# %% [markdown]
# This mirrors W18, simulation 3. After the swap was seen *at the other target*, the networks' error has flipped (bars): the target that used to be good news is bad news, the first time it is seen again, in all networks alike. The simple learner (orange) is less sure, as it has just learnt about the other target, but still on the old side of zero. Bromberg-Martin and colleagues (2010, doi 10.1152/jn.00158.2010) found the flip in the dopamine neurons of monkeys.
#
# Where does the critic's knowledge come from? Not from the way in which it was trained, but from what it *reads*: the memory. The memory has become an observer who knows that one target's gain is the other's loss (notebook 7 opens such a memory).

# %%
print("after the swap:", inferred[:, :, 1].mean(axis=0).round(2), "simple:", simple[:, 1].round(2))
assert (inferred[:, 0, 1] < -0.2).all(), "what used to pay is now bad news, though not seen since"
assert (inferred[:, 1, 1] > 0.2).all(), "what did not pay is now good news"
assert simple[0, 1] > 0 > simple[1, 1], "own rewards alone cannot tell"

# %% [markdown]
# ## 12.3 Is it the error of a model-based learner?
#
# In the **two-step task** (notebook 10; W18, simulation 4) a first choice leads to one of two second states, usually to its own, sometimes to the other's, and only there is a reward. A **model-free** learner credits the choice that was made. A **model-based** one knows the way, and credits the choice that *usually leads* to where the reward was.
#
# Each of them has errors of its own. We compute both on the steps that the networks have lived through: for the model-based ones, the values of an ideal observer who knows the task's structure; for the model-free ones, SARSA(λ), a textbook model-free method, which watches the networks' choices and rewards.

# %%
agents = load_agents("two_step")[:NUM_AGENTS]
env = agents[0].config.environment
discount = agents[0].config.agent.discount_end
sources, kinds = [], []
for agent in agents:
    played = play(agent, env)
    ideal = ideal_values(env, played, discount)
    model_based = prediction_errors(ideal, played.trajectory.rewards, discount)
    sources.append(errors_of(agent, played))
    kinds.append({"model-based": model_based, "model-free": model_free_errors(env, played)})

# %% [markdown]
# **Guess before you run the cell:** the networks were trained by a model-free method. To which of the two will their errors be closer?

# %%
fig, axes = plt.subplots(1, 2, figsize=(7, 3.4), sharey=True, layout="constrained")
colours = {"model-based": PLAYER_COLOURS["agent"], "model-free": "#C85200"}
for ax, (name, errors) in zip(axes, kinds[0].items()):
    ax.plot(errors[:20].ravel(), sources[0][:20].ravel(), ".", ms=3, color=colours[name])
    ax.axline((0, 0), slope=1, color="#888888", ls="--", lw=0.8)
    ax.set(xlabel=f"{name} error")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("network's error");
# %% [markdown]
# Each dot is a step of the first network. Left: its errors are almost exactly those of the model-based learner, on the dashed line of equality. Right: the same model-free error goes with very different errors of the network.
#
# But look again at the right: there *is* a relation. Both learners see the same rewards, so their errors go up and down together. A correlation with one of them, alone, proves nothing about the other. What counts is what each explains **beyond** the other: r² of both together, minus r² without it.

# %%
tables = [added_r2(source, both) for source, both in zip(sources, kinds)]
alone, added = (np.array([table[column] for table in tables]) for column in ("r2", "added_r2"))
tables[0].round(4)

# %%
fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.2), sharey=True, layout="constrained")
for ax, title, r2 in zip(axes, ("alone", "beyond the other"), (alone, added)):
    ax.bar([0, 1], r2.mean(axis=0), color=list(colours.values()))
    ax.plot([0, 1], r2.T, "o", ms=3, mfc="w", mec="k", mew=0.6)
    ax.set(title=title, xticks=[0, 1], xticklabels=colours)
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("r² of the networks' errors");
# %% [markdown]
# Alone, model-free errors explain seven tenths of the networks' errors, and one might be content with that. Beyond the model-based ones they explain **nothing** (less than one ten-thousandth). W18 print r² = .89 for model-based errors, and practically zero for model-free ones; they do not say how they dealt with what the two share, so we compare the pattern, not the numbers.
#
# A test that always gives the same answer is no test. Would ours have noticed a model-free critic? We make one up: model-free errors with some noise.

# %%
noise = np.random.default_rng(SEED).normal(0, 0.2, sources[0].shape)
made_up = added_r2(kinds[0]["model-free"] + noise, kinds[0])["added_r2"]
print("networks, beyond the other:", added.mean(axis=0).round(4))
print("made-up model-free critic: ", made_up.round(4).to_numpy())
assert (added[:, 0] > 0.1).all(), "the networks' errors are model-based"
assert (added[:, 1] < 0.01).all(), "and nothing else"
assert made_up[0] < 0.01 < 0.05 < made_up[1], "a model-free critic would have been noticed"

# %% [markdown]
# ## 12.4 What if the error is also an input?
#
# So far errors only *taught*, after the fact, by changing weights, and now the weights are frozen. But dopamine neurons also send fibres to the prefrontal cortex, so the error could also *tell*: be one of the inputs that the fast learning runs on. W18's simulation 6 builds that. There are two LSTMs: a **critic**, which sees rewards, and an **actor**, which sees no reward at all: in its place it is told the critic's prediction error. Stimulating or silencing dopamine then changes what the actor is told, and its weights stay the same.
#
# The task is modelled on that of Stopper and colleagues (2014, doi 10.1016/j.neuron.2014.08.033) for rats. A **safe** arm always pays 1. A **risky** arm pays 4 with a chance of .5 (then it is the better one, with 2 on average) or of .125 (the worse one, with .5). In training, the chance changed every 40 trials on average; here it stays the same within an episode. Ten forced trials come first, five of each arm.

# %%
SAFE, RISKY = 0, 1
agents = load_agents("risky_dopamine")[:NUM_AGENTS]
env = agents[0].config.environment.changed(hazard=0.0)  # the chance stays within an episode


def risky_share(agent, **how):
    """The share of risky choices, where the risky arm is worse and where it is better."""
    player = Stimulated(agent=agent.agent, **how) if how else None
    played = play(agent, env, player).trajectory
    free, worth = played.actions[:, env.num_forced_trials :], played.action_values[:, -1, RISKY]
    return [(free[here] == RISKY).mean() for here in (worth < 1, worth > 1)]


# %% [markdown]
# The three interventions of the paper: **block** the error (set it to zero) whenever the risky arm has just paid; block it whenever the safe arm has just paid; **add** 4, the largest reward, to the error whenever the risky arm has just *not* paid.
#
# **Guess before you run the cell:** for each of the three: more risky choices, or fewer?

# %%
conditions = {
    "intact": {},
    "blocked after risky wins": {"action": RISKY, "paid": True, "gain": 0.0},
    "blocked after safe rewards": {"action": SAFE, "paid": True, "gain": 0.0},
    "added after risky losses": {"action": RISKY, "paid": False, "added": 1.0},
}
share = {
    name: np.array([risky_share(agent, **how) for agent in agents])
    for name, how in conditions.items()
}

# %%
fig, axes = plt.subplots(1, 3, figsize=(9.4, 3.4), sharey=True, layout="constrained")
for ax, name, colour in zip(axes, list(conditions)[1:], ("#C85200", "#5F9ED1", "#117733")):
    looks = {name: {"color": colour, "ls": "-"}}  # broad and solid, and on it narrow and dashed
    looks["intact"] = {"color": PLAYER_COLOURS["agent"], "ls": (0, (3, 2)), "mfc": "w"}
    for (label, style), width in zip(looks.items(), (7, 2)):
        ax.plot([0.5, 2], share[label].T, lw=0.6, alpha=0.3, color=style["color"])
        ax.plot([0.5, 2], share[label].mean(axis=0), "o", lw=width, label=label, **style)
    ax.set(xlabel="average pay of the risky arm", xticks=[0.5, 1, 2], ylim=(-0.03, 1.04))
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), handlelength=4)
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("risky arm chosen");
# %% [markdown]
# This mirrors W18, simulation 6. Dark blue, dashed: intact, the networks choose the risky arm nearly always where it is the better one, and on a third of the trials where it is not (in training the chance changed now and then, so they keep trying it). All of them are drawn; they hardly differ.
#
# * **Blocked after risky wins:** if winning is never told, the risky arm looks bad even where it is good. Far fewer risky choices, as in the paper.
# * **Added after risky losses:** a loss that comes with an added error is no longer bad news. Only risky choices, whatever the arm is worth: more of them, as in the paper.
# * **Blocked after safe rewards:** the two curves lie on each other. **Nothing happens.** In the paper this makes risky choices *more* frequent. In our networks it does not, in any of the eight.

# %%
change = {
    name: shares.mean(axis=1) - share["intact"].mean(axis=1) for name, shares in share.items()
}
for name in list(conditions)[1:]:
    print(f"{name:28s}", change[name].round(3))
assert (change["blocked after risky wins"] < -0.1).all(), "fewer risky choices"
assert (change["added after risky losses"] > 0.1).all(), "more risky choices"
assert (np.abs(change["blocked after safe rewards"]) < 0.05).all(), "no change, in ours"

# %% [markdown]
# ## 12.5 Why did one intervention do nothing?
#
# A result that does not come out is worth as much thought as one that does. Blocking can only take away what is there. So: how large are the errors after each kind of outcome?
#
# **Guess before you run the cell:** the safe arm always pays 1, and everybody knows it. What is the error after a safe reward?

# %%
played = play(agents[0], env)
actions, rewards = played.trajectory.actions, played.trajectory.rewards
errors = errors_of(agents[0], played)
last = np.arange(env.num_trials) == env.num_trials - 1  # after the last step nobody is told
outcomes = {
    "risky win": (actions == RISKY) & (rewards > 0) & ~last,
    "risky loss": (actions == RISKY) & (rewards == 0) & ~last,
    "safe reward": (actions == SAFE) & ~last,
}
size = {name: np.abs(errors[here]).mean() for name, here in outcomes.items()}

# %%
fig, ax = plt.subplots(figsize=(6, 3), layout="constrained")
for (name, here), colour in zip(outcomes.items(), ("#C85200", "#117733", "#5F9ED1")):
    ax.hist(errors[here], bins=np.linspace(-3, 6, 91), density=True, color=colour, label=name)
ax.set(xlabel="prediction error, in units of reward", yticks=[])
ax.legend(frameon=False)
ax.spines[["top", "right", "left"]].set_visible(False)
# %% [markdown]
# There is nothing to block. A reward that is always the same is fully predicted, so its error is a narrow peak at zero; wins and losses of the risky arm are far out on both sides. (Losses have two peaks: they are worse news where the risky arm was known to be good.) If blocking worked in the rats and in the networks of the paper, then presumably some error was left after their safe rewards, perhaps because their trials or their training differed from ours. We do not know. (In rats there is a second possibility: the stimulation may not only have taken an error away, but have pushed dopamine *below* its base line. Exercise 5 tries that in our networks.)

# %% [markdown]
# The same figure makes a prediction for the third intervention. The error after a loss is about -2 units of reward. A small added error should change little; one that is larger than 2 turns a loss into good news. We give different **doses**.
#
# **Guess before you run the cell:** will the share of risky choices rise along with the dose, or all of a sudden?

# %%
scale = agents[0].agent.reward_scale  # the actor is told errors in units of the largest reward
after_loss = {"action": RISKY, "paid": False}
curve = [risky_share(agents[0], **after_loss, added=dose / scale) for dose in DOSES]
doses = np.array([0, *DOSES])
shares = np.array([share["intact"][0], *curve])

# %%
fig, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
for column, label, style in ((1, "risky arm better", "o-"), (0, "risky arm worse", "o--")):
    ax.plot(doses, shares[:, column], style, color="#117733", label=label)
ax.axvline(size["risky loss"], color="#888888", ls=":", label="size of a loss's own error")
ax.set(xlabel="added after risky losses, in units of reward", ylabel="risky arm chosen")
ax.set_ylim(0, 1.05)
ax.legend(frameon=False, loc="center left")
ax.spines[["top", "right"]].set_visible(False)
# %% [markdown]
# All of a sudden, and where the dose is about as large as the error of the loss itself (dotted line): below it a loss is still bad news, and above it, it is not. That fits a network which sorts outcomes into good and bad news, rather than one that adds up numbers.

# %%
print("mean size of the error:", {name: round(float(value), 2) for name, value in size.items()})
assert size["safe reward"] < 0.3 < 1 < size["risky loss"], "blocking has nothing to take away"
small, large = shares[doses == 0.8, 0], shares[doses == 3.0, 0]
print("risky arm worse: small dose", small.round(2), "large dose", large.round(2))
assert abs(small - shares[0, 0]) < 0.2 < 0.4 < large - shares[0, 0], "a threshold between"

# %% [markdown]
# ## What we saw
#
# * A **prediction error** compares what came, and what is now expected, with what was expected. In our networks it comes with the target that announces the reward, is above zero after an unexpected reward, and below zero after an omission, as in dopamine neurons.
# * The errors **know what the memory knows**: they flip for a target that was not seen since the swap, and in the two-step task they are those of a model-based learner. Model-free ones add nothing, although the training was model-free.
# * As an **input**, errors steer choices at once, with frozen weights: blocked after wins, fewer risky choices; added after losses, more. Blocked after safe rewards, nothing changed in our networks, unlike in the paper: there was **no error to block**.
#
# ## Exercises
#
# Each has a cell to fill in; its check tells whether you are right.

# %% [markdown]
# **1 · Predict.** What does stimulation cost? Intact, the networks of 12.4 earn about 1.4 per free trial, over episodes of both kinds. With 4 units of reward (`added=1.0`) added after every risky loss, what will they earn? Predict to ±.08. (Look at the third panel of the figure: what do they choose? Half of the episodes have the better risky arm, half the worse.)

# %% tags=["exercise", "skip-execution"]
prediction = ...  # reward per free trial

stimulated = Stimulated(agent=agents[0].agent, action=RISKY, paid=False, added=1.0)
rules = {"num_episodes": 1000, "seed": SEED}
earned = metarl.trial_reward(metarl.evaluate(stimulated, agents[0].params, env, **rules)).mean
print(f"earned: {earned:.3f}")
assert abs(prediction - earned) < 0.08, "not within .08 of what it earned"

# %% [markdown]
# <details><summary>Answer</summary>
#
# It always takes the risky arm, which pays 4 x .5 = 2 in half of the episodes and 4 x .125 = .5 in the others: 1.25 on average. Choosing the safe arm always would earn 1.
#
# ```python
# prediction = 1.25
#
# stimulated = Stimulated(agent=agents[0].agent, action=RISKY, paid=False, added=1.0)
# rules = {"num_episodes": 1000, "seed": SEED}
# earned = metarl.trial_reward(metarl.evaluate(stimulated, agents[0].params, env, **rules)).mean
# print(f"earned: {earned:.3f}")
# assert abs(prediction - earned) < 0.08, "not within .08 of what it earned"
# ```
# </details>

# %% [markdown]
# **2 · Change.** A gain of 0 blocks the error after risky wins, and 1 leaves it as it is. Find a gain at which the first network still chooses the risky arm on between 25% and 85% of the trials on which it is the better one.

# %% tags=["exercise", "skip-execution"]
gain = ...  # a number from 0 to 1

assert 0 <= gain <= 1, "a gain from 0 to 1"
worse, better = risky_share(agents[0], action=RISKY, paid=True, gain=gain)
print(f"risky choices where the risky arm is worse {worse:.2f}, better {better:.2f}")
assert 0.25 < better < 0.85, "not between 25% and 85%"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Somewhere around .4. With half of a win's error, the network still takes the better arm on four trials of five; with a quarter of it, on three of ten, as a win is then not much better news than a safe reward. As with the doses, most of the change lies in a narrow range.
#
# ```python
# gain = 0.4
#
# assert 0 <= gain <= 1, "a gain from 0 to 1"
# worse, better = risky_share(agents[0], action=RISKY, paid=True, gain=gain)
# print(f"risky choices where the risky arm is worse {worse:.2f}, better {better:.2f}")
# assert 0.25 < better < 0.85, "not between 25% and 85%"
# ```
# </details>

# %% [markdown]
# **3 · Write.** Whoever records neurons needs a *peri-event average*: the mean of a quantity, some trials before and after an event. Write `locked(x, events, before, after)` for arrays `[episode, trial]`: a list of the means of `x` at `before` trials before the events, ..., at the events, ..., at `after` trials after them. Leave out events that are too close to the start or the end of an episode. (`np.nonzero(events)` gives the events' episodes and trials.)


# %% tags=["exercise", "skip-execution"]
def locked(x, events, before, after):
    """The mean of `x` from `before` trials before to `after` trials after the events."""
    ...


tiny = np.array([[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]])
at = np.array([[True, True, False, False], [False, False, True, True]])
assert np.allclose(locked(tiny, at, 1, 1), [2.5, 3.5, 4.5]), "by hand: only the events at 1 and 6 count"
changes = np.zeros(pays.shape, bool)
changes[:, 1:] = pays[:, 1:] != pays[:, :-1]
surprised = locked(np.abs(outcome[0]), changes, 2, 2)
print("size of the outcome's error around a swap:", np.round(surprised, 2))
assert np.argmax(surprised) == 2, "the surprise must be on the trial of the swap"

# %% [markdown]
# <details><summary>Answer</summary>
#
# The error is large on one trial only: one outcome is enough to know that the targets have swapped.
#
# ```python
# def locked(x, events, before, after):
#     """The mean of `x` from `before` trials before to `after` trials after the events."""
#     episode, trial = np.nonzero(events)
#     fits = (trial >= before) & (trial < x.shape[1] - after)
#     lags = range(-before, after + 1)
#     return [x[episode[fits], trial[fits] + lag].mean() for lag in lags]
#
#
# tiny = np.array([[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]])
# at = np.array([[True, True, False, False], [False, False, True, True]])
# assert np.allclose(locked(tiny, at, 1, 1), [2.5, 3.5, 4.5]), "by hand: only the events at 1 and 6 count"
# changes = np.zeros(pays.shape, bool)
# changes[:, 1:] = pays[:, 1:] != pays[:, :-1]
# surprised = locked(np.abs(outcome[0]), changes, 2, 2)
# print("size of the outcome's error around a swap:", np.round(surprised, 2))
# assert np.argmax(surprised) == 2, "the surprise must be on the trial of the swap"
# ```
# </details>

# %% [markdown]
# **4 · Write.** How much model does the flip of 12.2 need? Write `both_targets(target, reward, rate)`: the same learner as `own_rewards_only`, but after each outcome it also learns about the target that was *not* shown: that it would have paid 1 minus the reward. (The check wants the same shape of result: the errors when a target appears, `[episode, trial]`.)


# %% tags=["exercise", "skip-execution"]
def both_targets(target, reward, rate=0.9):
    """The error when a target appears, of a learner that also learns about the other one."""
    ...


flipped = np.array(around(both_targets(target, reward)))
print("after the swap, paid before:", flipped[0, 1].round(2), "did not:", flipped[1, 1].round(2))
assert flipped[0, 0] > 0.2 > -0.2 > flipped[1, 0], "before the swap: good news and bad news"
assert flipped[0, 1] < -0.2 < 0.2 < flipped[1, 1], "after the swap they must have flipped"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Very little: a single piece of knowledge about the task, that the two targets mirror each other, and a high rate. (In the literature this is called a *fictitious* or *counterfactual* update.) So the flip shows that structure is used; it does not show that a whole model of the world is consulted.
#
# ```python
# def both_targets(target, reward, rate=0.9):
#     """The error when a target appears, of a learner that also learns about the other one."""
#     values, rows, errors = np.full((len(target), 2), 0.5), np.arange(len(target)), []
#     for shown, paid in zip(target.T, reward.T):
#         errors.append(values[rows, shown] - values.mean(axis=1))
#         values[rows, shown] += rate * (paid - values[rows, shown])
#         values[rows, 1 - shown] += rate * (1 - paid - values[rows, 1 - shown])
#     return np.stack(errors, axis=1)
#
#
# flipped = np.array(around(both_targets(target, reward)))
# print("after the swap, paid before:", flipped[0, 1].round(2), "did not:", flipped[1, 1].round(2))
# assert flipped[0, 0] > 0.2 > -0.2 > flipped[1, 0], "before the swap: good news and bad news"
# assert flipped[0, 1] < -0.2 < 0.2 < flipped[1, 1], "after the swap they must have flipped"
# ```
# </details>

# %% [markdown]
# **5 · Open.** Design an intervention of your own after **safe rewards** that does change the choices: a dip below zero (`added=-0.5`, in units of the largest reward), or a burst. Write down the sign that you expect. The cell measures the change in the share of risky choices in the first three networks. Did you expect it, and is it the same in all of them?

# %% tags=["exercise", "skip-execution"]
expected_sign, added = ...  # more risky choices (1) or fewer (-1), and what is added to the error

after_safe = {"action": SAFE, "paid": True, "added": added}
changed = [
    np.mean(risky_share(agent, **after_safe)) - intact.mean()
    for agent, intact in zip(agents[:3], share["intact"])
]
print(f"you expect {expected_sign:+d}; changes in the share:", np.round(changed, 3))
assert expected_sign in (-1, 1)
assert max(np.abs(changed)) > 0.01, "nothing has changed"

# %% [markdown]
# <details><summary>Answer</summary>
#
# We expected that a dip after safe rewards makes the safe arm look bad, and risky choices more frequent, as in the rats. In our networks a dip of .5 makes them *rarer*, by .03 to .12 in the three that we tried, and a burst makes them more frequent. We have no good explanation. In training, errors after safe rewards were hardly ever beyond a few tenths, in units of reward, and this dip is 2, so training has never shaped what the actor does with it. That is a warning for stimulation experiments in general, which put a brain into states that it has never been in.
#
# ```python
# expected_sign, added = 1, -0.5
#
# after_safe = {"action": SAFE, "paid": True, "added": added}
# changed = [
#     np.mean(risky_share(agent, **after_safe)) - intact.mean()
#     for agent, intact in zip(agents[:3], share["intact"])
# ]
# print(f"you expect {expected_sign:+d}; changes in the share:", np.round(changed, 3))
# assert expected_sign in (-1, 1)
# assert max(np.abs(changed)) > 0.01, "nothing has changed"
# ```
# </details>

# %% [markdown]
# **Next:** [13 · Engineering](13_engineering.ipynb) (optional): how the training is built, and how far it can be trusted. After that comes [14 · A task of your own](14_your_own_task.ipynb), from an idea to a trained network. Or go back to [1 · The environment](01_environment.ipynb), where the course begins.
