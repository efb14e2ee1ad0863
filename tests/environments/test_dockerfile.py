"""Dockerfiles as public examples write them."""

import pytest

from zafiro.core.errors import Invalid
from zafiro.environments import dockerfile
from zafiro.environments.domain import Content


def base(image: str) -> Content:
    known = {"python:3.9-slim": Content(python="3.9"), "tools": Content(requirements=("six",))}
    return known.get(image, Content(python="3.10"))


def parse(text: str, **files: str) -> Content:
    named = {
        name.replace("__", "/").replace("_txt", ".txt").replace("_yml", ".yml"): body
        for name, body in files.items()
    }
    return dockerfile.parse(text, named.get, base=base)


def test_pip_lines_and_copied_requirement_files_are_taken() -> None:
    content = parse(
        """
# a usual one
FROM python:3.9-slim
ARG SKLEARN=1.2
ENV PIP_NO_CACHE_DIR=1 MODE="a b"
ENV OLD style value
WORKDIR /build
COPY requirements.txt .
RUN apt-get update && apt-get clean && \\
    # a comment between
    pip install --no-cache-dir --upgrade pip && \\
    pip install -r requirements.txt "pandas>=1.5,<2" scikit-learn==${SKLEARN} \\
      --extra-index-url https://example.org/simple > /dev/null 2>&1
EXPOSE 5000
CMD ["python", "x.py"]
""",
        requirements_txt="numpy==1.24.4\n# note\nmatplotlib  # plots\n",
    )
    assert content.python == "3.9"
    assert content.requirements == (
        "numpy==1.24.4",
        "matplotlib",
        "pandas<2,>=1.5",
        "scikit-learn==1.2",
    )
    assert content.pip_options == ("--extra-index-url", "https://example.org/simple")
    assert content.variables == {"PIP_NO_CACHE_DIR": "1", "MODE": "a b", "OLD": "style value"}
    assert content.missing == ()


@pytest.mark.parametrize(
    ("copy", "path"),
    [
        ("COPY requirements.txt /tmp/requirements.txt", "/tmp/requirements.txt"),
        ("COPY . /app/", "/app/requirements.txt"),
        ("WORKDIR /app\nCOPY . .", "requirements.txt"),
        ("COPY *.txt /opt/", "/opt/requirements.txt"),
        ('COPY ["requirements.txt", "/a/r.txt"]', "/a/r.txt"),
        ("ADD --chown=me:me requirements.txt setup.txt /srv/", "/srv/requirements.txt"),
    ],
)
def test_a_copied_file_is_found_where_it_lies_in_the_image(copy: str, path: str) -> None:
    text = f"FROM ubuntu\n{copy}\nRUN pip3 install -r {path}"
    assert parse(text, requirements_txt="six").requirements == ("six",)


def test_a_file_in_a_copied_folder_is_found() -> None:
    text = "FROM ubuntu\nCOPY conf /conf\nRUN conda env create -p /azureml-envs/e -f /conf/env.yml"
    content = parse(text, conf__env_yml="dependencies: [python=3.8, {pip: [six]}]")
    assert (content.python, content.requirements) == ("3.8", ("six",))


def test_conda_commands_and_other_spellings_of_pip_are_taken() -> None:
    content = parse(
        """
FROM mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04
ENV AZUREML_CONDA_ENVIRONMENT_PATH /azureml-envs/sklearn
RUN conda create -y -p $AZUREML_CONDA_ENVIRONMENT_PATH -c conda-forge python=3.8 pip=20.2.4 numpy=1.21
ENV PATH $AZUREML_CONDA_ENVIRONMENT_PATH/bin:$PATH
RUN DEBIAN_FRONTEND=noninteractive python -m pip install 'xgboost~=1.7'; conda run -n x pip install six
RUN /bin/bash -c "source activate x && pip install tqdm"
RUN ["pip", "install", "joblib"]
RUN --mount=type=cache,target=/root/.cache uv pip install --system attrs && conda clean -ay
RUN <<EOF
pip install idna
rm -rf /tmp/*
EOF
"""
    )
    assert content.python == "3.8"
    wanted = (
        "pip==20.2.4.*",
        "numpy==1.21.*",
        "xgboost~=1.7",
        "six",
        "tqdm",
        "joblib",
        "attrs",
        "idna",
    )
    assert content.requirements == wanted
    assert content.variables == {}
    assert content.missing == ()


def test_a_later_step_overrides_and_removes() -> None:
    text = "FROM ubuntu\nRUN pip install numpy==1.20 six pandas\nRUN pip install numpy==1.22 pandas\nRUN pip uninstall -y six"
    assert parse(text).requirements == ("pandas", "numpy==1.22")


def test_both_lines_with_markers_of_one_package_stay() -> None:
    text = "FROM ubuntu\nCOPY r.txt .\nRUN pip install -r r.txt"
    lines = "a==1; python_version < '3.9'\na==2; python_version >= '3.9'\n"
    assert len(parse(text, r_txt=lines).requirements) == 2


def test_the_last_stage_counts_with_what_it_is_built_on() -> None:
    text = "FROM ubuntu AS base\nRUN pip install six\nFROM tools AS other\nRUN pip install a\nFROM base\nCOPY --from=other /x /y\nRUN pip install b"
    assert parse(text).requirements == ("six", "b")


def test_steps_that_only_a_container_could_do_are_named() -> None:
    text = "FROM ubuntu\nRUN apt-get update && apt-get install -y libgomp1\nADD https://example.org/x /x\nRUN pip install . && make all"
    assert parse(text).missing == (
        "step 'RUN apt-get install -y libgomp1'",
        "step 'ADD https://example.org/x'",
        "the local package '.' of step 'RUN pip install .'",
        "step 'RUN make all'",
    )


def test_a_step_with_branches_is_named_once_and_its_packages_are_taken() -> None:
    text = (
        "FROM ubuntu\nRUN set -eux; if ! command -v gpg > /dev/null; then apt-get install gnupg; fi;"
        ' case "$(uname -m)" in amd64) make x ;; *) exit 1 ;; esac; pip install six'
    )
    found = parse(text)
    assert found.requirements == ("six",)
    assert len(found.missing) == 1
    assert found.missing[0].startswith("step 'RUN set -eux; if ! command -v gpg")


def test_branches_around_what_needs_no_container_are_not_named() -> None:
    text = "FROM ubuntu\nRUN if [ -f x ]; then pip install six; else echo none; fi"
    assert parse(text).requirements == ("six",)
    assert parse(text).missing == ()


def test_a_requirements_file_outside_the_context_is_named_and_never_read() -> None:
    asked: list[str] = []

    def read(path: str) -> str | None:
        asked.append(path)
        return None

    text = "FROM ubuntu\nCOPY . /app\nRUN pip install -r /app/../../etc/passwd -r /app/x/../../../y.txt"
    with pytest.raises(Invalid, match=r"/app/\.\./\.\./etc/passwd"):
        dockerfile.parse(text, read, base=base)
    assert not [path for path in asked if ".." in path or path.startswith("/")]


def test_a_dockerfile_without_from_is_refused() -> None:
    with pytest.raises(Invalid, match="before the first FROM"):
        parse("RUN pip install x")
    with pytest.raises(Invalid, match="no FROM"):
        parse("# nothing")
