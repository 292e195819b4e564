"""Exact computations: optimal values, Gittins indices and expected regrets, without sampling."""
