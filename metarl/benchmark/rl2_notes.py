"""Why a column of RL2's table comes out different, as far as we know."""

_UNEXPLAINED = "our code has been tested against exact values; we know of no reason but chance."
_TIES = (
    "printed lower, the more so the more arms. Ours breaks ties at random. If they go to the first "
    "arm, a greedy player goes on with an arm of one win and one loss in place of a new one, and "
    "earns what was printed: see the column `ties: first`."
)

NOTES = {
    "Random": _UNEXPLAINED,
    "Gittins": "printed with a discount that we do not know; ours is named under `setting`.",
    "TS": _UNEXPLAINED,
    "OTS": (
        "printed higher. Ours scores an arm by a draw or the posterior mean, whichever is higher "
        "(May et al. 2012), and is hardly better than TS with many arms, all of them unknown. The "
        "printed player explores less; which variant it was we do not know. Posteriors sharpened 2 "
        "to 10 times, means of several draws, or a floor for the leader alone miss other cells."
    ),
    "UCB1": "tuned per cell in both, on grids of which the printed one is not known.",
    "eps-Greedy": _TIES,
    "Greedy": _TIES,
    "ties: first": _UNEXPLAINED,
}
