"""Figures. Plots take arrays and do not depend on how these were computed."""
