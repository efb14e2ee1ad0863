"""What may be asked of environments."""

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from zafiro.core.errors import Invalid, Unsupported
from zafiro.core.settings import Settings
from zafiro.environments import conda, curated, dockerfile, images
from zafiro.environments.domain import Content, recipe
from zafiro.environments.requirements import Read

_REGISTRY = re.compile(
    r"azureml://registries/([^/]+)/environments/([^/]+)(?:/(?:labels|versions)/([^/]+))?/?"
)
_SHORT = re.compile(r"(?:azureml:)?([^:@/]+)(?:[:@]([^:@/]+))?")


def resolve(
    definition: Mapping[str, Any] | str | None,
    *,
    settings: Settings,
    name: str = "",
    read: Read | None = None,
    files: str | None = None,
) -> dict[str, Any]:
    """The recipe (see `zafiro.runtime.environment`) of an environment. Never raises for what a
    user wrote: what cannot be had is the recipe's `failure`, one sentence.

    definition  the `properties` of an environment version (image, condaFile, build,
                inferenceConfig, osType), or a reference to one that is not in the workspace: a
                registry id, a curated name ("azureml:AzureML-sklearn-1.0-...@latest") or an
                image; None is a plain environment
    name        for people; a reference is its own
    read        gives the text of a file of the build context by its relative path, or None
    files       absolute path of the build context on this machine
    """
    try:
        if definition is None:
            found, name = Content(), name or "plain"
        elif isinstance(definition, str):
            found, own = _of_reference(definition)
            name = name or own
        else:
            found, own = _of_definition(definition, _inside(read))
            name = name or own
    except (Invalid, Unsupported) as e:
        shown = name or (definition if isinstance(definition, str) else "environment")
        return recipe(Content(), name=shown, files=files, failure=f"environment '{shown}': {e}")
    if not found.missing:
        return recipe(found, name=name, files=files)
    if settings.image_without_engine == "error":
        failure = (
            f"environment '{name}' needs a container engine, and there is none here, for "
            f"{'; '.join(found.missing)}"
        )
        return recipe(found, name=name, files=files, failure=failure)
    said = [
        f"asked for {thing}; there is no container engine here: running in a plain Python "
        "environment without it"
        for thing in found.missing
    ]
    return recipe(found.noting(*said), name=name, files=files)


def is_curated(reference: str) -> bool:
    """Whether a reference that is not in the workspace names something known here."""
    try:
        _of_reference(reference)
    except (Invalid, Unsupported):
        return False
    return True


def _of_reference(reference: str) -> tuple[Content, str]:
    if match := _REGISTRY.fullmatch(reference):
        registry, name, _ = match.groups()
        found = curated.find(name)
        if found is None or not registry.lower().startswith("azureml"):
            raise Invalid(
                "",
                f"what '{name}' of registry '{registry}' contains is not known here; register "
                "an environment of your own with a conda file",
            )
        return found, name
    # In a workspace the curated ones bear this prefix; other names are the user's own.
    if (short := _SHORT.fullmatch(reference)) and short[1].lower().startswith("azureml-"):
        found = curated.find(short[1])
        if found is not None:
            return found, short[1]
        raise Invalid(
            "",
            "what this curated environment contains is not known here; register an "
            "environment of your own with a conda file",
        )
    if reference.startswith(("azureml:", "/")):
        raise Invalid("", "there is no environment of that name, neither here nor curated")
    return _of_image(reference), reference


def _of_image(image: str) -> Content:
    found = images.content(image)
    if found is not None:
        return found
    if images.has_no_stand_in(image):
        raise Invalid(
            "",
            f"image '{image}' is not a Python image; it needs a container engine, and there "
            "is none here",
        )
    return Content(missing=(f"image {image}",))


def _of_definition(given: Mapping[str, Any], read: Read) -> tuple[Content, str]:
    image, file, build = given.get("image"), given.get("condaFile"), given.get("build")
    if str(given.get("osType") or "Linux").lower() == "windows":
        raise Unsupported("an environment for Windows")
    if build:
        path = posixpath.normpath(str(build.get("dockerfilePath") or "Dockerfile"))
        text = read(path)
        if text is None:
            raise Invalid("build", f"the build context has no readable file '{path}'")
        return dockerfile.parse(text, read, base=_of_image), "image of a Dockerfile"
    if image and given.get("inferenceConfig") and images.content(image) is None and not file:
        raise Invalid(
            "",
            f"image '{image}' brings its own server; it needs a container engine, and there "
            "is none here",
        )
    if file:
        # Azure makes a conda environment of its own beside the Python of the image, and runs the
        # job in that alone: of the image only what is no Python package would be seen.
        content = conda.parse(file, read)
        name = _name_of(file) or (image or "conda")
        if image and images.content(image) is None:
            content = content.lacking(*_of_image(image).missing)
        return content, name
    if image:
        return _of_image(image), image
    return Content(), "plain"


def _name_of(file: Any) -> str:
    match = (
        re.search(r"^name:\s*['\"]?([^'\"#\n]+)", file, re.MULTILINE)
        if isinstance(file, str)
        else None
    )
    return match[1].strip() if match else ""


def _inside(read: Read | None) -> Read:
    """`read`, asked for relative paths below the build context only."""

    def careful(path: str) -> str | None:
        path = posixpath.normpath(path)
        if read is None or path.startswith(("/", "..")):
            return None
        return read(path)

    return careful
