"""Why a server does not answer, or says no, in one sentence with the command that mends it."""

import json
import ssl
import time
from pathlib import Path
from typing import NoReturn

from zafiro.cli.says import Missing, Said
from zafiro.core.home import Home

# OpenSSL, X509_V_ERR_*
_NOT_YET_VALID, _ENDED, _OTHER_NAME, _OTHER_ADDRESS = 9, 10, 62, 64
_RESTART = "`zafiro down && zafiro up --detach`"


class Gone(Said):
    """The server does not answer (any more)."""


class Refused(Said):
    """The server said no. `code` is its HTTP status."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def refusal(status: int, got: bytes, url: str, keys: Path | None) -> Said:
    """`keys`: the file the credential was read from; None: it came from the environment."""
    try:
        said = json.loads(got or b"{}")
        error = said.get("error", {})
        if isinstance(error, str):  # as OAuth spells errors
            message = said.get("error_description") or error
        else:
            message = error.get("message") or said.get("message") or str(said)
    except (ValueError, AttributeError):
        message = got.decode(errors="replace")[:500]
    if status == 404:
        return Missing(message)
    if status == 401:
        what = keys or "that `zafiro env` printed"
        mend = (
            f"{_RESTART} reads it again"
            if keys
            else f"run `zafiro env` again where {url} runs, and use what it prints"
        )
        message = f"{url} does not accept the credential {what} ({_clause(message)}); {mend}"
    return Refused(message, status)


def _clause(message: str) -> str:
    """What is wrong, without what the server advises its other clients."""
    return message.partition(";")[0].rstrip(".")


def unreachable(e: Exception, url: str, local: bool) -> Gone:
    if isinstance(e, ssl.SSLCertVerificationError):
        return Gone(
            f"the certificate of {url} is not trusted: {e.verify_message}; {_trust(e, local)}"
        )
    if isinstance(e, ssl.SSLError):
        return other_program(url)
    why = getattr(e, "strerror", None) or str(e) or type(e).__name__
    mend = "`zafiro doctor`" if local else "`zafiro status`, where it runs"
    return Gone(f"the server at {url} does not answer: {why}; look with {mend}")


def _trust(e: ssl.SSLCertVerificationError, local: bool) -> str:
    match e.verify_code:
        case code if code == _NOT_YET_VALID:
            now = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
            return f"this machine's clock says {now}; set it, with `timedatectl set-ntp true`"
        case code if code == _ENDED:
            return f"{_RESTART} makes it anew"
        case code if code in (_OTHER_NAME, _OTHER_ADDRESS):
            return "`ZAFIRO_PUBLIC_HOST=NAME zafiro up --detach` makes one for the name you use"
        case _ if local:
            return f"{_RESTART} serves the one of its home"
        case _:
            return "copy tls/bundle.pem of its home here, and `export SSL_CERT_FILE=bundle.pem`"


def other_program(url: str) -> Gone:
    return Gone(
        f"{url} does not answer as Zafiro does; is it another program's port? "
        "`zafiro doctor` looks, `zafiro up --detach --port 9443` takes another"
    )


def trusted(path: str) -> ssl.SSLContext:
    """What trusts the certificates in the file. Raises Gone, naming it."""
    try:
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as e:
        why = "holds no certificate" if isinstance(e, ssl.SSLError) else e.strerror or str(e)
        _no_bundle(path, why, e)


def _no_bundle(path: str, why: str, e: Exception) -> NoReturn:
    raise Gone(
        f"SSL_CERT_FILE {path or '(not set)'}: {why}; `zafiro env`, where the server runs, names "
        "the bundle to copy here"
    ) from e


def secret_of(home: Home, name: str) -> str:
    """Of the administrator. Raises Said."""
    try:
        return str(json.loads(home.admin.read_text())[name])
    except PermissionError as e:
        raise Said(
            f"{home.admin} cannot be read: {e.strerror}; only who started the server may: "
            "`sudo -u` them, or ask them for what `zafiro env` prints"
        ) from e
    except (OSError, ValueError, KeyError) as e:
        why = getattr(e, "strerror", None) or "it holds no credential"
        raise Said(
            f"{home.admin} cannot be read: {why}; `rm -f` it, and {_RESTART} makes a new one"
        ) from e
