"""What `az ml` has and this server has not is said in one sentence, at once."""

import json
import os
import shlex
import subprocess
import sys

from zafiro.cli import parser
from zafiro.cli.grammar import Verb
from zafiro.cli.grammar.index import NOUNS
from zafiro.testing import live
from zafiro.testing.live import Live

# The command groups of the `ml` extension (reference pages of 2.15 and later, seen 2026-11).
AZ_ML = [
    "azure-openai-deployment",
    "batch-deployment",
    "batch-endpoint",
    "capability-host",
    "component",
    "compute",
    "connection",
    "data",
    "datastore",
    "environment",
    "feature-set",
    "feature-store",
    "feature-store-entity",
    "index",
    "job",
    "marketplace-subscription",
    "model",
    "online-deployment",
    "online-endpoint",
    "registry",
    "schedule",
    "serverless-endpoint",
    "workspace",
]
LATER = [noun for noun in map(parser.noun_of, NOUNS) if noun.collection]
REFUSED = [
    f"{noun.name} {verb.name}"
    for noun in map(parser.noun_of, NOUNS)
    for verb in noun.verbs
    if verb.does.startswith("missing:")
]
# Runs each line of stdin; prints [line, exit status, what it said], and whether the client was
# imported on the way.
RUN = """
import contextlib, io, json, shlex, sys
from zafiro.cli import run
for line in sys.stdin.read().splitlines():
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = run(shlex.split(line))
    print(json.dumps([line, code, said.getvalue(), "azure" in sys.modules]))
"""


def typed(lines: list[str], server: Live) -> list[tuple[str, int, str, bool]]:
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        env={**live.clean(os.environ), "ZAFIRO_HOME": str(server.home)},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def example(verb: Verb) -> str:
    return shlex.join(shlex.split(verb.examples[0])[1:])


def test_every_command_group_of_az_ml_is_known() -> None:
    assert set(AZ_ML) <= set(NOUNS)


def test_a_noun_the_server_lacks_says_so_without_the_client(server: Live) -> None:
    lists = [f"{noun.name} {noun.verbs[0].name} --name x --file x.yml" for noun in LATER]
    lacks = {line.split()[0] for line, _, said, _ in typed(lists, server) if "supported" in said}
    assert {"serverless-endpoint", "marketplace-subscription", "capability-host"} <= lacks
    lines = [example(verb) for noun in LATER if noun.name in lacks for verb in noun.verbs]
    for line, code, said, imported in typed(lines, server):
        noun, verb = line.split()[:2]
        assert code == 1 and said.count("\n") == 1, line
        assert said.startswith(f"Error: `{noun} {verb}`: the resource type '"), said
        assert said.endswith("' is not supported by this version of Zafiro\n"), said
        assert not imported, line


def test_a_verb_nothing_does_yet_says_what_to_do_instead(server: Live) -> None:
    lines = [example(parser.noun_of(n).verb[v]) for n, v in map(str.split, REFUSED)]
    for command, (line, code, said, imported) in zip(REFUSED, typed(lines, server), strict=True):
        assert (code, said.count("\n"), imported) == (1, 1, False), line
        starts = f"Error: `{command}` is not supported by this version of Zafiro; "
        assert said.startswith((starts, f"Error: `{command}`: the resource type '")), said


def test_registry_name_is_refused_wherever_registries_are(server: Live) -> None:
    lines = ["registry list", "model list --registry-name azureml"]
    registries, models = typed(lines, server)
    if registries[1] == 1:
        assert models[1:] == (1, registries[2].replace("registry list", "model list"), False)
    else:
        assert "resource type 'registries'" not in models[2]
