"""The registry's part of MLflow's API: models, versions and their aliases, webhooks."""

from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.mlflow_rest.router import AnyVerb, Verb
from zafiro.registry import mlflow_models, mlflow_versions, mlflow_webhooks, places
from zafiro.tracking import service as tracking

_models, _versions, _webhooks = mlflow_models, mlflow_versions, mlflow_webhooks
_VERBS: tuple[AnyVerb, ...] = (
    Verb("POST", "mlflow/registered-models/create", _models.create),
    Verb("GET", "mlflow/registered-models/get", _models.get),
    Verb("PATCH", "mlflow/registered-models/update", _models.update),
    Verb("POST", "mlflow/registered-models/rename", _models.rename),
    Verb("DELETE", "mlflow/registered-models/delete", _models.remove),
    Verb("GET", "mlflow/registered-models/search", _models.search),
    Verb("GET", "mlflow/registered-models/get-latest-versions", _models.latest),
    Verb("POST", "mlflow/registered-models/get-latest-versions", _models.latest),
    Verb("POST", "mlflow/registered-models/set-tag", _models.set_tag),
    Verb("DELETE", "mlflow/registered-models/delete-tag", _models.delete_tag),
    Verb("POST", "mlflow/registered-models/alias", _models.set_alias),
    Verb("DELETE", "mlflow/registered-models/alias", _models.delete_alias),
    Verb("GET", "mlflow/registered-models/alias", _models.by_alias),
    Verb("POST", "mlflow/model-versions/create", _versions.create),
    Verb("GET", "mlflow/model-versions/get", _versions.get),
    Verb("PATCH", "mlflow/model-versions/update", _versions.update),
    Verb("DELETE", "mlflow/model-versions/delete", _versions.remove),
    Verb("POST", "mlflow/model-versions/transition-stage", _versions.transition),
    Verb("GET", "mlflow/model-versions/get-download-uri", _versions.download_uri),
    Verb("GET", "mlflow/model-versions/search", _versions.search),
    Verb("POST", "mlflow/model-versions/set-tag", _versions.set_tag),
    Verb("DELETE", "mlflow/model-versions/delete-tag", _versions.delete_tag),
    Verb("POST", "mlflow/webhooks", _webhooks.create),
    Verb("GET", "mlflow/webhooks", _webhooks.listing),
    Verb("GET", "mlflow/webhooks/{}", _webhooks.get),
    Verb("PATCH", "mlflow/webhooks/{}", _webhooks.update),
    Verb("DELETE", "mlflow/webhooks/{}", _webhooks.remove),
    Verb("POST", "mlflow/webhooks/{}/test", _webhooks.test),
)


def verbs(ctx: Context, gate: Gate) -> list[AnyVerb]:
    tracking.shelves[places.SHELF] = places.shelf
    return list(_VERBS)
