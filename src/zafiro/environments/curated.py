"""What the public curated environments contain, as far as open packages go.

Known by family and version in their name: `sklearn-1.5`, `AzureML-sklearn-1.0-ubuntu20.04-py38-cpu`,
`acpt-pytorch-2.8-cuda12.6`. Versions as published in 2026. Packages that are not open (azureml-*)
are never ours to list; a user's own conda file may.
"""

import re
from collections.abc import Callable

from zafiro.environments.domain import Content

_PY = re.compile(r"(?:^|-)py(3)\.?(\d{1,2})(?:-|$)")
_VERSION = r"(?:-v?(\d+(?:\.\d+)*))?"
_CLOSED = "packages of this curated environment that are not open (azureml-*) are not in it; a conda file of your own may name them"

_BASE = ("mlflow<3", "numpy", "pandas", "matplotlib", "psutil", "tqdm")
_SCIENCE = ("mlflow<3", "joblib", "matplotlib>=3.5,<4", "psutil", "tqdm")
# The published ones pin NumPy 1 and pandas 1.5, for which Pythons after 3.11 have no wheels.
_NUMBERS = (
    "numpy<2",
    "scipy<1.15",
    "pandas<2; python_version < '3.12'",
    "pandas>=2.1,<3; python_version >= '3.12'",
)


def find(name: str) -> Content | None:
    """What an environment of that name contains; None when the name is not a curated one's."""
    plain = re.sub(r"^azureml[-_]", "", name.strip().lower())
    for pattern, contents in _FAMILIES:
        match = re.match(rf"(?:{pattern}){_VERSION}(?=-|$)", plain)
        if match is None:
            continue
        python, requirements = contents(match[match.lastindex] if match.lastindex else None)
        asked = _PY.search(plain)
        return Content(
            python=f"{asked[1]}.{asked[2]}" if asked else python,
            requirements=requirements,
            notes=(_CLOSED,),
        )
    return None


Contents = Callable[[str | None], tuple[str, tuple[str, ...]]]


def _at(package: str, version: str | None) -> str:
    """`package` at the minor version the name tells."""
    if version is None:
        return package
    parts = version.split(".")
    return f"{package}=={'.'.join(parts[:2])}.*" if len(parts) > 1 else f"{package}=={version}.*"


def _older(version: str | None, than: tuple[int, int]) -> bool:
    if version is None:
        return False
    parts = [int(part) for part in version.split(".")] + [0]
    return (parts[0], parts[1]) < than


def _sklearn(version: str | None) -> tuple[str, tuple[str, ...]]:
    if _older(version, (1, 1)):
        return "3.9", (_at("scikit-learn", version), "pandas<2", "numpy<1.24", "scipy", *_SCIENCE)
    if version is None or not _older(version, (1, 6)):
        return "3.10", (_at("scikit-learn", version), "numpy", "scipy", "pandas<3", *_SCIENCE)
    return "3.10", (_at("scikit-learn", version), *_NUMBERS, *_SCIENCE)


def _lightgbm(version: str | None) -> tuple[str, tuple[str, ...]]:
    # "lightgbm-3.3" has had LightGBM 4 for years; the version in its name is its lowest.
    boosted = f"lightgbm>={version}" if version else "lightgbm"
    if _older(version, (3, 3)):
        boosted = _at("lightgbm", version)
    return "3.10", (boosted, "xgboost<2", "scikit-learn>=1.0,<1.6", *_NUMBERS, *_SCIENCE, "dask")


def _xgboost(version: str | None) -> tuple[str, tuple[str, ...]]:
    return "3.10", (_at("xgboost", version), "scikit-learn<1.6", *_NUMBERS, *_SCIENCE)


def _pytorch(version: str | None) -> tuple[str, tuple[str, ...]]:
    beside = ("torchvision", "transformers", "tensorboard", "scikit-learn", "pillow", "requests")
    limits: tuple[str, ...] = ()
    if _older(version, (2, 3)):
        # transformers wants safetensors, whose newer versions have no wheel for Python 3.7.
        limits = ("numpy<2", "safetensors<0.5; python_version < '3.8'")
    rest = tuple(line for line in _BASE if not (limits and line == "numpy"))
    return "3.10", (_at("torch", version), *beside, *limits, *rest)


def _tensorflow(version: str | None) -> tuple[str, tuple[str, ...]]:
    beside = ("tensorboard", "tensorflow-datasets", "scikit-learn", "pillow", "requests", "scipy")
    return "3.10", (_at("tensorflow", version), *beside, *_BASE)


def _responsible(version: str | None) -> tuple[str, tuple[str, ...]]:
    return "3.10", (
        "responsibleai",
        "raiwidgets",
        "scikit-learn<1.6",
        "lightgbm",
        *_NUMBERS,
        *_SCIENCE,
    )


def _automl(version: str | None) -> tuple[str, tuple[str, ...]]:
    models = ("scikit-learn<1.6", "lightgbm", "xgboost<2", "statsmodels")
    return "3.10", (*models, *_NUMBERS, *_SCIENCE)


def _only(*requirements: str) -> Contents:
    return lambda version: ("3.10", requirements)


def _named(package: str, *beside: str) -> Contents:
    return lambda version: ("3.10", (_at(package, version), *beside, *_BASE))


_FAMILIES: tuple[tuple[str, Contents], ...] = (
    (r"sklearn|scikit-learn", _sklearn),
    (r"lightgbm", _lightgbm),
    (r"xgboost", _xgboost),
    (r"(?:acpt-)?(?:py)?torch", _pytorch),
    (r"(?:acpt-)?pytorch", _pytorch),
    (r"tensorflow", _tensorflow),
    (r"responsibleai(?:-tabular|-text|-vision)?|rai", _responsible),
    (r"(?:ai-ml-)?automl(?:-gpu|-dnn|-dnn-gpu|-dnn-vision-gpu)?", _automl),
    (
        r"acft-hf-nlp(?:-gpu|-data-import)?|acft-transformers(?:-gpu)?",
        _only(
            "torch", "transformers", "datasets", "accelerate", "evaluate", "scikit-learn", *_BASE
        ),
    ),
    (r"python-sdk-v2", _only("azure-ai-ml", "azure-identity", "mlflow<3", "pandas<3")),
    (r"tutorial", _only("scikit-learn<1.6", *_NUMBERS, *_SCIENCE)),
    (r"dask(?:-cpu|-gpu)?", _only("dask[complete]", "distributed", "scikit-learn", *_BASE)),
    (r"onnxruntime(?:-training)?", _named("onnxruntime", "onnx")),
    (r"pyspark(?:-mmlspark)?", _only("pyspark", "mlflow<3", "pandas<3")),
    (r"minimal(?:-ubuntu[\d.]+)?", _only()),
    (r"mlflow", _only("mlflow<3", "pandas<3", "scikit-learn")),
)
