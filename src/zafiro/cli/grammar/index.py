"""All nouns with a line of help each, and the file that describes them: enough for `--help`."""

# noun → (file below zafiro.cli.grammar, help)
NOUNS = {
    "job": ("job", "Run commands, look at them, stop them."),
    "model": ("assets", "Models."),
    "data": ("assets", "Data assets."),
    "environment": ("assets", "Environments jobs run in."),
    "component": ("assets", "Components of pipelines."),
    "compute": ("compute", "Clusters and instances."),
    "datastore": ("places", "Where data lies."),
    "connection": ("places", "Credentials of other services."),
    "workspace": ("places", "Workspaces."),
    "registry": ("places", "Registries shared by workspaces."),
    "schedule": ("endpoints", "Jobs by the clock."),
    "online-endpoint": ("endpoints", "Endpoints that answer at once."),
    "online-deployment": ("endpoints", "What answers behind an online endpoint."),
    "batch-endpoint": ("endpoints", "Endpoints that score files."),
    "batch-deployment": ("endpoints", "What scores behind a batch endpoint."),
    "feature-set": ("features", "Feature sets."),
    "feature-store": ("features", "Feature stores."),
    "feature-store-entity": ("features", "Entities of a feature store."),
    "serverless-endpoint": ("hubs", "Endpoints of models hosted by Azure."),
    "marketplace-subscription": ("hubs", "Subscriptions to models sold."),
    "capability-host": ("hubs", "Hosts of agents."),
    "index": ("hubs", "Indexes for retrieval."),
    "azure-openai-deployment": ("hubs", "Deployments of Azure OpenAI."),
    "workspace-hub": ("hubs", "Hubs of projects."),
    "workspace-project": ("hubs", "Projects of a hub."),
}
# verb → (file below zafiro.cli.grammar that has it, help)
VERBS = {
    "up": "Start the server.",
    "down": "Stop the server.",
    "status": "Say whether the server runs, and where.",
    "gc": "Remove for good what was deleted.",
    "doctor": "Check this machine and the server; say how to mend what is wrong.",
    "env": "Print the variables that point Microsoft's clients at the server.",
    "exec": "Run a command under those variables.",
    "init": "Write the config.json that MLClient.from_config() reads.",
    "configure": "Keep defaults: group, workspace, location, output.",
    "rest": "Send one request to the server, signed in, as `az rest` does.",
    "completion": "Print the completion of bash, zsh or fish.",
}
# nouns of the Azure CLI itself, for scripts
AZ = {
    "az": ("az", "Speak as the Azure CLI does: `zafiro az ml job list`; install-shim DIR."),
    "account": ("az", "The subscription, and tokens."),
    "group": ("az", "Resource groups."),
}
