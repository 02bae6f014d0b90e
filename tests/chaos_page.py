"""What benchmarks/chaos.md says around its numbers."""

TEXT = """# Kills and shortages

`python tests/chaos.py --kills {trainings} --seed {seed}` ({date}): {processor}, {cores} cores with a load of
{load:.1f} at its beginning, {minutes:.0f} minutes, **{kills} kills**. A kill is a SIGKILL to a
whole process group, and to a command of the user's that it runs. It comes at a random moment of what an
undisturbed run takes, or before an operation on files (open to write, rename, remove, make a folder, change a mode,
lock). Then the same command is called again, until it ends. What is there in the end is compared with what an
undisturbed run leaves:

- the records without times and costs, and the bytes of the reports once times and costs are made the same: bit for bit;
- the names of all files of the store and of the reports: no file more, and no lock that is held;
- of `make`: no process that works in the checkout, and no folder of its server.

The script ends at the first difference, with a traceback. What it found at first stands in
[LOG.md](../LOG.md), under 2026-11-28.

## Kills

| what is killed | when | kills | fresh starts | epochs lost, at most | s until all processes are gone, at most |
|---|---|--:|--:|--:|--:|
{rows}

An epoch is lost where its line of progress came before the kill and it is trained again. The epoch that is under way
at a kill is trained again as well. Where an engine prints no epochs, none are counted. {late} of the {trainings} random
kills of `replab train` in the first row came after the first epoch of their attempt; the others in its first epoch,
while data and settings were read, or where little was left to do.

## Shortages

"Refused" means: exit status 2, one or two lines, no traceback, nothing half written. Afterwards, with room, rights and
descriptors, the same command ended as an undisturbed one.

| what is short | commands | refused | went through |
|---|--:|--:|--:|
{shortages}

Three trainers at once in one store, {threes} times: each ended with status 0, and each of the {runs} runs was trained
once.
"""
