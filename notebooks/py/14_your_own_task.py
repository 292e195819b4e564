# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 14 · A task of your own: when should one leave?
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_name/metarl/blob/main/notebooks/14_your_own_task.ipynb)
#
# You pick berries. The bush in front of you was full when you came, and each handful is smaller than the one before. The next bush is full, but you must walk to it, and on the way you pick nothing. When do you leave? A bee at a flower, a reader of a dull book and somebody in a job that no longer teaches them anything have the same problem. Charnov (1976, [doi 10.1016/0040-5809(76)90040-X](https://doi.org/10.1016/0040-5809%2876%2990040-X)) found the answer, and there is a surprise in it: *when to leave this bush depends on the other bushes*. The longer the way to the next one, the longer you should stay. **But how do you know how long the way is, if you have never walked it?**
#
# The tasks of this course so far were other people's. This one is not in the package. You will write it, and then do with it all that we did with the others.
#
# **Promise: you will write a task in one file, train a network on it in less than a minute, and judge it by players that know the rules.**
#
# At the end you will be able to say
#
# * what must be decided to turn a story into a family of tasks,
# * how to tell whether a network has learnt to *learn* such a task, or only to play it,
# * where it holds what it has found out, and where its knowledge ends.
#
# Run time: about 90 seconds of computing; 45 minutes to read and do.

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
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import metarl
from metarl.baselines import Random
from metarl.behaviour import to_dataframe
from metarl.notebook import fast
from metarl.plotting.curves import plot_learning_curve, plot_reference
from metarl.plotting.players import PLAYER_COLOURS
from metarl.plotting.raster import plot_raster
from metarl.registry import import_file

Path("results").mkdir(exist_ok=True)  # the two files of this notebook go there

# %% [markdown]
# The numbers of this notebook. Change them, and run it again.

# %% tags=["parameters"]
SEED = 14
NUM_WORKERS = fast(2, 0)
TRAINING_STEPS = fast(6_000_000, 200_000)
NUM_EPISODES = fast(2000, 100)
NUM_EACH = fast(200, 100)  # episodes of each way

# %% [markdown]
# ## 14.1 How does a story become a task?
#
# By a few decisions. Each of them is a line or two of the file below.
#
# | question | our answer | in the file |
# |---|---|---|
# | What is different in each episode, and has to be found out? | the way: 1 to 12 minutes from any bush to the next | `sample_task` |
# | What is luck? | how full a fresh bush is: its first pick brings .6 to 1 cup | `sample_tape` |
# | What can be done? | pick, or walk on; whoever has set off cannot turn back | `step`, `forced_action` |
# | What is seen? | whether one is at a bush; and, as always, the last action, the last reward and the time | `see` |
# | What is paid? | the berries, in cups; each pick leaves 85% of what was there | `step` |
# | How long is an episode? | 100 minutes | `num_trials` |
#
# The first line is the most important one. If nothing differed between episodes, the weights could learn all there is to know, and the activity would have nothing to do. What is drawn anew *and not shown* is what the network must learn to find out.
#
# One more decision: `has_regret = False`. Regret compares a choice with the best one of the same trial. Here a choice changes what comes later, so that no trial can be judged by itself. We shall count cups.
#
# The cell writes a file. (A class may also stand in a cell. But the processes that train, and the command line, can only read files.) `import_file` reads it, and reads it again if you have changed it.

