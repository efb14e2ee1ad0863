import pytest

from zafiro.core.errors import Invalid, Unsupported
from zafiro.datastores.address import InAccount, InDatastore, OnTheWeb, parse

OURS = {"zafiro.test", "127.0.0.1"}
_ROOM = ("s1", "g1", "w1")


@pytest.mark.parametrize(
    ("uri", "meant"),
    [
        ("azureml://datastores/d/paths/a b/c%20.csv", InDatastore("d", "a b/c%20.csv")),
        ("AzureML://Datastores/d/Paths/a/", InDatastore("d", "a/")),
        ("azureml://datastores/d/paths/", InDatastore("d", "")),
        ("azureml://datastores/d", InDatastore("d", "")),
        (
            "azureml://datastores/d/ExperimentRun/dcid.x/logs",
            InDatastore("d", "ExperimentRun/dcid.x/logs"),
        ),
        (
            "azureml://subscriptions/s1/resourceGroups/g1/workspaces/w1/datastores/d/paths/p",
            InDatastore("d", "p", _ROOM),
        ),
        (
            "azureml://SUBSCRIPTIONS/s1/resourcegroups/g1/providers/"
            "Microsoft.MachineLearningServices/workspaces/w1/datastores/d/paths/p",
            InDatastore("d", "p", _ROOM),
        ),
        (
            "https://zafiro.test:1/storage/acct.blob.core.windows.net/c/p%20q",
            InAccount("acct", "c", "p q", here=True),
        ),
        (
            "https://127.0.0.1:2/storage/azureml-blobstore-1/LocalUpload/x",
            InAccount("", "azureml-blobstore-1", "LocalUpload/x", here=True),
        ),
        (
            "https://acct.blob.core.windows.net@127.0.0.1:8444/c/p",
            InAccount("acct", "c", "p", here=True),
        ),
        (
            "https://Acct.dfs.core.windows.net/c/p?sv=1&sig=2",
            InAccount("acct", "c", "p", "dfs", "sv=1&sig=2"),
        ),
        ("wasbs://c@acct.blob.core.windows.net/p/q", InAccount("acct", "c", "p/q")),
        ("wasbs://acct.blob.core.windows.net/c/p/q", InAccount("acct", "c", "p/q")),
        ("abfss://c@acct.dfs.core.windows.net/p", InAccount("acct", "c", "p", "dfs")),
        (
            "wasbs://c@127.0.0.1:8443/storage/acct.blob.core.windows.net/p",
            InAccount("acct", "c", "p", here=True),
        ),
        ("https://example.com/a.csv", OnTheWeb("https://example.com/a.csv")),
        ("http://example.com/storage/x", OnTheWeb("http://example.com/storage/x")),
    ],
)
def test_a_uri_is_taken_apart(uri: str, meant: object) -> None:
    assert parse(uri, OURS) == meant


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("s3://bucket/key", "the scheme 's3'"),
        ("file:///etc/passwd", "the scheme 'file'"),
        ("azureml://jobs/j/outputs/o/paths/p", "does not name a datastore"),
        ("azureml://datastores/d/files/p", "does not name a datastore"),
        ("https:///a", "names no host"),
        ("https://host:port/a", "not a URI"),
        ("wasbs://acct.blob.core.windows.net/p", "names no container"),
        ("wasbs://c@elsewhere.example/p", "names no storage account"),
        ("plain/path", "scheme ''"),
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(uri: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        parse(uri, OURS)


@pytest.mark.parametrize("uri", ["adl://x/y", "abfss://w@onelake.dfs.fabric.microsoft.com/x"])
def test_what_azure_has_and_we_do_not_is_named(uri: str) -> None:
    with pytest.raises(Unsupported):
        parse(uri, OURS)
