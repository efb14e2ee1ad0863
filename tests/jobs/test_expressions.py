import pytest

from zafiro.core.errors import Invalid
from zafiro.jobs.expressions import check


@pytest.mark.parametrize(
    "text",
    [
        "run ${{inputs.x}} ${{ outputs.o }} ${{inputs.x.path}}",
        "run $[[--k ${{inputs.k}}]]",
        "run $[[--k ${{inputs.k}} --o ${{outputs.nope}}]]",  # left out, whatever else is in it
        "run ${HOME} $(date) ${{}",
    ],
)
def test_names_that_the_job_has_and_optional_ones_pass(text: str) -> None:
    check("command", text, {"x"}, {"o"})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "run ${{inputs.y}}",
            "command: ${{inputs.y}} names no input of the job; its inputs are: x",
        ),
        ("run $[[--o ${{outputs.p}}]]", "names no output of the job; its outputs are: none"),
        ("run ${{search_space.lr}}", "is not understood; use inputs.NAME or outputs.NAME"),
    ],
)
def test_a_name_that_the_job_has_not_is_refused(text: str, why: str) -> None:
    with pytest.raises(Invalid) as caught:
        check("command", text, ["x"], [])
    assert why in str(caught.value)
