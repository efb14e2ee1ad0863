"""Words of the Azure CLI outside `ml` that scripts around it use."""

from zafiro.cli.grammar import (
    LOCATION,
    NO_WAIT,
    TAGS,
    YES,
    Noun,
    Verb,
    flag,
    needed,
)

_WHICH = flag("--subscription --name -s -n", "ID or name of a subscription.", "ID")
_GROUP = flag(
    "--name --resource-group -n -g", "The resource group; the kept default when not given.", "NAME"
)
_ANY = flag("words", "Whatever else a script gives.", "WORDS", nargs="*")
_IGNORED = (
    flag("--name -n", "Extension.", "NAME"),
    flag("--source -s", "Where from.", "URL"),
    flag("--version", "Version.", "VERSION"),
    flag("--upgrade -u", "Newer."),
    flag("--allow-preview", "Previews too.", "BOOL"),
    YES,
)
ACCOUNT = Noun(
    "account",
    "The subscription, and tokens.",
    (
        Verb(
            "show",
            "Show the subscription.",
            "az:account_show",
            (_WHICH,),
            ("zafiro account show --query id -o tsv",),
            scoped=False,
        ),
        Verb(
            "list",
            "List subscriptions.",
            "az:account_list",
            (flag("--all", "All of them."),),
            ("zafiro account list -o table",),
            scoped=False,
        ),
        Verb(
            "set",
            "Keep a subscription as the default.",
            "az:account_set",
            (needed(_WHICH),),
            ("zafiro account set --subscription 00000000-0000-0000-0000-000000000000",),
            scoped=False,
        ),
        Verb(
            "get-access-token",
            "Print a token for the server.",
            "az:account_token",
            (
                flag("--resource --scope", "What it is for.", "URL"),
                flag("--resource-type", "What it is for.", "TYPE"),
                flag("--tenant -t", "Tenant.", "ID"),
                _WHICH,
            ),
            ("zafiro account get-access-token --query accessToken -o tsv",),
            scoped=False,
        ),
    ),
    ("name", "id", "tenantId", "state", "isDefault"),
)
GROUPS = Noun(
    "group",
    "Resource groups.",
    (
        Verb(
            "create",
            "Create a resource group.",
            "az:group_create",
            (needed(_GROUP), LOCATION, TAGS),
            ("zafiro group create --name fruit --location local",),
            scoped=False,
        ),
        Verb(
            "show",
            "Show a resource group.",
            "az:group_show",
            (_GROUP,),
            ("zafiro group show --name fruit",),
            scoped=False,
        ),
        Verb(
            "list",
            "List resource groups.",
            "az:group_list",
            (),
            ("zafiro group list -o table",),
            scoped=False,
        ),
        Verb(
            "exists",
            "Say whether there is one.",
            "az:group_exists",
            (needed(_GROUP),),
            ("zafiro group exists --name fruit",),
            scoped=False,
        ),
        Verb(
            "delete",
            "Delete a resource group and all in it.",
            "az:group_delete",
            (needed(_GROUP), YES, NO_WAIT),
            ("zafiro group delete --name fruit --yes",),
            scoped=False,
        ),
    ),
    ("name", "location", "properties.provisioningState"),
)
EXTENSION = Noun(
    "extension",
    "Extensions: `ml` is part of Zafiro, others are not.",
    tuple(
        Verb(name, help, f"az:extension_{name}", _IGNORED, (f"az extension {name}",), scoped=False)
        for name, help in (
            ("add", "`ml` is here already."),
            ("update", "`ml` comes with Zafiro."),
            ("remove", "Nothing to remove."),
            ("show", "Show an extension."),
            ("list", "List extensions."),
        )
    ),
    ("name", "version", "extensionType"),
)
CONFIG = Noun(
    "config",
    "Kept settings.",
    (
        Verb(
            "get",
            "Show what is kept.",
            "az:config_get",
            (_ANY,),
            ("az config get --query \"defaults[?name=='group'].value\" -o tsv",),
            scoped=False,
        ),
        Verb(
            "set",
            "Keep: defaults.group=fruit.",
            "az:config_set",
            (_ANY,),
            ("az config set defaults.group=fruit",),
            scoped=False,
        ),
    ),
)
AZ = Noun(
    "az",
    "Speak as the Azure CLI does.",
    (
        Verb(
            "install-shim",
            "Write a program named `az` into a folder: it calls this one. Put the folder first in PATH.",
            "az:install_shim",
            (
                flag("folder", "Where to write it.", "DIR"),
                flag("--force", "Over another program of that name."),
            ),
            (
                "zafiro az install-shim ~/.zafiro/bin",
                'export PATH="$HOME/.zafiro/bin:$PATH"',
                "az ml job list",
            ),
            scoped=False,
            prints=False,
        ),
    ),
)
NOUNS = {"account": ACCOUNT, "group": GROUPS, "extension": EXTENSION, "config": CONFIG, "az": AZ}
