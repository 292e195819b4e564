"""Known reasons why columns of our table differ from RL2's."""

_UNEXPLAINED = "our code is tested against exact values; we know of no reason but random variation."
_TIES = (
    "printed lower, more so with more arms. Ours breaks ties at random. If ties go to the first "
    "arm, a greedy player stays with an arm of one win and one loss instead of trying a new one, "
    "and earns what was printed: see the column `ties: first`."
)

NOTES = {
    "Random": _UNEXPLAINED,
    "Gittins": "printed with a discount that we do not know; ours is given under `setting`.",
    "TS": _UNEXPLAINED,
    "OTS": (
        "printed higher. Ours scores an arm by a posterior sample or the posterior mean, whichever "
        "is higher (May et al. 2012); with many untried arms, it is hardly better than TS. The "
        "printed player explores less; we do not know which variant it was. Posteriors sharpened 2 "
        "to 10 times, means of several samples, or a floor for the leader alone miss other cells."
    ),
    "UCB1": "tuned per cell in both; we do not know the printed one's grid.",
    "eps-Greedy": _TIES,
    "Greedy": _TIES,
    "ties: first": _UNEXPLAINED,
}
