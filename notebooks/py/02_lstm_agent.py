# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 2 · The agent: a memory that plays
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/metarl/metarl/blob/main/notebooks/02_lstm_agent.ipynb)
#
# **Promise: you will follow every number from what the network is shown to the gradient that trains it.**
#
# At the end you will be able to say
#
# * what goes into the network, what comes out, and which shape it has,
# * what its *memory* is, and when it is set back to zero,
# * what the actor-critic loss adds up, because you will have built it by hand.
#
# Run time: about 15 seconds.

# %%
# In Colab, install the package; everywhere else it is there already.
import sys

if "google.colab" in sys.modules:
    get_ipython().run_line_magic("pip", "install -q git+https://github.com/metarl/metarl")

# %% [markdown]
# What we need from the package, and from others.

# %%
import inspect

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import metarl
from metarl.agents.networks.lstm import LSTM
from metarl.rollout import rollout
from metarl.training import losses

# %% [markdown]
# The numbers of this notebook. Change them, and run it again.

# %% tags=["parameters"]
SEED = 3
NUM_TRIALS = 100

# %% [markdown]
# ## 2.1 What is the network shown?
#
# ![The network](https://raw.githubusercontent.com/metarl/metarl/main/docs/network.svg)
#
# Only what it did and what it got, one trial ago: its **previous action**, as a *one-hot* vector (a 1 at the arm pulled, 0 elsewhere), and its **previous reward**. On the first trial of an episode there was nothing before, and all inputs are zero: below, the action -1 means "none yet". (`_replace` makes a copy with one field changed.)

# %%
env = metarl.Bandit(num_arms=2, num_trials=NUM_TRIALS)
agent = metarl.Agent.for_environment(env, num_units=48)
state, timestep = env.reset(env.make_task([0.25, 0.75]))
print("first trial:          ", agent.encode(jnp.int32(-1), timestep))
won = timestep._replace(reward=jnp.float32(1.0))
print("arm 2 was pulled, won:", agent.encode(jnp.int32(1), won))

# %% [markdown]
# So there are three input units. Let us make sure. (What the package trains has a fourth, like the network of Wang et al. 2016: how much of the episode has passed.)

# %%
assert agent.num_inputs == 3, "two arms and one reward"
assert not agent.encode(jnp.int32(-1), timestep).any(), "nothing came before the first trial"

# %% [markdown]
# ## 2.2 What is in the network?
#
# One layer of 48 *LSTM* units (long short-term memory), and two linear read-outs of them. The **policy** has one number per arm, its *logits*; a softmax turns them into probabilities, and the action is drawn from those. The **value** guesses how much reward is still to come; it is used for training only.
#
# This is all of it, in [Flax](https://flax.readthedocs.io). (Playing and training take a faster path over the same parameters; the package's tests check that it computes the same.)

# %%
print(inspect.getsource(LSTM))

# %% [markdown]
# The parameters are a plain nested dictionary of arrays. How many numbers is that?

# %%
params = agent.init(jax.random.key(SEED))
shapes = jax.tree.map(jnp.shape, params)
count = sum(leaf.size for leaf in jax.tree.leaves(params))
print(shapes)
print("parameters:", count)

# %% [markdown]
# For each unit the LSTM computes four things (192 = 4 x 48): the *input gate* (how much to write), the *forget gate* (how much of the old cell to keep), the *candidate* (what to write), and the *output gate* (how much to show). Each is a weighted sum of the 3 inputs and the 48 units' last outputs, plus a bias, and is then squashed: 4 x 48 x (3 + 48 + 1) = 9,984 numbers. The read-outs add 48 weights and a bias for each of the two arms and for the value.

# %%
assert count == 4 * 48 * (3 + 48 + 1) + 3 * 49

# %% [markdown]
# ## 2.3 How does one episode go?
#
# The **memory** of the network is two vectors of 48 numbers, *cell* and *hidden*. It is **zero at the start of every episode**; on each trial the network updates it from the inputs, and reads its action from it. Everything the agent knows about this task is in there.
#
# `rollout` plays one episode from beginning to end.

# %%
task = env.make_task([0.25, 0.75])
episode = rollout(agent, params, env, task, jax.random.key(SEED + 1))
print("actions:", episode.actions.shape, " the first:", episode.actions[:20])
print("rewards:", episode.rewards.shape, " the first:", episode.rewards[:20].astype(int))
print("inputs: ", episode.trace.inputs.shape)
print("logits: ", episode.trace.logits.shape, " memory:", episode.trace.memory.hidden.shape)

# %% [markdown]
# Look at the memory during the episode, one row per unit. The network is not trained, and still its memory moves with what happens: that movement is what training will shape.

# %%
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
image = ax.imshow(episode.trace.memory.hidden.T, aspect="auto", cmap="RdBu", vmin=-0.5, vmax=0.5)
ax.set(xlabel="trial", ylabel="LSTM unit")
fig.colorbar(image, label="hidden activity");
# %% [markdown]
# Is the memory really all there is? If we show the network the same inputs again, from a zero memory, the same logits must come out. Section 2.5 takes the gradient through such a replay; the package's trainer gets the same gradient straight from the play.

# %%
replayed = agent.replay(params, agent.initial_memory(), episode.trace.inputs)
assert np.allclose(replayed.logits, episode.trace.logits, atol=1e-5), "replay must be the rollout"
assert np.allclose(episode.trace.inputs[0], 0), "the first inputs are zero"

