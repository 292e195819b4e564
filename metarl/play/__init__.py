"""The game: its rules, its record, and its views in a notebook and in a terminal."""
