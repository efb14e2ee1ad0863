"""zafiro model, data, environment, component …: four kinds of versioned assets."""

from zafiro.cli.grammar import (
    ADD,
    DESCRIPTION,
    FILE,
    LABEL,
    MAX,
    NAME,
    NO_WAIT,
    REGISTRY,
    REMOVE,
    SET,
    TAGS,
    VERSION,
    Flag,
    Noun,
    Verb,
    flag,
    listing,
    needed,
)

_NAMED = (needed(NAME), VERSION, LABEL, REGISTRY)
_PATH = flag("--path -p", "Where it is: a local path or a URI.", "PATH", key="path")
_STAGE = flag("--stage -s", "Stage.", "STAGE", key="stage")
_DATASTORE = flag(
    "--datastore", "Datastore that a local path is uploaded to.", "NAME", key="datastore"
)


def _noun(
    name: str,
    what: str,
    path: str,
    create: tuple[Flag, ...],
    *more: Verb,
    **flags: tuple[Flag, ...],
) -> Noun:
    base = (FILE, NAME, VERSION, DESCRIPTION, TAGS, SET, REGISTRY, NO_WAIT)
    return Noun(
        name,
        what,
        (
            Verb(
                "create",
                f"Create a {what}, or a new version of it.",
                "making:create",
                (*base, *create),
                (f"zafiro {name} create --file {name}.yml", f"zafiro {name} create {path}"),
            ),
            Verb(
                "list",
                f"List {what}s; with --name, the versions of one.",
                "reading:list_assets",
                listing(NAME, REGISTRY, *flags.get("listed", ())),
                (f"zafiro {name} list -o table", f"zafiro {name} list --name mine"),
            ),
            Verb(
                "show",
                f"Show a version of a {what}.",
                "reading:show_asset",
                _NAMED,
                (
                    f"zafiro {name} show --name mine --version 1",
                    f"zafiro {name} show -n mine --label latest",
                ),
            ),
            Verb(
                "update",
                f"Change what may change of a {what}.",
                "making:update",
                (*_NAMED, SET, ADD, REMOVE, *flags.get("updated", ())),
                (f"zafiro {name} update -n mine -v 1 --set description='better' tags.owner=me",),
            ),
            Verb(
                "archive",
                f"Hide a {what}, or one version, from lists.",
                "making:archive",
                _NAMED,
                (f"zafiro {name} archive --name mine --version 1",),
            ),
            Verb(
                "restore",
                f"Show an archived {what} in lists again.",
                "making:restore",
                _NAMED,
                (f"zafiro {name} restore --name mine --version 1",),
            ),
            Verb(
                "share",
                f"Copy a version of a {what} to a registry.",
                "making:share",
                (
                    needed(NAME),
                    needed(VERSION),
                    needed(flag("--share-with-name", "Name in the registry.", "NAME")),
                    needed(flag("--share-with-version", "Version in the registry.", "VERSION")),
                    needed(REGISTRY),
                ),
                (
                    f"zafiro {name} share -n mine -v 1 --share-with-name mine --share-with-version 1 --registry-name shared",
                ),
            ),
            *more,
        ),
        ("name", "version || latest_version", "type", "creation_context.created_at"),
    )


NOUNS = {
    "model": _noun(
        "model",
        "model",
        "--name mine --version 1 --path ./model --type mlflow_model",
        (
            _PATH,
            flag(
                "--type -t",
                "Type.",
                "TYPE",
                choices=("custom_model", "mlflow_model", "triton_model"),
                key="type",
            ),
            _STAGE,
            _DATASTORE,
        ),
        Verb(
            "download",
            "Download a model's files.",
            "asking:download_model",
            (
                needed(NAME),
                needed(VERSION),
                REGISTRY,
                flag("--download-path -p", "Folder to write to. [.]", "FOLDER"),
            ),
            ("zafiro model download --name mine --version 1",),
        ),
        Verb(
            "package",
            "Package a model.",
            "missing:package",
            (needed(NAME), needed(VERSION), needed(FILE), REGISTRY),
            ("zafiro model package --name mine --version 1 --file package.yml",),
        ),
        listed=(_STAGE,),
        updated=(_STAGE,),
    ),
    "data": _noun(
        "data",
        "data asset",
        "--name mine --version 1 --path ./folder --type uri_folder",
        (
            _PATH,
            flag(
                "--type -t",
                "Type.",
                "TYPE",
                choices=("uri_file", "uri_folder", "mltable"),
                key="type",
            ),
            flag("--skip-validation", "Do not check an MLTable."),
            _DATASTORE,
        ),
        Verb(
            "import",
            "Fetch data from another service.",
            "missing:imports",
            (FILE, NAME, VERSION, SET, _DATASTORE),
            ("zafiro data import --file import.yml",),
        ),
        Verb(
            "list-materialization-status",
            "List what was fetched.",
            "missing:imports",
            (needed(NAME), MAX),
            ("zafiro data list-materialization-status --name mine",),
        ),
        Verb(
            "mount",
            "Mount a data asset.",
            "missing:mount",
            (flag("--path", "What.", "URI"), flag("--mount-point", "Where.", "FOLDER")),
            ("zafiro data mount --path azureml:mine:1 --mount-point /mnt",),
        ),
    ),
    "environment": _noun(
        "environment",
        "environment",
        "--name mine --image python:3.11 --conda-file conda.yml",
        (
            flag("--image -i", "Base image.", "IMAGE", key="image"),
            flag("--conda-file -c", "Conda file.", "FILE", key="conda_file"),
            flag("--build-context -b", "Folder with a Dockerfile.", "FOLDER", key="build.path"),
            flag(
                "--dockerfile-path",
                "Dockerfile in the build context.",
                "FILE",
                key="build.dockerfile_path",
            ),
            flag("--os-type", "Operating system.", "OS", key="os_type"),
            _DATASTORE,
        ),
    ),
    "component": _noun(
        "component",
        "component",
        "--file train.yml --version 2",
        (flag("--skip-validation", "Do not check it."),),
    ),
}
