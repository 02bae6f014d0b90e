# Reports come from the store of records alone. The stamps lie in work/: where results/ comes out of git or DVC,
# they are missing, and so the reports are made anew. Which figures there are, the records decide: they are no outputs.
REPORT_CODE = sources(
    "*.py",
    "commands/*.py",
    "data/*.py",
    "forecasting/*.py",
    "judging/*.py",
    "report/**/*",
    "runners/*.py",
    "training/__init__.py",
    "training/outcomes.py",
    "user/*.py",
)
REPORT_STAMP = stamp_of(REPORT_CODE)


rule report_study:
    input:
        indexes=indexes_of_study,
        texts=texts_of_study,
    output:
        report=report(
            f"results/{PROFILE}/{{study}}/report.md",
            caption="../report/study.rst",
            category="Studies",
            subcategory="{study}",
            labels={"what": "report"},
        ),
        summary=report(
            f"results/{PROFILE}/{{study}}/summary.csv",
            caption="../report/summary.rst",
            category="Studies",
            subcategory="{study}",
            labels={"what": "summary"},
        ),
        runs=f"results/{PROFILE}/{{study}}/runs.csv",
        statements=report(
            f"results/{PROFILE}/{{study}}/statements.csv",
            caption="../report/statements.rst",
            category="Studies",
            subcategory="{study}",
            labels={"what": "statements"},
        ),
        parts=f"results/{PROFILE}/{{study}}/parts.csv",
        figures=report(
            directory(f"results/{PROFILE}/{{study}}/figures"),
            patterns=["{figure}.svg"],
            caption="../report/figure.rst",
            category="Studies",
            subcategory="{study}",
            labels={"what": "{figure}"},
        ),
        stamp=touch(f"work/{PROFILE}/{{study}}/reported"),
    log:
        f"work/{PROFILE}/{{study}}/report.log",
    params:
        study=study_of,
        profile=PROFILE,
        code=REPORT_STAMP,
    message:
        "report on {wildcards.study}"
    shell:
        "replab --profile {params.profile} report {wildcards.study} > {log} 2>&1"


rule report_profile:
    input:
        reports=expand(rules.report_study.output.summary, study=JOBS),
        stamps=expand(rules.report_study.output.stamp, study=JOBS),
    output:
        readme=f"results/{PROFILE}/README.md",
        page=report(
            f"results/{PROFILE}/index.html",
            caption="../report/page.rst",
            category="All claims on one page",
            labels={"what": "index.html"},
        ),
        metrics=f"results/{PROFILE}/metrics.json",
        primary=f"results/{PROFILE}/primary.json",
        curves=f"results/{PROFILE}/curves.csv",
        stamp=touch(f"work/{PROFILE}/reported"),
    log:
        f"work/{PROFILE}/report.log",
    params:
        studies=list(JOBS),
        profile=PROFILE,
        code=REPORT_STAMP,
    message:
        "report on all studies"
    shell:
        "replab --profile {params.profile} report --index > {log} 2>&1"
