"""What a container image is known to contain, for a machine without a container engine."""

import re
from dataclasses import dataclass

from zafiro.environments import curated
from zafiro.environments.domain import Content


@dataclass(frozen=True)
class Image:
    """repository: "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"; tag: "latest"."""

    repository: str
    tag: str


def parse(image: str) -> Image:
    """Docker's own images lose the parts that may be left out: docker.io/library/python → python."""
    bare = image.strip().partition("@")[0]
    repository, colon, tag = bare.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = bare, "latest"
    repository = re.sub(r"^(?:https?://)?(?:index\.)?docker\.io/", "", repository.lower())
    return Image(re.sub(r"^library/", "", repository), tag.lower())


def content(image: str) -> Content | None:
    """What is in it that a Python environment can have; None when nobody here knows."""
    asked = parse(image)
    if asked.repository.startswith("mcr.microsoft.com/azureml/curated/"):
        return curated.find(asked.repository.rsplit("/", 1)[1])
    whole = f"{asked.repository}:{asked.tag}"
    for pattern, made in _KNOWN:
        match = re.match(pattern, whole)
        if match:
            parts = match.groupdict()
            requirements = tuple(
                line.format(**parts) for line in made if "{version}" not in line or parts["version"]
            )
            return Content(python=_python(whole), requirements=requirements)
    return None


def has_no_stand_in(image: str) -> bool:
    """Whether what matters in the image is a program that is no Python package."""
    return _OTHER.match(parse(image).repository) is not None


def _python(whole: str) -> str | None:
    if whole.startswith("mcr.microsoft.com/azureml/openmpi"):
        return "3.10"
    match = re.search(r"(?:python:|py|python-?)(?:\d-)?3\.?(\d{1,2})(?![\d])", whole)
    return f"3.{match[1]}" if match else None


_V = r"(?:[\w-]*?(?P<version>\d+\.\d+(?:\.\d+)?))?"
_SCIPY = ("pandas", "scikit-learn", "scipy", "matplotlib", "seaborn", "jupyterlab")
_KNOWN: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"mcr\.microsoft\.com/azureml/(?:openmpi|intelmpi|base|minimal|inference-base|o16n-base)", ()),
    (r"mcr\.microsoft\.com/(?:vscode/)?devcontainers/(?:python|miniconda|anaconda|base)", ()),
    (r"mcr\.microsoft\.com/aifx/acpt/.*?(?:torch(?P<major>\d)(?P<minor>\d{1,2}?)\d)?$", ("torch",)),
    (r"(?:python|ubuntu|debian|nvidia/cuda|nvcr\.io/nvidia/cuda|buildpack-deps):", ()),
    (r"(?:mcr\.microsoft\.com/mirror/docker/library/)(?:python|ubuntu|debian):", ()),
    (r"(?:continuumio|conda|condaforge|mambaorg)/(?:mini|micro|ana|mamba)", ()),
    (r"pytorch/pytorch:" + _V, ("torch=={version}", "torchvision")),
    (r"tensorflow/tensorflow:" + _V, ("tensorflow=={version}",)),
    (r"nvcr\.io/nvidia/pytorch:", ("torch", "torchvision")),
    (r"nvcr\.io/nvidia/tensorflow:", ("tensorflow",)),
    (r"huggingface/transformers", ("transformers", "torch", "datasets")),
    (r"rayproject/ray(?:-ml)?:" + _V, ("ray[default]=={version}",)),
    (r"(?:quay\.io/)?jupyter/(?:scipy|datascience|tensorflow|pyspark)-notebook:", _SCIPY),
    (r"(?:quay\.io/)?jupyter/", ("jupyterlab",)),
)
_OTHER = re.compile(
    r"rocker/|r-base|(?:.*/)?r_?server|tensorflow/serving|pytorch/torchserve|(?:.*/)?torchserve"
    r"|nvcr\.io/nvidia/tritonserver|.*/triton|node$|openjdk|eclipse-temurin|golang|rust$|nginx"
    r"|mcr\.microsoft\.com/dotnet|julia$|alpine$|busybox$"
)
