# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 3 · Training: slow learning makes a fast learner
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_name/metarl/blob/main/notebooks/03_a3c_training.ipynb)
#
# You can learn a new card game in an evening. But it took you years to become somebody who can. What changed in your brain during those years, and what changes during the evening: is it the same thing?
#
# **Promise: you will train a network from scratch, watch it become a learner, and tell its slow learning from its fast learning.**
#
# At the end you will be able to say
#
# * what changes between tasks, what changes within one, and how they are connected,
# * how the network is trained, and what the bumps in its learning curve are,
# * why one training run proves little, and what several say.
#
# Run time: about 60 seconds of computing; 40 minutes to read and do.

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
import dataclasses

import jax
import matplotlib.pyplot as plt
import numpy as np

import metarl
from metarl.exact.optimum import correlated_pair_regret
from metarl.notebook import LiveCurve, fast
from metarl.plotting.players import PLAYER_COLOURS
from metarl.training.a2c import train_a2c

# %% [markdown]
# The numbers of this notebook. Change them, and run it again.

# %% tags=["parameters"]
SEED = 1
TRAINING_STEPS = fast(5_000_000, 400_000)
NUM_WORKERS = 2
FOLDER = "results"

# %% [markdown]
# ## 3.1 Two ways to learn
#
# The network of the last notebook has two things that can change.
#
# | | weights | activity |
# |---|---|---|
# | what they are | how strongly units are connected | what the units put out, and pass on to the next trial |
# | in a brain | synapses | firing |
# | when they change | in training, by a small amount, after each batch of episodes | in training and ever after, on every trial |
# | what changes them | reward-prediction errors, averaged over many tasks | the last action and its reward, in this task |
# | what they hold in the end | how to learn in tasks *like these* | what is known of *this* task |
#
# [Wang, Kurth-Nelson et al. (2018)](https://doi.org/10.1038/s41593-018-0147-8), "W18" from here on, propose that brains do the same: dopamine, which signals reward-prediction errors, trains the synapses of prefrontal cortex, slowly, over many tasks; and the activity of the trained prefrontal network is then a second learning system, a fast one. (That is a proposal about *what* learns. Nobody says that a brain computes its gradients as we shall do here.)
#
# The tasks make learning necessary: in every episode the two slot machines are new, with win probabilities p and 1 - p. Which arm was better last time says nothing about the next pair. So there is only one useful thing that the weights can learn: *how* to find the better machine.
#
# **Guess before you run the cell.** Here is a network that has learnt nothing yet. The best player has a regret of 1.22 per episode of 100 trials, and a coin has 25. What will the network have?

# %%
env = metarl.Bandit(num_arms=2, num_trials=100, reward_structure="correlated")
settings = metarl.AgentConfig(random_seed=SEED, training_steps=TRAINING_STEPS)
agent = settings.build(env)
newborn = agent.init(jax.random.key(SEED))
untrained = metarl.evaluate(agent, newborn, env, num_episodes=fast(2000, 300), seed=SEED)
before = metarl.episode_regret(untrained)
print(f"regret of the untrained network: {before.mean:.1f} ± {1.96 * before.standard_error:.1f}")
assert abs(before.mean - 25) < 4, "a network that was not trained is a coin"

# %% [markdown]
# ## 3.2 Who trains it?
#
# The algorithm is called **A3C**: *asynchronous advantage actor-critic* (Mnih et al., 2016). Read the name backwards.
#
# * The **actor** is the part of the network that chooses: its probabilities of pulling each arm.
# * The **critic** is the part that predicts: how much reward is still to come?
# * The **advantage** is the error of that prediction: how much better it went than the critic had expected. A choice with a positive advantage is made more likely, one with a negative advantage less likely. It is what W18 compares to dopamine.
# * **Asynchronous** means that several copies of the network play at once, each in a process of its own, and nobody waits for the others. No brain does that; here it mainly saves time.
#
# ```
#               a copy of the weights
#          ┌──────────────────────────────┐
#          │                              ▼
#    ┌───────────┐                 ┌─────────────┐
#    │  manager  │    gradients    │  worker 0   │   each plays 16 episodes,
#    │  has the  │◄────────────────┤  worker 1   │   then says how the weights
#    │  weights  │                 └─────────────┘   should change
#    └─────┬─────┘
#          │ a copy, now and then
#          ▼
#    ┌───────────┐
#    │ evaluator │   plays 500 other tasks with a frozen copy,
#    └───────────┘   to see how good it is by now
# ```
#
# Note when a worker's weights change: only *after* 16 whole episodes. During an episode its copy stands still. So even while it is trained, the network can only find the better machine by its activity.

