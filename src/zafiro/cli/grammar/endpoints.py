"""zafiro online-endpoint, online-deployment, batch-endpoint, batch-deployment, schedule …

All but `list` and `show` of what the server has go through azure-ai-ml; what the server does not do
yet it says in its own sentence.
"""

from zafiro.cli.grammar import (
    ADD,
    ARCHIVED_ONLY,
    DESCRIPTION,
    FILE,
    MAX,
    NAME,
    NO_WAIT,
    REMOVE,
    SET,
    TAGS,
    WEB,
    YES,
    Flag,
    Noun,
    Verb,
    flag,
    needed,
)

_NAME = needed(NAME)
_LOCAL = flag("--local", "On this machine, in a container.")
_ENDPOINT = flag("--endpoint-name --endpoint -e", "The endpoint.", "NAME", key="endpoint_name")
_NEEDED_ENDPOINT = needed(_ENDPOINT)
_DEPLOYMENT = flag("--deployment-name --deployment -d", "This deployment only.", "NAME")
_AUTH = flag("--auth-mode", "How callers show who they are.", "MODE", key="auth_mode")


def crud(
    noun: str,
    what: str,
    named: tuple[Flag, ...],
    created: tuple[Flag, ...],
    updated: tuple[Flag, ...],
    deleted: tuple[Flag, ...] = (),
) -> tuple[Verb, ...]:
    typed = "--name blue --endpoint-name mine" if len(named) > 1 else "--name mine"
    listed = named[1:2]
    return (
        Verb(
            "create",
            f"Create {what}.",
            "making:create",
            (FILE, NAME, SET, NO_WAIT, *created),
            (f"zafiro {noun} create --file {noun}.yml",),
        ),
        Verb(
            "list",
            "List them.",
            "making:list_all",
            (MAX, *listed),
            (f"zafiro {noun} list{' -e mine' if listed else ''} -o table",),
        ),
        Verb(
            "show",
            f"Show {what}.",
            "making:show",
            (*named, *deleted),
            (f"zafiro {noun} show {typed}",),
        ),
        Verb(
            "update",
            f"Change {what}.",
            "making:update",
            (*named, FILE, SET, ADD, REMOVE, NO_WAIT, *updated),
            (f"zafiro {noun} update {typed} --set tags.owner=me",),
        ),
        Verb(
            "delete",
            f"Delete {what}.",
            "making:delete",
            (*named, YES, NO_WAIT, *deleted),
            (f"zafiro {noun} delete {typed} --yes",),
        ),
    )


