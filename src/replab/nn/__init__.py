"""Components: plain functions and modules, each with its line in the dict of its module."""
