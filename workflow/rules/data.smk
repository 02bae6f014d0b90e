# The only rules that use the network. REPLAB_MIRROR names a folder or URL to ask first.


rule download_data:
    output:
        touch("work/data/{name}.downloaded"),
    log:
        "work/data/{name}.download.log",
    params:
        root=DATA,
    shell:
        "replab data download {wildcards.name} --root {params.root:q} > {log} 2>&1"


rule prepare_data:
    input:
        "work/data/{name}.downloaded",
    output:
        f"{DATA}/prepared/{{name}}/manifest.json",
    log:
        "work/data/{name}.prepare.log",
    params:
        code=code_of_data,
        root=DATA,
    shell:
        "replab data prepare {wildcards.name} --root {params.root:q} > {log} 2>&1"


rule download:
    input:
        expand(rules.download_data.output, name=PROJECT.data_sets()),


rule prepare:
    input:
        manifests(PROJECT.data_sets()),
