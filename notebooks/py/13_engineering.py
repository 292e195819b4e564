# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 13 · Engineering: how the training is built (optional)
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_name/metarl/blob/main/notebooks/13_engineering.ipynb)
#
# A laboratory whose result depends on who came in first that morning has a problem. A training run can have the same problem. This notebook is for those who want to know how far the training of notebook 3 can be trusted, and repeated; nothing in the course depends on it.
#
# **Promise: you will measure how old a gradient is when it is used, kill a training run and resume it without losing a bit, and find out which settings matter.**
#
# At the end you will be able to say
#
# * what *staleness* is, how large it is on average, and why the largest one is so large,
# * when the same seed gives the same agent, and what a killed run leaves behind,
# * which setting breaks the training, and which ones only slow it down.
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
import shutil
import subprocess
import time
from pathlib import Path

import jax
import matplotlib.pyplot as plt
import numpy as np

import metarl
from metarl.exact.optimum import correlated_pair_regret
from metarl.notebook import fast
from metarl.training.a2c import train_a2c

# %% [markdown]
# The numbers of this notebook. Change them, and run it again.

# %% tags=["parameters"]
SEED = 1
NUM_WORKERS = 2
TRAINING_STEPS = fast(2_000_000, 160_000)
FOLDER = Path("results") / "engineering"

# %% [markdown]
# ## 13.1 How old is a gradient?
#
# Here is what the drawing in notebook 3 left out:
#
# * A **worker** takes a copy of the parameters, plays 16 episodes, computes one gradient from them, sends it, and waits until it has become an update; then it gets fresh parameters. That is the default, `gradients_in_flight=1`. With 2, it does not wait: it computes the next gradient while the last one is on its way.
# * The **manager** applies each gradient as it comes, by the optimiser *Adam*, and sends fresh parameters back.
#
# While a worker plays, others send gradients, and the parameters move on. So a gradient is out of date when it arrives. Its **staleness** is the number of updates that were made since its parameters were sent.
#
# How large is it? Each update makes all *other* gradients that are in flight one update older, and there are N x `gradients_in_flight` of them in all, for N workers. So the mean staleness cannot exceed **N - 1** (or **2N - 1** with two in flight), and it comes close if every worker is busy all the time. How the staleness spreads around the mean is up to the machine.
#
# **Guess before you run the cell.** With two workers and two gradients in flight each, will most gradients have the mean staleness, which is about 3, or less, or more? And what is the largest?

# %%
env = metarl.Bandit(num_arms=2, num_trials=100, reward_structure="correlated")
settings = metarl.AgentConfig(random_seed=SEED, training_steps=TRAINING_STEPS)
config = metarl.TrainConfig(
    num_workers=NUM_WORKERS, num_evaluators=0, progress_bar=False, environment=env, agent=settings
)
shutil.rmtree(FOLDER, ignore_errors=True)
runs = {}
for in_flight in (1, 2):
    own = {"workdir": str(FOLDER / f"flight_{in_flight}"), "gradients_in_flight": in_flight}
    runs[in_flight] = metarl.train(dataclasses.replace(config, **own))

# %%
fig, ax = plt.subplots(figsize=(6, 3), layout="constrained")
for in_flight, run in runs.items():
    share = run.staleness[:8] / run.staleness.sum()
    places = np.arange(len(share)) + 0.4 * (in_flight - 1.5)
    ax.bar(places, share, 0.38, label=f"{in_flight} in flight per worker")
ax.set(xlabel="staleness, in updates", ylabel="share of gradients", xticks=range(8))
ax.legend(frameon=False);
# %% [markdown]
# What to see: in our run the workers nearly took turns, so most gradients with one in flight, and half of those with two, have just the mean staleness. The mean is a matter of arithmetic, but the spread around it is up to the machine. While one worker has to wait for the processor, the others send one gradient after another, and those are young; its own, when it comes, is old. So on a busy machine more gradients are *younger* than the mean, and the tail of old ones is longer. How long is the tail here?

# %%
for in_flight, run in runs.items():
    ages = np.arange(len(run.staleness))
    mean = np.average(ages, weights=run.staleness)
    bound = NUM_WORKERS * in_flight - 1
    old = {int(age): int(run.staleness[age]) for age in ages[20:] if run.staleness[age]}
    print(f"{in_flight} in flight: mean {mean:.2f} (at most {bound}), older than 20: {old}")
    assert mean <= bound, "the others' updates, and no more"

# %% [markdown]
# And is every update accounted for?

# %%
for run in runs.values():
    assert run.staleness.sum() == run.progress.updates, "each update has a staleness"
    assert run.staleness[20:].sum() < 0.2 * run.progress.updates, "few are very old"

