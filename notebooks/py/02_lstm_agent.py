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
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_name/metarl/blob/main/notebooks/02_lstm_agent.ipynb)
#
# A monkey gets juice, and for a fraction of a second its dopamine neurons fire faster. A light begins to announce the juice; soon they answer to the light, and no longer to the juice. Once, the light comes and the juice does not: they pause. **What are these neurons saying, and who listens?** One answer has shaped the field: they report the difference between the reward that came and the reward that was expected ([Schultz, Dayan & Montague, 1997](https://doi.org/10.1126/science.275.5306.1593)), and synapses use it to learn. In this notebook you build that kind of learning from nothing, first for a single choice, then for a network with a memory.
#
# **Promise: you will follow every number from what the network is shown to the gradient that trains it.**
#
# At the end you will be able to say
#
# * what a *reward-prediction error* is, and why learning from it makes good choices more likely,
# * what an *LSTM* computes, what its *memory* is, and when that is set back to zero,
# * what the loss of an actor-critic adds up, and why one episode teaches so little.
#
# Run time: about 25 seconds of computing; 45 minutes to read and do.

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
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

import metarl
from metarl.analysis.prediction_errors import prediction_errors
from metarl.notebook import fast
from metarl.plotting.raster import ARM_COLOURS
from metarl.rollout import rollout
from metarl.training import losses

# %% [markdown]
# The numbers of this notebook. Change them, and run it again.

# %% tags=["parameters"]
SEED = 3
NUM_EPISODES = fast(2000, 300)
AGENT = "bandit_correlated"  # the trained agent that is looked at

# %% [markdown]
# ## 2.1 How does one choice learn?
#
# Forget the network for a moment. Here is the smallest learner there is: it faces the same choice over and over, between two arms that win with probabilities .25 and .75. All that it has is a *preference* for each arm. A **softmax** turns preferences into probabilities: the **policy** $\pi$.


# %%
def softmax(preferences):
    """Probabilities that sum to one; a higher preference gives a higher probability."""
    powers = np.exp(preferences)
    return powers / powers.sum(axis=-1, keepdims=True)


print("equal preferences:     ", softmax(np.array([0.0, 0.0])))
print("one more for arm 2:    ", softmax(np.array([0.0, 1.0])).round(3))
print("both higher by 5:      ", softmax(np.array([5.0, 6.0])).round(3))

# %% [markdown]
# Only the difference between preferences counts. Now it pulls arm 2, wins 1, and had expected to win 1/2. So things went better than expected, by
#
# $$\delta = \text{reward} - \text{expected reward} = 1 - \tfrac12 = +\tfrac12.$$
#
# This difference $\delta$ is the **reward-prediction error**. The learner now makes what it did more likely if $\delta > 0$, and less likely if $\delta < 0$. In which direction does the logarithm of the chosen arm's probability grow fastest? Take 1 for the chosen arm and 0 for the other, and subtract the policy. So the rule is
#
# $$\text{preferences} \leftarrow \text{preferences} + \text{learning rate} \cdot \delta \cdot (\text{chosen} - \pi).$$
#
# Do it by hand, with a learning rate of 1, before you run the cell. What are the new preferences?

# %%
preferences, arm, reward, expected = np.array([0.0, 0.0]), 1, 1.0, 0.5
error = reward - expected
chosen = np.array([0.0, 1.0])  # arm 2
direction = chosen - softmax(preferences)
print("direction:      ", direction)
print("new preferences:", preferences + 1.0 * error * direction)
print("new policy:     ", softmax(preferences + 1.0 * error * direction).round(3))

# %% [markdown]
# JAX can check the direction: `jax.grad(f)(x)` is the gradient of `f` at `x`, the direction in which `f` grows fastest.

# %%
gradient = jax.grad(lambda x: jax.nn.log_softmax(x)[arm])(preferences)
print("JAX:", gradient)
assert np.allclose(direction, gradient, atol=1e-6), "chosen minus policy"

# %% [markdown]
# One such step may be unlucky: the worse arm wins now and then. But what is the step *on average*? There are four cases: two arms, each of which may win or lose. Add up their steps, each times its probability.


# %%
WIN = np.array([0.25, 0.75])


def average_step(preferences, expected):
    """The step averaged over choices and rewards, for a learning rate of 1."""
    policy, total = softmax(preferences), np.zeros(2)
    for arm, reward in ((0, 0), (0, 1), (1, 0), (1, 1)):
        chance = policy[arm] * (WIN[arm] if reward else 1 - WIN[arm])
        total += chance * (reward - expected) * (np.eye(2)[arm] - policy)
    return total


# %% [markdown]
# **Predict before you run the cell.** What if the learner expects nothing (0), or far too much (2)? Will its average step change?

