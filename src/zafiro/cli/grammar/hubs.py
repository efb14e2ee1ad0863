"""What `az ml` has for Azure's hubs, marketplace and agents: typed like there, refused by name."""

from zafiro.cli.grammar import (
    DESCRIPTION,
    FILE,
    MAX,
    NAME,
    NO_WAIT,
    SET,
    TAGS,
    YES,
    Flag,
    Noun,
    Verb,
    flag,
    needed,
)
from zafiro.cli.grammar.assets import NOUNS as ASSETS

_NAME = needed(NAME)
_HUBS = {"workspace-hub": "Hubs of projects.", "workspace-project": "Projects of a hub."}


def _verb(noun: str, name: str, does: str, help: str, *flags: Flag) -> Verb:
    typed = " --file it.yml" if name == "create" else "" if name == "list" else " --name mine"
    return Verb(name, help, does, flags, (f"zafiro {noun} {name}{typed}",))


def _plain(noun: str, help: str, collection: str, *more: Verb, listed: bool = True) -> Noun:
    lists = (_verb(noun, "list", "making:list_all", "List them.", MAX),) if listed else ()
    return Noun(
        noun,
        help,
        (
            _verb(noun, "create", "making:create", "Create one.", FILE, NAME, SET, NO_WAIT),
            *lists,
            _verb(noun, "show", "making:show", "Show one.", _NAME),
            _verb(noun, "delete", "making:delete", "Delete one.", _NAME, YES, NO_WAIT),
            *more,
        ),
        ("name", "provisioning_state"),
        collection,
    )


def _hub(noun: str) -> Noun:
    flags = (FILE, NAME, SET, NO_WAIT, YES, MAX, DESCRIPTION, TAGS)
    verbs = ("create", "list", "show", "update", "delete")
    return Noun(
        noun, _HUBS[noun], tuple(_verb(noun, v, "missing:hub", "Not here.", *flags) for v in verbs)
    )


_INDEX = {v.name: v for v in ASSETS["data"].verbs}
NOUNS = {
    "serverless-endpoint": _plain(
        "serverless-endpoint",
        "Endpoints of models hosted by Azure.",
        "serverlessEndpoints",
        _verb(
            "serverless-endpoint",
            "get-credentials",
            "serving:credentials",
            "Show the keys.",
            _NAME,
        ),
        _verb(
            "serverless-endpoint",
            "regenerate-keys",
            "serving:regenerate_keys",
            "Make a key anew.",
            _NAME,
            NO_WAIT,
            flag(
                "--key-type", "Which.", "KEY", choices=("primary", "secondary"), default="primary"
            ),
        ),
    ),
    "marketplace-subscription": _plain(
        "marketplace-subscription", "Subscriptions to models sold.", "marketplaceSubscriptions"
    ),
    "capability-host": _plain(
        "capability-host", "Hosts of agents.", "capabilityHosts", listed=False
    ),
    "index": Noun(
        "index",
        "Indexes for retrieval.",
        tuple(
            _verb("index", name, "missing:index", "Not here.", *_INDEX[name].flags)
            for name in ("create", "list", "show")
        ),
    ),
    "azure-openai-deployment": Noun(
        "azure-openai-deployment",
        "Deployments of Azure OpenAI.",
        (
            _verb(
                "azure-openai-deployment",
                "list",
                "missing:openai",
                "Not here.",
                MAX,
                flag("--connection-name", "The connection.", "NAME"),
            ),
        ),
    ),
    **{name: _hub(name) for name in _HUBS},
}