# %% [markdown]
# `{103: 1}`, say, reads: *one* gradient was 103 updates old. What is it? The first worker begins alone, so that it compiles the program and the others can load it from a cache. As soon as it has made one update, the others are sent parameters; but they take a second or so to load, and meanwhile the first worker goes on making updates. So the first gradient of every other worker is very old: one gradient with one in flight, two with two. Later on, it is the operating system that makes a worker wait now and then. A few old gradients among many do no harm.
#
# What does age cost? In runs as short as these, a little, as parameters move fast at first; and two in flight keep both processors busy, so that a step is cheaper. The default is 1: a fresh gradient is worth more than a fast one.
#
# ## 13.2 Is it the same every time?
#
# With workers, it is not: whose gradient comes first depends on what else the machine is doing, and from the first exchange on everything differs. With `num_workers=0` the same training runs in this process, one gradient after the other. Nothing is stale then. Is the result the same, to the last bit?

# %%
quiet = dataclasses.replace(
    config,
    num_workers=0,
    checkpoint_every_steps=fast(20_000, 4_000),
    agent=dataclasses.replace(settings, training_steps=fast(400_000, 40_000)),
)
first, again = (
    metarl.train(dataclasses.replace(quiet, workdir=str(FOLDER / name)))
    for name in ("first", "again")
)

# %%
same = jax.tree.map(np.array_equal, first.params, again.params)
print("the same, bit for bit, after", first.progress.updates, "updates:", same["lstm"]["dense_i"])
assert all(jax.tree.leaves(same)), "the same seed must give the same agent"
assert first.staleness.tolist() == [first.progress.updates], "nothing is stale in one process"

# %% [markdown]
# (On the same machine, with the same versions of the packages and the same settings of the compiler. Another processor or another compiler may add up numbers in another order, and round differently; in a training run small differences grow. Even `metarl train` on the command line gives other bits than this notebook, as it asks the compiler for faster loops.)
#
# ## 13.3 What if it is killed?
#
# Power fails, a cluster's time is up, somebody trips over a cable. A run writes a *checkpoint* now and then: parameters, optimiser, and where it was in its random numbers. It is written to a new file first, which then takes the old one's place in one go, so that there is a whole checkpoint at any moment.
#
# We start the same training as a separate program, wait for its first checkpoint, and kill it (`kill -9`: it has no time to say good-bye). Then we resume it here. (A config is printed as the Python that makes it, so a program of two lines will do.)
#
# **Predict.** Will the resumed agent be the same as the one that was never interrupted? Roughly, or to the last bit?

# %%
killed = dataclasses.replace(quiet, workdir=str(FOLDER / "killed"))
program = f"from metarl import AgentConfig, Bandit, TrainConfig, train\ntrain({killed!r})"

# %% [markdown]
# It dies as soon as it has written something.

# %%
victim = subprocess.Popen([sys.executable, "-c", program])
while victim.poll() is None and not killed.checkpoint_file.exists():
    time.sleep(0.005)
victim.kill()
victim.wait()
left = metarl.load_checkpoint(killed.checkpoint_file)
print(f"killed; its checkpoint is from step {left.progress.steps:,} of {first.progress.steps:,}")

# %%
resumed = metarl.train(dataclasses.replace(killed, resume=True))
same = jax.tree.map(np.array_equal, first.params, resumed.params)
assert all(jax.tree.leaves(same)), "as if nothing had happened, bit for bit"
assert left.progress.steps < resumed.progress.steps == first.progress.steps
print("resumed, and the same to the last bit")

# %% [markdown]
# With workers, too, a killed run goes on from its last checkpoint, with `metarl train --config.resume=auto` on the command line. A worker that dies or hangs is replaced while the others go on.
#
# ## 13.4 Can many be trained at once?
#
# **A2C**, the synchronous twin of A3C, puts the whole training into one compiled program: playing, gradients, updates. Such a program can hold many experiments, each with a seed or a setting of its own. On a GPU they run side by side; on a processor one after the other, which still saves the time to start and to compile.
#
# Does it do the same as A3C with one process? It should, apart from rounding: a compiler may add up numbers in another order. So we compare after only a few updates, before small differences have grown.

# %%
few = dataclasses.replace(settings, training_steps=16_000)  # ten updates
a3c = metarl.train(dataclasses.replace(quiet, workdir=str(FOLDER / "few"), agent=few))
a2c = train_a2c(dataclasses.replace(quiet, agent=few), seeds=[SEED, SEED + 1])
ours, other = (a2c.learner.unravel(flat) for flat in a2c.flat_params)
apart = {
    name: max(jax.tree.leaves(jax.tree.map(lambda x, y: float(np.abs(x - y).max()), a3c.params, b)))
    for name, b in (("same seed", ours), ("another seed", other))
}
print({name: f"{distance:.1e}" for name, distance in apart.items()})
assert apart["same seed"] < 1e-3 * apart["another seed"], "the same but for rounding"

