"""What the rules know: params.yaml and its studies under the active profile, checked, and their jobs. Without torch."""

import atexit
import gc
import hashlib
import inspect
import json
import os
from pathlib import Path

import jsonschema
import yaml
from snakemake.exceptions import WorkflowError

from replab import codebase, data, fork_client, fork_server, parsing
from replab.errors import ReplabError
from replab.identity import job_params
from replab.params_files import read_params
from replab.project import Project


def read_project():
    """params.yaml under the profile that it or `--config profile=NAME` names."""
    try:
        return Project(Path("params.yaml"), config.get("profile"))
    except ReplabError as error:
        raise WorkflowError(str(error)) from None


def check_config():
    """Refuse every `--config` but the profile (the jobs read the files alone), and what the schema refuses."""
    params = yaml.safe_load(Path("params.yaml").read_text("utf-8"))
    changed = sorted(key for key in config | params if key != "profile" and config.get(key) != params.get(key))
    if changed:
        raise WorkflowError(f"--config {changed[0]}=... has no effect: edit the file")
    content = PROJECT.params.model_dump(mode="json", exclude_unset=True)
    schema = json.loads(Path(workflow.source_path("../schemas/params.schema.json")).read_text("utf-8"))
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(content))
    if error:
        place = read_params(Path("params.yaml")).place(list(error.absolute_path))
        raise WorkflowError(f"{place}: {error.message}")


def collect_rarely():
    """Have Python look for unreachable cycles after 100,000 new objects, not 700: nearly all of Snakemake's stay."""
    gc.freeze()
    gc.set_threshold(100_000)


def no_rate_limit():
    """Drop Snakemake's limit of 100 jobs a second where jobs run on this machine.

    For its sake Snakemake works out what may run next once a second, and once more for each job that has ended.
    """
    if workflow.resource_settings.nodes is None:
        workflow.scheduler.job_rate_limiter = None


def fork_jobs():
    """Jobs on this machine start as copies of one process that has imported torch (docs/decisions/0030)."""
    if workflow.resource_settings.nodes is None and fork_client.VARIABLE not in os.environ:
        server = fork_server.started()
        os.environ.update(server.__enter__())
        atexit.register(server.__exit__, None, None, None)


collect_rarely()
PROJECT = read_project()
check_config()
PROFILE = PROJECT.profile_name
DATA = PROJECT.data_root.as_posix()
JOBS = {study: PROJECT.jobs(study) for study in PROJECT.studies}


wildcard_constraints:
    study="|".join(JOBS),
    number=r"\d+",
    name="|".join(data.DATASETS),


def job_of(wildcards):
    """The variants of a job; jobs count from 1."""
    return JOBS[wildcards.study][int(wildcards.number) - 1]


def names_of_job(wildcards):
    return [variant.name for variant in job_of(wildcards)]


def params_of_job(wildcards):
    """What a job depends on besides its data. Snakemake reruns it where this dict is another than the last time."""
    return job_params(job_of(wildcards))


def manifests_of_job(wildcards):
    """The manifests of the data sets that a job reads: small, and the same whenever the data are the same."""
    return manifests(sorted({name for v in job_of(wildcards) for name in v.runner.data_sets(v.spec)}))


def manifests(names):
    return expand(f"{DATA}/prepared/{{name}}/manifest.json", name=names)


def input_of_data(wildcards):
    """What a data set is made of: another one, or files that were fetched."""
    source = data.find(wildcards.name)
    if source is data.published(source):
        return f"work/data/{source.name}.downloaded"
    return manifests([source.parent.name])


def recipe_of_data(wildcards):
    """How a data set is decoded and written, without comments: it is prepared again when this changes."""
    source = data.find(wildcards.name)
    decoder = (Path(inspect.getfile(source.decode)), source.decode.__name__)
    code = codebase.closure([decoder, (parsing.PACKAGE / "data/prepared.py", "prepare")])
    return code | {key: str(value) for key, value in vars(source).items() if key not in {"decode", "parent"}}


def indexes_of_study(wildcards):
    """What each job of a study wrote: the identities of its runs."""
    numbers = range(1, len(JOBS[wildcards.study]) + 1)
    return expand(rules.train_job.output, study=wildcards.study, number=numbers)


def study_of(wildcards):
    """What a report says of a study besides its records: title, question, metrics, names, differences."""
    return PROJECT.params.studies[wildcards.study].model_dump()


def texts_of_study(wildcards):
    """What people wrote for a study: the claims of its report, and findings."""
    claims = PROJECT.params.studies[wildcards.study].report
    paths = [Path(f"claims/{claims}.yaml"), PROJECT.findings(wildcards.study)]
    return [path.as_posix() for path in paths if path and path.exists()]


def stamp_of(files):
    """A checksum of what the files hold: what has it among its params runs again when one of them changes."""
    return hashlib.sha256(b"".join(hashlib.sha256(Path(file).read_bytes()).digest() for file in files)).hexdigest()


def sources(*patterns):
    """The files of the package that match."""
    found = {path for pattern in patterns for path in Path("src/replab").glob(pattern) if path.is_file()}
    return sorted(path.as_posix() for path in found if "__pycache__" not in path.parts)
