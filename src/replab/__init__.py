"""replab: train every variant of an experiment with several seeds, and judge what was claimed of it."""

__version__ = "0.2.0"