# %%
config = metarl.TrainConfig(
    workdir=FOLDER,
    num_workers=NUM_WORKERS,
    eval_every_steps=100_000,
    progress_bar=False,  # the curve below shows how far it is
    environment=env,
    agent=settings,
)
print("advantage computed from", config.agent.advantage_rewards, "rewards")
assert config.agent.max_unroll_steps >= env.num_trials, "weights change between episodes only"

# %% [markdown]
# *Sampled* rewards are those that the network was paid, win or lose, with all the luck in them. Nothing else teaches it, as in the papers.
#
# ## 3.3 Does it learn?
#
# This is the real thing: processes start, compile, and train. Each dot of the curve is the regret of a frozen copy, always on the same 500 tasks, on which it is not trained. (An *environment step*, on the axis, is a trial.) The dashed line is the best that *any* player can do; for these tasks we know it exactly.
#
# **Guess before you run the cell.** The axis is logarithmic. Will the curve be straight, or fall quickly at first? Will it be smooth?

# %%
best_possible = float(correlated_pair_regret(env.num_trials).sum())
curve = LiveCurve(reference=best_possible)
trained = metarl.train(config, on_evaluation=curve)

# %% [markdown]
# What to see: most of the way is covered in the first few hundred thousand trials; getting from there to the best possible takes most of the time.
#
# What are the **bumps**? They cannot come from the tasks, which are the same 500 at every dot, with the same luck. So they must come from the weights: between two dots they were changed for the worse. Every update follows the luck of just 16 episodes, and while the steps are large, such luck can undo what had been learnt. The *learning rate*, the size of the steps, is .01 at first; it falls along a cosine, to half of that in the middle of the training and to a hundredth at the end. If that is the explanation, the bumps must get smaller on the way.

# %%
steps, regret = np.array([(row[0], row[4]) for row in curve.rows]).T
jumps = np.abs(np.diff(np.log(regret)))
early = jumps[(steps[1:] > 0.05 * steps[-1]) & (steps[1:] < 0.4 * steps[-1])].mean()
late = jumps[steps[1:] > 0.7 * steps[-1]].mean()
print(f"from dot to dot, regret changes by {early:.0%} early on, by {late:.0%} late")
assert late < early or fast(False, True), "smaller steps, smaller bumps"

# %% [markdown]
# Some dots may lie *below* the dashed line. On average nobody beats it; but 500 tasks can be a little easier than others, and the band says how much that matters (it is a 95% interval). An evaluation on 2,000 tasks that it has never met has the last word:

# %%
score = trained.scores["expected_regret"]
error = trained.scores["expected_regret_standard_error"]
print(f"frozen, on {trained.scores['num_episodes']} fresh tasks: {score:.2f} ± {1.96 * error:.2f}")
print(f"best possible: {best_possible:.2f}, untrained: {before.mean:.1f}")
assert score < fast(1.6, 12.0), "by now it should have learnt"

# %% [markdown]
# ## 3.4 What has the slow learning made?
#
# The curve above goes over millions of trials: that is the slow learning, of the weights. Now look at the other one. We freeze the weights from before and after training, and look *within* an episode, trial by trial: how often is it on the better arm?
#
# **Guess before you run the cell.** Draw two curves over 100 trials, for the network before and after its training.

# %%
after = metarl.evaluate(agent, trained.params, env, num_episodes=fast(2000, 300), seed=SEED)
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name, result, colour in (("before", untrained, "#898989"), ("after", after, None)):
    best = result.trajectory.action_values.argmax(axis=-1)
    share = (result.trajectory.actions == best).mean(axis=0)
    colour = colour or PLAYER_COLOURS["agent"]
    ax.plot(np.arange(1, 101), share, color=colour, label=f"{name} training, weights frozen")
ax.set(xlabel="trial", ylabel="better arm pulled", ylim=(0.4, 1), xlim=(0, 100))
ax.legend(frameon=False, loc="center right");
# %% [markdown]
# What to see: before training, nothing happens within an episode. After it, the network starts each episode as ignorant as ever: on trial 1 it must guess. Then it learns within a few trials what it can. *Five million trials of slow learning have made a learner that needs about ten.* That curve is learning, and no weight changes in it; the next notebook makes sure of that.

# %%
print("better arm on the first trial:", share[0].round(2), " on the last 50:", share[50:].mean().round(2))
assert abs(share[0] - 0.5) < 0.12, "on the first trial nobody can know"
assert share[50:].mean() > fast(0.9, 0.6), "later it does"

