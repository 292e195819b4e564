"""The game: rules, record, and its views in a notebook and in a terminal."""
