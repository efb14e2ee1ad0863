"""Tokens: made, checked, and the credentials they are given out for.

JSON Web Tokens by PyJWT (compared with joserfc and authlib: the smallest API that is kept by a
team, and the one azure-identity's own dependencies use), signed with ES256.
"""

import base64
import hmac
import json
import os
import secrets
import threading
import uuid
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from zafiro.core import clock
from zafiro.core.caller import Caller
from zafiro.core.context import Context
from zafiro.core.errors import Denied
from zafiro.core.home import Home
from zafiro.core.names import TENANT

_REMEMBERED = 4096  # verified tokens kept, so that a busy client costs one signature check


@dataclass(frozen=True)
class Admin:
    """The credential made on first start.

    client_id, client_secret  for the client-credential endpoint
    msi_secret                for the managed-identity endpoint
    """

    tenant: str
    oid: str
    client_id: str
    client_secret: str
    msi_secret: str


@dataclass(frozen=True)
class Issued:
    """expires: epoch seconds."""

    token: str
    expires: int


class Tokens:
    """Signs and checks tokens. Thread-safe."""

    def __init__(self, home: Home, *, issuer: str, hours: float) -> None:
        self.admin = _admin(home.admin)
        self._issuer, self._hours = issuer, hours
        self._key = _signing_key(home.root / "keys" / "token.pem")
        self._public = self._key.public_key()
        self._seen: dict[str, tuple[Caller, float]] = {}
        self._lock = threading.Lock()

    def for_admin(self, audience: str) -> Issued:
        """A token for the administrator. `audience` as asked: a resource or a scope."""
        who = Caller(self.admin.tenant, self.admin.oid, "admin")
        return self._issue(who, audience, timedelta(hours=self._hours))

    def for_job(self, workspace: str, job: str, lifetime: timedelta) -> Issued:
        """A token good for one job only. `workspace`: its ARM id."""
        oid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{workspace}/jobs/{job}".lower()))
        who = Caller(self.admin.tenant, oid, f"job {job}", workspace, job)
        return self._issue(who, self._issuer, lifetime)

    def _issue(self, who: Caller, audience: str, lifetime: timedelta) -> Issued:
        at = clock.now()
        until = int((at + lifetime).timestamp())
        claims: dict[str, Any] = {
            "iss": f"{self._issuer}/adfs/{who.tenant}",
            # azure-ai-ml 1.35.2 compares `aud` with the AML audience, without a trailing slash.
            "aud": audience.removesuffix("/.default").rstrip("/"),
            "iat": int(at.timestamp()),
            "nbf": int(at.timestamp()) - 60,
            "exp": until,
            "tid": who.tenant,
            "oid": who.oid,
            "sub": who.oid,
            "name": who.name,
            "upn": who.name,
        }
        if who.job is not None:
            claims |= {"zafiro_workspace": who.workspace, "zafiro_job": who.job}
        return Issued(jwt.encode(claims, self._key, algorithm="ES256"), until)

    def authenticate(self, authorization: str | None) -> Caller:
        """The caller behind an Authorization header: Bearer, or Basic with a token or the
        administrator's client secret as password (the plain MLflow client has only that).

        Raises Denied(unknown=True).
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() == "basic":
            password = _password(token)
            if same(password, self.admin.client_secret):
                return Caller(self.admin.tenant, self.admin.oid, "admin")
            return self.caller(password)
        if scheme.lower() != "bearer" or not token:
            raise Denied(
                "the request carries no bearer token; run it under `zafiro exec` or with the "
                "variables that `zafiro env` prints",
                unknown=True,
            )
        return self.caller(token.strip())

    def caller(self, token: str) -> Caller:
        """The caller a token was given to. Raises Denied(unknown=True)."""
        now = clock.now().timestamp()
        found = self._seen.get(token)
        if found is not None and found[1] > now:
            return found[0]
        try:
            claims = jwt.decode(
                token,
                self._public,
                algorithms=["ES256"],
                options={"verify_aud": False, "require": ["exp", "oid", "tid"]},
            )
        except jwt.ExpiredSignatureError as e:
            raise Denied("the access token has expired; ask for a new one", unknown=True) from e
        except jwt.PyJWTError as e:
            raise Denied(
                f"the access token was not given out by this server ({e}); was the server's home "
                "made anew? then run `zafiro env` again",
                unknown=True,
            ) from e
        caller = Caller(
            claims["tid"],
            claims["oid"],
            claims.get("name", ""),
            claims.get("zafiro_workspace"),
            claims.get("zafiro_job"),
        )
        with self._lock:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[token] = (caller, float(claims["exp"]))
        return caller

    def jwks(self) -> dict[str, Any]:
        """The public key, for others who want to check our tokens."""
        key = jwt.algorithms.ECAlgorithm.to_jwk(self._public, as_dict=True)
        return {"keys": [{**key, "use": "sig", "alg": "ES256", "kid": "zafiro"}]}


def of(ctx: Context) -> Tokens:
    """The tokens of this installation: whoever asks gets the same keys."""
    return Tokens(ctx.home, issuer=ctx.url, hours=ctx.settings.token_hours)


def same(given: str, kept: str) -> bool:
    """Compare secrets without telling by time where they differ."""
    return hmac.compare_digest(given.encode(), kept.encode())


def _password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials).decode().partition(":")[2]
    except ValueError:
        return ""


def _admin(path: Path) -> Admin:
    if path.exists():
        return Admin(**json.loads(path.read_text()))
    made = Admin(
        tenant=TENANT,
        oid=str(uuid.uuid4()),
        client_id=str(uuid.uuid4()),
        client_secret=secrets.token_urlsafe(32),
        msi_secret=secrets.token_urlsafe(32),
    )
    _write_private(path, json.dumps(asdict(made), indent=1).encode())
    return made


def _signing_key(path: Path) -> ec.EllipticCurvePrivateKey:
    if not path.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        _write_private(
            path,
            made.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _write_private(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