# %% [markdown]
# ## 13.5 What matters?
#
# A recipe has many ingredients. To see which of them matter, leave one out at a time: an *ablation*. We take the default settings and three others, two seeds each.
#
# | | what is changed |
# |---|---|
# | default | nothing: the discount begins at .7 and ends at .9; the learning rate begins at .01 |
# | long horizon | the discount begins at .99 |
# | small steps | the learning rate begins at .001 |
# | no bonus | no bonus for entropy, that is, for being undecided |
#
# **Guess before you run the cell.** One of the three prevents nearly all learning. Which?

# %%
brief = dataclasses.replace(settings, training_steps=fast(480_000, 32_000))
variants = ("default", "long horizon", "small steps", "no bonus")
changes = {
    "discount": [0.7, 0.99, 0.7, 0.7],
    "learning_rate": [0.01, 0.01, 0.001, 0.01],
    "entropy_cost": [0.1, 0.1, 0.1, 0.0],
    "entropy_cost_end": [0.01, 0.01, 0.01, 0.0],
}
seeds = [SEED, SEED + 1]
ablation = train_a2c(
    dataclasses.replace(quiet, agent=brief),
    seeds=seeds * len(variants),
    settings={name: np.repeat(values, len(seeds)).tolist() for name, values in changes.items()},
)
curves = 100 * ablation.metrics.regret.reshape(len(variants), len(seeds), -1, 20).mean(axis=3)

# %%
steps = np.linspace(0, brief.training_steps / 1000, curves.shape[2] + 1)[1:]
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name, pair, colour in zip(variants, curves, ("#005F9E", "#C85200", "#595959", "#5F9ED1")):
    ax.plot(steps, pair.T, color=colour, lw=1.5, label=[name, None])
ax.axhline(correlated_pair_regret(100).sum(), ls="--", color="#222222", label="best possible")
ax.set(xlabel="trials trained (thousands)", ylabel="regret per episode", yscale="log")
ax.set_yticks([2, 5, 10, 20], ["2", "5", "10", "20"], minor=False)
ax.minorticks_off()
ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1));
# %% [markdown]
# What to see: with a long horizon from the start, hardly anything is learnt. An untrained critic knows nothing of the next hundred trials, and the effect of a single choice is buried under the luck of all that follow. So the discount begins low, and grows while the critic learns. Small steps learn, too, but take much longer. The bonus makes little difference on this task.
#
# The whole table, with twenty settings, three seeds each and six times as many trials, is in [docs/recipe.md](https://github.com/your_name/metarl/blob/main/docs/recipe.md). It was made by `python tools/search.py ablate bandit:default --steps 3000000 --episodes 20000`.

# %%
ends = dict(zip(variants, curves[:, :, -1].mean(axis=1)))
print({name: round(float(end), 1) for name, end in ends.items()})
assert ends["long horizon"] > 10, "a long horizon at first prevents learning"
assert ends["default"] < fast(6, 30)
assert ends["default"] < fast(ends["small steps"], 30)

# %% [markdown]
# ## What we saw
#
# * Gradients are **stale**, on average by no more updates than there are other gradients in flight; a few are very old, from workers that were still starting or had to wait.
# * In **one process** the same seed gives the same agent, bit for bit, even if the run is killed on the way; A2C does the same but for rounding, many at a time.
# * A **short horizon at first** is what matters most; a **high learning rate** at first saves time; most other settings hardly matter on this task.
#
# ## Exercises
#
# Fill in the dots, and run the cell. It fails until your answer is right.

# %% [markdown]
# **1 · Predict.** Three workers with two gradients in flight each. The cell simulates them without any network: there are six gradients in flight, one of them arrives at random, becomes an update, and is replaced by a fresh one. What is the mean staleness? The check wants it to within 0.2.

# %% tags=["exercise", "skip-execution"]
prediction = ...  # your number
assert prediction >= 0

rng, sent, ages = np.random.default_rng(SEED), [0] * 6, []
for version in range(20_000):
    who = rng.integers(6)
    ages.append(version - sent[who])
    sent[who] = version + 1
print("largest", max(ages))
assert abs(np.mean(ages) - prediction) < 0.2, f"it is {np.mean(ages):.2f}"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Five: each update makes the five others one older. The order of arrival does not matter for the mean. It does for the largest: 53 here, ten times the mean, by chance alone.
#
# ```python
# prediction = 5
# assert prediction >= 0
#
# rng, sent, ages = np.random.default_rng(SEED), [0] * 6, []
# for version in range(20_000):
#     who = rng.integers(6)
#     ages.append(version - sent[who])
#     sent[who] = version + 1
# print("largest", max(ages))
# assert abs(np.mean(ages) - prediction) < 0.2, f"it is {np.mean(ages):.2f}"
# ```
# </details>

