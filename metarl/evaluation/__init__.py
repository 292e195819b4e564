"""Evaluation with frozen weights: players, results and reports."""
