"""Figures. Plots take arrays and know nothing of how they came about."""
