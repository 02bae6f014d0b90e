# The only rules that use the network. REPLAB_MIRROR names a folder or URL to ask first.


rule download_data:
    output:
        touch("work/data/{name}.downloaded"),
    log:
        "work/data/{name}.download.log",
    message:
        "fetch {wildcards.name}"
    shell:
        "replab data download {wildcards.name} > {log} 2>&1"


rule prepare_data:
    input:
        input_of_data,
    output:
        f"{DATA}/prepared/{{name}}/manifest.json",
    log:
        "work/data/{name}.prepare.log",
    params:
        recipe=recipe_of_data,
    message:
        "prepare {wildcards.name}"
    shell:
        "replab data prepare {wildcards.name} > {log} 2>&1"


rule download:
    input:
        expand(rules.download_data.output, name={data.published(data.find(name)).name for name in PROJECT.data_sets()}),


rule prepare:
    input:
        manifests(PROJECT.data_sets()),
