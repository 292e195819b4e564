"""A recurrent network that learns to reinforcement-learn: tasks, agent, A3C, frozen evaluation."""

__version__ = "0.1.0"
