"""What `import replab` gives to notebooks and scripts. `replab judge` is a user of it."""
