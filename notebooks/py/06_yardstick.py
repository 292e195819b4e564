# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 6 · The yardstick: how good can anybody be?
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/your_name/metarl/blob/main/notebooks/06_yardstick.ipynb)
#
# A bird looks for food in two places. One has paid well so far; of the other it knows little. Trying the second costs food now, and may bring more food for the rest of the day. **How curious should it be? Is there a right answer?** There is, and it can be computed. [Krebs, Kacelnik & Taylor (1978)](https://doi.org/10.1038/275027a0) gave great tits two perches that paid with different probabilities, and compared the birds with the best possible player. We do the same with a network.
#
# **Promise: you will know exactly what the best possible player earns, what it does, and how far from it everybody else is, a trained network included.**
#
# At the end you will be able to say
#
# * what *optimal* means for a player that does not know the task, and how to compute it in eight lines,
# * what a *Gittins index* is, and what it has to do with optimism,
# * why "better than UCB1" means nothing until somebody says which UCB1.
#
# Run time: about 25 seconds of computing; 40 minutes to read and do.

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
import functools

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

import metarl
from metarl.baselines import UCB1, Gittins, Greedy, Thompson
from metarl.exact.dynamic_programme import solve_two_arms
from metarl.exact.gittins_indices import discounted_indices
from metarl.exact.regret import exact_regret
from metarl.notebook import fast
from metarl.plotting.players import PLAYER_COLOURS, plot_regret
from metarl.plotting.raster import ARM_COLOURS

# %% [markdown]
# The numbers of this notebook. Change them, and run it again.

# %% tags=["parameters"]
SEED = 6
NUM_TRIALS = fast(100, 40)
NUM_EPISODES = fast(20_000, 1_000)
AGENT, FOLDER = "bandit_independent", None  # or the name and folder of an agent of your own

# %% [markdown]
# ## 6.1 What does *optimal* mean?
#
# An oracle has no regret, but an oracle is told the probabilities. We ask for the best that a player can do if it knows only the *family*: two independent arms, each as likely to have any win probability as any other. Some regret is then the price of finding out, and even the best player has to pay it.
#
# How much? Start at the end. With **one** trial left and nothing known, an arm wins half the time, so you can expect 1/2. With **two** trials, pull either arm. If it wins (half the time), it will win again with probability 2/3: after w wins and l losses, Bayes' rule says (w + 1) / (w + l + 2). So you stay. If it loses, you go to the other arm, of which you know nothing: 1/2. Together
#
# $$V(2) = \tfrac12 + \tfrac12 \cdot \tfrac23 + \tfrac12 \cdot \tfrac12 = \tfrac{13}{12}.$$
#
# This can go on. In any situation you can expect what the better choice is worth. A choice is worth its chance to win, plus what you can expect afterwards: after a win and after a loss, each times its probability. Written down, this is a program that calls itself. (`functools.cache` makes it remember what it has computed: different histories lead to the same counts, and each situation is worked out once. That trick is *dynamic programming*; Bellman, 1956.)


# %%
@functools.cache
def value(left, w1=0, l1=0, w2=0, l2=0):
    """The wins to expect in the trials that are left, after these wins and losses of both arms."""
    if left == 0:
        return 0.0
    p1, p2, left = (w1 + 1) / (w1 + l1 + 2), (w2 + 1) / (w2 + l2 + 2), left - 1
    arm_1 = p1 * (1 + value(left, w1 + 1, l1, w2, l2)) + (1 - p1) * value(left, w1, l1 + 1, w2, l2)
    arm_2 = p2 * (1 + value(left, w1, l1, w2 + 1, l2)) + (1 - p2) * value(left, w1, l1, w2, l2 + 1)
    return max(arm_1, arm_2)


# %% [markdown]
# **Predict before you run the cell.** The better of two arms wins 2/3 of the time on average, so an oracle expects 2T/3 wins in T trials. The optimal player's regret is how far it falls short of that: 1/6 with one trial, 1/4 with two. Will four trials cost twice as much as two? What about twenty?

