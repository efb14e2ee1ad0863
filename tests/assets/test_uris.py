import pytest

from zafiro.assets import uris
from zafiro.assets.uris import JobOutput, Reference, Stored
from zafiro.core.errors import Invalid, Unsupported
from zafiro.workspaces.domain import Workspace

HERE = "subscriptions/s-1/resourcegroups/group/workspaces/MAIN"
WS = "/subscriptions/s-1/resourceGroups/Group/providers/Microsoft.MachineLearningServices/workspaces/main"


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("azureml://datastores/d/paths/a/b.csv", Stored("d", "a/b.csv")),
        ("azureml://datastores/d/paths/", Stored("d", "")),
        (f"azureml://{HERE}/datastores/d/paths/a", Stored("d", "a")),
        (
            "azureml://datastores/d/ExperimentRun/dcid.j/model",
            Stored("d", "ExperimentRun/dcid.j/model"),
        ),
        (
            "azureml://jobs/j/outputs/artifacts/paths/model/",
            Stored("workspaceartifactstore", "ExperimentRun/dcid.j/model/"),
        ),
        ("runs:/r/model", Stored("workspaceartifactstore", "ExperimentRun/dcid.r/model")),
        ("azureml://jobs/j/outputs/trained/paths/a", JobOutput("j", "trained", "a")),
        ("azureml://jobs/j/outputs/trained", JobOutput("j", "trained", "")),
        ("azureml://subscriptions/s/resourceGroups/g/workspaces/w/datastores/d/paths/a", None),
        ("https://h/a", None),
        ("wasbs://c@a.blob.core.windows.net/x", None),
    ],
)
def test_places_of_this_workspace_are_recognised(
    main: Workspace, uri: str, place: Stored | JobOutput | None
) -> None:
    assert uris.place(main, uri) == place


def test_the_full_form_names_the_same_place(main: Workspace) -> None:
    stored = Stored("d", "a/b")
    assert uris.place(main, uris.long(main, stored)) == stored


@pytest.mark.parametrize(
    ("written", "kind", "reference"),
    [
        ("azureml:n:1", "data", Reference("data", "n", "1")),
        ("n:1", "data", Reference("data", "n", "1")),
        ("azureml:n@latest", "models", Reference("models", "n", label="latest")),
        ("azureml:n", "data", Reference("data", "n")),
        (f"{WS}/data/n/versions/1", "", Reference("data", "n", "1", room=WS)),
        (f"azureml:{WS}/Data/n/Versions/1", "", Reference("data", "n", "1", room=WS)),
        (f"{WS[1:]}/codes/n/versions/1", "", Reference("codes", "n", "1", room=WS)),
        (
            f"{WS}/environments/azureml:n/versions/1",
            "",
            Reference("environments", "n", "1", room=WS),
        ),
        (
            f"{WS}/environments/n/labels/latest",
            "",
            Reference("environments", "n", label="latest", room=WS),
        ),
        (f"{WS}/models/n", "", Reference("models", "n", room=WS)),
        (
            "azureml://locations/l/workspaces/guid/models/n/versions/2",
            "",
            Reference("models", "n", "2", room="guid"),
        ),
    ],
)
def test_assets_are_named_in_many_ways(written: str, kind: str, reference: Reference) -> None:
    assert uris.reference(written, kind) == reference


@pytest.mark.parametrize(
    "written", ["n:1", "", f"{WS}/data/n/x/1", f"{WS}/data/n/versions", "/subscriptions/s"]
)
def test_what_names_no_asset_is_refused(written: str) -> None:
    with pytest.raises(Invalid):
        uris.reference(written)


def test_registries_are_said_to_be_missing() -> None:
    with pytest.raises(Unsupported, match="registry"):
        uris.reference("azureml://registries/azureml/environments/e/versions/1")
