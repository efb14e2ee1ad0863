"""Every word that can be typed leads somewhere, is explained, and is what scripts type."""

import ast
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from zafiro.cli import helping, parser
from zafiro.cli.grammar import Noun, Verb
from zafiro.cli.grammar.index import AZ, NOUNS, VERBS
from zafiro.cli.grammar.server import VERBS as SERVER
from zafiro.cli.says import Misused

HERE = Path(__file__).parent
ALL: list[tuple[Noun | None, Verb]] = [
    *((None, verb) for verb in SERVER.values()),
    *((n, v) for n in map(parser.noun_of, [*NOUNS, *AZ]) for v in n.verbs),
]
IDS = [f"{n.name} {v.name}" if n else v.name for n, v in ALL]
FREQUENT = (HERE / "frequent.txt").read_text().splitlines()


@pytest.mark.parametrize(("noun", "verb"), ALL, ids=IDS)
def test_every_verb_does_something_and_its_examples_are_understood(
    noun: Noun | None, verb: Verb
) -> None:
    # Read, not imported: what a verb does may need azure-ai-ml.
    module, _, function = verb.does.partition(":")
    source = Path(parser.__file__).parent / f"{module}.py"
    names = {
        t.id if isinstance(t, ast.Name) else getattr(t, "name", "")
        for node in ast.parse(source.read_text()).body
        for t in [node, *getattr(node, "targets", [])]
    }
    assert function in names, f"{module}.py has no {function}"
    assert verb.examples, "every verb shows how it is typed"
    for example in verb.examples:
        words = shlex.split(example)
        if words[0] != "zafiro" or "$(" in example or ">" in words or words[1] == "az":
            continue
        asked = parser.parse(words[1:])
        assert isinstance(asked, parser.Asked)
        assert asked.verb.name in (verb.name, "up", "env")


@pytest.mark.parametrize(("noun", "verb"), ALL, ids=IDS)
def test_every_verb_has_help(noun: Noun | None, verb: Verb) -> None:
    words = [noun.name, verb.name, "--help"] if noun else [verb.name, "--help"]
    text = parser.parse(words)
    assert isinstance(text, str)
    assert text.startswith(verb.help)
    assert "Usage: zafiro" in text and "Examples:" in text
    assert max(map(len, text.splitlines())) <= 100 or "Examples:" in text.split("\n\n")[-1]


@pytest.mark.parametrize("line", FREQUENT, ids=[line.split(":")[0] for line in FREQUENT])
def test_what_public_scripts_type_is_understood(line: str) -> None:
    """Commands and flags counted over public scripts, workflows and notebooks."""
    command, _, flags = line.partition(":")
    name, verb = command.split()
    noun = parser.noun_of(name)
    known = [n for one in parser.flags_of(noun, noun.verb[verb]) for n in one.names]
    for flag in flags.split():
        begun = [n for n in known if flag.startswith("--") and n.startswith(flag)]
        assert flag in known or len(begun) == 1, flag


def shown(*words: str) -> str:
    text = parser.parse(words)
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize(
    "words",
    [("--help",), ("job", "--help"), ("job", "create", "--help"), ("model", "create", "-h")],
    ids=lambda words: "-".join(w.strip("-") for w in words),
)
def test_help_reads_as_it_did(words: tuple[str, ...]) -> None:
    """Changed on purpose? ZAFIRO_SNAPSHOTS=1 pytest tests/cli/test_grammar.py writes them anew."""
    import os

    path = HERE / "snapshots" / ("-".join(w.strip("-") for w in words) + ".txt")
    text = shown(*words).replace(f"zafiro {helping.zafiro.__version__}:", "zafiro VERSION:") + "\n"
    if os.environ.get("ZAFIRO_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("jbo list", "'jbo' is no command of zafiro; did you mean 'job'? See `zafiro --help`."),
        (
            "job lst",
            "'lst' is no verb of `zafiro job`; did you mean 'list'? See `zafiro job --help`.",
        ),
        (
            "job list --outptu json",
            "unrecognized flag '--outptu'; did you mean '--output'? See `zafiro job list --help`.",
        ),
        ("job list -o xml", "argument --output/-o: 'xml' is none of json, jsonc"),
        ("job stream", "the following arguments are required: --name/-n"),
        ("job list -r many", "argument --max-results/-r: invalid int value: 'many'"),
        ("model create --tags a", "--tags: 'a' is not NAME=VALUE"),
        ("job list extra", "unrecognized argument 'extra'"),
        ("model create -t onnx", "'onnx' is none of custom_model, mlflow_model, triton_model"),
    ],
)
def test_what_is_misspelled_is_said_with_what_was_meant(typed: str, said: str) -> None:
    with pytest.raises(Misused) as told:
        parser.parse(shlex.split(typed))
    assert said in str(told.value)
    assert told.value.status == 2


def asked(text: str) -> parser.Asked:
    found = parser.parse(shlex.split(text))
    assert isinstance(found, parser.Asked)
    return found


def test_flags_mean_what_they_mean_to_the_azure_cli() -> None:
    assert asked("job list --out tsv").output == "tsv"
    assert asked("job list --output=tsv").output == "tsv"
    assert asked("job show -n x -g g -w w").workspace_name == "w"
    twice = asked("job create -f a.yml --set a.b=1 c='d e' --set e=f=g")
    assert twice.set == {"a.b": "1", "c": "d e", "e": "f=g"}
    assert asked("online-endpoint update -n e --traffic 'blue=90 green=10'").traffic == {
        "blue": "90",
        "green": "10",
    }
    assert asked("online-deployment show -n blue --endpoint e").endpoint_name == "e"
    assert asked("compute create -t amlcompute -n big").type == "AmlCompute"


def test_exec_leaves_the_command_its_own_flags() -> None:
    assert asked("exec -- ls --home x").command == ["ls", "--home", "x"]
    found = asked("exec --home h python -m this --help")
    assert (found.home, found.command) == ("h", ["python", "-m", "this", "--help"])


def test_the_index_names_what_is_there() -> None:
    assert set(VERBS) == set(SERVER)
    for name, (module, help) in NOUNS.items():
        noun = parser.noun_of(name)
        assert noun.name == name and help and module


HEAVY = ("azure", "click", "httpx", "pydantic", "sqlalchemy", "starlette", "yaml", "jmespath")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from zafiro.cli import run; run(['--help']); run(['job', 'list', '--help']); "
        f"sys.exit(', '.join(m for m in {HEAVY} + ('ssl', 'http.client') if m in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
