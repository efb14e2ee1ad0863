"""The endpoints that give out tokens: managed identity, and OAuth 2.0 as MSAL asks for it.

An authority whose first path segment is `adfs` is used by MSAL without asking Microsoft about it
(msal 1.31, seen with azureml-core 1.61).
"""

from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from zafiro.core import clock
from zafiro.core.body import receive
from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.core.errors import Invalid
from zafiro.identity.service import Issued, of, same

_MOST_BYTES = 64 << 10


def routes(ctx: Context, gate: Gate) -> list[BaseRoute]:
    known = of(ctx)

    async def managed_identity(request: Request) -> JSONResponse:
        # azure-identity 1.27: GET ?api-version=2017-09-01&resource=R, header `secret`.
        if not same(request.headers.get("secret", ""), known.admin.msi_secret):
            return _refused("invalid_client", "the `secret` header is wrong or missing", 401)
        resource = request.query_params.get("resource")
        if not resource:
            return _refused("invalid_request", "the parameter `resource` is missing", 400)
        return _given(known.for_admin(resource), resource)

    async def oauth(request: Request) -> JSONResponse:
        try:
            raw = await receive(request, _MOST_BYTES)
        except Invalid as e:
            return _refused("invalid_request", str(e), 413)
        form = {k: v[0] for k, v in parse_qs(raw.decode(errors="replace")).items()}
        if form.get("grant_type") != "client_credentials":
            return _refused(
                "unsupported_grant_type",
                f"'{form.get('grant_type')}' is not supported yet; use client_credentials",
                400,
            )
        right = same(form.get("client_id", ""), known.admin.client_id)
        if not (same(form.get("client_secret", ""), known.admin.client_secret) and right):
            return _refused("invalid_client", "client_id or client_secret is wrong", 401)
        audience = form.get("scope") or form.get("resource") or ctx.url
        return _given(known.for_admin(audience), audience)

    async def openid(request: Request) -> JSONResponse:
        base = f"{ctx.url}{quote(request.scope['path'])}".split("/.well-known")[0].removesuffix(
            "/v2.0"
        )
        return JSONResponse(
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/oauth2/authorize",
                "token_endpoint": f"{base}/oauth2/token",
                "device_authorization_endpoint": f"{base}/oauth2/devicecode",
                "jwks_uri": f"{ctx.url}/adfs/keys",
                "response_types_supported": ["code"],
                "id_token_signing_alg_values_supported": ["ES256"],
            }
        )

    async def keys(request: Request) -> JSONResponse:
        return JSONResponse(known.jwks())

    return [
        Route("/token", managed_identity),
        Route("/adfs/keys", keys),
        Route("/adfs/{rest:path}/.well-known/openid-configuration", openid),
        Route("/adfs/{rest:path}/oauth2/token", oauth, methods=["POST"]),
        Route("/adfs/{rest:path}/oauth2/v2.0/token", oauth, methods=["POST"]),
    ]


def _given(issued: Issued, resource: str) -> JSONResponse:
    left = issued.expires - int(clock.now().timestamp())
    return JSONResponse(
        {
            "access_token": issued.token,
            "expires_on": str(issued.expires),
            "expires_in": str(left),
            "token_type": "Bearer",
            "resource": resource,
        },
        headers={"Cache-Control": "no-store"},
    )


def _refused(code: str, why: str, status: int) -> JSONResponse:
    return JSONResponse({"error": code, "error_description": why}, status)
