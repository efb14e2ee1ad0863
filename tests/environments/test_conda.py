"""Conda files as public examples write them."""

import pytest

from zafiro.core.errors import Invalid, Unsupported
from zafiro.environments import conda


def nothing(path: str) -> str | None:
    return None


def requirements(text: str) -> list[str]:
    return list(conda.parse(text, nothing).requirements)


def test_a_usual_training_file_becomes_requirements() -> None:
    content = conda.parse(
        """
name: train
channels: [conda-forge, defaults]
dependencies:
  - python=3.9
  - pip=23.0
  - numpy=1.21.2
  - scikit-learn>=1.0,<1.3
  - conda-forge::pandas
  - pip:
    - azureml-mlflow==1.50.0
    - inference-schema[numpy-support]==1.3.0   # for scoring
    - "mlflow>=2.4, <3"
""",
        nothing,
    )
    assert content.python == "3.9"
    assert content.requirements == (
        "pip==23.0.*",
        "numpy==1.21.2.*",
        "scikit-learn<1.3,>=1.0",
        "pandas",
        "azureml-mlflow==1.50.0",
        "inference-schema[numpy-support]==1.3.0",
        "mlflow<3,>=2.4",
    )
    assert content.missing == ()


@pytest.mark.parametrize(
    ("spec", "requirement"),
    [
        ("numpy", "numpy"),
        ("numpy=1.21", "numpy==1.21.*"),
        ("numpy==1.21", "numpy==1.21"),
        ("numpy 1.21", "numpy==1.21"),
        ("numpy =1.21", "numpy==1.21.*"),
        ("numpy 1.21.*", "numpy==1.21.*"),
        ("numpy=1.21.*", "numpy==1.21.*"),
        ("numpy=1.21.2=py38h20f2e39_0", "numpy==1.21.2.*"),
        ("numpy==1.21.2=py38h20f2e39_0", "numpy==1.21.2"),
        ("numpy >= 1.18, < 2", "numpy<2,>=1.18"),
        ("numpy~=1.22.0", "numpy~=1.22.0"),
        ("numpy!=1.19.*", "numpy!=1.19.*"),
        ("numpy=1.21|=1.22", "numpy==1.22.*"),
        ("numpy[version='>=1.2,<2',build=py*]", "numpy<2,>=1.2"),
        ("numpy=*", "numpy"),
        ("scipy=1.9.0rc1", "scipy==1.9.0rc1"),
        ("conda-forge::pytorch=2.1", "torch==2.1.*"),
        ("pytorch::torchvision", "torchvision"),
        ("opencv=4.5", "opencv-python-headless==4.5.*"),
        ("ruamel_yaml", "ruamel.yaml"),
    ],
)
def test_a_match_spec_becomes_a_requirement(spec: str, requirement: str) -> None:
    assert conda.dependency(spec)[2] == requirement


@pytest.mark.parametrize(
    ("spec", "python"),
    [
        ("python=3.8", "3.8"),
        ("python=3.8.13", "3.8"),
        ("python==3.10.4", "3.10"),
        ("python 3.9.*", "3.9"),
        ("python=3.7.3=h0371630_0", "3.7"),
        ("python>=3.6,<3.9", "3.8"),
        ("python>=3.8", "3.10"),
        ("python", None),
        ("python=3", None),
    ],
)
def test_python_is_a_minor_version(spec: str, python: str | None) -> None:
    assert conda.dependency(spec)[1] == python


def test_python_2_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match=r"Python 2 \('python=2\.7'\)"):
        requirements("dependencies: [python=2.7]")


def test_what_is_no_python_package_is_left_out_and_said() -> None:
    content = conda.parse(
        "dependencies: [_libgcc_mutex=0.1=main, cudatoolkit=11.3, libgcc-ng, librosa, pytorch]",
        nothing,
    )
    assert content.requirements == ("librosa", "torch")
    assert "_libgcc_mutex, cudatoolkit, libgcc-ng" in content.notes[0]


def test_r_needs_more_than_python() -> None:
    content = conda.parse("dependencies: [r-base=4.1, r-ggplot2, pandas]", nothing)
    assert content.requirements == ("pandas",)
    assert content.missing == ("R (r-base, r-ggplot2)",)


def test_the_pip_list_takes_options_files_and_repositories() -> None:
    files = {
        "more/extra.txt": "xgboost==1.7.6 # pinned\n-c limits.txt\n",
        "more/limits.txt": "numpy<2",
    }
    content = conda.parse(
        """
dependencies:
- pip:
  - --extra-index-url https://example.org/simple
  - -r more/extra.txt
  - git+https://example.org/team/tool.git@v1#egg=tool
  - git+https://example.org/team/other.git
  - lib @ https://example.org/lib-1.0-py3-none-any.whl
  - --find-links=https://example.org/wheels
""",
        files.get,
    )
    assert content.requirements == (
        "xgboost==1.7.6",
        "tool @ git+https://example.org/team/tool.git@v1",
        "git+https://example.org/team/other.git",
        "lib @ https://example.org/lib-1.0-py3-none-any.whl",
    )
    assert content.constraints == ("numpy<2",)
    assert content.pip_options == (
        "--extra-index-url",
        "https://example.org/simple",
        "--find-links",
        "https://example.org/wheels",
    )


def test_a_line_that_is_no_requirement_is_named() -> None:
    with pytest.raises(Invalid, match=r"'scikit-learn=>1\.0'"):
        requirements("dependencies: [{pip: ['scikit-learn=>1.0']}]")


def test_a_file_that_did_not_come_along_is_named() -> None:
    with pytest.raises(Invalid, match=r"'requirements\.txt'"):
        requirements("dependencies: [{pip: ['-r requirements.txt']}]")


def test_text_that_is_not_yaml_is_said() -> None:
    with pytest.raises(Invalid, match="not YAML"):
        requirements("dependencies: [a")


def test_an_empty_pip_list_and_no_dependencies_are_fine() -> None:
    assert requirements("name: x") == []
    assert requirements("dependencies:\n- pip\n- pip:\n") == ["pip"]


def test_variables_of_the_file_are_kept() -> None:
    assert conda.parse("variables: {OMP_NUM_THREADS: 2}", nothing).variables == {
        "OMP_NUM_THREADS": "2"
    }
