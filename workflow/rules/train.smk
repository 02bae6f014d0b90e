# One job trains every seed that has no record yet, of as many variants as the profile puts into a job.


rule train_job:
    input:
        manifests_of_job,
    output:
        f"work/{PROFILE}/{{study}}/job_{{number}}.json",
    log:
        f"work/{PROFILE}/{{study}}/job_{{number}}.log",
    threads: 1
    resources:
        mem_mb=1500,
        gpu=0,
    params:
        job=params_of_job,
        variants=names_of_job,
        profile=PROFILE,
    message:
        "train {wildcards.study}, job {wildcards.number}: progress in {log}"
    shell:
        "replab --profile {params.profile} train {wildcards.study} {params.variants}"
        " --threads {threads} --output {output} 2> {log}"
