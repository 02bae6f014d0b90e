"""What benchmarks/chaos.md says around its numbers."""

TEXT = """# Kills and shortages

`python tests/chaos.py --kills {trainings} --seed {seed}` ({date}): {processor}, {cores} cores with a load of
{load:.1f} at its beginning, {minutes:.0f} minutes, **{kills} kills**. A kill is a SIGKILL to a
whole process group, and to a user's command that it runs. It comes at a random moment of the time that an
undisturbed run takes, or before an operation on files (open to write, rename, remove, make a folder, change a mode,
lock). Then the same command is called again, until it ends. The result is compared with the result of an
undisturbed run:

- the records without times and costs, and the bytes of the reports with equal times and costs: they must be the same
  bit for bit;
- the names of all files of the store and of the reports: there must be no additional file, and no lock that is held;
- for `make`: there must be no process that works in the checkout, and no folder of its server.

The script stops at the first difference, with a traceback. [LOG.md](../LOG.md) says, under 2026-11-28, what it found
at first.

## Kills

| what is killed | when | kills | fresh starts | epochs lost, at most | s until all processes are gone, at most |
|---|---|--:|--:|--:|--:|
{rows}

An epoch is lost if its line of progress was printed before the kill and it is trained again. The epoch that runs at
the moment of a kill is also trained again, but is not counted. If an engine prints no epochs, none are counted.
{late} of the {trainings} random
kills of `replab train` in the first row came after the first epoch of their attempt. The others came in its first
epoch, while data and settings were read, or when little was left to do.

## Shortages

"Refused" means: exit status 2, one or two lines, no traceback, no half-written file. Afterwards, with enough room,
rights and descriptors, the same command gave the same result as an undisturbed one.

| what is short | commands | refused | went through |
|---|--:|--:|--:|
{shortages}

Three trainers at once in one store, {threes} times: each ended with status 0, and each of the {runs} runs was trained
once.
"""