# %%
for trials in (1, 2, 3, 4, 5, 10, 20):
    expects = value(trials)
    print(f"{trials:3d} trials: {expects:9.6f} wins, regret {2 * trials / 3 - expects:.3f}")
assert abs(value(2) - 13 / 12) < 1e-12, "the sum by hand"

# %% [markdown]
# The regret grows, but more and more slowly: what you have found out is of use on all trials to come. These numbers are exact, not estimates. On these tasks, no player can expect more, be it a network, a bird or a person. If one scored more, it was lucky.
#
# Our eight lines are slow: 100 trials have over four million situations. The package does the same sums with numpy, trial by trial from the last one back.

# %%
situations = value.cache_info().currsize
print("situations worked out so far:", situations)
for trials in (1, 2, 3, 10, 20):
    assert abs(value(trials) - solve_two_arms(trials).value) < 1e-9, "eight lines, and the package"
full = solve_two_arms(NUM_TRIALS).value
print(f"{NUM_TRIALS} trials: {full:.6f} wins, regret {2 * NUM_TRIALS / 3 - full:.6f}")

# %% [markdown]
# ## 6.2 What does the optimal player do?
#
# The program also says which arm to pull in every situation. A situation is four numbers, so we look at a slice: arm 2 has won one of two pulls. Arm 1 has been pulled some number of times (across) and has won some of these (up).


# %%
def policy_map(num_trials, shown):
    """The chance of pulling arm 1, by its wins (rows) and pulls (columns); arm 2 won one of two."""
    solution = solve_two_arms(num_trials)
    chance = np.full((shown, shown), np.nan)  # it cannot have won more often than it was pulled
    for pulls in range(shown):
        chance[: pulls + 1, pulls] = solution.first_arm_chance(pulls, 2)[:, 1]
    return chance


SHOWN = 24
maps = {trials: policy_map(trials, SHOWN) for trials in (SHOWN + 2, NUM_TRIALS)}

# %% [markdown]
# **Guess before you run the cell.** On the dashed line arm 1, like arm 2, has won half of its pulls: a *greedy* player pulls arm 1 above it and arm 2 below. Where will the optimal player's border be: on the line, above or below? We draw it twice: for an episode that ends where the picture does, and for one that goes on.

# %%
colours = ListedColormap([ARM_COLOURS[1], "#CFCFCF", ARM_COLOURS[0]])
fig, axes = plt.subplots(1, 2, figsize=(8, 4), sharey=True, layout="constrained")
for ax, (trials, chance) in zip(axes, maps.items()):
    ax.imshow(chance, origin="lower", cmap=colours, vmin=0, vmax=1)
    ax.plot([0, SHOWN - 1], [0, (SHOWN - 1) / 2], color="k", ls="--")
    ax.text(6, 18, "impossible:\nmore wins than pulls", ha="center", color="#595959", fontsize=9)
    ax.text(22.5, 18, "arm 1", color="w", ha="right", fontsize=9)
    ax.text(22.5, 4, "arm 2", ha="right", fontsize=9)
    ax.set(title=f"which arm to pull, {trials} trials", xlabel="pulls of arm 1")
axes[0].set_ylabel("wins of arm 1");
# %% [markdown]
# (Grey: a tie, either arm will do.) What to see: once arm 1 has been pulled more often than arm 2, the optimal border lies *above* the greedy one. Between the two, the player pulls arm 2 although arm 1 looks better, because it knows little about arm 2 and might learn something that pays later. On the left, the episode ends where the picture does: towards its right edge there is no *later*, and the border comes down to the line. On the right, most of the episode is still to come, and the border keeps its distance. So curiosity has a value, and it depends on how much future there is to use what you find.

# %%
wins, pulls = np.indices((SHOWN, SHOWN))
arm_1_looks_better = 2 * wins > pulls
explores = {trials: int((m[arm_1_looks_better] == 0).sum()) for trials, m in maps.items()}
print("situations in which it pulls the arm that looks worse:", explores)
short, long = explores.values()
assert 0 < short < long, "the longer the future, the more it pays to find out"

