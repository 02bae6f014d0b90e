"""Claims judged by runs: pure functions on tidy frames."""
