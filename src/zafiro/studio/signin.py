"""Signing in to the studio: a link that `zafiro up` prints, then a cookie.

The link's token is derived from the installation's master key, so whoever may read the home may
sign in, and the link stays good. The cookie holds an access token that JavaScript cannot read and
other sites cannot send. Its name tells installations apart: browsers share cookies between ports.
"""

import hashlib

from starlette.requests import HTTPConnection
from starlette.responses import Response

from zafiro.core.caller import Caller, Gate
from zafiro.core.context import Context
from zafiro.core.errors import Denied
from zafiro.identity import service as identity
from zafiro.studio.link import link_token

_SAFE = ("GET", "HEAD", "OPTIONS")
# A page of another origin cannot send it without asking first, and is then refused.
HEADER = "x-zafiro-studio"


class Cookies:
    def __init__(self, ctx: Context, gate: Gate) -> None:
        self._ctx, self._gate = ctx, gate
        self._tokens = identity.of(ctx)
        self._link_token = link_token(ctx.secrets)
        print_ = hashlib.sha256(ctx.secrets.key("studio cookie")).hexdigest()[:8]
        self.name = f"zafiro_{print_}"

    def right(self, token: str) -> bool:
        return identity.same(token, self._link_token)

    def give(self, response: Response, *, secure: bool) -> None:
        """Sign the browser in, for as long as tokens are good."""
        issued = self._tokens.for_admin(f"{self._ctx.url}/studio")
        response.set_cookie(
            self.name,
            issued.token,
            max_age=int(self._ctx.settings.token_hours * 3600),
            path="/studio",
            secure=secure,
            httponly=True,
            samesite="strict",
        )

    def take(self, response: Response) -> None:
        response.delete_cookie(self.name, path="/studio", httponly=True, samesite="strict")

    def caller(self, request: HTTPConnection) -> Caller:
        """Who asks, by Authorization header or cookie. Raises Denied(unknown=True)."""
        given = request.headers.get("authorization")
        if given is not None:
            return self._gate.authenticate(given)
        cookie = request.cookies.get(self.name)
        if cookie is None:
            raise Denied(
                "nobody is signed in to the studio here; open the link that `zafiro up` and "
                "`zafiro status` print",
                unknown=True,
            )
        if request.scope.get("method", "GET") not in _SAFE and HEADER not in request.headers:
            raise Denied(f"the header {HEADER} is missing; only the studio's own pages may do this")
        return self._gate.authenticate(f"Bearer {cookie}")