# %% [markdown]
# ## 6.3 What is a Gittins index?
#
# Millions of situations for two arms; ten arms are out of reach. [Gittins (1979)](https://doi.org/10.1111/j.2517-6161.1979.tb01068.x) found a way around this: give *each arm on its own* a number, and pull the arm with the highest. Imagine that you must pay a charge for every pull, and may stop at any time. The **Gittins index** of an arm is the highest charge at which it is still worth playing. (Choosing by it is exactly optimal if the arms are independent and the future is endless and discounted: a win tomorrow counts a little less than one today.)
#
# An index is at least the arm's mean, as you could pull just once. **Guess before you run the cell:** how far above the mean is it, for an arm that has won half of its pulls? Should the bonus depend on how often it was pulled, and on how far you look ahead?

# %%
situations = [(pulls, wins) for pulls in range(41) for wins in range(pulls + 1)]
index = {d: dict(zip(situations, discounted_indices(d, 41))) for d in (0.5, 0.9, fast(0.99, 0.95))}
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
even = np.arange(0, 41, 2)
for discount, shade in zip(index, ("#F2B58F", "#E0823F", PLAYER_COLOURS["Gittins"])):
    curve = [index[discount][pulls, pulls // 2] for pulls in even]
    ax.plot(even, curve, "o-", ms=3, color=shade, label=f"discount {discount}")
ax.axhline(0.5, color="k", ls="--", lw=1, label="mean")
ax.set(xlabel="pulls of the arm, half of them won", ylabel="Gittins index", ylim=(0.45, 0.95))
ax.legend(frameon=False);
# %% [markdown]
# What to see: the index is the mean plus a bonus for what is not known. The bonus shrinks as the arm becomes known, and it is larger the further you look ahead. That is *optimism*, in exactly the right amount. Some values can be looked up in Gittins' own tables:

# %%
looked_up = {(0, 0): 0.7029, (1, 0): 0.5001, (1, 1): 0.8001}  # (pulls, wins), discount .9
for situation, printed in looked_up.items():
    print(situation, "here", round(float(index[0.9][situation]), 4), " printed", printed)
    assert abs(index[0.9][situation] - printed) < 1e-4

# %% [markdown]
# Our episodes have no discount; they just end. There is an index for that, too: the highest charge at which it is worth playing for the trials that are left. It is not exactly optimal, but how close is it?
#
# We need not play to find out. The choice of such a player depends on four counts only. So we can carry the probability of every situation forward, trial by trial, and add up the regret. That is `exact_regret`: no luck, and no error bars.

# %%
env = metarl.Bandit(num_trials=NUM_TRIALS, reward_structure="independent")
exact = {
    "best possible": exact_regret(solve_two_arms(NUM_TRIALS), env),
    "Gittins": exact_regret(Gittins(num_actions=2, num_trials=NUM_TRIALS), env),
}
for name, regret in exact.items():
    print(f"{name:14s}{regret.sum():.6f}")
assert 1 <= exact["Gittins"].sum() / exact["best possible"].sum() < 1.01, "within one per cent"

# %% [markdown]
# ## 6.4 Greedy, Thompson or UCB1?
#
# Three simpler ideas, which you will meet everywhere:
#
# * **Greedy**: pull the arm with the higher mean (by Bayes' rule, as above).
# * **Thompson** (1933): draw a win probability for each arm from what you believe about it, and pull the arm that is better in this draw. So you pull an arm with the probability that it is the better one, as far as you know.
# * **UCB1** (Auer et al., 2002): pull the arm with the highest mean + c √(ln t / n), if n of all t pulls so far were of that arm. The second part is a bonus for arms that were pulled rarely. The textbook's constant is c = √2.
#
# **Guess before you run the cell:** in which order will they come? And does the constant matter?

# %%
exact["greedy"] = exact_regret(Greedy(env=env), env)
exact["Thompson"] = exact_regret(Thompson(env=env), env)
constants = np.array([0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.7, 1.0, np.sqrt(2)])
ucb = [exact_regret(UCB1(num_actions=2, constant=c), env) for c in constants.tolist()]
ucb_total = np.array([regret.sum() for regret in ucb])
tuned = int(ucb_total.argmin())
exact["UCB1 (textbook)"] = ucb[-1]
exact[f"UCB1 (c = {constants[tuned]})"] = ucb[tuned]

# %%
UCB_COLOURS = ["#595959", "#B8860B"]  # the textbook's, the tuned one
fig, ax = plt.subplots(figsize=(6.6, 3.8), layout="constrained")
ax.plot(constants, ucb_total, "k.-", lw=1)
for place, colour, label in ((-1, UCB_COLOURS[0], "textbook"), (tuned, UCB_COLOURS[1], "tuned")):
    ax.plot(constants[place], ucb_total[place], "o", ms=9, color=colour, label=f"UCB1, {label}")
for name, style in (("Thompson", "-"), ("greedy", "-"), ("Gittins", "-"), ("best possible", "--")):
    ax.axhline(exact[name].sum(), color=PLAYER_COLOURS[name], ls=style, lw=1.5, label=name)
ax.set(xlabel="constant c of UCB1", ylabel="regret per episode", ylim=(0, None))
ax.legend(frameon=False, fontsize=8);
# %% [markdown]
# What to see: UCB1 is a family of players. With the textbook's constant, which comes from a proof that holds for any tasks and any horizon, it is by far the worst. With a constant that was tuned on these tasks, it is the best of the simple ones. You can make it better or worse than greedy and Thompson as you please. And greedy beats Thompson, which explores for a future that these episodes do not have; let them last a little longer, and the order turns around (exercise 1). So when somebody reports that a network "outperforms UCB", ask for the constant, and always plot the greedy player, too.

# %%
total = {name: float(regret.sum()) for name, regret in exact.items()}
for name in sorted(total, key=total.get):
    print(f"{name:18s}{total[name]:6.3f}")
assert total["Gittins"] < ucb_total.min() < total["greedy"] < total["Thompson"]
assert total["UCB1 (textbook)"] > 1.5 * total["greedy"], "the constant matters"
assert 0 < tuned < len(constants) - 1, "a valley: too little and too much optimism are both bad"

# %% [markdown]
# ## 6.5 Where does the network stand?
#
# A network's choice depends on its memory, not on four counts, so here we have to let it play, and there is luck: ± is a 95% interval (1.96 standard errors). We take the shipped agent that was trained on these tasks, on the rewards that it was paid.

# %%
checkpoint = metarl.load_agent(AGENT, FOLDER)
played = metarl.evaluate(
    checkpoint.agent, checkpoint.params, env, num_episodes=NUM_EPISODES, seed=SEED, keep="totals"
)
mean, error = metarl.episode_regret(played)
print("trained on:", checkpoint.config.environment.describe())
print(f"regret of the agent: {mean:.3f} ± {1.96 * error:.3f}")

# %% [markdown]
# **Guess before you run the cell.** Everybody in one picture: cumulative regret by trial, as in W16 ([Wang et al. 2016](https://arxiv.org/abs/1611.05763)), experiment 1. Which of the curves will still be rising at the end? Which one is straight?

# %%
order = ["UCB1 (textbook)", f"UCB1 (c = {constants[tuned]})", "Thompson", "greedy", "Gittins"]
curves = {name: (exact[name].cumsum(), np.zeros(NUM_TRIALS)) for name in order}
curves["agent"] = played.curve  # drawn last, on top
fig, ax = plt.subplots(figsize=(7.4, 4.2), layout="constrained")
plot_regret(ax, curves, {"best possible": exact["best possible"].cumsum()});
# %% [markdown]
# What to see: the blue curve lies close to the dashed line and ends just above Gittins' curve, below greedy, Thompson and both UCB1s. (In the first thirty trials it is even a little below the dashed line. That is no contradiction: the best possible player pays for its curiosity early, and has the lowest regret at the *end*.) W16 found the same order for its network: better than Thompson and UCB, not quite as good as Gittins. (W18, [Wang, Kurth-Nelson et al. 2018](https://doi.org/10.1038/s41593-018-0147-8), figure 1, shows such curves for one pair of arms, .25 and .75: exercise 5.) Greedy's curve is the straight one: now and then it settles on the wrong arm early, never finds out, and pays for it on every trial to the end. Thompson pays more at first, and less later.
#
# Nobody gave the network counts, or Bayes' rule, or an index. It was only paid for playing well on many tasks. It has become an algorithm nearly as good as the best possible one, for the one family that it knows.

# %%
optimum = total["best possible"]
print(f"{mean / optimum:.3f} times the best possible, ± {1.96 * error / optimum:.3f}")
assert mean + 4 * error > optimum, "nobody is better than the best"
assert mean - 4 * error < 1.15 * optimum, "close to the best possible"
assert mean + 3 * error < total["Thompson"], "better than Thompson"
assert mean + 3 * error < total["UCB1 (textbook)"], "and than the textbook's UCB1"
assert mean < fast(1.0, 1.2) * ucb_total.min(), "and than the tuned one"

# %% [markdown]
# ## What we saw
#
# * The **best possible** player can be computed in eight lines, and so can what it does: it pulls an arm that looks worse, as long as what it may find out can still pay.
# * A **Gittins index** is an arm's mean plus a bonus for what is not known, and comes within a per cent of the optimum. **Greedy, Thompson and UCB1** are further off, in an order that depends on constants and horizon.
# * The **network** comes close to the best possible player on the family that it was trained on, and does better than the simple rules, even one that was tuned for these tasks.
#
# ## Exercises
#
# Replace the dots, and run the cell. It fails until your answer is right.

# %% [markdown]
# **1 · Predict.** At 100 trials greedy is ahead of Thompson by 0.09. Greedy's curve goes on straight, Thompson's bends. From which trial on is Thompson ahead? Predict it to within 5, from the slopes in the figure. (Neither of the two plans ahead, so what they do on a trial does not depend on how many are left, and one run with longer episodes is enough. It takes a few seconds.)

# %% tags=["exercise", "skip-execution"]
prediction = ...  # a trial

longer = metarl.Bandit(num_trials=130, reward_structure="independent")
of_greedy = exact_regret(Greedy(env=longer), longer).cumsum()
of_thompson = exact_regret(Thompson(env=longer), longer).cumsum()
crossing = int((of_greedy > of_thompson).argmax()) + 1
assert abs(prediction - crossing) <= 5, f"it is trial {crossing}"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Trial 110. At 100 trials, greedy loses .020 per trial and Thompson .010, so Thompson catches up by nearly .01 per trial, and has to catch up by .09. A comparison at 100 trials, the length that both papers use, happens to end just before the order turns around.
#
# ```python
# prediction = 109
#
# longer = metarl.Bandit(num_trials=130, reward_structure="independent")
# of_greedy = exact_regret(Greedy(env=longer), longer).cumsum()
# of_thompson = exact_regret(Thompson(env=longer), longer).cumsum()
# crossing = int((of_greedy > of_thompson).argmax()) + 1
# assert abs(prediction - crossing) <= 5, f"it is trial {crossing}"
# ```
# </details>

# %% [markdown]
# **2 · Change.** You review two papers. Both test on the pair (.25, .75), as W18 does. One claims that UCB1 beats the greedy player. The other claims that UCB1 loses more than twice as much as the greedy player. Both are right. Find a constant for each.

# %% tags=["exercise", "skip-execution"]
good, bad = ...  # two constants

pair = metarl.Bandit(num_trials=100, reward_structure="independent", arm_probs=(0.25, 0.75))
of_greedy = exact_regret(Greedy(env=pair.prior), pair).sum()  # it knows the family, not the pair
of_good, of_bad = (exact_regret(UCB1(num_actions=2, constant=c), pair).sum() for c in (good, bad))
print(f"greedy {of_greedy:.2f}, UCB1 {of_good:.2f} and {of_bad:.2f}")
assert of_good < of_greedy, "the first constant should beat greedy"
assert of_bad > 2 * of_greedy, "the second should lose more than twice as much"

# %% [markdown]
# <details><summary>Answer</summary>
#
# Greedy loses 1.88 on this pair, UCB1 with c = .35 loses 1.59, and with the textbook's constant 7.0. A constant that was tuned on one family and horizon is no property of UCB1. (In episodes of 20 trials on the whole family, not one of the constants of 6.4 makes UCB1 better than greedy.)
#
# ```python
# good, bad = 0.35, 1.41
#
# pair = metarl.Bandit(num_trials=100, reward_structure="independent", arm_probs=(0.25, 0.75))
# of_greedy = exact_regret(Greedy(env=pair.prior), pair).sum()  # it knows the family, not the pair
# of_good, of_bad = (exact_regret(UCB1(num_actions=2, constant=c), pair).sum() for c in (good, bad))
# print(f"greedy {of_greedy:.2f}, UCB1 {of_good:.2f} and {of_bad:.2f}")
# assert of_good < of_greedy, "the first constant should beat greedy"
# assert of_bad > 2 * of_greedy, "the second should lose more than twice as much"
# ```
# </details>

# %% [markdown]
# **3 · Write.** A Gittins index from its definition. Write `gain(charge, wins, losses, left)`: what an arm still brings, minus charges, if you play as long as it is worth it and no longer; the future is discounted by .9. If you stop, it is 0. If you pull, it is the chance to win, minus the charge, plus .9 times the gain after a win or after a loss, each with its probability. `index_of` then looks for the charge at which playing is just worth it.


# %% tags=["exercise", "skip-execution"]
@functools.cache
def gain(charge, wins, losses, left):
    """What the arm can still bring in the trials that are left, minus charges; at least 0."""
    ...


def index_of(wins, losses):
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if gain(middle, wins, losses, 80) > 0 else (low, middle)
    return low


for (pulls, wins), printed in looked_up.items():
    mine = index_of(wins, pulls - wins)
    print(pulls, "pulls,", wins, "won:", round(mine, 4))
    assert abs(mine - printed) < 0.001, f"the table says {printed}"

# %% [markdown]
# <details><summary>Answer</summary>
#
# It is the program of 6.1 for a single arm, and its `max` is the freedom to stop. (80 trials stand in for an endless future: .9 to the power of 80 is next to nothing.)
#
# ```python
# @functools.cache
# def gain(charge, wins, losses, left):
#     """What the arm can still bring in the trials that are left, minus charges; at least 0."""
#     if left == 0:
#         return 0.0
#     p = (wins + 1) / (wins + losses + 2)
#     won, lost = gain(charge, wins + 1, losses, left - 1), gain(charge, wins, losses + 1, left - 1)
#     return max(0.0, p - charge + 0.9 * (p * won + (1 - p) * lost))
#
#
# def index_of(wins, losses):
#     low, high = 0.0, 1.0
#     for _ in range(20):
#         middle = (low + high) / 2
#         low, high = (middle, high) if gain(middle, wins, losses, 80) > 0 else (low, middle)
#     return low
#
#
# for (pulls, wins), printed in looked_up.items():
#     mine = index_of(wins, pulls - wins)
#     print(pulls, "pulls,", wins, "won:", round(mine, 4))
#     assert abs(mine - printed) < 0.001, f"the table says {printed}"
# ```
# </details>

# %% [markdown]
# **4 · Write.** The same for *correlated* arms, which win with p and 1 - p. Now two counts are enough: `for_1` is what speaks for arm 1 (it won, or arm 2 lost), `for_2` what speaks for arm 2. Write `pair_value(left, for_1, for_2)`: the wins to expect. (By Bayes' rule, arm 1 wins with probability (for_1 + 1) / (for_1 + for_2 + 2).) The check compares with the greedy player, who never explores. Then look at your program: why does exploring never pay?


# %% tags=["exercise", "skip-execution"]
@functools.cache
def pair_value(left, for_1=0, for_2=0):
    """The wins to expect in the trials that are left, on arms that win with p and 1 - p."""
    ...


for trials in (1, 2, 10, 60):
    regret = 3 / 4 * trials - pair_value(trials)  # an oracle is paid on 3/4 of trials
    pairs = metarl.Bandit(num_trials=trials, reward_structure="correlated")
    of_greedy = exact_regret(Greedy(env=pairs), pairs).sum()
    print(f"{trials:2d} trials: the best possible {regret:.4f}, greedy {of_greedy:.4f}")
    assert abs(regret - of_greedy) < 1e-6, "greedy is optimal here"

# %% [markdown]
# <details><summary>Answer</summary>
#
# A win of arm 1 and a loss of arm 2 are the same news, and they come with the same probability. So whichever arm you pull, the same two futures follow with the same chances, and only the reward of now differs. So exploring never pays, and the greedy player is optimal: that is why notebook 4 used it as the yardstick.
#
# ```python
# @functools.cache
# def pair_value(left, for_1=0, for_2=0):
#     """The wins to expect in the trials that are left, on arms that win with p and 1 - p."""
#     if left == 0:
#         return 0.0
#     p = (for_1 + 1) / (for_1 + for_2 + 2)
#     good, bad = pair_value(left - 1, for_1 + 1, for_2), pair_value(left - 1, for_1, for_2 + 1)
#     return max(p, 1 - p) + p * good + (1 - p) * bad
#
#
# for trials in (1, 2, 10, 60):
#     regret = 3 / 4 * trials - pair_value(trials)  # an oracle is paid on 3/4 of trials
#     pairs = metarl.Bandit(num_trials=trials, reward_structure="correlated")
#     of_greedy = exact_regret(Greedy(env=pairs), pairs).sum()
#     print(f"{trials:2d} trials: the best possible {regret:.4f}, greedy {of_greedy:.4f}")
#     assert abs(regret - of_greedy) < 1e-6, "greedy is optimal here"
# ```
# </details>

# %% [markdown]
# **5 · Open.** W18 (figure 1) tests its network on one pair of arms, .25 and .75, and finds it between Gittins and Thompson. The cell divides the regret of our agent on a pair by the regret that the player of 6.1 has there. Is the player of 6.1 still the best possible there? Find a pair on which the agent beats it: the check wants a ratio below 1.

# %% tags=["exercise", "skip-execution"]
arm_probs = ...  # two win probabilities

pair = metarl.Bandit(num_trials=100, reward_structure="independent", arm_probs=arm_probs)
there = metarl.evaluate(
    checkpoint.agent, checkpoint.params, pair, num_episodes=NUM_EPISODES, seed=SEED, keep="totals"
)
ratio = metarl.episode_regret(there).mean / exact_regret(solve_two_arms(100), pair).sum()
print(f"{ratio:.2f} times the regret of the player of 6.1")
assert ratio < fast(1.0, 1.2), "on this pair the player of 6.1 is ahead"

# %% [markdown]
# <details><summary>Answer</summary>
#
# On (.25, .75) the agent's regret is about 1.42, where the player of 6.1 has 1.35, Gittins 1.32 and Thompson 3.01: between Gittins and Thompson, as in W18. But on a *single* pair, the player of 6.1 is not the best possible: a player that always pulls arm 2 has no regret there. It is best on average over the family. So another player may beat it on some pairs, and must then be worse on others. The agent does, by 3 or 4%, on (.1, .5), where both arms are poor and far apart; on (.7, .95) it loses more than one and a half times as much.
#
# ```python
# arm_probs = (0.1, 0.5)
#
# pair = metarl.Bandit(num_trials=100, reward_structure="independent", arm_probs=arm_probs)
# there = metarl.evaluate(
#     checkpoint.agent, checkpoint.params, pair, num_episodes=NUM_EPISODES, seed=SEED, keep="totals"
# )
# ratio = metarl.episode_regret(there).mean / exact_regret(solve_two_arms(100), pair).sum()
# print(f"{ratio:.2f} times the regret of the player of 6.1")
# assert ratio < fast(1.0, 1.2), "on this pair the player of 6.1 is ahead"
# ```
# </details>
#
# **Next:** [7 · Inside the network](07_inside_the_network.ipynb): what does the memory hold?
