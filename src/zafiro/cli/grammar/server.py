"""zafiro up, down, status, gc, doctor, env, exec, init, configure, rest, completion."""

from zafiro.cli.grammar import (
    DEBUG,
    GROUP,
    HOME,
    OUTPUT,
    QUERY,
    SUBSCRIPTION,
    WORKSPACE,
    Verb,
    flag,
    needed,
)
from zafiro.core import names

_JSON = flag("--json", "As JSON.")
UP = Verb(
    "up",
    "Start the server.",
    "up:up",
    (
        HOME,
        flag("--host", "Address to listen on. [127.0.0.1]", "ADDRESS"),
        flag("--port", "Port of the API; 0 takes a free one. [8443]", "N", kind=int),
        flag(
            "--storage-port", "Port of the storage face; 0 takes a free one. [8444]", "N", kind=int
        ),
        flag(
            "--studio-port",
            "Port of the studio, plain HTTP on 127.0.0.1; 0 takes a free one. [8445, or a free one]",
            "N",
            kind=int,
        ),
        flag("--database", "SQLAlchemy URL instead of an SQLite file in the home.", "URL"),
        flag("--detach -d", "Return as soon as it answers."),
    ),
    ("zafiro up --detach", 'eval "$(zafiro env)"'),
)
REST = Verb(
    "rest",
    "Send one request to the server, signed in, as `az rest` sends one to Azure.",
    "rest:rest",
    (
        needed(flag("--url --uri -u", "https://management.azure.com/…, or its path.", "URL")),
        flag(
            "--method -m",
            "Method.",
            "METHOD",
            choices=("get", "put", "post", "patch", "delete", "head", "options"),
            default="get",
        ),
        flag("--body -b", "JSON, or @FILE with JSON.", "JSON"),
        flag("--headers", "More headers: a=b c=d.", "NAME=VALUE", nargs="+", pairs=True),
        flag(
            "--uri-parameters --url-parameters",
            "More of the query: a=b c=d.",
            "NAME=VALUE",
            nargs="+",
            pairs=True,
        ),
        flag("--output-file", "Write the answer there.", "FILE"),
        flag("--resource", "Ignored: there is one server.", "URL"),
        OUTPUT,
        QUERY,
        HOME,
        DEBUG,
    ),
    (
        "zafiro rest --url /subscriptions?api-version=2022-12-01",
        'zafiro rest -m put -u /subscriptions/{subscriptionId}/resourcegroups/fruit -b \'{"location": "local"}\'',
    ),
)
VERBS = {
    "up": UP,
    "rest": REST,
    "down": Verb(
        "down",
        "Stop the server. Running jobs go on; `zafiro up` picks them up again.",
        "up:down",
        (HOME,),
        ("zafiro down",),
    ),
    "status": Verb(
        "status",
        "Say whether the server runs, and where. Exit status 3 when it does not.",
        "up:status",
        (HOME, _JSON),
        ("zafiro status --json",),
    ),
    "gc": Verb(
        "gc",
        "Remove for good what was deleted: runs, logged models, experiments, and their files. "
        "What is still used stays: files of registered models and data, runs of jobs there are.",
        "gc:gc",
        (
            HOME,
            SUBSCRIPTION,
            GROUP,
            WORKSPACE,
            flag("--older-than", "Deleted at least that long ago. [0s]", "1d2h3m4s"),
            flag("--run-ids", "These runs only; they must be deleted.", "ID,ID"),
        ),
        ("zafiro gc --older-than 30d",),
    ),
    "doctor": Verb(
        "doctor",
        "Check this machine and the server; say how to mend what is wrong.",
        "doctor:doctor",
        (HOME, _JSON),
        ("zafiro doctor",),
    ),
    "env": Verb(
        "env",
        "Print the variables that point Microsoft's clients at the server.",
        "env:env",
        (HOME, flag("--json", "As JSON instead of shell exports.")),
        ('eval "$(zafiro env)"', "python my_azure_ml_script.py"),
    ),
    "exec": Verb(
        "exec",
        "Run a command under the variables of `zafiro env`.",
        "env:exec",
        (HOME, flag("command", "The command.", "COMMAND", nargs="...")),
        ("zafiro exec -- python my_azure_ml_script.py",),
    ),
    "init": Verb(
        "init",
        "Write the config.json that MLClient.from_config() reads.",
        "env:init",
        (
            flag("--workspace-name -w", f"Workspace. [{names.WORKSPACE}]", "NAME"),
            flag("--resource-group -g", f"Resource group. [{names.GROUP}]", "NAME"),
            flag("--subscription", f"Subscription. [{names.SUBSCRIPTION}]", "ID"),
            flag("folder", "Folder to write it in. [.]", "FOLDER", nargs="?"),
        ),
        ("zafiro init", "zafiro init --workspace-name orchard project"),
    ),
    "configure": Verb(
        "configure",
        "Keep defaults, or list them.",
        "configuring:configure",
        (
            flag(
                "--defaults -d",
                "What to keep: group=G workspace=W location=L.",
                "NAME=VALUE",
                nargs="+",
                pairs=True,
            ),
            flag("--list-defaults -l", "List what is kept."),
            flag(
                "--scope",
                "Accepted for scripts; defaults are kept per user.",
                "SCOPE",
                choices=("local", "global"),
            ),
            flag("--output -o", "Output format.", "FORMAT"),
            flag("--query", "JMESPath expression to pick from the answer.", "JMESPATH"),
        ),
        (
            "zafiro configure --defaults group=fruit workspace=orchard",
            "zafiro configure --list-defaults -o table",
        ),
    ),
    "completion": Verb(
        "completion",
        "Print the completion of a shell.",
        "completing:completion",
        (flag("shell", "The shell.", "SHELL", choices=("bash", "zsh", "fish")),),
        (
            'eval "$(zafiro completion bash)"',
            "zafiro completion fish > ~/.config/fish/completions/zafiro.fish",
        ),
    ),
}