# %%
# %%writefile results/berries.py
"""Picking berries: a bush that empties, and a way to the next one."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from metarl import AgentConfig, TrainConfig
from metarl.envs import TaskFamily, TimeStep


class State(NamedTuple):
    way: Any  # minutes from any bush to the next: the task
    bush: Any  # what the next pick brings, in cups
    ahead: Any  # minutes still to walk
    minute: Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Berries(TaskFamily, family="berries"):
    """Pick from a bush that empties, or walk on to the next one.

    Attributes:
      num_trials: the minutes of an episode.
      shortest: the shortest way between two bushes, in minutes.
      longest: the longest one.
      keep: the share of a bush's berries that a pick leaves there.
    """

    num_trials: int = 100
    shortest: int = 1
    longest: int = 12
    keep: float = 0.85

    num_actions = 2
    action_names = ("pick", "walk")
    observation_size = 1
    has_regret = False  # a choice changes what comes later

    def sample_task(self, key):  # drawn once per episode, and never shown: the way
        return jax.random.randint(key, (), self.shortest, self.longest + 1)

    def sample_tape(self, key):  # how full a bush is for somebody who arrives on this minute
        return jax.random.uniform(key, (self.num_trials,), jnp.float32, 0.6, 1.0)

    def reset(self, way):
        state = State(jnp.int32(way), jnp.float32(0.8), jnp.int32(0), jnp.int32(0))
        return state, self.see(state, 0.0)

    def step(self, state, action, fresh):
        walks = action == 1
        reward = jnp.where(walks, 0.0, state.bush)
        bush = jnp.where(walks, fresh, self.keep * state.bush)
        from_here = jnp.where(state.ahead > 0, state.ahead, state.way)
        ahead = jnp.where(walks, from_here - 1, 0)
        state = State(state.way, bush, ahead, state.minute + 1)
        return state, self.see(state, reward)

    def forced_action(self, state):  # on the way there is no choice
        return jnp.where(state.ahead > 0, 1, -1)

    def see(self, state, reward):
        at_bush = jnp.float32(state.ahead == 0)
        return TimeStep(at_bush[None], jnp.float32(reward), state.minute)

    def describe_step(self, timestep):  # the rest is for the game, for figures and for tables
        return "You are at a bush." if timestep.observation[0] else "You are on the way."

    def describe_task(self, way):
        return f"Each way took {int(way)} minutes."

    def task_columns(self, way, trial):
        return {"way": float(way)}

    def diagnostic_tasks(self, count, key):  # the rows of a raster
        ways = jnp.linspace(self.shortest, self.longest, count).round().astype(jnp.int32)
        return ways, [str(way) for way in ways.tolist()]


def get_config():
    agent = AgentConfig(training_steps=6_000_000)
    return TrainConfig(name="berries", environment=Berries(), agent=agent)


# %% [markdown]
# Before anybody learns from a task, it must be right. So play a few minutes by hand. The way takes 3 minutes. We pick twice, walk on, and pick once.
#
# **Guess before you run the cell.** What are the six rewards, and on which of the minutes are we at a bush? (`0.9` is how full the next bush will be.)

# %%
berries = import_file(Path("results/berries.py"), again=True)
env = berries.Berries()
state, seen = env.reset(3)
rewards, at_bush = [], [float(seen.observation[0])]
for action in (0, 0, 1, 1, 1, 0):
    state, seen = env.step(state, jnp.int32(action), jnp.float32(0.9))
    rewards.append(float(seen.reward))
    at_bush.append(float(seen.observation[0]))
print("cups:", np.round(rewards, 2), " at a bush:", at_bush)

# %%
assert np.allclose(rewards, [0.8, 0.68, 0, 0, 0, 0.9]), "two picks, three minutes, a fresh bush"
assert at_bush == [1, 1, 1, 0, 0, 1, 1], "the way is walked on three minutes, and then we are there"
assert int(state.minute) == 6

# %% [markdown]
# ## 14.2 What would somebody do who knows the rules?
#
# An agent's 30 cups mean nothing as long as we do not know what others get. So before we train, we find the players to compare it with.
#
# Charnov's argument: think of a long day with many bushes, and of leaving each after *n* picks. Your average per minute is the berries of *n* picks, divided by *n* plus the minutes of the way. As long as the next pick brings more than this average, it raises the average: stay. As soon as it brings less: leave. The average is highest where the two curves cross. This is the **marginal value theorem**.

# %%
picks = np.arange(1, 21)
brings = 0.8 * env.keep ** np.arange(21)  # the first pick, the second, ...
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.plot(picks, brings[1:], color="#222222", label="the next pick brings")
for way, style in ((2, "-"), (10, "--")):
    average = brings.cumsum()[:-1] / (picks + way)
    ax.plot(picks, average, style, color=PLAYER_COLOURS["best possible"])
    ax.plot(average.argmax() + 1, average.max(), "o", color=PLAYER_COLOURS["best possible"])
    ax.text(20.3, average[-1], f"average, way of {way}", va="center", fontsize=9)
ax.set(xlabel="picks at each bush", ylabel="cups per minute", ylim=(0, 0.8), xticks=range(0, 21, 5))
ax.legend(frameon=False);
# %% [markdown]
# This is Charnov's (1976) figure, drawn with averages in place of his tangent. What to see: each average is highest where it meets the black curve, nearly (picks come whole). With a way of 2 minutes, one should leave a bush that still brings .4 cups; with a way of 10, stay until it brings half of that. **The limit at which to leave tells how good the rest of the world is.**
#
# So all sensible players are of one kind: they pick until the next pick would bring less than a *limit*, and then walk on. They differ in their limits. A player is anything with `initial_memory`, `draw_noise` and `act`; `params` are its numbers, as the weights are those of a network.

# %%
# %%writefile results/pickers.py
"""Players that pick until the next pick would bring less than a limit."""

import dataclasses
from typing import Any, NamedTuple

import jax.numpy as jnp


class Memory(NamedTuple):
    total: Any  # cups so far
    walked: Any  # minutes on this way so far
    way: Any  # minutes that a way takes; 0 until it has been walked


@dataclasses.dataclass(frozen=True)
class Picker:
    """Walks on when the next pick would bring less than `params[way, minute]`."""

    keep: float = 0.85

    def initial_memory(self, task):
        return Memory(jnp.float32(0), jnp.int32(0), jnp.int32(0))

    def draw_noise(self, key, num_steps):
        return jnp.zeros(num_steps)  # it draws nothing at random

    def act(self, params, memory, previous_action, timestep, noise_t):
        at_bush, came = timestep.observation[0] == 1, previous_action == 1
        memory = Memory(
            total=memory.total + timestep.reward,
            walked=jnp.where(at_bush, 1, memory.walked + 1),
            way=jnp.where(at_bush & came, memory.walked, memory.way),
        )
        next_pick = jnp.where(previous_action == 0, self.keep * timestep.reward, 1.0)
        leaves = next_pick < self.limit(params, memory, timestep.step)
        return memory, leaves.astype(jnp.int32), ()

    def limit(self, params, memory, minute):
        return jnp.asarray(params)[memory.way, minute]


class Average(Picker):
    """Its limit is what it has got per minute, from the start of the episode."""

    def limit(self, params, memory, minute):
        return memory.total / jnp.maximum(minute, 1)


# %% [markdown]
# Four kinds of player:
#
# * **random** picks or walks by the toss of a coin.
# * **one limit** has the same limit in every episode. It never learns anything. (A limit of 0 is the *greedy* player: at any moment a pick brings more than a step on the way. It stays at its first bush for ever.)
# * **average so far** applies Charnov's rule to what it has seen: it leaves when the next pick would bring less than its average. It need not know anything about ways. Constantino & Daw (2015, [doi 10.3758/s13415-015-0350-y](https://doi.org/10.3758/s13415-015-0350-y)) found that people who pick apples follow such a rule, with an average that is updated by prediction errors.
# * **best possible** knows the rules of the file, but not the way of its episode until it has walked it once.
#
# The last one is found by **dynamic programming**, from the last minute backwards. On each minute, for each state of the bush: is it better to pick, or to walk and arrive later at a fresh bush? The limit is where the two are equal.


# %%
def backwards(env, walk_on):
    """The limit on each minute, and what it is worth to arrive at a bush on each minute."""
    next_pick, fresh = np.linspace(0, 1, 201), np.linspace(0.6, 1, 41)
    limits, arrival = np.zeros(env.num_trials), np.zeros(env.num_trials + env.longest)
    later = np.zeros(201)  # what is still to come after the last minute: nothing
    for minute in reversed(range(env.num_trials)):
        pick = next_pick + np.interp(env.keep * next_pick, next_pick, later)
        arrival[minute] = np.interp(fresh, next_pick, pick).mean()
        walk = walk_on(arrival, minute)
        limits[minute] = np.interp(walk, pick, next_pick)
        later = np.maximum(pick, walk)
    return limits, arrival


# %% [markdown]
# Whoever knows the way arrives after that many minutes. Whoever does not know it will know it on arrival, so we take the mean over all ways.


# %%
def best_limits(env):
    """The limits by way and minute (0: not yet walked), and what they bring in an episode."""
    known = [backwards(env, lambda a, t, w=way: a[t + w]) for way in range(1, env.longest + 1)]
    values = [value for _, value in known]

    def mean(arrival, minute):
        ways = range(env.shortest, env.longest + 1)
        return np.mean([values[way - 1][minute + way] for way in ways])

    unknown, arrival = backwards(env, mean)
    return np.stack([unknown, *(limits for limits, _ in known)]), arrival[0]


limits, exact = best_limits(env)
print("limits at minute 20, unknown way:", limits[0, 20].round(2))
print("for ways of 1 to 12:", limits[1:, 20].round(2))

# %% [markdown]
# They are Charnov's limits, and a little more: the best player also knows that the day has an end. (That is why the limits of long ways are not in order. With few bushes left, what counts is how they fit into the time.)
#
# All play the same episodes, with the same luck. **Guess before you run the cell:** the best possible player gets about 31 cups. How many fewer does the best single limit get?


# %%
def play(player, params=(), env=env, **options):
    """The episodes of this notebook, by any player: the same ones for everybody."""
    options = {"num_episodes": NUM_EPISODES, "seed": SEED} | options
    return metarl.evaluate(player, params, env, **options)


def cups(result):
    """Cups per episode."""
    return result.trajectory.rewards.sum(axis=1)


# %%
pickers = import_file(Path("results/pickers.py"), again=True)
results = {
    "random": play(Random(num_actions=2)),
    "average so far": play(pickers.Average()),
    "best possible": play(pickers.Picker(), limits),
}
single = np.linspace(0, 0.6, fast(13, 5))
by_limit = {x: play(pickers.Picker(), np.full_like(limits, x)) for x in single}
best_single = max(single, key=lambda x: cups(by_limit[x]).mean())
results["one limit"] = by_limit[best_single]

# %%
COLOURS = PLAYER_COLOURS | {"one limit": "#595959", "average so far": "#117733"}
fig, ax = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
ax.plot(single, [cups(r).mean() for r in by_limit.values()], "o-", color=COLOURS["one limit"])
for name, style in (("best possible", "--"), ("average so far", "-."), ("random", ":")):
    ax.axhline(cups(results[name]).mean(), ls=style, color=COLOURS[name], label=name)
ax.plot([], "o-", color=COLOURS["one limit"], label="one limit")
ax.set(xlabel="limit at which to leave, in cups", ylabel="cups per episode", ylim=(0, 34))
ax.legend(frameon=False, loc="lower right");
# %% [markdown]
# What to see: on the left end is the greedy player, which empties one bush and gets less than half of what the coin gets. The best single limit is not bad at all: the hill is flat on top. The player that follows its average does no better than that, as its average is of little use while it has seen little. The best possible player is about one and a half cups above both: it learns the way, and it knows when the day ends. It is little; so we need many episodes, the same for everybody.
#
# Did the best possible player do its sums right? It computed beforehand what it would get.

# %%
got = cups(results["best possible"])
error = got.std() / np.sqrt(len(got))
print(f"best possible: computed {exact:.2f}, played {got.mean():.2f} ± {1.96 * error:.2f}")
print("the best single limit:", best_single.round(2))
assert abs(got.mean() - exact) < 4 * error, "computed and played must agree"
for name in ("random", "average so far", "one limit"):
    assert cups(results[name]).mean() < got.mean() - 0.5, "nobody else gets as much"

# %% [markdown]
# ## 14.3 Can a network learn it?
#
# The recipe of notebook 3, as it is: an LSTM of 48 units, trained on sampled rewards, by workers that read your file. The network sees whether it is at a bush, its last action, its last reward and how far the day has gone; nobody tells it that there is a way.
#
# **Guess before you run the cell.** Will it get past the best single limit, and how soon?

# %%
config = dataclasses.replace(
    berries.get_config(),
    num_workers=NUM_WORKERS,
    eval_every_steps=TRAINING_STEPS // fast(15, 3),
    num_final_eval_episodes=fast(2000, 500),
    progress_bar=False,
    agent=metarl.AgentConfig(random_seed=SEED, training_steps=TRAINING_STEPS),
)
rows = []  # one for each evaluation of a frozen copy, on tasks of its own
trained = metarl.train(config, on_evaluation=rows.append)
agent = config.agent.build(env)
results["agent"] = play(agent, trained.params)

# %%
fig, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
for name in ("best possible", "one limit", "average so far", "random"):
    plot_reference(ax, cups(results[name]).mean(), label=name)
    ax.lines[-1].set_color(COLOURS[name])
steps, reward = np.array([(row.step, row.mean_reward) for row in sorted(rows)]).T
plot_learning_curve(ax, steps, 100 * reward, 0 * reward, label="agent", regret=False)
ax.lines[-1].set_color(COLOURS["agent"])
ax.set(ylabel="cups per episode, frozen", xlabel="minutes trained (millions)")
ax.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 0.08));
# %% [markdown]
# What to see: within the first million minutes the network finds that one should leave at all, and gets most of the cups that there are. To that point, nothing has to be learnt *within* an episode. The rest, past the dark grey line and up to the orange one, takes much longer, as it is little and drowns in luck.
#
# The dots come from other episodes than the lines, so the gap at the end means nothing. Here all play the same episodes.

# %%
for name, result in results.items():
    less = cups(results["best possible"]) - cups(result)
    error = 1.96 * less.std() / np.sqrt(len(less))
    print(f"{name:15s}{cups(result).mean():6.2f} cups, {less.mean():6.2f} ± {error:.2f} below the best")
assert cups(results["agent"]).mean() > cups(results["random"]).mean() + 3
assert cups(results["agent"]).mean() > cups(results["one limit"]).mean() + fast(0.2, -6)

# %% [markdown]
# You need no notebook for any of this. The file is a config, too, so every command takes it:
#
# ```
# metarl train --config=results/berries.py --config.environment.longest=20
# metarl eval --import=results/berries.py --config.name=berries
# metarl report --import=results/berries.py --config.name=berries
# metarl benchmark players --config=results/berries.py
# metarl play --config=results/berries.py
# ```
#
# The first trains (each setting of the class is a flag), the second and third evaluate what is in `results/berries`, as numbers and as a page, the fourth compares the players on it, and the last lets *you* pick. A checkpoint holds the name of its family, but not its code, so that nobody can hide a program in it: `--import` says where the code is.
#
# ## 14.4 What has it learnt?
#
# A network could get its cups in many ways. So look at what it does, with frozen weights: a raster, as in [notebook 4](04_frozen_evaluation.ipynb). The way grows from row to row, and every dark stretch is a stay at a bush.
#
# **Guess before you run the cell.** Where will the stretches be long? And the very first one?

# %%
tasks, labels = env.diagnostic_tasks(NUM_EACH, jax.random.key(SEED))
shown = play(agent, trained.params, num_episodes=NUM_EACH, tasks=tasks).trajectory
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
some = slice(2, None, NUM_EACH // 40)
plot_raster(ax, shown.actions[some], env.action_names, labels[some], unit="minute")
ax.set_ylabel("way, in minutes");
# %% [markdown]
# What to see: at the top, where ways are short, it leaves after few picks; at the bottom it stays long. But the *first* stay has about the same length in all rows, as nobody can know the way before having walked it. After one walk, the rows differ. *That is learning within an episode, from a single experience.*
#
# Now exactly, as Constantino & Daw (2015) looked at people: what would the next pick have brought, when somebody left?


# %%
def leaving(player, params, env, way):
    """What the next pick would have brought at the first leave, and at later ones."""
    tasks = np.full(NUM_EACH, way, np.int32)
    played = play(player, params, env, num_episodes=NUM_EACH, tasks=tasks).trajectory
    left = (played.actions == 1) & ~played.forced
    left[:, 0] = left[:, 80:] = False  # the end of the day is another matter
    next_pick = env.keep * np.roll(played.rewards, 1, axis=1)
    first = left & (left.cumsum(axis=1) == 1)
    return next_pick[first].mean(), next_pick[left & ~first].mean()


ways = np.arange(1, 13)
left_at = np.array([leaving(agent, trained.params, env, way) for way in ways])
best_left_at = np.array([leaving(pickers.Picker(), limits, env, way) for way in ways])

# %%
fig, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
ax.plot(ways, best_left_at[:, 1], "--", color=COLOURS["best possible"], label="best possible")
ax.axhline(best_single, color=COLOURS["one limit"], lw=1, label="one limit")
ax.plot(ways, left_at[:, 0], "o:", mfc="w", color=COLOURS["agent"], label="agent, first bush")
ax.plot(ways, left_at[:, 1], "o-", color=COLOURS["agent"], label="agent, later bushes")
ax.set(xlabel="way to the next bush, in minutes", ylabel="next pick when it leaves, in cups")
ax.set(ylim=(0, 0.6), xticks=ways)
ax.legend(frameon=False, loc="upper right");
# %% [markdown]
# This mirrors the exit thresholds of Constantino & Daw (2015), where people, too, left earlier if the next tree was near. (They also saw that people tend to stay too long.) The line of the first bush is level: no knowledge. The line of later ones falls as that of the best possible player does, and lies next to it. Remember that the weights are the same at every dot.
#
# What is that worth? `to_dataframe` makes a row for every minute, with the columns that your file names in `task_columns`; a person's game gives the same table. Here are the cups per episode, for short, middle and long ways.

# %%
names = ("best possible", "agent", "average so far", "one limit")
few = {
    "best possible": play(pickers.Picker(), limits, num_episodes=NUM_EACH),
    "agent": play(agent, trained.params, num_episodes=NUM_EACH),
    "average so far": play(pickers.Average(), num_episodes=NUM_EACH),
    "one limit": play(pickers.Picker(), np.full_like(limits, best_single), num_episodes=NUM_EACH),
}
table = pd.concat([to_dataframe(env, few[name], subject=name) for name in names])
table["ways of"] = pd.cut(table["way"], [0, 3, 8, 12], labels=["1-3", "4-8", "9-12"])
means = table.groupby(["ways of", "subject"], observed=True)["reward"].mean() * env.num_trials
means.unstack()[list(names)].round(1)

# %% [markdown]
# The two simple rules have their weak sides: a single limit stays too long where the next bush is near, and the average is too slow where an episode has few bushes. The network is close to the best possible player everywhere.

# %%
print("leaves its first bush at", left_at[:, 0].mean().round(2), " later ones at", left_at[:, 1].round(2))
assert np.ptp(left_at[:, 0]) < 0.02, "at the first bush nobody can know the way"
assert left_at[0, 1] > left_at[-1, 1] + fast(0.15, -1), "later, it leaves earlier if the way is short"
assert np.abs(left_at[:, 1] - best_left_at[:, 1]).mean() < fast(0.08, 1), "as the best player does"

# %% [markdown]
# ## 14.5 What if the world is one it was never trained on?
#
# Good marks in the school where one was taught prove little. Two tests:
#
# * **Longer ways**, of up to 24 minutes. In training no way took more than 12.
# * **Other bushes**, of which a pick leaves 70%, or 92%. In training it left 85%, always.
#
# The best possible player knows the changed rules. The player *average so far* is told how much a pick leaves, and nothing else. **Guess before you run the cell:** which of the two tests will the network pass?

# %%
wide_limits, _ = best_limits(env.changed(longest=24))
far = np.arange(14, 25, 2)
far_agent = np.array([leaving(agent, trained.params, env, way)[1] for way in far])
every = np.append(ways, far)
far_best = [leaving(pickers.Picker(), wide_limits, env, way)[1] for way in every]
far_tasks = np.resize(far, NUM_EACH).astype(np.int32)
far_cups, far_most = (
    cups(play(*who, num_episodes=NUM_EACH, tasks=far_tasks)).mean()
    for who in ((agent, trained.params), (pickers.Picker(), wide_limits))
)

# %%
keeps = fast((0.7, 0.78, 0.85, 0.92), (0.7, 0.85))
lost = {"agent": [], "average so far": []}  # cups below the best possible
for keep in keeps:
    world = env.changed(keep=keep)
    best = cups(play(pickers.Picker(keep), best_limits(world)[0], world)).mean()
    lost["agent"].append(best - cups(play(agent, trained.params, world)).mean())
    lost["average so far"].append(best - cups(play(pickers.Average(keep), (), world)).mean())

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.5), layout="constrained")
left.axvspan(12.5, 24.5, color="#F2E3D5", lw=0)
left.text(18.5, 0.55, "never trained on", ha="center")
left.plot(every, far_best, "--", color=COLOURS["best possible"], label="best possible")
both = np.append(left_at[:, 1], far_agent)
left.plot(every, both, "o-", ms=4, color=COLOURS["agent"], label="agent")
left.set(xlabel="way, in minutes", ylabel="next pick when it leaves, in cups", ylim=(0, 0.6))
left.legend(frameon=False, loc="upper right", bbox_to_anchor=(1, 0.9))
for name, style in (("average so far", "s-."), ("agent", "o-")):
    right.plot(keeps, lost[name], style, color=COLOURS[name], label=name)
right.axvline(0.85, color="#898989", lw=0.8)
right.text(0.848, 2.3, "trained on", rotation=90, ha="right", va="top", color="#595959")
right.set(xlabel="share that a pick leaves", ylabel="cups below the best possible", ylim=(0, 2.5))
right.legend(frameon=False);
# %% [markdown]
# What to see, on the left: nothing breaks. On ways longer than any it has known, the network stays as long as on the longest it has known. That is not exact, but it costs little. (The best player's line goes up and down, as on long ways only four or five bushes fit into the day.)
#
# On the right: where bushes empty faster, at 70%, it loses more than at home, and its advantage over the simple rule is gone; where they empty more slowly, it still does well. What does it do wrong there? Take a way of 2 minutes.

# %%
poor = env.changed(keep=0.7)
poor_agent = leaving(agent, trained.params, poor, 2)[1]
poor_best = leaving(pickers.Picker(0.7), best_limits(poor)[0], poor, 2)[1]
print(f"next pick when it leaves: agent {poor_agent:.2f}, best possible {poor_best:.2f}")

# %% [markdown]
# It stays too long, until the next pick brings only half of what it should. So it does not go by what a bush brings alone, but also by how long it has been there. At home both say the same: a bush that was picked from five times is always about equally empty. Nothing in its training could tell the two apart, and so nothing taught it which one matters. It has not learnt Charnov's theorem; it has learnt what to do in a world in which all bushes are alike. The simple rule was told the new share, and the rest of what it does is right in every such world. (If you want a network that copes with all bushes, you know what to do: draw `keep` in `sample_task`.)

# %%
print(f"long ways: {far_cups / far_most:.1%} of the best possible cups")
print({name: [round(float(cup), 2) for cup in x] for name, x in lost.items()}, "for", keeps)
home = keeps.index(env.keep)
assert far_cups > fast(0.9, 0.5) * far_most, "on longer ways it is nearly as good as can be"
assert lost["agent"][home] < lost["average so far"][home] + fast(0, 6), "at home it beats the rule"
assert lost["agent"][0] > lost["agent"][home] + fast(0.2, -6), "on other bushes it loses more"
assert poor_agent < poor_best + fast(0, 1), "as it stays too long"

# %% [markdown]
# ## 14.6 What does the critic believe?
#
# The network learns the way on its first walk. Where does that knowledge sit? On the way there is nothing to do: all actions are forced, all rewards are zero, and what is seen stays the same; only the clock, one of the network's inputs, moves on. Only the critic has something to say: how much is still to come, where later cups count less?
#
# **Guess before you run the cell.** You are on a walk, and have not arrived yet. With every minute that passes, do things look better or worse?

# %%
walks = {}
for way in (4, 12):
    tasks = np.full(NUM_EACH, way, np.int32)
    r = play(agent, trained.params, num_episodes=NUM_EACH, tasks=tasks).trajectory
    starts = (r.actions == 1) & ~r.forced
    starts[:, 70:] = False
    for number in (1, 2):
        which, at = np.nonzero(starts & (starts.cumsum(axis=1) == number))
        after = at[:, None] + np.arange(way + 1)
        walks[way, number] = r.trace.value[which[:, None], after].mean(axis=0)

# %%
fig, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
for (way, number), value in walks.items():
    colour = COLOURS["agent"] if way == 12 else "#5F9ED1"
    label = f"way of {way}, {'first' if number == 1 else 'second'} walk"
    ax.plot(value, ":" if number == 1 else "-", color=colour, label=label)
    ax.plot(way, value[way], "o", color=colour, mfc="w" if number == 1 else colour)
ax.set(xlabel="minutes since it left (dot: it is there)", ylabel="value, in cups", xticks=range(0, 13, 2))
ax.legend(frameon=False, loc="center right", bbox_to_anchor=(1, 0.62));
# %% [markdown]
# What to see: on the **first** walk (dotted) the value *falls* from minute to minute. Each minute without a bush says that the ways of this episode are long, and so is bad news about all that is to come. (The two dotted lines coincide until the shorter way ends; arriving early is good news.) On the **second** walk (solid) the way is known. Nothing that happens is news, and the value *rises*, as the next bush comes nearer. It also starts from another height: a world with short ways is a better place.
#
# The same sight and the same weights, and opposite slopes. (The clock differs too, but less time left can only lower the value.) The difference is in the memory. A value that ramps up towards a goal has also been seen in the brain: dopamine in the striatum of rats rises as they come nearer to a reward (Howe et al., 2013, [doi 10.1038/nature12475](https://doi.org/10.1038/nature12475)). What such ramps mean is disputed.

# %%
for walk, value in walks.items():
    print("way, walk", walk, value.round(1))
known, unknown = walks[12, 2], walks[12, 1]
assert unknown[11] < unknown[1] - fast(0.2, -9), "on an unknown way, each minute is bad news"
assert known[11] > known[1] + fast(0.5, -9), "on a known way, it is good news"
assert walks[4, 2][0] > walks[12, 2][0] + fast(1, -9), "short ways promise more"

# %% [markdown]
# ## What we saw
#
# * A **story becomes a family of tasks** by a few decisions, and all of it is one file. The most important decision is what differs between episodes and is not shown: that, and nothing else, is left for the activity to learn.
# * Cups alone say nothing: **players that know the rules** do. The network got past every rule that does not learn, and near the best possible player; after a single walk it leaves its bushes nearly as the marginal value theorem demands.
# * Its knowledge **ends where its training ended**: on longer ways it does well, but with bushes that empty faster it relies on what is no longer true.
#
# ## Exercises
#
# Fill in the dots, and run the cell. It fails until your answer is right.

# %% [markdown]
# **1 · Predict.** A way takes 8 minutes. How many picks does the best possible player make at each bush, on average, once it knows the way? Read the limit from the figure of section 14.4, and recall that a fresh bush brings .8 cups on average and keeps 85% at each pick. The check wants it to within 0.8.

# %% tags=["exercise", "skip-execution"]
prediction = ...  # a number of picks
assert prediction > 0

tasks = np.full(NUM_EACH, 8, np.int32)
r = play(pickers.Picker(), limits, num_episodes=NUM_EACH, tasks=tasks).trajectory
left = (r.actions == 1) & ~r.forced
inside = (left.cumsum(axis=1) > 0) & (left.cumsum(axis=1) < 4)  # the second to fourth stay
per_bush = ((r.actions == 0) & inside).sum() / (3 * NUM_EACH)
print(f"{per_bush:.1f} picks")
assert abs(prediction - per_bush) < 0.8, "how many picks take .8 down to the limit?"

# %% [markdown]
# <details><summary>Answer</summary>
#
# It leaves when the next pick would bring about .24. After n picks, the next one brings .8 times .85 to the power of n; so n is log(.24/.8) / log(.85), about 7.4. (Whole picks round it up, and bushes differ: on average it comes to about 7.5.)
#
# ```python
# prediction = np.log(0.24 / 0.8) / np.log(0.85)
# assert prediction > 0
#
# tasks = np.full(NUM_EACH, 8, np.int32)
# r = play(pickers.Picker(), limits, num_episodes=NUM_EACH, tasks=tasks).trajectory
# left = (r.actions == 1) & ~r.forced
# inside = (left.cumsum(axis=1) > 0) & (left.cumsum(axis=1) < 4)  # the second to fourth stay
# per_bush = ((r.actions == 0) & inside).sum() / (3 * NUM_EACH)
# print(f"{per_bush:.1f} picks")
# assert abs(prediction - per_bush) < 0.8, "how many picks take .8 down to the limit?"
# ```
# </details>

# %% [markdown]
# **2 · Change.** Change a setting of the family so that there is nothing left to learn within an episode: a player with one limit should come within 0.8 cups of the best possible one (here it is 1.3 below). (Each episode must still have several bushes: with the best limits, the player must walk on more than three times, on average, and the best limit must not depend on the way.)

# %% tags=["exercise", "skip-execution"]
dull = env.changed(...)

dull_limits, _ = best_limits(dull)
best = play(pickers.Picker(dull.keep), dull_limits, dull)
by_one = [
    cups(play(pickers.Picker(dull.keep), np.full_like(dull_limits, x), dull)).mean()
    for x in np.arange(0.1, 0.55, 0.05)
]
bushes = ((best.trajectory.actions == 1) & ~best.trajectory.forced).sum(axis=1).mean()
print(f"best {cups(best).mean():.2f}, one limit {max(by_one):.2f}, walks {bushes:.1f}")
assert bushes > 3
of_ways = dull_limits[dull.shortest : dull.longest + 1, 20]
assert np.ptp(of_ways) < 0.1, "the best limit must not depend on the way"
assert cups(best).mean() - max(by_one) < 0.8, "what is drawn anew in each episode?"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Make all ways equally long. What is the same in all episodes, the weights can learn; whatever an agent trained there does, it is no meta-learning. (What is left of the difference comes from the end of the day, and from limits in steps of .05.) Another solution: ways of 4 to 6 minutes differ too little to matter.
#
# ```python
# dull = env.changed(shortest=5, longest=5)
#
# dull_limits, _ = best_limits(dull)
# best = play(pickers.Picker(dull.keep), dull_limits, dull)
# by_one = [
#     cups(play(pickers.Picker(dull.keep), np.full_like(dull_limits, x), dull)).mean()
#     for x in np.arange(0.1, 0.55, 0.05)
# ]
# bushes = ((best.trajectory.actions == 1) & ~best.trajectory.forced).sum(axis=1).mean()
# print(f"best {cups(best).mean():.2f}, one limit {max(by_one):.2f}, walks {bushes:.1f}")
# assert bushes > 3
# of_ways = dull_limits[dull.shortest : dull.longest + 1, 20]
# assert np.ptp(of_ways) < 0.1, "the best limit must not depend on the way"
# assert cups(best).mean() - max(by_one) < 0.8, "what is drawn anew in each episode?"
# ```
# </details>

# %% [markdown]
# **3 · Write.** Write Charnov's theorem: the limit at which to leave in a long day, if the first pick at a bush brings 0.8 cups. (The average per minute is highest for some number of picks; that average is the limit.) The check compares it with the best player's limits on minute 20.

# %% tags=["exercise", "skip-execution"]
def charnov(way, keep=0.85):
    """The highest average of cups per minute, over all numbers of picks per bush."""
    ...


found = np.array([charnov(way) for way in range(1, 7)])
print("Charnov:", found.round(2), " best limits:", limits[1:7, 20].round(2))
assert abs(charnov(2, keep=0.5) - 0.3) < 1e-6, "0.8 + 0.4 cups in 4 minutes"
assert charnov(5, keep=0.9) > charnov(5), "better bushes, higher limit: all bushes are better"
assert np.abs(found - limits[1:7, 20]).max() < 0.06

# %% [markdown]
# <details><summary>Answer</summary>
#
# Three lines, and no program that goes backwards in time. The theorem asks only what the world brings per minute; the rest follows.
#
# ```python
# def charnov(way, keep=0.85):
#     """The highest average of cups per minute, over all numbers of picks per bush."""
#     picks = np.arange(1, 101)
#     brings = 0.8 * keep ** np.arange(100)
#     return (brings.cumsum() / (picks + way)).max()
#
#
# found = np.array([charnov(way) for way in range(1, 7)])
# print("Charnov:", found.round(2), " best limits:", limits[1:7, 20].round(2))
# assert abs(charnov(2, keep=0.5) - 0.3) < 1e-6, "0.8 + 0.4 cups in 4 minutes"
# assert charnov(5, keep=0.9) > charnov(5), "better bushes, higher limit: all bushes are better"
# assert np.abs(found - limits[1:7, 20]).max() < 0.06
# ```
# </details>

# %% [markdown]
# **4 · Write.** In section 14.3 we subtracted the cups *episode by episode* before we took the mean. Write the standard error of a difference of two players in both ways: paired (the same episodes), and as if they had played different ones. How many times as many episodes would you need without pairing? (A mean of n numbers has the standard error of their standard deviation divided by √n; the variances of two independent means add up.)

# %% tags=["exercise", "skip-execution"]
def standard_errors(a, b):
    """The standard error of the mean of a minus that of b: paired, and unpaired."""
    ...


a, b = cups(results["best possible"]), cups(results["average so far"])
paired, unpaired = standard_errors(a, b)
print(f"paired {paired:.3f}, unpaired {unpaired:.3f}: {(unpaired / paired) ** 2:.0f} times as many")
shuffled = standard_errors(a, np.random.default_rng(SEED).permutation(b))
assert abs(unpaired**2 - (a.var() + b.var()) / len(a)) < 1e-3
assert paired < unpaired / 3, "the same ways and the same bushes: most of the luck cancels"
assert abs(shuffled[0] / shuffled[1] - 1) < 0.15, "without common episodes, pairing gains nothing"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Most of the spread is not the players' doing: an episode with short ways is a rich one for everybody. That is why `evaluate` gives the same tasks and the same luck to all players with the same seed. It costs nothing.
#
# ```python
# def standard_errors(a, b):
#     """The standard error of the mean of a minus that of b: paired, and unpaired."""
#     n = len(a)
#     return (a - b).std() / n**0.5, (a.var() / n + b.var() / n) ** 0.5
#
#
# a, b = cups(results["best possible"]), cups(results["average so far"])
# paired, unpaired = standard_errors(a, b)
# print(f"paired {paired:.3f}, unpaired {unpaired:.3f}: {(unpaired / paired) ** 2:.0f} times as many")
# shuffled = standard_errors(a, np.random.default_rng(SEED).permutation(b))
# assert abs(unpaired**2 - (a.var() + b.var()) / len(a)) < 1e-3
# assert paired < unpaired / 3, "the same ways and the same bushes: most of the luck cancels"
# assert abs(shuffled[0] / shuffled[1] - 1) < 0.15, "without common episodes, pairing gains nothing"
# ```
# </details>

# %% [markdown]
# **5 · Open.** Now your own. Change the story: bushes that fill up again, a bear on long ways, two kinds of bushes, a way that is seen. Write it as a class of its own; it may inherit from `Berries` what stays the same. (New settings need `@dataclasses.dataclass(frozen=True, kw_only=True)` above the class.) (In a cell, it can be trained with `num_workers=0`; later, move it to a file.) A short training should bring at least a fifth more than a coin. Then ask what the best possible player would do, and whether your network does it.

# %% tags=["exercise", "skip-execution"]
class Mine(berries.Berries, family="mine"):
    """Your story in a sentence."""

    ...  # change at least one method


mine = Mine()
changed = [name for name in vars(Mine) if name in vars(berries.Berries) and name[0] != "_"]
assert set(changed) - {"family"}, "change at least one method"
brief = metarl.AgentConfig(random_seed=SEED, training_steps=fast(400_000, 200_000))
own = dataclasses.replace(config, name="mine", environment=mine, agent=brief, num_workers=0)
own_agent = metarl.train(own)
pays = cups(play(brief.build(mine), own_agent.params, mine)).mean()
coin = cups(play(Random(num_actions=mine.num_actions), (), mine)).mean()
print(f"agent {pays:.1f}, coin {coin:.1f}")
assert pays > coin + 0.2 * abs(coin), "can it be learnt at all? Play it yourself, with `metarl play`"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Two kinds of bushes: half of them are nearly empty. It is one method, and the best player changes: it should pick once, to see, and leave a poor bush at once unless the way is long.
#
# ```python
# class Mine(berries.Berries, family="mine"):
#     """Half of the bushes are nearly empty, and one sees it only by picking."""
#
#     def sample_tape(self, key):
#         rich = jax.random.bernoulli(key, 0.5, (self.num_trials,))
#         return jnp.where(rich, 1.0, 0.2).astype(jnp.float32)
#
#
# mine = Mine()
# changed = [name for name in vars(Mine) if name in vars(berries.Berries) and name[0] != "_"]
# assert set(changed) - {"family"}, "change at least one method"
# brief = metarl.AgentConfig(random_seed=SEED, training_steps=fast(400_000, 200_000))
# own = dataclasses.replace(config, name="mine", environment=mine, agent=brief, num_workers=0)
# own_agent = metarl.train(own)
# pays = cups(play(brief.build(mine), own_agent.params, mine)).mean()
# coin = cups(play(Random(num_actions=mine.num_actions), (), mine)).mean()
# print(f"agent {pays:.1f}, coin {coin:.1f}")
# assert pays > coin + 0.2 * abs(coin), "can it be learnt at all? Play it yourself, with `metarl play`"
# ```
# </details>
#
# **References.** Charnov, E. L. (1976). Optimal foraging, the marginal value theorem. *Theoretical Population Biology* 9, 129-136. Constantino, S. M. & Daw, N. D. (2015). Learning the opportunity cost of time in a patch-foraging task. *Cognitive, Affective & Behavioral Neuroscience* 15, 837-853. Howe, M. W. et al. (2013). Prolonged dopamine signalling in striatum signals proximity and value of distant rewards. *Nature* 500, 575-579.
#
# **Back to:** [1 · The environment](01_environment.ipynb), where the course begins.
