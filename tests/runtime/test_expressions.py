import pytest

from zafiro.runtime.expressions import fill
from zafiro.runtime.failure import JobFailed

INPUTS = {"x": "0.1", "group.rate": "3", "empty": "", "d": "/in/d"}
OUTPUTS = {"o": "/out/o"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("train --x ${{inputs.x}}", "train --x 0.1"),
        ("a ${{ inputs.x }} b ${{inputs.group.rate}}", "a 0.1 b 3"),
        ("${{inputs.d.path}}/f ${{outputs.o}}", "/in/d/f /out/o"),
        ("[${{inputs.empty}}]", "[]"),
        ("run $[[--x ${{inputs.x}}]] $[[--k ${{inputs.k}}]]", "run --x 0.1 "),
        ("run $[[--x ${{inputs.x}} --k ${{inputs.k}}]]", "run "),
        ("run $[[--o ${{outputs.o}}]]", "run --o /out/o"),
        ("if [[ -n $X ]]; then echo ${X} $$ ${{inputs.x}}; fi", "if [[ -n $X ]]; then echo ${X} $$ 0.1; fi"),
        ("two\n$[[ --a ${{inputs.x}}\n --b]]", "two\n --a 0.1\n --b"),
    ],
)  # fmt: skip
def test_expressions_become_values(text: str, filled: str) -> None:
    assert fill(text, INPUTS, OUTPUTS) == filled


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("${{inputs.y}}", "its inputs are: d, empty, group.rate, x"),
        ("${{outputs.x}}", "its outputs are: o"),
        ("${{parent.inputs.x}}", "${{parent.inputs.x}}"),
        ("$[[--o ${{outputs.nope}}]]", "${{outputs.nope}}"),
    ],
)
def test_an_unknown_name_is_told(text: str, names: str) -> None:
    with pytest.raises(JobFailed) as failed:
        fill(text, INPUTS, OUTPUTS)
    assert failed.value.code == "UserError"
    assert names in failed.value.message


def test_values_are_not_read_again() -> None:
    assert fill("${{inputs.x}}", {"x": "${{inputs.y}} $[[z]]"}, {}) == "${{inputs.y}} $[[z]]"
