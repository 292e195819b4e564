"""RL2's printed table: Duan et al. 2016, arXiv 1611.02779, Table 1; SNAIL: arXiv 1707.03141.

Total reward of `n` pulls of `k` independent Bernoulli arms with uniform priors, averaged over 1,000
bandits.
"""

NUM_PRINTED = 1_000  # number of bandits for each printed figure
ROUNDING = 0.1 / 12**0.5  # standard deviation of the rounding error to one decimal (uniform)
BASELINES = ("Random", "Gittins", "TS", "OTS", "UCB1", "eps-Greedy", "Greedy")
LEARNT = ("RL2", "SNAIL")

_COLUMNS = (*BASELINES, *LEARNT)
_TABLE = {
    (10, 5): (5.0, 6.6, 5.7, 6.5, 6.7, 6.6, 6.6, 6.7, 6.6),
    (10, 10): (5.0, 6.6, 5.5, 6.2, 6.7, 6.6, 6.6, 6.7, 6.7),
    (10, 50): (5.1, 6.5, 5.2, 5.5, 6.6, 6.5, 6.5, 6.8, 6.7),
    (100, 5): (49.9, 78.3, 74.7, 77.9, 78.0, 75.4, 74.8, 78.7, 79.1),
    (100, 10): (49.9, 82.8, 76.7, 81.4, 82.4, 77.4, 77.1, 83.5, 83.5),
    (100, 50): (49.8, 85.2, 64.5, 67.7, 84.3, 78.3, 78.0, 84.9, 85.1),
    (500, 5): (249.8, 405.8, 402.0, 406.7, 405.8, 388.2, 380.6, 401.6, 408.1),
    (500, 10): (249.0, 437.8, 429.5, 438.9, 437.1, 408.0, 395.0, 432.5, 432.4),
    (500, 50): (249.6, 463.7, 427.2, 437.6, 457.6, 413.6, 402.8, 438.9, 442.6),
}

PRINTED = {cell: dict(zip(_COLUMNS, row, strict=True)) for cell, row in _TABLE.items()}