# %% [markdown]
# ## 2.4 What does training minimise?
#
# Three things, added up. Let us build each by hand. First, the **return** of a trial: the reward from there on, each trial further away counting less by a *discount* $\gamma$,
#
# $$G_t = r_t + \gamma\, G_{t+1}, \qquad G_T = 0.$$

# %%
discount = 0.8
returns = np.zeros(NUM_TRIALS + 1)
for t in reversed(range(NUM_TRIALS)):
    returns[t] = episode.rewards[t] + discount * returns[t + 1]
returns = returns[:-1]
assert np.allclose(
    returns, losses.n_step_returns(episode.rewards, discount, jnp.float32(0)), atol=1e-5
)

# %% [markdown]
# The policy is also called the *actor*, and the value the *critic*: it says what return $v_t$ to expect. The **advantage** is how much better it went than expected, $A_t = G_t - v_t$. The three parts of the loss are means over trials of
#
# * $-\log \pi(a_t)\, A_t$, the **policy gradient**: it makes actions with a positive advantage likelier, and others less likely;
# * $\frac12 (G_t - v_t)^2$, the **value loss**: it teaches the critic;
# * $-\sum_a \pi(a) \log \pi(a)$, the **entropy**: largest when all arms are equally likely, it keeps the policy from being sure too early.
#
# Here $\pi(a)$ is the probability of arm a. $A_t$ and $G_t$ count as constants: no gradient flows through them.

# %%
logits, values = np.asarray(episode.trace.logits), np.asarray(episode.trace.value)
log_pi = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
chosen = log_pi[np.arange(NUM_TRIALS), episode.actions]
advantages = returns - values
policy_loss = np.mean(-chosen * advantages)
value_loss = np.mean(0.5 * advantages**2)
entropy = np.mean(-(np.exp(log_pi) * log_pi).sum(axis=1))

# %% [markdown]
# The loss is policy loss, plus a little value loss, *minus* a little entropy (it is a bonus). Is it what the package computes?

# %%
by_hand = policy_loss + 0.5 * value_loss - 0.05 * entropy
loss = losses.actor_critic_loss(
    episode.trace.logits,
    episode.trace.value,
    episode.actions,
    jnp.float32(advantages),
    jnp.float32(returns),
    value_cost=0.5,
    entropy_cost=0.05,
)
print("by hand:", by_hand, " package:", float(loss.total))
assert np.isclose(by_hand, loss.total, rtol=1e-4), "the two must agree"

# %% [markdown]
# ## 2.5 What is one step of learning?
#
# The gradient of that loss says how each of the ten thousand parameters should change. We take it through the replayed episode, so that JAX can follow how every parameter acted on every later trial, through the memory. `jax.grad(f)(params)` is the gradient of `f`, in the same nested dictionary, and `jax.tree.map` does something to every array in it.


# %%
def episode_loss(params):
    """The loss of the recorded episode, as a function of the parameters."""
    trace = agent.replay(params, agent.initial_memory(), episode.trace.inputs)
    return losses.actor_critic_loss(
        trace.logits,
        trace.value,
        episode.actions,
        jnp.float32(advantages),
        jnp.float32(returns),
        value_cost=0.5,
        entropy_cost=0.05,
    ).total


# %%
gradient = jax.grad(episode_loss)(params)
step = jax.tree.map(lambda p, g: p - 0.01 * g, params, gradient)
before, after = float(episode_loss(params)), float(episode_loss(step))
print(f"loss before {before:.5f}, after one small step {after:.5f}")
assert after < before, "a small step down the gradient must lower the loss"

# %% [markdown]
# That is one recorded episode fitted a little better, and not yet a better player: one episode is a very noisy teacher. The trainer does the same with 16 episodes at a time, and with some refinements (`metarl.AgentConfig` names them). The next notebook takes tens of thousands of them, from several processes at once.
#
# ## What we saw
#
# * The network sees its **previous action and reward**, and nothing else; on the first trial, zeros.
# * Its **memory** starts at zero in every episode and holds all it knows of the task; the **parameters** are the same on every trial.
# * The **loss** is policy gradient, value error and entropy bonus; by hand and in `losses.py` they are the same.
#
# ## Exercises
#
# **1.** What happens to the first trial's action if you change the seed of `rollout`, but not the parameters? And its logits?
#
# <details><summary>Solution</summary>
#
# The logits stay the same: they depend on the parameters and on the inputs, which are zero. The action may differ, for it is drawn from the softmax of the logits.
#
# ```python
# for seed in range(5):
#     e = rollout(agent, params, env, task, jax.random.key(seed))
#     print(e.actions[0], e.trace.logits[0])
# ```
# </details>
#
# **2.** GAE, *generalised advantage estimation*, adds up the critic's surprises $\delta_t = r_t + \gamma v_{t+1} - v_t$, each further one weighted by another $\gamma\lambda$. Compute it with `losses.generalized_advantages` for $\lambda = 1$. What do you get?
#
# <details><summary>Solution</summary>
#
# The same as above: with $\lambda = 1$ GAE is the return minus the value.
#
# ```python
# gae = losses.generalized_advantages(
#     episode.rewards, episode.trace.value, discount, 1.0, jnp.float32(0))
# np.abs(gae - advantages).max()
# ```
# </details>
#
# **Next:** [3 · Training with A3C](03_a3c_training.ipynb), where it learns.