# %% [markdown]
# **2 · Change.** An episode of 100 trials may be cut into pieces, each with a gradient of its own. At the end of a piece, the critic's value stands for the rewards that were not seen: that is *bootstrapping*. Change one setting of `few` so that there are five times as many updates in as many trials.

# %% tags=["exercise", "skip-execution"]
pieces = dataclasses.replace(few, max_unroll_steps=...)

cut = metarl.train(dataclasses.replace(quiet, workdir=str(FOLDER / "cut"), agent=pieces))
print(cut.progress.updates, "updates instead of", a3c.progress.updates)
assert cut.progress.updates == 5 * a3c.progress.updates
assert cut.progress.steps == a3c.progress.steps

# %% [markdown]
# <details><summary>Answer</summary>
#
# Pieces of at most 20 trials. Note that the weights now change *within* episodes, four times in each: the clean separation of notebook 3 is gone.
#
# ```python
# pieces = dataclasses.replace(few, max_unroll_steps=20)
#
# cut = metarl.train(dataclasses.replace(quiet, workdir=str(FOLDER / "cut"), agent=pieces))
# print(cut.progress.updates, "updates instead of", a3c.progress.updates)
# assert cut.progress.updates == 5 * a3c.progress.updates
# assert cut.progress.steps == a3c.progress.steps
# ```
# </details>

# %% [markdown]
# **3 · Write.** Workers are not equally fast. Write the simulation of exercise 1 for workers with one gradient in flight each, where worker i needs `seconds[i]` for a gradient. Return the staleness of every update, and the worker that it came from. The check wants the mean to be just below N - 1 = 2, and the slow worker's gradients to be the oldest.

# %% tags=["exercise", "skip-execution"]
def simulate(seconds, updates):
    """The staleness of each of `updates` updates, and the worker that each came from."""
    ...


ages, workers = (np.array(x) for x in simulate([1.0, 1.01, 10.0], 3000))
assert len(ages) == len(workers) == 3000
assert 1.9 < ages.mean() <= 2
assert ages[workers == 2].mean() > 15 > ages[workers == 0].mean()
assert np.mean(simulate([1.0], 50)[0]) == 0

# %% [markdown]
# <details><summary>Answer</summary>
#
# Note when each worker will be ready; the next update is that of the worker who is ready first. The mean is still 2: one slow worker makes few gradients, but very old ones.
#
# ```python
# def simulate(seconds, updates):
#     """The staleness of each of `updates` updates, and the worker that each came from."""
#     ready, sent, ages, workers = list(seconds), [0] * len(seconds), [], []
#     for version in range(updates):
#         who = int(np.argmin(ready))
#         ages.append(version - sent[who])
#         workers.append(who)
#         sent[who], ready[who] = version + 1, ready[who] + seconds[who]
#     return ages, workers
#
#
# ages, workers = (np.array(x) for x in simulate([1.0, 1.01, 10.0], 3000))
# assert len(ages) == len(workers) == 3000
# assert 1.9 < ages.mean() <= 2
# assert ages[workers == 2].mean() > 15 > ages[workers == 0].mean()
# assert np.mean(simulate([1.0], 50)[0]) == 0
# ```
# </details>

# %% [markdown]
# **4 · Open.** How fast is your machine? `train_a2c` reports `steps_per_second`. Measure it for at least two numbers of episodes per update. Larger batches are cheaper per trial; why not take very large ones? (For discussion: the check wants only the measurement.)

# %% tags=["exercise", "skip-execution"]
sizes = ...  # two numbers or more, as in (8, 16)

speeds = {}
for size in sizes:
    own = dataclasses.replace(few, training_steps=fast(320_000, 64_000), episodes_per_update=size)
    speeds[size] = train_a2c(dataclasses.replace(quiet, agent=own)).steps_per_second
print({size: f"{speed:,.0f} trials per second" for size, speed in speeds.items()})
assert len(speeds) >= 2

# %% [markdown]
# <details><summary>Answer</summary>
#
# Whatever your machine says. A larger batch uses the processor better, but gives fewer updates for as many trials, and each update is a step of learning. The recipe takes 16 episodes of 100 trials.
#
# ```python
# sizes = (16, 64)
#
# speeds = {}
# for size in sizes:
#     own = dataclasses.replace(few, training_steps=fast(320_000, 64_000), episodes_per_update=size)
#     speeds[size] = train_a2c(dataclasses.replace(quiet, agent=own)).steps_per_second
# print({size: f"{speed:,.0f} trials per second" for size, speed in speeds.items()})
# assert len(speeds) >= 2
# ```
# </details>
#
# **Back to:** [4 · Frozen evaluation](04_frozen_evaluation.ipynb), where the weights stop, and the learning goes on.
