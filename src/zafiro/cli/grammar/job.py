"""zafiro job …"""

from zafiro.cli.grammar import (
    ADD,
    FILE,
    NAME,
    REMOVE,
    SET,
    WEB,
    Noun,
    Verb,
    flag,
    listing,
    needed,
)

_NAME = needed(NAME)
_NEWEST = flag("--name -n", "The job; the newest one when not given.", "NAME")

JOB = Noun(
    "job",
    "Run commands, look at them, stop them.",
    (
        Verb(
            "create",
            "Create a job.",
            "making:create_job",
            (
                needed(FILE),
                NAME,
                SET,
                flag("--stream -s", "Show its log until it ends; exit status 1 when it fails."),
                WEB,
                flag("--save-as -a", "Write the created job to this file.", "YAML"),
                flag("--skip-validation", "Do not check the job before it is sent."),
            ),
            (
                "zafiro job create -f hello.yml --stream",
                "zafiro job create -f train.yml --set inputs.epochs=3 --query name -o tsv",
            ),
        ),
        Verb(
            "list",
            "List jobs, the newest first.",
            "reading:list_jobs",
            listing(
                flag("--all-results", "List all of them."),
                flag("--parent-job-name -p", "List the children of this job.", "NAME"),
            ),
            ("zafiro job list -o table", "zafiro job list --query \"[?status=='Failed'].name\""),
        ),
        Verb(
            "show",
            "Show a job, or where its time went.",
            "reading:show_job",
            (_NEWEST, WEB, flag("--timeline", "Draw where the time went.")),
            (
                "zafiro job show --name brave_apple_1 --timeline",
                "zafiro job show -n brave_apple_1 --query status -o tsv",
            ),
        ),
        Verb(
            "why",
            "Say why a job waits, or why it failed.",
            "explaining:why",
            (_NEWEST, flag("job", "The same, without the flag.", "JOB", nargs="?")),
            ("zafiro job why --name brave_apple_1", "zafiro job why brave_apple_1"),
            prints=False,
        ),
        Verb(
            "stream",
            "Follow a job: its phases and its log, until it ends.",
            "following:stream",
            (_NAME,),
            ("zafiro job stream --name brave_apple_1",),
            prints=False,
        ),
        Verb(
            "cancel",
            "Cancel a job.",
            "changing:cancel_job",
            (_NAME, flag("--no-wait", "Do not wait until it has stopped.")),
            ("zafiro job cancel --name brave_apple_1",),
        ),
        Verb(
            "update",
            "Change a job's name, description, tags.",
            "making:update",
            (_NAME, SET, ADD, REMOVE, WEB),
            ("zafiro job update -n brave_apple_1 --set display_name=first tags.owner=me",),
        ),
        Verb(
            "download",
            "Download the files a job left.",
            "asking:download_job",
            (
                _NAME,
                flag("--download-path -p", "Folder to write to. [.]", "FOLDER"),
                flag("--output-name", "Only this output.", "NAME"),
                flag("--all", "Logs and all outputs."),
            ),
            ("zafiro job download --name brave_apple_1 --output-name model",),
        ),
        Verb(
            "archive",
            "Hide a job from lists.",
            "making:archive",
            (_NAME,),
            ("zafiro job archive --name brave_apple_1",),
        ),
        Verb(
            "restore",
            "Show an archived job in lists again.",
            "making:restore",
            (_NAME,),
            ("zafiro job restore --name brave_apple_1",),
        ),
        Verb(
            "validate",
            "Check a job's YAML; nothing runs.",
            "making:validate",
            (needed(FILE), SET),
            ("zafiro job validate --file train.yml",),
        ),
        Verb(
            "show-services",
            "Show the services of a job, by node.",
            "asking:show_services",
            (_NAME, flag("--node-index -i", "Node. [0]", "N", kind=int)),
            ("zafiro job show-services --name brave_apple_1",),
        ),
        Verb(
            "tensorboard",
            "Print a link to the TensorBoard of a job.",
            "tensorboard:link",
            (_NEWEST, WEB),
            ("zafiro job tensorboard --name brave_apple_1",),
            prints=False,
        ),
        Verb(
            "connect-ssh",
            "Open a shell where a job runs.",
            "missing:ssh",
            (
                _NAME,
                flag("--node-index -i", "Node. [0]", "N", kind=int),
                flag("--private-key-file-path -f", "Private key.", "FILE"),
            ),
            ("zafiro job connect-ssh --name brave_apple_1",),
        ),
    ),
    ("name", "display_name", "experiment_name", "status", "creation_context.created_at"),
)
NOUNS = {"job": JOB}
