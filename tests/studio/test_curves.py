"""Curves as JSON and as bytes."""

import json
from array import array

from studio_room import API, Room
from zafiro.studio import curve_bytes, job_wire


def unpacked(body: bytes) -> list[dict[str, object]]:
    """As the studio's client reads it (src/api/curves.ts)."""
    size = int.from_bytes(body[:4], "little")
    at, made = 4 + size, []
    assert at % 8 == 0
    for head in json.loads(body[4:at]):
        count, flat = head.pop("count"), head.pop("flat")
        columns = []
        for _ in range(2 if flat else 4):
            columns.append(list(array("d", body[at : at + 8 * count])))
            at += 8 * count
        x, line = columns[0], columns[-1]
        low, high = (line, line) if flat else columns[1:3]
        made.append(head | {"x": x, "low": low, "high": high, "line": line})
    assert at == len(body)
    return made


def test_many_numbers_come_as_bytes_to_who_reads_them(room: Room) -> None:
    asked = {"runs": ["run_07"], "keys": ["loss", "auc"], "width": 1000}
    accept = {"accept": f"application/json, {curve_bytes.TYPE}"}
    plain = room.browser.post(f"{API}/curves", json=asked).json()["curves"]
    answer = room.browser.post(f"{API}/curves", json=asked, headers=accept)
    assert answer.headers["content-type"] == curve_bytes.TYPE
    assert unpacked(answer.content) == plain
    assert len(answer.content) <= 1000 * 4 * 8 + 300
    few = room.browser.post(f"{API}/curves", json=asked | {"width": 100}, headers=accept)
    assert few.headers["content-type"] == "application/json"


def test_what_has_no_name_and_no_number_is_packed_too() -> None:
    curve = job_wire.Curve(
        run="r", key="ключ 🦔", points=None, odd=None, x=[], low=[], high=[], line=[]
    )
    (found,) = unpacked(curve_bytes.packed(job_wire.Curves(curves=[curve])))
    assert found["key"] == "ключ 🦔" and found["x"] == [] and found["points"] is None
