"""zafiro feature-set, feature-store, feature-store-entity …: typed like az ml; all of it through
azure-ai-ml, so that the server's own sentence says what is missing."""

from zafiro.cli.grammar import (
    ADD,
    FILE,
    LOCATION,
    NAME,
    NO_WAIT,
    REMOVE,
    SET,
    VERSION,
    YES,
    Noun,
    Verb,
    flag,
    listing,
    needed,
)

_NAME = needed(NAME)
_STORE = flag("--feature-store-name", "Feature store.", "NAME")
_NAMED = (_NAME, needed(VERSION), _STORE)


def _asset(name: str, what: str, *more: Verb) -> Noun:
    return Noun(
        name,
        what,
        (
            Verb(
                "create",
                "Create it.",
                "making:create",
                (needed(FILE), NAME, VERSION, SET, NO_WAIT, _STORE),
                (f"zafiro {name} create --file {name}.yml",),
            ),
            Verb(
                "list",
                "List them.",
                "making:list_all",
                listing(NAME, _STORE),
                (f"zafiro {name} list",),
            ),
            Verb("show", "Show it.", "making:show", _NAMED, (f"zafiro {name} show -n mine -v 1",)),
            Verb(
                "update",
                "Change it.",
                "making:update",
                (NAME, VERSION, _STORE, FILE, SET, ADD, REMOVE, NO_WAIT),
                (f"zafiro {name} update -n mine -v 1 --set description=new",),
            ),
            Verb(
                "archive",
                "Hide it from lists.",
                "making:archive",
                _NAMED,
                (f"zafiro {name} archive -n mine -v 1",),
            ),
            Verb(
                "restore",
                "Show it in lists again.",
                "making:restore",
                _NAMED,
                (f"zafiro {name} restore -n mine -v 1",),
            ),
            *more,
        ),
        ("name", "version || latest_version"),
        "featuresets",
    )


_WINDOW = (
    flag("--feature-window-start-time", "From.", "TIME"),
    flag("--feature-window-end-time", "To.", "TIME"),
    flag("--by-data-status", "Only data of these states.", "STATE", nargs="+"),
)
NOUNS = {
    "feature-set": _asset(
        "feature-set",
        "Feature sets.",
        Verb(
            "backfill",
            "Materialize it.",
            "missing:features",
            (*_NAMED, *_WINDOW),
            ("zafiro feature-set backfill -n mine -v 1",),
        ),
        Verb(
            "list-materialization-operation",
            "List materializations.",
            "missing:features",
            _NAMED,
            ("zafiro feature-set list-materialization-operation -n mine -v 1",),
        ),
    ),
    "feature-store-entity": _asset("feature-store-entity", "Entities of a feature store."),
    "feature-store": Noun(
        "feature-store",
        "Feature stores.",
        (
            Verb(
                "create",
                "Create it.",
                "making:create",
                (FILE, NAME, LOCATION, SET, NO_WAIT),
                ("zafiro feature-store create --file store.yml",),
            ),
            Verb("list", "List them.", "making:list_all", (), ("zafiro feature-store list",)),
            Verb(
                "show", "Show it.", "making:show", (_NAME,), ("zafiro feature-store show -n mine",)
            ),
            Verb(
                "update",
                "Change it.",
                "making:update",
                (_NAME, FILE, SET, ADD, REMOVE, NO_WAIT),
                ("zafiro feature-store update -n mine --set description=new",),
            ),
            Verb(
                "delete",
                "Delete it.",
                "making:delete",
                (_NAME, YES, NO_WAIT, flag("--all-resources", "What belongs to it too.")),
                ("zafiro feature-store delete -n mine --yes",),
            ),
            Verb(
                "provision-network",
                "Provision a managed network.",
                "missing:features",
                (_NAME, flag("--include-spark", "For Spark too.")),
                ("zafiro feature-store provision-network -n mine",),
            ),
        ),
        ("name", "location"),
        "featuresets",  # a store is a workspace, which is of no use without them
    ),
}
