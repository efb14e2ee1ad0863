"""Who may do what to which blob: SharedKey, SAS or a bearer token."""

from collections.abc import Callable
from dataclasses import dataclass

from zafiro.blobs.call import Call
from zafiro.blobs.domain import Refused
from zafiro.blobs.sas import Signed, verify_sas
from zafiro.blobs.sharedkey import verify_shared_key
from zafiro.core.caller import Caller, Gate
from zafiro.core.errors import Denied
from zafiro.core.secrets import Secrets

CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"


@dataclass(frozen=True)
class Need:
    """What an operation asks for.

    letters   SAS permissions, any one of which is enough
    level     "s", "c" or "o": what an account SAS must cover
    action    behind `CONTAINERS`, for a bearer token
    service   whether a SAS of one container or blob can be enough
    """

    letters: str
    level: str
    action: str
    service: bool = True


class Grant:
    """What the credential of one request allows."""

    @property
    def creates_only(self) -> bool:
        """May write what is new, and nothing over what is there."""
        return False

    def may(self, need: Need, account: str, container: str, blob: str) -> None:
        """Raises Denied."""
        raise NotImplementedError


class _Owner(Grant):
    """Signed with the account's key: may do everything in the account."""

    def may(self, need: Need, account: str, container: str, blob: str) -> None:
        return None


@dataclass(frozen=True)
class _Sas(Grant):
    signed: Signed

    @property
    def creates_only(self) -> bool:
        return "w" not in self.signed.permissions

    def may(self, need: Need, account: str, container: str, blob: str) -> None:
        if self.signed.resources:
            if need.level not in self.signed.resources:
                raise Refused(
                    "AuthorizationResourceTypeMismatch",
                    "This request is not authorized to perform this operation using this "
                    f"resource type: srt lacks '{need.level}'.",
                )
        elif not need.service:
            raise Refused(
                "AuthorizationFailure", "A service SAS does not authorize this operation."
            )
        if not set(need.letters) & set(self.signed.permissions):
            raise Refused(
                "AuthorizationPermissionMismatch",
                "This request is not authorized to perform this operation using this permission: "
                f"sp needs one of '{need.letters}'.",
            )


@dataclass(frozen=True)
class _Bearer(Grant):
    caller: Caller
    authorise: Callable[[Caller, str, str], None]

    def may(self, need: Need, account: str, container: str, blob: str) -> None:
        scope = "/".join(filter(None, ("/storage", account, container, blob)))
        try:
            self.authorise(self.caller, f"{CONTAINERS}/{need.action}", scope)
        except Denied as e:
            raise Refused("AuthorizationPermissionMismatch", str(e)) from e


class Keys:
    """The accounts' keys, derived once each."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets, self._known = secrets, dict[str, str]()

    def __getitem__(self, account: str) -> str:
        key = self._known.get(account)
        if key is None:
            key = self._known[account] = self._secrets.account_key(account)
        return key


def authenticate(call: Call, keys: Keys, gate: Gate) -> Grant:
    """Raises Denied: unknown (401) without a credential, else 403. May touch the database."""
    scheme, _, credential = call.headers.get("authorization", "").partition(" ")
    if scheme == "SharedKey":
        key = keys[call.account]
        verify_shared_key(
            key, credential, call.method, call.raw_path, call.headers, call.query_pairs
        )
        return _Owner()
    if scheme == "Bearer":
        try:
            return _Bearer(gate.authenticate(f"Bearer {credential}"), gate.authorise)
        except Denied as e:
            raise Refused("InvalidAuthenticationInfo", str(e), unknown=True) from e
    if "sig" in call.query:
        return _Sas(_signed(call, keys))
    raise Refused(
        "NoAuthenticationInformation",
        "Server failed to authenticate the request: it carries no SAS, key or token.",
        unknown=True,
    )


def spellings(account: str, host: str) -> tuple[str, ...]:
    """What clients take for an account's name behind our URLs (azure-storage-blob 12.31)."""
    return account, f"storage/{account}.blob.core.windows.net", f"{host}/storage/{account}"


def _signed(call: Call, keys: Keys) -> Signed:
    return verify_sas(
        keys[call.account],
        call.query,
        spellings(call.account, call.headers.get("host", "")),
        call.container,
        call.blob,
        secure=call.secure,
        client=call.client,
    )