# %%
preferences = np.array([0.5, 0.2])
for expected in (0.0, 0.5, 2.0):
    print(f"expecting {expected}: average step", average_step(preferences, expected).round(4))
uphill = jax.grad(lambda x: jax.nn.softmax(x) @ WIN)(preferences)
print("steepest way to more reward:", uphill.round(4))

# %% [markdown]
# Whatever it expects, the average step is the same, and it is the gradient of the expected reward. So the learner climbs straight uphill on average, although it knows neither the win probabilities nor the gradient of the reward: it only multiplies $\delta$ by the direction of what it did. This is the **policy gradient** (Williams, 1992), and all training in this course is made of it. What the expectation changes is the *noise*: with a good one, the steps scatter less about their average.

# %%
for expected in (0.0, 0.5, 2.0):
    assert np.allclose(average_step(preferences, expected), uphill, atol=1e-6)

# %% [markdown]
# ## 2.2 What would its dopamine neurons do?
#
# Where does the expectation come from? It is learnt in the same way: after each trial it moves a little towards the reward, by a fraction of $\delta$. Let 200 such learners play 500 trials each. (All at once: the arrays have a row for each learner.)


# %%
def one_trial(preferences, expected, rate, rng):
    """A trial of every learner. Returns what they know now, and policy, reward and error."""
    policy = softmax(preferences)
    arm = (rng.random(len(policy)) < policy[:, 1]).astype(int)
    reward = rng.random(len(policy)) < WIN[arm]
    error = reward - expected
    step = rate * error[:, None] * (np.eye(2)[arm] - policy)
    return preferences + step, expected + 0.05 * error, (policy[:, 1], reward, error)


rng = np.random.default_rng(SEED)
preferences, expected, record = np.zeros((200, 2)), np.zeros(200), []
for _ in range(500):
    preferences, expected, happened = one_trial(preferences, expected, 0.2, rng)
    record.append(happened)
better_arm, won, errors = (np.array(x) for x in zip(*record))

# %% [markdown]
# **Guess before you run the cell.** Left: how many trials does it take until they pull the better arm nine times out of ten? Right: at the beginning, a win is a surprise. How large will the errors after wins and after losses be in the end?

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
left.plot(better_arm[:, :20], color="#ABABAB", lw=0.5)
left.plot(better_arm.mean(axis=1), color="k", lw=2)
left.set(xlabel="trial", ylabel="probability of the better arm", ylim=(0, 1))
blocks = [slice(start, start + 10) for start in range(0, 500, 10)]
for label, which, colour in (("after a win", won, "#117733"), ("after a loss", ~won, "#882255")):
    mean = [errors[block][which[block]].mean() for block in blocks]
    right.plot(np.arange(5, 500, 10), mean, color=colour, label=label)
right.axhline(0, color="k", lw=0.8)
right.set(xlabel="trial", ylabel="reward-prediction error", ylim=(-1, 1))
right.legend(frameon=False);
# %% [markdown]
# Left, 20 learners in grey, and the mean of all 200 in black: they all get there, but it takes them some seventy trials. Right: at first a reward comes as a surprise (green, large), and its absence does not (red, small). In the end a reward is expected, so $\delta$ is small after a win (+1/4), and a loss is the event (-3/4). That is what dopamine neurons were seen to do (figure 1 of Schultz, Dayan & Montague, 1997): a burst at an unexpected reward, no change at an expected one, and a pause when an expected reward fails to come.

# %%
late_win, late_loss = errors[400:][won[400:]].mean(), errors[400:][~won[400:]].mean()
settled = int((better_arm.mean(axis=1) > 0.9).argmax())
print(f"late errors: {late_win:+.2f} after a win, {late_loss:+.2f} after a loss")
print("trials until 9 of 10 choices are right:", settled)
assert np.allclose([late_win, late_loss], [1 - 3 / 4, 0 - 3 / 4], atol=0.05), "3/4 is expected"
assert 40 < settled < 200, "it learns, and slowly"

# %% [markdown]
# So far, so slow. And what was learnt is "arm 2": should the arms change places, it would have to be unlearnt. This is the puzzle of notebook 1. The way out: do not let the slow rule learn *which arm* is good. Let it learn *how to find out*. For that, the learner must see what it did and what it got, and remember it. So it needs inputs and a memory: a recurrent network.
#
# ## 2.3 What is in the network?
#
# ![The network](https://raw.githubusercontent.com/your_name/metarl/main/docs/network.svg)
#
# The drawing is after figure 1 of W18 (Wang et al., 2018). On each trial the network is shown three things, all of which an animal can know: what it did on the trial before, as a *one-hot* vector (a 1 at the arm that was pulled, 0 elsewhere); what reward that brought; and how far the episode has gone. On the first trial there is nothing before, and all inputs are zero.