# %% [markdown]
# ## 3.5 Was it luck?
#
# One run proves little: it begins with random weights and meets random tasks, and another *seed* (the number from which all its luck is drawn) may fare worse. Rats differ, too, and nobody publishes one rat.
#
# So we train eight. A3C has a synchronous twin, **A2C**: the same loss and the same updates, one after the other, in one process that can train many networks in one go. To save time, we give each a tenth of the trials.
#
# **Guess before you run the cell.** How different will eight networks be, if nothing but their luck differs?

# %%
seeds = range(fast(8, 2))
brief = dataclasses.replace(settings, training_steps=fast(480_000, 32_000))
brief_config = dataclasses.replace(config, agent=brief)
many = train_a2c(brief_config, seeds=seeds)

# %% [markdown]
# We draw the regret of the episodes that each network was trained on, averaged over 20 updates in a row: a line per seed.

# %%
regret = 100 * many.metrics.regret.reshape(len(seeds), -1, 20).mean(axis=2)
steps = np.linspace(0, brief.training_steps / 1000, regret.shape[1] + 1)[1:]
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.plot(steps, regret.T, color=PLAYER_COLOURS["agent"], alpha=0.35, lw=1)
ax.plot(steps, np.median(regret, axis=0), color=PLAYER_COLOURS["agent"], lw=2.5, label="median seed")
ax.axhline(best_possible, ls="--", color=PLAYER_COLOURS["best possible"], label="best possible")
ax.set(xlabel="trials trained (thousands)", ylabel="regret per episode", yscale="log")
ax.set_yticks([2, 5, 10, 20], ["2", "5", "10", "20"], minor=False)
ax.minorticks_off()
ax.legend(frameon=False);
# %% [markdown]
# What to see: all of them learn, and most come out alike. But they differ in speed: the fastest needs 64,000 trials to get to a regret of 5, most others up to twice as many, and one more than three times as many. That one is behind to the end. (It is seed 6. After 1.6 million trials, it had caught up.) From a single run you would not know which of these you have seen. Where a paper shows one curve, ask how many networks it stands for: W18 trained eight for some of its simulations, and W16 ([Wang et al. 2016](https://arxiv.org/abs/1611.05763)) shows the mean of the best 5 of 100 settings.

# %%
final = regret[:, -1]
print("regret at the end, sorted:", np.sort(final).round(1))
assert (final < fast(12, 30)).all(), "every seed should have learnt something"
assert np.median(final) < fast(3, 30), "and most of them much"

# %% [markdown]
# ## 3.6 Where is the agent now?
#
# In a file, the *checkpoint*, with its weights and everything that must be known to use them. The next notebook opens such a file.

# %%
loaded = metarl.load_agent(config.name, FOLDER)
print("saved in", FOLDER, "as", config.name)
print(f"{loaded.progress.steps:,} trials, {loaded.progress.updates:,} updates")
print("metarl", loaded.versions["metarl"], "jax", loaded.versions["jax"])
assert loaded.scores == trained.scores
assert loaded.progress.steps == 1600 * loaded.progress.updates, "16 episodes each"

# %% [markdown]
# ## What we saw
#
# * **Slow learning** changes the weights, in small steps, one after every 16 episodes, by reward-prediction errors; it took the network from a coin nearly to the best possible player.
# * What it made is a **fast learner**, whose activity finds the better arm within an episode while the weights stand still.
# * **Luck matters** on the way: large steps make bumps, and seeds differ, so that one curve is not enough.
#
# ## Exercises
#
# Fill in the dots, and run the cell. It fails until your answer is right.

# %% [markdown]
# **1 · Predict.** The network is taught by the rewards it was paid, with all their luck. A simulator could teach it better: it knows the win probabilities, and can use the chosen arm's probability minus the better arm's instead (*oracle* rewards). The network itself sees the same as before. In the figure above, the median seed ends near 1.9, and 1.22 is the best possible. Where will the median end if eight networks are taught without luck? The check wants it to within 0.3.

# %% tags=["exercise", "skip-execution"]
prediction = ...  # your number
assert 1 < prediction < 25, "between the best possible and chance"

