"""What can be typed: nouns, their verbs, their flags. Tables only; a noun's file is read when typed.

The words and flags are those of the `ml` extension of the Azure CLI (reference pages of 2.15 and
later, seen 2026-11), so that scripts and habits carry over.
"""

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Flag:
    """One flag. `key` is where it stands in the resource's YAML when a verb builds one of flags.

    nargs as argparse has it; `pairs` for `a=b c=d`. A flag without `takes` is a switch.
    """

    names: tuple[str, ...]
    help: str
    takes: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    kind: type = str
    nargs: str | None = None
    pairs: bool = False
    key: str = ""
    default: Any = None

    @property
    def dest(self) -> str:
        return self.names[0].lstrip("-").replace("-", "_")


@dataclass(frozen=True)
class Verb:
    """One verb. `does` is module:function below zafiro.cli; it gets the Asked and returns what is
    printed, or None."""

    name: str
    help: str
    does: str
    flags: tuple[Flag, ...] = ()
    examples: tuple[str, ...] = ()
    scoped: bool = True  # takes --resource-group and --workspace-name
    prints: bool = True  # takes --query and --output


@dataclass(frozen=True)
class Noun:
    """`collection`: what the server must list for the noun to be of use, for nouns that not every
    server has; asked for before two seconds of imports."""

    name: str
    help: str
    verbs: tuple[Verb, ...] = ()
    columns: tuple[str, ...] = ()  # of `--output table`: a.b || c each
    collection: str = ""
    verb: dict[str, Verb] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        self.verb.update({v.name: v for v in self.verbs})


def flag(names: str, help: str, takes: str = "", **more: Any) -> Flag:
    """Short to write: `flag("--name -n", "Name of the job.", "NAME")`."""
    return Flag(tuple(names.split()), help, takes, **more)


def needed(one: Flag) -> Flag:
    return replace(one, required=True)


GROUP = flag(
    "--resource-group -g", "Resource group; kept by `configure --defaults group=`.", "NAME"
)
WORKSPACE = flag(
    "--workspace-name -w", "Workspace; kept by `configure --defaults workspace=`.", "NAME"
)
SUBSCRIPTION = flag("--subscription", "Subscription.", "ID")
HOME = flag("--home", "Folder of the server. [ZAFIRO_HOME, ~/.zafiro]", "FOLDER")
OUTPUT = flag(
    "--output -o",
    "Output format: json, jsonc, yaml, yamlc, table, tsv, none.",
    "FORMAT",
    choices=("json", "jsonc", "yaml", "yamlc", "table", "tsv", "none"),
)
QUERY = flag("--query", "JMESPath expression to pick from the answer.", "JMESPATH")
DEBUG = flag("--debug", "Show every request on stderr, secrets masked.")
VERBOSE = flag("--verbose", "Say more on stderr.")
QUIET = flag("--only-show-errors", "Show errors only, no warnings.")

FILE = flag("--file -f", "YAML file that describes it.", "YAML")
SET = flag(
    "--set", "Fields to set over the file's: a.b=c d=e.", "PATH=VALUE", nargs="+", pairs=True
)
ADD = flag("--add", "Add to a list or dictionary: path value or path key=value.", "PATH", nargs="+")
REMOVE = flag("--remove", "Remove a field, or an item of a list: path [index].", "PATH", nargs="+")
YES = flag("--yes -y", "Do not ask.")
NO_WAIT = flag("--no-wait", "Do not wait until it is done.")
NAME = flag("--name -n", "Name.", "NAME", key="name")
VERSION = flag("--version -v", "Version.", "VERSION", key="version")
LABEL = flag("--label -l", "Label, such as latest; instead of a version.", "LABEL")
REGISTRY = flag("--registry-name", "Registry, instead of a workspace.", "NAME")
DESCRIPTION = flag("--description -d", "Description.", "TEXT", key="description")
TAGS = flag("--tags", "Tags: a=b c=d.", "NAME=VALUE", nargs="+", pairs=True, key="tags")
MAX = flag("--max-results -r", "List no more than this many.", "N", kind=int)
ARCHIVED_ONLY = flag("--archived-only", "List the archived ones only.")
ARCHIVED_TOO = flag("--include-archived", "List the archived ones too.")
WEB = flag("--web -e", "Open its page in the browser.")
LOCATION = flag("--location -l", "Location.", "NAME", key="location")


def listing(*more: Flag) -> tuple[Flag, ...]:
    return (MAX, ARCHIVED_ONLY, ARCHIVED_TOO, *more)