# %%
env = metarl.Bandit(num_arms=2, num_trials=100, reward_structure="correlated")
agent = metarl.Agent.for_environment(env, num_units=48, use_trial_index=True)
task = env.make_task([0.25, 0.75])
state, timestep = env.reset(task)
print("first trial:             ", agent.encode(-1, timestep))  # -1: no action before
state, timestep = env.step(state, 1, jnp.zeros(2))  # a tape of zeros: any arm pays
print("after a win with arm 2:  ", agent.encode(1, timestep))

# %% [markdown]
# Inside is one layer of 48 **LSTM** units (*long short-term memory*, Hochreiter & Schmidhuber, 1997; the forget gate is from Gers, Schmidhuber & Cummins, 2000). Each unit has a *cell* $c$, in which it stores a number, and an activity $h$ (*hidden*), with which it speaks to the others. Three *gates*, numbers between 0 and 1, control what happens to the cell. With the inputs $x_t$ and the activities $h_{t-1}$ of the trial before,
#
# $$\begin{aligned}
# i &= \sigma(x_t W_i + h_{t-1} U_i + b_i) && \text{input gate: how much to write}\\
# f &= \sigma(x_t W_f + h_{t-1} U_f + b_f) && \text{forget gate: how much of the old to keep}\\
# g &= \tanh(x_t W_g + h_{t-1} U_g + b_g) && \text{candidate: what to write}\\
# o &= \sigma(x_t W_o + h_{t-1} U_o + b_o) && \text{output gate: how much to show}\\
# c_t &= f \cdot c_{t-1} + i \cdot g && \text{the cell}\\
# h_t &= o \cdot \tanh(c_t) && \text{the activity}
# \end{aligned}$$
#
# where $\sigma(x) = 1/(1 + e^{-x})$ squeezes any number into the range from 0 to 1. If f is 1 and i is 0, a cell keeps its number for ever; that is what makes it a memory. (Models of working memory in the prefrontal cortex have gates as well: [O'Reilly & Frank, 2006](https://doi.org/10.1162/089976606775093909).) Here are the same six lines in numpy.


# %%
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_step(weights, cell, hidden, inputs):
    """One step of all units: the new cells and the new activities."""
    recurrent = weights["dense_h"]
    sums = inputs @ weights["dense_i"]["kernel"] + hidden @ recurrent["kernel"] + recurrent["bias"]
    i, f, g, o = np.split(sums, 4)
    cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
    return cell, sigmoid(o) * np.tanh(cell)


# %% [markdown]
# Two linear read-outs of the activities complete the network. The **policy** has a number for each arm, the *logits*. They are what the preferences were in 2.1: a softmax turns them into probabilities. The **value** is a single number, the network's expectation of rewards to come; only training needs it.
#
# All parameters are arrays in a nested dictionary. (`metarl/agents/networks/lstm.py` has the whole network on one page, in Flax.) How many numbers are there? Count before you run the cell: 48 units with four sums each; a sum has a weight for each of the 4 inputs and each of the 48 activities, and a bias. The read-outs are three more units (two logits, one value), with 48 weights and a bias each.

# %%
params = agent.init(jax.random.key(SEED))
count = sum(leaf.size for leaf in jax.tree.leaves(params))
print(jax.tree.map(jnp.shape, params))
print("parameters:", count)
assert count == 48 * 4 * (4 + 48 + 1) + 3 * (48 + 1), "LSTM, and three read-out units"

# %% [markdown]
# `rollout` plays one episode, and records everything. (`jax.jit` compiles a function, so that it is quick from the second call on.) Does our numpy step compute what the package computes? We feed it the recorded inputs, from a memory of zero.

# %%
play = jax.jit(lambda params, key: rollout(agent, params, env, task, key))
episode = jax.tree.map(np.asarray, play(params, jax.random.key(SEED + 1)))  # as numpy arrays
weights = jax.tree.map(np.asarray, params["lstm"])
cell, hidden, mine = np.zeros(48), np.zeros(48), []
for inputs in episode.trace.inputs:
    cell, hidden = lstm_step(weights, cell, hidden, inputs)
    mine.append(hidden)
difference = np.abs(mine - episode.trace.memory.hidden).max()
print("largest difference in 100 trials of 48 units:", difference)
assert difference < 1e-4, "the equations above are all there is"

# %% [markdown]
# ## 2.4 What does its memory do?
#
# The **memory** is the 48 cells and the 48 activities. It is set to **zero at the start of every episode**, and everything that the network knows about its task is in there. Let us watch it, in a network that was never trained, and in one that was trained on 240,000 tasks with correlated arms (notebook 3 trains one). Both play the task (.25, .75), with the same luck. They have the same equations; only their weights differ.

