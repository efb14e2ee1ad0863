"""Keys of this installation, and secrets at rest.

One random master key lies in the home, readable by its owner only. Everything else is derived
from it with HKDF-SHA256 (the `cryptography` library), so a backup of one file is enough.
"""

import base64
import json
import os
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zafiro.core.errors import Invalid


class Secrets:
    def __init__(self, master: bytes) -> None:
        self._master = master
        self._fernet = Fernet(base64.urlsafe_b64encode(self.key("at rest")))

    @classmethod
    def at(cls, path: Path) -> "Secrets":
        """The keys kept at `path`; made on first use, mode 0600."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(os.urandom(32))
        return cls(path.read_bytes())

    def key(self, purpose: str, size: int = 32) -> bytes:
        """`size` bytes for one purpose; the same purpose gives the same bytes."""
        return HKDF(SHA256(), size, salt=None, info=purpose.encode()).derive(self._master)

    def account_key(self, account: str) -> str:
        """The base64 key of a storage account, as Azure shows them."""
        return base64.b64encode(self.key(f"storage account {account.lower()}", 64)).decode()

    def seal(self, value: Any) -> str:
        """JSON, encrypted for the database."""
        return self._fernet.encrypt(json.dumps(value).encode()).decode()

    def open(self, sealed: str) -> Any:
        try:
            return json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken as e:
            raise Invalid(
                "secret", "was sealed with another master key; restore keys/master.key"
            ) from e
