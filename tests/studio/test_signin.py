"""Who may look at the studio, and what a browser is told."""

from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from studio_room import API, Room
from zafiro.identity import service as identity
from zafiro.studio import files, signin
from zafiro.studio import link as links


def test_a_stranger_sees_nothing(room: Room) -> None:
    for path in ("/studio/api/session", f"{API}/home", f"{API}/jobs/run_01", f"{API}/events"):
        answer = room.stranger.get(path)
        assert answer.status_code == 401, path
        assert "zafiro up" in answer.json()["message"]


def test_the_link_signs_in_and_the_cookie_is_kept_from_scripts_and_sites(room: Room) -> None:
    client = TestClient(room.made.studio, "http://127.0.0.1:8445")
    link = links.link(room.made.ctx.secrets, "http://127.0.0.1:8445")
    answer = client.get(link, follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"] == "/studio/"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/studio" in cookie
    assert client.get("/studio/api/session").json()["user"] == "admin"


def test_under_tls_the_cookie_never_leaves_it(room: Room) -> None:
    client = TestClient(room.made.api, "https://zafiro.test:9443")
    answer = client.get(links.link(room.made.ctx.secrets, ""), follow_redirects=False)
    assert "secure" in answer.headers["set-cookie"].lower()


def test_a_wrong_token_opens_nothing(room: Room) -> None:
    client = TestClient(room.made.studio, "http://127.0.0.1:8445")
    answer = client.get("/studio/sign-in?token=guess", follow_redirects=False)
    assert answer.status_code in (200, 503) and "set-cookie" not in answer.headers
    assert client.post("/studio/api/session", json={"token": "guess"}).status_code == 401
    assert client.get("/studio/api/session").status_code == 401


@pytest.mark.parametrize("next", ["https://elsewhere", "//elsewhere", "/studio/\\elsewhere", "/"])
def test_the_link_leads_nowhere_else(room: Room, next: str) -> None:
    client = TestClient(room.made.studio, "http://127.0.0.1:8445")
    token = links.link_token(room.made.ctx.secrets)
    answer = client.get(
        "/studio/sign-in", params={"token": token, "next": next}, follow_redirects=False
    )
    assert answer.headers["location"] == "/studio/"


def test_another_sites_page_cannot_act(room: Room) -> None:
    """A form on another port of this host is the same site to a browser: the cookie goes along."""
    client = TestClient(room.made.studio, "http://127.0.0.1:8445", cookies=room.browser.cookies)
    answer = client.post(f"{API}/jobs/change/archive", json={"names": ["run_01"]})
    assert answer.status_code == 403


def test_signing_out_takes_the_cookie(room: Room) -> None:
    client = TestClient(room.made.studio, "http://127.0.0.1:8445", headers={signin.HEADER: "1"})
    client.get(links.link(room.made.ctx.secrets, ""))
    assert client.delete("/studio/api/session").status_code == 204
    assert client.get("/studio/api/session").status_code == 401


def test_pages_may_load_nothing_from_elsewhere(room: Room) -> None:
    for path in ("/studio/w/main/home", "/studio/assets/none.js"):
        policy = room.stranger.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy
        assert "http:" not in policy and "https:" not in policy and "unsafe-eval" not in policy


def test_files_outside_the_build_are_not_served(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "static" / "assets").mkdir(parents=True)
    (tmp_path / "static" / "assets" / "page.js").write_text("built")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "static" / "assets" / "link.js").symlink_to(tmp_path / "secret")
    monkeypatch.setattr(files, "BUILT", tmp_path / "static")
    assert room.stranger.get("/studio/assets/page.js").text == "built"
    for path in (
        "../../secret",
        "..%2f..%2fsecret",
        "%2e%2e/%2e%2e/secret",
        "link.js",
        "/etc/passwd",
    ):
        answer = room.stranger.get(f"/studio/assets/{path}")
        assert "secret" not in answer.text and "root:" not in answer.text, path


def test_a_missing_build_says_how_to_make_it(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "BUILT", tmp_path)
    answer = room.stranger.get("/studio/")
    assert answer.status_code == 503 and "make studio" in answer.text


def test_a_users_html_can_do_nothing(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<script>alert(1)</script>")
    answer = files.users(page, download=False)
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"].startswith("attachment")


def test_azures_and_old_links_lead_to_the_same_object(room: Room) -> None:
    wsid = room.main.id
    for asked, there in (
        (f"/runs/run_01?wsid={wsid}&tid=x", "/studio/w/main/jobs/run_01"),
        (f"/experiments/id/1/runs/run_01?wsid={wsid}", "/studio/w/main/jobs/run_01"),
        (f"/model/m:3/details?wsid={wsid}", "/studio/w/main/models/m/3"),
        ("/data/d/1/details", "/studio/w/main/data/d/1"),
    ):
        answer = room.stranger.get(asked, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (302, there)


def test_a_job_token_reads_its_workspace_and_changes_nothing(room: Room) -> None:
    issued = identity.of(room.made.ctx).for_job(room.main.id, "run_01", timedelta(hours=1))
    headers = {"authorization": f"Bearer {issued.token}"}
    assert room.stranger.get(f"{API}/jobs/run_01", headers=headers).status_code == 200
    sent = {"names": ["run_02"]}
    answer = room.stranger.post(f"{API}/jobs/change/archive", json=sent, headers=headers)
    assert answer.status_code == 403