# %%
trained = metarl.load_agent(AGENT)
assert trained.agent == agent, "the same network, with other weights"
episodes = {
    "untrained": episode,
    "trained": jax.tree.map(np.asarray, play(trained.params, jax.random.key(SEED + 1))),
}

# %% [markdown]
# **Guess before you run the cell.** The strips on top show the choices (blue: arm 1, orange: arm 2) and the wins (black). Below, each row is a unit, those that vary most on top. Will the memory of the untrained network stay still?

# %%
heights = {"height_ratios": (1, 1, 12), "sharex": True, "layout": "constrained"}
fig, axes = plt.subplots(3, 2, figsize=(9.4, 4.6), **heights)
for (top, middle, bottom), (name, played) in zip(axes.T, episodes.items()):
    arms = ListedColormap(ARM_COLOURS[:2])
    for ax, row, colours in (top, played.actions, arms), (middle, played.rewards, "Greys"):
        ax.imshow(row[None], cmap=colours, vmin=0, vmax=1, aspect="auto")
        ax.set_yticks([])
    activity = played.trace.memory.hidden
    activity = activity[:, np.argsort(-activity.std(axis=0))]
    image = bottom.imshow(activity.T, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
    top.set_title(name)
    bottom.set(xlabel="trial")
for ax, label in zip(axes[:, 0], ("arm", "win", "unit")):
    ax.set_ylabel(label, rotation=0, ha="right", va="center")
fig.colorbar(image, ax=axes[2], label="activity");
# %% [markdown]
# Red is positive, blue is negative, white is zero; an activity lies between -1 and 1, so nothing is cut off.
#
# What to see: the untrained memory does not stay still. Every choice and every reward leaves a trace that fades within a few trials; the network's choices are random. The trained memory moves in the first ten trials or so, while the network tries both arms; then it settles, and so do the choices. From then on a few units hold what was found out, most are silent, and a single loss moves only a few units, briefly. No weight changes on the way. (Some units stir again towards the end: the clock tells them that the episode is nearly over.) What the units stand for is the topic of notebook 7.
#
# In numbers: how much does the activity change from one trial to the next, early and late in the episode?

# %%
for name, played in episodes.items():
    moves = np.abs(np.diff(played.trace.memory.hidden, axis=0)).mean(axis=1)
    right = played.actions[50:].mean()
    early, late = moves[:10].mean(), moves[50:].mean()
    print(f"{name:9s} moves {early:.3f} early, {late:.3f} late; better arm, late: {right:.0%}")
assert early > 1.5 * late, "the trained memory comes to rest"
assert right > 0.9, "on the better arm"

# %% [markdown]
# ## 2.5 What teaches the weights?
#
# The same rule as in 2.1, with two changes, because a choice now has consequences on later trials: what you learn early pays later.
#
# First, in place of the reward we take the **return**: the reward of this trial and of all later ones, where each trial further away counts less by a *discount* $\gamma$,
#
# $$G_t = r_t + \gamma\, G_{t+1}, \qquad G_T = 0.$$

# %%
DISCOUNT = 0.8
returns = np.zeros(101)
for t in reversed(range(100)):
    returns[t] = episode.rewards[t] + DISCOUNT * returns[t + 1]
returns = returns[:-1]
nothing_later = 0.0  # after the last trial
package = losses.n_step_returns(episode.rewards, DISCOUNT, nothing_later)
assert np.allclose(returns, package, atol=1e-5), "by hand and in the package"

# %% [markdown]
# Second, the expectation is not one number that creeps along: it is $v_t$, the network's own *value*, read from its memory trial by trial. The policy is also called the *actor* and the value the *critic*. What was $\delta$ in 2.1 is now the **advantage** $A_t = G_t - v_t$: how much better it went, from here on, than the critic expected. The loss has three parts, each a mean over trials:
#
# * $-\log \pi(a_t)\, A_t$, the **policy gradient**, exactly the rule of 2.1: making it smaller makes actions that went better than expected more likely, and the others less likely;
# * $\frac12 (G_t - v_t)^2$, the **value loss**: it teaches the critic what to expect;
# * $-\sum_a \pi(a) \log \pi(a)$, the **entropy** of the policy, largest when both arms are equally likely. It is a bonus that keeps the policy from being sure too early.
#
# Let us add them up by hand, in numpy. ($A_t$ and $G_t$ count as constants: no gradient flows through them.)

# %%
logits, values = episode.trace.logits, episode.trace.value
log_policy = np.log(softmax(logits))
log_chosen = log_policy[np.arange(100), episode.actions]
advantages = returns - values
policy_loss = np.mean(-log_chosen * advantages)
value_loss = np.mean(0.5 * advantages**2)
entropy = np.mean(-(softmax(logits) * log_policy).sum(axis=1))
by_hand = policy_loss + 0.5 * value_loss - 0.05 * entropy

# %% [markdown]
# The loss is the policy's part, plus some of the value's, *minus* a little entropy. Is it what the package computes?

# %%
costs = {"value_cost": 0.5, "entropy_cost": 0.05}
loss = losses.actor_critic_loss(logits, values, episode.actions, advantages, returns, **costs)
print("by hand:", by_hand.round(5), " package:", float(loss.total))
assert np.isclose(by_hand, loss.total, rtol=1e-4), "the two must agree"

# %% [markdown]
# Where is dopamine in this? The critic need not wait for the return to know whether it was wrong. After each trial it can compare what came, plus what it *now* expects of the future, with what it had expected,
#
# $$\delta_t = r_t + \gamma\, v_{t+1} - v_t.$$
#
# This is the reward-prediction error of Schultz, Dayan & Montague (1997); in reinforcement learning it is called the *temporal-difference error*. The advantage is nothing but the errors from now on, added up, later ones discounted: $A_t = \delta_t + \gamma \delta_{t+1} + \gamma^2 \delta_{t+2} + \dots$ (exercise 3). In W18's account, dopamine carries this error to the synapses of the prefrontal network and so, slowly, trains it.
#
# Look at the errors of the *trained* network, whose weights are frozen, averaged over many tasks. **Guess before you run the cell.** In 2.2 it took more than a hundred trials before wins were expected and losses were not. How long will it take here?

# %%
result = metarl.evaluate(agent, trained.params, env, num_episodes=NUM_EPISODES, seed=SEED)
won, values = result.trajectory.rewards > 0, result.trajectory.trace.value
discount = trained.config.agent.discount_end  # with which its critic was trained
errors = prediction_errors(values, result.trajectory.rewards, discount)
after_win = np.array([errors[won[:, t], t].mean() for t in range(100)])
after_loss = np.array([errors[~won[:, t], t].mean() for t in range(100)])

# %%
fig, ax = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
trials = np.arange(1, 101)
ax.plot(trials, after_win, ".-", ms=4, color="#117733", label="after a win")
ax.plot(trials, after_loss, ".-", ms=4, color="#882255", label="after a loss")
ax.axhline(0, color="k", lw=0.8)
ax.set(xlabel="trial of the episode", ylabel="reward-prediction error")
ax.legend(frameon=False);
# %% [markdown]
# What to see: about the same picture as in 2.2, but within *one episode*, from a memory of zero, and without any change of a weight. On the first trial a win and a loss are equally surprising (+1/2 and -1/2). By the end, wins are expected and losses are not: about +1/4 and -3/4 again, as the better arm wins with 3/4 on average. In between, errors after a loss are larger than any reward: an early loss is bad news about *all* trials to come. (The kink at the very end is the critic's: it does not know exactly when the rewards stop.) The expectation was learnt, but in activity. So the network's errors follow what it has found out in its memory, and this is a prediction of W18 for dopamine (notebook 12).

# %%
print(f"first trial {after_win[0]:+.2f} {after_loss[0]:+.2f}")
print(f"last twenty {after_win[-20:].mean():+.2f} {after_loss[-20:].mean():+.2f}")
assert abs(after_win[0] + after_loss[0]) < 0.3, "at first, equally surprising"
assert after_win[-20:].mean() < 0.6 * after_win[0], "later, a win is expected"
assert after_loss[-20:].mean() < -2 * after_win[-20:].mean(), "and a loss is not"

# %% [markdown]
# ## 2.6 How much does one episode teach?
#
# One step of training takes the gradient of the loss with respect to all 10,323 parameters, through all trials of an episode, as each parameter acts on all later trials through the memory. (This is *backpropagation through time*. `agent.replay` runs the network over recorded inputs, so that JAX can follow.)


# %%
@jax.jit
def policy_part(params, episode):
    """The policy's part of the loss of a recorded episode, as a function of the parameters."""
    trace = agent.replay(params, agent.initial_memory(), episode.trace.inputs)
    returns = losses.n_step_returns(episode.rewards, DISCOUNT, nothing_later)
    advantage = returns - episode.trace.value
    return losses.policy_gradient_loss(trace.logits, episode.actions, advantage).mean()


gradient = jax.grad(policy_part)(params, episode)
stepped = jax.tree.map(lambda p, g: p - 0.1 * g, params, gradient)  # on every array
before, after = float(policy_part(params, episode)), float(policy_part(stepped, episode))
print(f"loss of this episode: {before:.5f}, after one small step {after:.5f}")
assert after < before, "a small step down the gradient must lower the loss"

# %% [markdown]
# This episode is now fitted a little better. But is it the way to become a better *player*? Another episode, with another task and other luck, will have another gradient. So we let the untrained network play many episodes with new tasks, and compute the gradient of each.


# %%
@jax.jit
@jax.vmap
def one_gradient(key):
    """The gradient of the policy's part in a new episode with a new task, as one long vector."""
    task_key, play_key = jax.random.split(key)
    played = rollout(agent, params, env, env.sample_task(task_key), play_key)
    gradient = jax.grad(policy_part)(params, played)
    return jnp.concatenate([leaf.ravel() for leaf in jax.tree.leaves(gradient)])


keys = jax.random.split(jax.random.key(SEED), fast(512, 128))
gradients = np.asarray(one_gradient(keys))
half = len(gradients) // 2
print("episodes, parameters:", gradients.shape)

# %% [markdown]
# The mean gradient of one half of the episodes serves as the "true" direction. How well does the other half agree with it, if we average over 1, 4, 16 ... episodes? Agreement is the cosine of the angle: 1 is the same direction, 0 is a right angle, no agreement at all. **Guess before you run the cell:** how well does a single episode know where to go?


# %%
def cosine(x, y):
    return x @ y / np.linalg.norm(x) / np.linalg.norm(y)


truth = gradients[half:].mean(axis=0)
sizes = [size for size in (1, 4, 16, 64, 256) if size <= half]
groups = [gradients[:half].reshape(-1, size, len(truth)).mean(axis=1) for size in sizes]
agreement = [float(np.mean([cosine(x, truth) for x in group])) for group in groups]
fig, ax = plt.subplots(figsize=(5.4, 3), layout="constrained")
ax.plot(sizes, agreement, "o-", color="#005F9E")
ax.set(xscale="log", xlabel="episodes averaged", ylabel="agreement (cosine)", ylim=(0, 1))
ax.set_xticks(sizes, sizes)
ax.minorticks_off();
# %% [markdown]
# What to see: a single episode points in almost any direction. Its hundred rewards are noisy, and they speak about *its* task; what is common to all tasks, how to find out which arm is better, shows only in the average over many. That is why this learning must be slow: large steps on single episodes would chase noise. The trainer averages over 16 episodes for each step, takes small steps, and takes thousands of them. And it is W18's answer to why the brain would have two systems: the slow one averages over tasks, the fast one adapts to a task.

# %%
print({size: round(value, 2) for size, value in zip(sizes, agreement)})
assert agreement[0] < 0.3, "one episode says little"
assert agreement[-1] > agreement[0] + 0.3, "many say much more"

# %% [markdown]
# ## What we saw
#
# * Learning from the **reward-prediction error** climbs, on average, straight towards more reward. It is slow, and on its own, it learns only one task.
# * The network sees its **last action, its last reward and a clock**. Its **memory**, an LSTM's cells and activities, starts at zero in every episode and holds all that it knows about the task.
# * The weights are trained by the **same rule**: policy gradient, value loss and an entropy bonus. One episode says little, so this learning has to be slow; with frozen weights, a trained memory learns within a few trials.
#
# ## Exercises
#
# Replace the dots, and run the cell. It fails until your answer is right.

# %% [markdown]
# **1 · Predict.** The *trained* network plays 20 episodes of the task (.25, .75), each with another seed, that is, with other luck and other noise in its choices. How many different pairs of logits will there be among the 20 on the first trial? And on the tenth? Predict the first number exactly, and the second to within 6.

# %% tags=["exercise", "skip-execution"]
on_trial_1, on_trial_10 = ...  # two whole numbers, from 1 to 20

keys = jax.random.split(jax.random.key(SEED), 20)
logits = jax.vmap(play, (None, 0))(trained.params, keys).trace.logits
first, tenth = (len(np.unique(np.round(logits[:, t], 3), axis=0)) for t in (0, 9))
assert on_trial_1 == first, f"on the first trial there are {first}"
assert abs(on_trial_10 - tenth) <= 6, f"on the tenth trial there are {tenth}"

# %% [markdown]
# <details><summary>Answer</summary>
#
# One on the first trial: logits depend on the weights, the memory and the inputs, and memory and inputs are zero in all episodes. (The *choice* may still differ: it is drawn from the softmax of the logits.) On the tenth trial nearly every episode has its own: by then each has seen other choices and other rewards. The seed acts on the network only through what happens to it.
#
# ```python
# on_trial_1, on_trial_10 = 1, 17
#
# keys = jax.random.split(jax.random.key(SEED), 20)
# logits = jax.vmap(play, (None, 0))(trained.params, keys).trace.logits
# first, tenth = (len(np.unique(np.round(logits[:, t], 3), axis=0)) for t in (0, 9))
# assert on_trial_1 == first, f"on the first trial there are {first}"
# assert abs(on_trial_10 - tenth) <= 6, f"on the tenth trial there are {tenth}"
# ```
# </details>

# %% [markdown]
# **2 · Change.** Can the learners of 2.2 not simply learn faster? Choose a learning rate with which, after only 50 trials, four out of five pull the better arm with a probability above .9, and with which nobody is still on the wrong arm after 500 trials. Try .2, then 10.

# %% tags=["exercise", "skip-execution"]
learning_rate = ...  # a number

rng = np.random.default_rng(SEED)
preferences, expected, record = np.zeros((200, 2)), np.zeros(200), []
for _ in range(500):
    preferences, expected, happened = one_trial(preferences, expected, learning_rate, rng)
    record.append(happened[0])
quick, wrong = np.mean(record[49] > 0.9), np.mean(record[-1] < 0.5)
print(f"sure of the better arm after 50 trials: {quick:.0%}, wrong after 500: {wrong:.1%}")
assert quick > 0.8, "too slow"
assert wrong == 0, "too hasty: some are stuck with the worse arm"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Anything from 0.4 to 2 will do; .2 is too slow. With a rate of 10, the first rewards decide: some learners become so sure of the worse arm, after an early win, that they never try the other one again, and what is never tried is never learnt about. So there is a limit to how fast this rule can be made, and the limit depends on the task.
#
# ```python
# learning_rate = 0.6
#
# rng = np.random.default_rng(SEED)
# preferences, expected, record = np.zeros((200, 2)), np.zeros(200), []
# for _ in range(500):
#     preferences, expected, happened = one_trial(preferences, expected, learning_rate, rng)
#     record.append(happened[0])
# quick, wrong = np.mean(record[49] > 0.9), np.mean(record[-1] < 0.5)
# print(f"sure of the better arm after 50 trials: {quick:.0%}, wrong after 500: {wrong:.1%}")
# assert quick > 0.8, "too slow"
# assert wrong == 0, "too hasty: some are stuck with the worse arm"
# ```
# </details>

# %% [markdown]
# **3 · Write.** Show that the advantage is a sum of reward-prediction errors. Write `add_up(errors, discount, decay)`: $A_t = \delta_t + \gamma \lambda A_{t+1}$, with the discount $\gamma$ and a decay $\lambda$, and $A = 0$ after the last trial. With $\lambda = 1$ it must give the advantages of 2.5; a smaller $\lambda$ trusts the critic more and late rewards less. (This is *generalised advantage estimation*, which the trainer uses: Schulman et al., 2016.)


# %% tags=["exercise", "skip-execution"]
def add_up(errors, discount, decay):
    """A for each trial: its error, and the discounted and decayed errors of all later trials."""
    ...


its_values = episode.trace.value
deltas = episode.rewards + DISCOUNT * np.append(its_values[1:], 0.0) - its_values
assert np.allclose(add_up(np.array([1.0, 2.0]), 0.5, 1.0), [2, 2]), "by hand"
assert np.allclose(add_up(deltas, DISCOUNT, 1.0), advantages, atol=1e-4), "with decay 1"
package = losses.generalized_advantages(episode.rewards, its_values, DISCOUNT, 0.9, nothing_later)
assert np.allclose(add_up(deltas, DISCOUNT, 0.9), package, atol=1e-4), "with decay .9"

# %% [markdown]
# <details><summary>Answer</summary>
#
# From the last trial back, as for the return. With $\lambda = 1$ the values in the middle cancel: each is added by one error and taken away by the next, and what remains is the return minus $v_t$.
#
# ```python
# def add_up(errors, discount, decay):
#     """A for each trial: its error, and the discounted and decayed errors of all later trials."""
#     sums = np.zeros(len(errors) + 1)
#     for t in reversed(range(len(errors))):
#         sums[t] = errors[t] + discount * decay * sums[t + 1]
#     return sums[:-1]
#
#
# its_values = episode.trace.value
# deltas = episode.rewards + DISCOUNT * np.append(its_values[1:], 0.0) - its_values
# assert np.allclose(add_up(np.array([1.0, 2.0]), 0.5, 1.0), [2, 2]), "by hand"
# assert np.allclose(add_up(deltas, DISCOUNT, 1.0), advantages, atol=1e-4), "with decay 1"
# package = losses.generalized_advantages(episode.rewards, its_values, DISCOUNT, 0.9, nothing_later)
# assert np.allclose(add_up(deltas, DISCOUNT, 0.9), package, atol=1e-4), "with decay .9"
# ```
# </details>

# %% [markdown]
# **4 · Write.** How long can a unit remember? If its forget gate stays at f, a fraction f of the cell is left after a trial, so it remembers for about 1/(1 - f) trials. Write `forget_gates(params, trace)`: the forget gate of each unit on each trial, shape (trials, units), from the recorded inputs and activities. (The columns of the weights hold i, f, g and o, in this order, as in `lstm_step`. The activity *before* a trial is that after the trial before, and zero at first.)


# %% tags=["exercise", "skip-execution"]
def forget_gates(params, trace):
    """The forget gate of every unit on every trial."""
    ...


span = {}
for name, weights in (("untrained", params), ("trained", trained.params)):
    gates = forget_gates(weights, episodes[name].trace)
    assert gates.shape == (100, 48)
    span[name] = 1 / (1 - gates.mean(axis=0).max())
    print(f"{name}: the longest memory lasts {span[name]:.0f} trials")
first_gates = forget_gates(params, episodes["untrained"].trace)[0]
assert np.allclose(first_gates, sigmoid(1), atol=1e-5), "nothing comes in, and the bias is 1"
assert span["untrained"] < 20 < 50 < span["trained"], "training makes a memory last"

# %% [markdown]
# <details><summary>Answer</summary>
#
# The longest memory of the untrained network lasts about 8 trials. In the trained one some forget gates stay near 1, so that their cells keep what they add up for hundreds of trials; others stay near 0, and their cells forget at once. Training has found out which units should be a long memory, and which a short one.
#
# ```python
# def forget_gates(params, trace):
#     """The forget gate of every unit on every trial."""
#     weights, hidden = params["lstm"], trace.memory.hidden
#     before = np.concatenate([np.zeros((1, 48)), hidden[:-1]])
#     sums = trace.inputs @ weights["dense_i"]["kernel"]
#     sums = sums + before @ weights["dense_h"]["kernel"] + weights["dense_h"]["bias"]
#     return sigmoid(np.asarray(sums)[:, 48:96])
#
#
# span = {}
# for name, weights in (("untrained", params), ("trained", trained.params)):
#     gates = forget_gates(weights, episodes[name].trace)
#     assert gates.shape == (100, 48)
#     span[name] = 1 / (1 - gates.mean(axis=0).max())
#     print(f"{name}: the longest memory lasts {span[name]:.0f} trials")
# first_gates = forget_gates(params, episodes["untrained"].trace)[0]
# assert np.allclose(first_gates, sigmoid(1), atol=1e-5), "nothing comes in, and the bias is 1"
# assert span["untrained"] < 20 < 50 < span["trained"], "training makes a memory last"
# ```
# </details>

# %% [markdown]
# **5 · Open.** Take another agent (`metarl.pretrained_names()` lists them; `bandit_hard` has arms that win with .6 and .4, `reversal` has arms that change places without notice). Let it play its own tasks, and measure its mean reward-prediction error after wins and after losses in the last twenty trials. Explain the difference from the agent above.

# %% tags=["exercise", "skip-execution"]
other = ...  # an agent
deltas, win = ...  # its errors, and where it won: the last twenty trials of each episode

assert other.config.name != AGENT, "another agent"
assert deltas.shape == win.shape == (len(win), 20)
mean_after_win, mean_after_loss = deltas[win].mean(), deltas[~win].mean()
print(f"{mean_after_win:+.2f} after a win, {mean_after_loss:+.2f} after a loss")
assert mean_after_win > 0 > mean_after_loss, "a win is better than expected, a loss is worse"

# %% [markdown]
# <details><summary>Answer</summary>
#
# In `reversal`, the better arm wins with .9, so that wins are well expected, and a loss is a large error: it may mean that the arms have changed places, which is bad news about more than this trial.
#
# ```python
# other = metarl.load_agent("reversal")
# family = other.config.environment
# played = metarl.evaluate(other.agent, other.params, family, num_episodes=300, seed=SEED)
# rewards, values = played.trajectory.rewards, played.trajectory.trace.value
# deltas = prediction_errors(values, rewards, other.config.agent.discount_end)[:, -20:]
# win = rewards[:, -20:] > 0
#
# assert other.config.name != AGENT, "another agent"
# assert deltas.shape == win.shape == (len(win), 20)
# mean_after_win, mean_after_loss = deltas[win].mean(), deltas[~win].mean()
# print(f"{mean_after_win:+.2f} after a win, {mean_after_loss:+.2f} after a loss")
# assert mean_after_win > 0 > mean_after_loss, "a win is better than expected, a loss is worse"
# ```
# </details>
#
# **Next:** [3 · Training](03_a3c_training.ipynb), where it learns.
