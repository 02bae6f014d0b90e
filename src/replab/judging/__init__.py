"""Claims judged by runs: pure functions on tidy frames, declared before there are results."""
