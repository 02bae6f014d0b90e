"""The engines: how replicates of one variant are trained together by Lightning, fitted or measured."""

import warnings

# Lightning 2.6 asks torch 2.13's pytree in a way that will go; nothing that a user of replab could change.
warnings.filterwarnings("ignore", message=".*LeafSpec.*", category=FutureWarning)
# Where SLURM is installed, Lightning asks for srun; a job of replab is one process, which Snakemake submits.
warnings.filterwarnings("ignore", message=".*`srun` command is available.*")