taught = dataclasses.replace(brief, advantage_rewards="oracle")
without_luck = train_a2c(dataclasses.replace(config, agent=taught), seeds=seeds)
ends = 100 * without_luck.metrics.regret[:, -20:].mean(axis=1)
print("sorted:", np.sort(ends).round(1))
assert prediction < np.median(final), "not below the median of those taught with luck"
assert abs(prediction - np.median(ends)) < fast(0.3, 20), f"it is {np.median(ends):.2f}"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Lower: without luck in its teaching, the median seed gets further in the same time. We froze the eight of each kind and let them play 10,000 tasks: with sampled rewards the median is 1.92 (from 1.82 to 4.02), with oracle rewards 1.53 (from 1.48 to 5.61). Most seeds gain, but not all: with either kind of reward one of the eight falls behind, and further behind with oracle rewards. After 1.6 million trials, five seeds have 1.33 to 1.37 with sampled rewards, and with oracle rewards 1.24 to 1.27, except for one with 4.0. A brain has no oracle; what it gets is the reward.
#
# ```python
# prediction = 1.6
# assert 1 < prediction < 25, "between the best possible and chance"
#
# taught = dataclasses.replace(brief, advantage_rewards="oracle")
# without_luck = train_a2c(dataclasses.replace(config, agent=taught), seeds=seeds)
# ends = 100 * without_luck.metrics.regret[:, -20:].mean(axis=1)
# print("sorted:", np.sort(ends).round(1))
# assert prediction < np.median(final), "not below the median of those taught with luck"
# assert abs(prediction - np.median(ends)) < fast(0.3, 20), f"it is {np.median(ends):.2f}"
# ```
# </details>

# %% [markdown]
# **2 · Change.** Why must the tasks change? Train a network that meets the *same* two arms in every episode, with win probabilities of 1/4 and 3/4. It will have hardly any regret on them. Then let it play pairs that it has not met (`env`). The check measures both.

# %% tags=["exercise", "skip-execution"]
one_task = ...  # a metarl.Bandit with `arm_probs`

narrow = train_a2c(dataclasses.replace(brief_config, environment=one_task), seeds=[SEED])
spoilt = narrow.learner.unravel(narrow.flat_params[0])
played = {
    name: metarl.evaluate(agent, spoilt, tasks, num_episodes=fast(2000, 300), seed=SEED)
    for name, tasks in (("the same pair", one_task), ("new pairs", env))
}
found = {name: metarl.episode_regret(result).mean for name, result in played.items()}
print({name: round(mean, 1) for name, mean in found.items()})
assert one_task.arm_probs == (0.25, 0.75)
assert one_task.num_trials == 100
assert found["the same pair"] < fast(1, 24)
assert found["new pairs"] > 15, "it has not learnt to learn"

# %% [markdown]
# <details><summary>Answer</summary>
#
# It learns one thing, slowly: to pull arm 2. That is stored in its weights, and helps as long as the world stays as it is. On new pairs it still pulls arm 2, and does no better than a coin. Only where the tasks change is learning to learn worth anything.
#
# ```python
# one_task = metarl.Bandit(num_arms=2, num_trials=100, arm_probs=(0.25, 0.75))
#
# narrow = train_a2c(dataclasses.replace(brief_config, environment=one_task), seeds=[SEED])
# spoilt = narrow.learner.unravel(narrow.flat_params[0])
# played = {
#     name: metarl.evaluate(agent, spoilt, tasks, num_episodes=fast(2000, 300), seed=SEED)
#     for name, tasks in (("the same pair", one_task), ("new pairs", env))
# }
# found = {name: metarl.episode_regret(result).mean for name, result in played.items()}
# print({name: round(mean, 1) for name, mean in found.items()})
# assert one_task.arm_probs == (0.25, 0.75)
# assert one_task.num_trials == 100
# assert found["the same pair"] < fast(1, 24)
# assert found["new pairs"] > 15, "it has not learnt to learn"
# ```
# </details>

# %% [markdown]
# **3 · Write.** In the animal laboratory, a curve is often summed up by *trials to criterion*. Write a function that takes curves, one row per seed, and returns for each the index of the first point at or below a level, or -1 if it never gets there.

# %% tags=["exercise", "skip-execution"]
def to_criterion(curves, level):
    """The index of the first point of each row that is at most `level`; -1 if there is none."""
    ...


toy = np.array([[9.0, 5.0, 7.0, 2.0], [9.0, 8.0, 7.0, 6.0]])
assert list(to_criterion(toy, 5.0)) == [1, -1], "a row may rise again later"
assert list(to_criterion(toy, 1.0)) == [-1, -1]
print("points to a regret of 5:", to_criterion(regret, 5))

