"""Values that are computed, not sampled."""
