"""What uv and pip say, in one sentence; what they are told."""

from pathlib import Path

import pytest

from zafiro.runtime import installer
from zafiro.runtime.installer import cause, options_of_uv

REQUIREMENTS = ["numpy<1.20", "pandas>2.1", "scikit-learn==1.0.99", "scikit-learn-intelex"]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            # uv 0.13
            """error: No solution found when resolving dependencies
  cause: Because there is no version of scikit-learn==1.0.99 and you require scikit-learn==1.0.99, we can conclude that your requirements are unsatisfiable.""",
            "requirement 'scikit-learn==1.0.99' cannot be satisfied: there is no version of scikit-learn==1.0.99",
        ),
        (
            # uv 0.5
            """  × No solution found when resolving dependencies:
  ╰─▶ Because there is no version of scikit-learn==1.0.99 and you require
      scikit-learn==1.0.99, we can conclude that your requirements are unsatisfiable.""",  # noqa: RUF001
            "requirement 'scikit-learn==1.0.99' cannot be satisfied: there is no version of scikit-learn==1.0.99",
        ),
        (
            """error: No solution found when resolving dependencies
  cause: Because all of:
             pandas==2.1.1
             pandas>=2.2.2
         depend on numpy>=1.22.4 and pandas==2.1.2 was yanked (reason: crashes on import), we can conclude that pandas>2.1 depends on numpy>=1.22.4.
         And because you require numpy<1.20 and pandas>2.1, we can conclude that your requirements are unsatisfiable."""
            + " " * 300,
            "requirements 'numpy<1.20' and 'pandas>2.1' cannot be satisfied",
        ),
        (
            """error: Failed to build `numpy==1.16.0`
  cause: The build backend returned an error
         [stderr]
         NameError: name 'CCompiler' is not defined""",
            "requirement 'numpy<1.20' has no ready-made wheel for this Python, and building it from source failed (NameError: name 'CCompiler' is not defined)",
        ),
        (
            """error: Request failed after 3 retries in 6.3s
  cause: Failed to fetch: https://index.example/simple/six/
  cause: error sending request for url (https://index.example/simple/six/)
  cause: dns error""",
            "the package index did not answer (https://index.example/simple/six/)",
        ),
        (
            """ERROR: Could not find a version that satisfies the requirement scikit-learn==1.0.99 (from versions: 1.1)
ERROR: No matching distribution found for scikit-learn==1.0.99""",
            "requirement 'scikit-learn==1.0.99' cannot be satisfied",
        ),
        ("error: something new\nhint: look", "error: something new"),
        ("", "the installer said nothing"),
    ],
)
def test_the_cause_is_one_sentence_that_names_the_requirement(said: str, sentence: str) -> None:
    found = cause(said.splitlines(), REQUIREMENTS)
    assert found.startswith(sentence)
    assert "\n" not in found


def test_options_of_pip_become_those_of_uv() -> None:
    given = ["--extra-index-url", "https://a", "-f=wheels", "--trusted-host", "h", "--pre"]
    given += ["--no-binary", "a,b", "--use-feature", "x", "--no-cache-dir"]
    assert options_of_uv(given) == [
        *("--extra-index-url", "https://a", "--find-links", "wheels"),
        *("--allow-insecure-host", "h", "--prerelease", "allow"),
        *("--no-binary", "a", "--no-binary", "b"),
        *("--index-strategy", "unsafe-best-match"),
    ]


def test_a_jobs_certificates_do_not_decide_which_index_is_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "ZAFIRO_CA"):
        monkeypatch.delenv(name, raising=False)
    ours, system = tmp_path / "ours.pem", tmp_path / "system.pem"
    ours.touch()
    system.touch()
    monkeypatch.setenv("ZAFIRO_CA", str(ours))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ours))
    monkeypatch.setenv("PYTHONPATH", "/job/code")
    seen = installer._variables()
    assert not {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PYTHONPATH"} & set(seen)
    ours.write_text("-----BEGIN CERTIFICATE-----\n" * 2)  # ours and the system's
    assert installer._variables()["SSL_CERT_FILE"] == str(ours)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
    monkeypatch.setenv("PIP_CERT", str(system))
    assert installer._variables()["SSL_CERT_FILE"] == str(system)


def test_uv_is_found_where_it_is_named_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mine = tmp_path / "uv"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(0o755)
    monkeypatch.setenv("ZAFIRO_UV", str(mine))
    assert installer.uv() == [str(mine)]
    monkeypatch.setenv("ZAFIRO_UV", str(tmp_path / "gone"))
    assert installer.uv() not in (None, [str(mine)])