# %% [markdown]
# <details><summary>Answer</summary>
#
# `argmax` finds the first `True` of a row, but it also says 0 where there is none.
#
# ```python
# def to_criterion(curves, level):
#     """The index of the first point of each row that is at most `level`; -1 if there is none."""
#     below = curves <= level
#     return np.where(below.any(axis=1), below.argmax(axis=1), -1)
#
#
# toy = np.array([[9.0, 5.0, 7.0, 2.0], [9.0, 8.0, 7.0, 6.0]])
# assert list(to_criterion(toy, 5.0)) == [1, -1], "a row may rise again later"
# assert list(to_criterion(toy, 1.0)) == [-1, -1]
# print("points to a regret of 5:", to_criterion(regret, 5))
# ```
# </details>

# %% [markdown]
# **4 · Write.** How many seeds are enough? Suppose that you had trained only `n` of many networks. Write a function that draws `n` of the given `values` with replacement, `times` times over, and returns the standard deviation of their *medians*. The check wants the doubt to shrink with n.

# %% tags=["exercise", "skip-execution"]
def doubt(values, n, times=2000):
    """The standard deviation of the median of `n` values that are drawn from `values`."""
    ...


rats = np.random.default_rng(SEED).gamma(2.0, 1.0, size=200)
found = [doubt(rats, n) for n in (1, 3, 9, 27)]
print(np.round(found, 2))
assert found[0] > found[1] > found[2] > found[3] > 0
assert abs(found[0] - rats.std()) < 0.15, "one value is its own median"
print("our networks:", [round(float(doubt(final, n)), 2) for n in (1, 3, 8)])

# %% [markdown]
# <details><summary>Answer</summary>
#
# This is the *bootstrap*. With nine times as many seeds, the doubt about the median is about a third. Our eight networks differ most by the one that fell behind: the doubt about a single seed is large, about the median of eight it is small. Three seeds are little; five or more are a habit worth having.
#
# ```python
# def doubt(values, n, times=2000):
#     """The standard deviation of the median of `n` values that are drawn from `values`."""
#     drawn = np.random.default_rng(0).choice(values, size=(times, n))
#     return np.median(drawn, axis=1).std()
#
#
# rats = np.random.default_rng(SEED).gamma(2.0, 1.0, size=200)
# found = [doubt(rats, n) for n in (1, 3, 9, 27)]
# print(np.round(found, 2))
# assert found[0] > found[1] > found[2] > found[3] > 0
# assert abs(found[0] - rats.std()) < 0.15, "one value is its own median"
# print("our networks:", [round(float(doubt(final, n)), 2) for n in (1, 3, 8)])
# ```
# </details>

# %% [markdown]
# **5 · Open.** Change one setting of the training that you think matters (`help(metarl.AgentConfig)` names them all: the number of units, the learning rate, the discount, ...), train at least three seeds, and compare with the eight above. Is the difference larger than that between seeds? (The check looks only at the form.)

# %% tags=["exercise", "skip-execution"]
change = ...  # one setting, as in {"num_units": 12}
my_seeds = ...  # at least three

mine = train_a2c(
    dataclasses.replace(config, agent=dataclasses.replace(brief, **change)), seeds=my_seeds
)
my_ends = 100 * mine.metrics.regret[:, -20:].mean(axis=1)
print(change, np.sort(my_ends).round(1), "default", np.sort(final).round(1))
assert len(change) == 1
assert len(my_ends) >= 3
assert np.isfinite(my_ends).all()

# %% [markdown]
# <details><summary>Answer</summary>
#
# Yours. Here is one: a quarter of the units. Our three seeds ended at 6, 9 and 25: with so few units and so few trials, learning to learn is slow, and one of the three has not begun. That is more than luck: none of the eight above ends as high as 6. [Notebook 13](13_engineering.ipynb) compares more settings.
#
# ```python
# change = {"num_units": 12}
# my_seeds = range(3)
#
# mine = train_a2c(
#     dataclasses.replace(config, agent=dataclasses.replace(brief, **change)), seeds=my_seeds
# )
# my_ends = 100 * mine.metrics.regret[:, -20:].mean(axis=1)
# print(change, np.sort(my_ends).round(1), "default", np.sort(final).round(1))
# assert len(change) == 1
# assert len(my_ends) >= 3
# assert np.isfinite(my_ends).all()
# ```
# </details>
#
# For those who want to know how the training is built (workers, stale gradients, reproducibility, kills): [13 · Engineering](13_engineering.ipynb), which is optional.
#
# **Next:** [4 · Frozen evaluation](04_frozen_evaluation.ipynb), where the weights stop, and the learning goes on.
