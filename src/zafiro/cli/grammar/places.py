"""zafiro workspace, datastore, connection, registry …"""

from zafiro.cli.grammar import (
    ADD,
    DESCRIPTION,
    FILE,
    LOCATION,
    MAX,
    NAME,
    NO_WAIT,
    REMOVE,
    SET,
    TAGS,
    YES,
    Flag,
    Noun,
    Verb,
    flag,
    needed,
)

_NAME = needed(NAME)
_SPACE = flag(
    "--name -n",
    "The workspace; --workspace-name or the default when not given.",
    "NAME",
    key="name",
)
_ALL = flag("--all-resources", "Delete what belongs to it too.")


def _text(name: str, help: str, takes: str = "TEXT") -> Flag:
    return flag(name, help, takes, key=name.lstrip("-").replace("-", "_"))


_DESCRIBING = (
    flag("--display-name", "Display name.", "TEXT", key="display_name"),
    DESCRIPTION,
    TAGS,
    flag(
        "--image-build-compute -i", "Compute that builds images.", "NAME", key="image_build_compute"
    ),
    _text("--public-network-access", "Enabled or Disabled.", "STATE"),
    flag("--application-insights -a", "Its resource id.", "ID", key="application_insights"),
    flag("--container-registry -c", "Its resource id.", "ID", key="container_registry"),
    flag("--managed-network -m", "Isolation mode.", "MODE", key="managed_network.isolation_mode"),
    _text("--primary-user-assigned-identity", "Its resource id.", "ID"),
)
WORKSPACE = Noun(
    "workspace",
    "Workspaces.",
    (
        Verb(
            "create",
            "Create a workspace.",
            "making:create",
            (
                FILE,
                _SPACE,
                LOCATION,
                SET,
                NO_WAIT,
                *_DESCRIBING,
                flag("--key-vault -k", "Its resource id.", "ID", key="key_vault"),
                flag("--storage-account", "Its resource id.", "ID", key="storage_account"),
                flag(
                    "--hbi-workspace",
                    "Whether its data is of high impact.",
                    "BOOL",
                    key="hbi_workspace",
                ),
                flag("--kind", "Its kind.", "KIND", choices=("default",), key="kind"),
            ),
            (
                "zafiro workspace create --name orchard",
                "zafiro workspace create --file workspace.yml",
            ),
        ),
        Verb(
            "list",
            "List the workspaces of a resource group.",
            "reading:list_workspaces",
            (MAX,),
            ("zafiro workspace list -o table",),
        ),
        Verb(
            "show",
            "Show a workspace.",
            "reading:show_workspace",
            (_SPACE,),
            ("zafiro workspace show --query mlflow_tracking_uri -o tsv",),
        ),
        Verb(
            "update",
            "Change a workspace.",
            "making:update",
            (_SPACE, FILE, SET, ADD, REMOVE, NO_WAIT, *_DESCRIBING),
            ("zafiro workspace update --name orchard --description 'Apples and pears'",),
        ),
        Verb(
            "delete",
            "Delete a workspace.",
            "making:delete_workspace",
            (
                _SPACE,
                YES,
                NO_WAIT,
                _ALL,
                flag("--permanently-delete -p", "Keep nothing to recover."),
            ),
            ("zafiro workspace delete --name orchard --all-resources --yes",),
        ),
        Verb(
            "list-keys",
            "List a workspace's keys.",
            "asking:workspace_keys",
            (_SPACE,),
            ("zafiro workspace list-keys -n main",),
        ),
        Verb(
            "sync-keys",
            "Read again the keys of what belongs to it.",
            "asking:workspace_sync",
            (_SPACE, NO_WAIT),
            ("zafiro workspace sync-keys -n main",),
        ),
        Verb(
            "diagnose",
            "Diagnose a workspace.",
            "asking:workspace_diagnose",
            (_SPACE, NO_WAIT),
            ("zafiro workspace diagnose -n main",),
        ),
        Verb(
            "provision-network",
            "Provision a managed network.",
            "asking:workspace_network",
            (_SPACE, NO_WAIT, flag("--include-spark", "For Spark too.")),
            ("zafiro workspace provision-network -n main",),
        ),
        Verb(
            "outbound-rule",
            "Rules of a managed network.",
            "missing:network",
            (flag("command", "A verb and its flags.", "VERB", nargs="..."),),
            ("zafiro workspace outbound-rule list",),
        ),
    ),
    ("name", "resource_group", "location", "display_name"),
)
DATASTORE = Noun(
    "datastore",
    "Where data lies.",
    (
        Verb(
            "create",
            "Create a datastore.",
            "making:create",
            (needed(FILE), NAME, SET),
            ("zafiro datastore create --file blob.yml",),
        ),
        Verb(
            "list",
            "List datastores.",
            "reading:list_all",
            (MAX,),
            ("zafiro datastore list -o table",),
        ),
        Verb(
            "show",
            "Show a datastore.",
            "reading:show",
            (_NAME,),
            ("zafiro datastore show --name workspaceblobstore",),
        ),
        Verb(
            "update",
            "Change a datastore.",
            "making:update",
            (_NAME, FILE, SET, ADD, REMOVE),
            ("zafiro datastore update -n mine --set description=new",),
        ),
        Verb(
            "delete",
            "Delete a datastore; its data stays.",
            "changing:delete",
            (_NAME, YES),
            ("zafiro datastore delete --name mine --yes",),
        ),
        Verb(
            "mount",
            "Mount a datastore on this machine.",
            "missing:mount",
            (
                flag("--path", "Datastore or path.", "URI"),
                flag("--mount-point", "Folder.", "FOLDER"),
            ),
            (
                "zafiro datastore mount --path azureml://datastores/workspaceblobstore --mount-point /mnt",
            ),
        ),
    ),
    ("name", "type", "account_name", "container_name || file_share_name"),
)
CONNECTION = Noun(
    "connection",
    "Credentials of other services.",
    (
        Verb(
            "create",
            "Create a connection.",
            "making:create",
            (needed(FILE), NAME, SET),
            ("zafiro connection create --file git.yml",),
        ),
        Verb(
            "list",
            "List connections.",
            "reading:list_all",
            (MAX, flag("--type", "Only this type.", "TYPE")),
            ("zafiro connection list -o table",),
        ),
        Verb(
            "show",
            "Show a connection.",
            "reading:show",
            (_NAME, flag("--populate-secrets", "Show its secrets.")),
            ("zafiro connection show --name git",),
        ),
        Verb(
            "update",
            "Change a connection.",
            "making:update",
            (_NAME, FILE, SET, ADD, REMOVE),
            ("zafiro connection update -n git --set target=https://git.example.com",),
        ),
        Verb(
            "delete",
            "Delete a connection.",
            "changing:delete",
            (_NAME, YES),
            ("zafiro connection delete --name git --yes",),
        ),
    ),
    ("name", "type", "target"),
)
REGISTRY = Noun(
    "registry",
    "Registries shared by workspaces.",
    (
        Verb(
            "create",
            "Create a registry.",
            "making:create",
            (FILE, NAME, SET, NO_WAIT, TAGS),
            ("zafiro registry create --file registry.yml",),
        ),
        Verb("list", "List registries.", "making:list_all", (MAX,), ("zafiro registry list",)),
        Verb(
            "show",
            "Show a registry.",
            "making:show",
            (_NAME,),
            ("zafiro registry show --name shared",),
        ),
        Verb(
            "update",
            "Change a registry.",
            "making:update",
            (_NAME, FILE, SET, ADD, REMOVE, NO_WAIT),
            ("zafiro registry update -n shared --set description=new",),
        ),
        Verb(
            "delete",
            "Delete a registry.",
            "making:delete",
            (_NAME, YES, NO_WAIT),
            ("zafiro registry delete --name shared --yes",),
        ),
    ),
    ("name", "location"),
    "registries",
)
NOUNS = {n.name: n for n in (WORKSPACE, DATASTORE, CONNECTION, REGISTRY)}
