# The pipeline: fetch and prepare data, train what has no record yet, write the reports.
configfile: "params.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/report.smk"


# On a cluster these run where snakemake runs: they need the network, or seconds.
localrules:
    download_data,
    prepare_data,
    report_study,
    report_profile,


onstart:
    no_rate_limit()
    fork_jobs()


rule all:
    default_target: True
    input:
        expand(rules.report_study.output, study=JOBS),
        rules.report_profile.output,
    message:
        f"reports: results/{PROFILE}/README.md"