_ONLINE = (_NAME, _LOCAL)
ONLINE_ENDPOINT = Noun(
    "online-endpoint",
    "Endpoints that answer at once.",
    (
        *crud(
            "online-endpoint",
            "an online endpoint",
            _ONLINE[:1],
            (_LOCAL, _AUTH, DESCRIPTION, TAGS, WEB),
            (
                _LOCAL,
                WEB,
                flag(
                    "--traffic -r",
                    "Shares in per cent: blue=90 green=10.",
                    "NAME=N",
                    nargs="+",
                    pairs=True,
                ),
                flag(
                    "--mirror-traffic -m",
                    "Shares mirrored: green=10.",
                    "NAME=N",
                    nargs="+",
                    pairs=True,
                ),
                flag("--defaults", "Defaults: deployment_name=blue.", "A=B", nargs="+", pairs=True),
            ),
            (_LOCAL,),
        ),
        Verb(
            "invoke",
            "Ask an endpoint.",
            "serving:invoke_online",
            (
                _NAME,
                needed(flag("--request-file -r", "File with the question, as JSON.", "FILE")),
                _DEPLOYMENT,
                _LOCAL,
            ),
            ("zafiro online-endpoint invoke --name mine --request-file sample.json",),
        ),
        Verb(
            "get-credentials",
            "Show the keys or a token.",
            "serving:credentials",
            (_NAME,),
            ("zafiro online-endpoint get-credentials -n mine --query primaryKey -o tsv",),
        ),
        Verb(
            "regenerate-keys",
            "Make a key anew.",
            "serving:regenerate_keys",
            (
                _NAME,
                flag(
                    "--key-type",
                    "Which.",
                    "KEY",
                    choices=("primary", "secondary"),
                    default="primary",
                ),
                NO_WAIT,
            ),
            ("zafiro online-endpoint regenerate-keys -n mine --key-type primary",),
        ),
    ),
    ("name", "auth_mode", "provisioning_state", "scoring_uri"),
    "onlineEndpoints",
)
_ONLINE_DEPLOYMENT = (_NAME, _NEEDED_ENDPOINT)
ONLINE_DEPLOYMENT = Noun(
    "online-deployment",
    "What answers behind an online endpoint.",
    (
        *crud(
            "online-deployment",
            "a deployment",
            _ONLINE_DEPLOYMENT,
            (
                _ENDPOINT,
                _LOCAL,
                WEB,
                flag("--all-traffic", "Send it all traffic when it is there."),
                flag("--skip-script-validation", "Do not check the scoring script."),
                flag("--package-model", "Package the model first."),
                flag("--vscode-debug", "Wait for a debugger."),
                flag("--local-enable-gpu", "Use this machine's GPU."),
            ),
            (
                _LOCAL,
                WEB,
                flag("--instance-count -c", "Instances.", "N", kind=int, key="instance_count"),
                flag("--skip-script-validation", "Do not check the scoring script."),
            ),
            (_LOCAL,),
        ),
        Verb(
            "get-logs",
            "Show what a deployment wrote.",
            "serving:deployment_logs",
            (
                *_ONLINE_DEPLOYMENT,
                flag("--lines -l", "Last lines.", "N", kind=int, default=5000),
                flag(
                    "--container -c",
                    "Which container.",
                    "NAME",
                    choices=("inference-server", "storage-initializer"),
                ),
                _LOCAL,
            ),
            ("zafiro online-deployment get-logs --name blue --endpoint-name mine",),
        ),
    ),
    ("name", "endpoint_name", "instance_type", "instance_count", "provisioning_state"),
    "onlineEndpoints",
)
_INVOKE_BATCH = (
    _NAME,
    _DEPLOYMENT,
    flag("--input", "What to score: a path or URI.", "PATH"),
    flag("--input-type", "What the input is.", "TYPE", choices=("uri_file", "uri_folder")),
    flag("--inputs", "Inputs by name.", "NAME=VALUE", nargs="+", pairs=True),
    flag("--outputs", "Outputs by name.", "NAME=VALUE", nargs="+", pairs=True),
    flag("--output-path", "Where results go.", "URI"),
    flag("--file -f", "YAML file with inputs and outputs.", "YAML"),
    flag("--job-name", "Name of the job.", "NAME"),
    flag("--experiment-name", "Experiment of the job.", "NAME"),
    flag("--instance-count -c", "Nodes.", "N", kind=int),
    flag("--mini-batch-size -m", "Files at a time.", "N", kind=int),
    SET,
)
BATCH_ENDPOINT = Noun(
    "batch-endpoint",
    "Endpoints that score files.",
    (
        *crud(
            "batch-endpoint",
            "a batch endpoint",
            (_NAME,),
            (DESCRIPTION, TAGS),
            (flag("--defaults", "Defaults: deployment_name=blue.", "A=B", nargs="+", pairs=True),),
        ),
        Verb(
            "invoke",
            "Start a scoring job.",
            "serving:invoke_batch",
            _INVOKE_BATCH,
            ("zafiro batch-endpoint invoke -n mine --input ./files",),
        ),
        Verb(
            "list-jobs",
            "List its jobs.",
            "serving:batch_jobs",
            (_NAME,),
            ("zafiro batch-endpoint list-jobs -n mine",),
        ),
    ),
    ("name", "provisioning_state", "scoring_uri"),
    "batchEndpoints",
)
BATCH_DEPLOYMENT = Noun(
    "batch-deployment",
    "What scores behind a batch endpoint.",
    (
        *crud(
            "batch-deployment",
            "a deployment",
            (_NAME, _NEEDED_ENDPOINT),
            (
                _ENDPOINT,
                flag("--set-default", "Make it the endpoint's default."),
                flag("--skip-script-validation", "Do not check the script."),
            ),
            (),
        ),
        Verb(
            "list-jobs",
            "List its jobs.",
            "serving:batch_jobs",
            (_NAME, _NEEDED_ENDPOINT),
            ("zafiro batch-deployment list-jobs -n blue -e mine",),
        ),
    ),
    ("name", "endpoint_name", "provisioning_state"),
    "batchEndpoints",
)
SCHEDULE = Noun(
    "schedule",
    "Jobs by the clock.",
    (
        Verb(
            "create",
            "Create a schedule.",
            "making:create",
            (needed(FILE), NAME, SET, NO_WAIT),
            ("zafiro schedule create --file nightly.yml",),
        ),
        Verb(
            "list",
            "List schedules.",
            "making:list_all",
            (
                MAX,
                flag("--disabled-only", "Disabled ones only."),
                flag("--include-disabled", "Disabled ones too."),
                ARCHIVED_ONLY,
            ),
            ("zafiro schedule list -o table",),
        ),
        Verb(
            "show",
            "Show a schedule.",
            "making:show",
            (_NAME,),
            ("zafiro schedule show --name nightly",),
        ),
        Verb(
            "update",
            "Change a schedule.",
            "making:update",
            (_NAME, FILE, SET, ADD, REMOVE, NO_WAIT),
            ("zafiro schedule update -n nightly --set description=new",),
        ),
        Verb(
            "enable",
            "Enable a schedule.",
            "serving:enable_schedule",
            (_NAME, NO_WAIT),
            ("zafiro schedule enable -n nightly",),
        ),
        Verb(
            "disable",
            "Disable a schedule.",
            "serving:disable_schedule",
            (_NAME, NO_WAIT),
            ("zafiro schedule disable -n nightly",),
        ),
        Verb(
            "trigger",
            "Run it now.",
            "serving:trigger_schedule",
            (_NAME,),
            ("zafiro schedule trigger -n nightly",),
        ),
        Verb(
            "delete",
            "Delete a schedule.",
            "making:delete",
            (_NAME, YES, NO_WAIT),
            ("zafiro schedule delete -n nightly --yes",),
        ),
    ),
    ("name", "display_name", "is_enabled", "provisioning_state"),
    "schedules",
)
NOUNS = {
    n.name: n
    for n in (ONLINE_ENDPOINT, ONLINE_DEPLOYMENT, BATCH_ENDPOINT, BATCH_DEPLOYMENT, SCHEDULE)
}
