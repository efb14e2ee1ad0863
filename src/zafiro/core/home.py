"""The folder that holds everything the server keeps, and what lies where in it."""

from dataclasses import dataclass
from pathlib import Path


def default_root() -> Path:
    return Path.home() / ".zafiro"


@dataclass(frozen=True)
class Home:
    root: Path

    def make(self) -> None:
        """The folder itself and that of the log; nobody else may look in. Raises OSError."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.log.parent.mkdir(exist_ok=True)

    @property
    def database(self) -> Path:
        return self.root / "zafiro.db"

    @property
    def master_key(self) -> Path:
        return self.root / "keys" / "master.key"

    @property
    def tls(self) -> Path:
        """ca.pem, ca.key, server.pem, server.key, bundle.pem (ours and the system's)."""
        return self.root / "tls"

    @property
    def storage(self) -> Path:
        """storage/{account}/{container}/{blob}: plain files."""
        return self.root / "storage"

    @property
    def jobs(self) -> Path:
        """jobs/{workspace guid}/{job}: working folder, log of the runner, exit code."""
        return self.root / "jobs"

    @property
    def environments(self) -> Path:
        """environments/{hash}: built Python environments, shared by jobs, never written by them."""
        return self.root / "environments"

    @property
    def log(self) -> Path:
        return self.root / "logs" / "server.log"

    @property
    def state(self) -> Path:
        """server.json: pid and addresses of the running server."""
        return self.root / "server.json"

    @property
    def admin(self) -> Path:
        """admin.json: the credential made on first start, mode 0600."""
        return self.root / "keys" / "admin.json"
