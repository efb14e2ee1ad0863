import base64
import stat
from datetime import timedelta
from pathlib import Path

import jwt
import pytest

from zafiro.core import clock
from zafiro.core.errors import Denied
from zafiro.core.home import Home
from zafiro.identity.service import Tokens

URL = "https://127.0.0.1:8443"


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(Home(tmp_path), issuer=URL, hours=1)


def test_a_token_tells_who_it_was_given_to(tokens: Tokens) -> None:
    issued = tokens.for_admin(f"{URL}/.default")
    claims = jwt.decode(issued.token, options={"verify_signature": False})
    assert {"exp", "tid", "oid"} <= claims.keys()
    assert claims["aud"] == URL  # no trailing slash, no .default
    assert tokens.authenticate(f"Bearer {issued.token}").name == "admin"


def test_a_job_token_names_its_job(tokens: Tokens) -> None:
    issued = tokens.for_job("/ws", "pear", timedelta(hours=1))
    caller = tokens.caller(issued.token)
    assert (caller.workspace, caller.job) == ("/ws", "pear")


def test_an_expired_token_is_refused_even_when_it_was_seen_before(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: at - timedelta(hours=3))
    token = tokens.for_admin(URL).token  # was good for an hour
    monkeypatch.setattr(clock, "now", lambda: at)
    with pytest.raises(Denied, match="expired"):
        tokens.caller(token)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer nonsense", "Digest x"])
def test_what_is_no_token_is_refused(tokens: Tokens, header: str | None) -> None:
    with pytest.raises(Denied) as caught:
        tokens.authenticate(header)
    assert caught.value.unknown


def test_a_token_of_another_installation_is_refused(tokens: Tokens, tmp_path: Path) -> None:
    other = Tokens(Home(tmp_path / "other"), issuer=URL, hours=1)
    with pytest.raises(Denied, match="not given out by this server"):
        tokens.caller(other.for_admin(URL).token)


def test_an_unsigned_token_is_refused(tokens: Tokens) -> None:
    claims = {"exp": 9999999999, "oid": "x", "tid": "y"}
    with pytest.raises(Denied):
        tokens.caller(jwt.encode(claims, None, algorithm="none"))
    with pytest.raises(Denied):
        tokens.caller(jwt.encode(claims, "k" * 40, algorithm="HS256"))


def test_basic_takes_the_client_secret_or_a_token(tokens: Tokens) -> None:
    for password in (tokens.admin.client_secret, tokens.for_admin(URL).token):
        given = base64.b64encode(f"any:{password}".encode()).decode()
        assert tokens.authenticate(f"Basic {given}").name == "admin"
    wrong = base64.b64encode(b"any:wrong").decode()
    with pytest.raises(Denied):
        tokens.authenticate(f"Basic {wrong}")


def test_keys_survive_a_restart_and_are_private(tokens: Tokens, tmp_path: Path) -> None:
    token = tokens.for_admin(URL).token
    assert Tokens(Home(tmp_path), issuer=URL, hours=1).caller(token).name == "admin"
    for path in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
