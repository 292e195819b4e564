"""Asynchronous advantage actor-critic with processes (Mnih et al. 2016, arXiv 1602.01783).

A manager owns parameters and optimiser; workers play episodes and send gradients; evaluators play
with frozen copies. `metarl.processes.child` starts and ends the processes.
"""
