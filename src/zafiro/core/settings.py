"""Every setting, with a default that suits a laptop. Built once, passed down, never changed.

Each is read from the environment as ZAFIRO_<NAME>; docs/how/settings.md lists them (tested).
"""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from zafiro.core.home import default_root


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ZAFIRO_", frozen=True, extra="ignore")

    home: Path = Field(
        default_factory=default_root,
        description="Folder that holds everything the server keeps.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(
        8443, ge=0, le=65535, description="Port of the API (TLS). 0 takes a free one."
    )
    storage_port: int = Field(
        8444,
        ge=0,
        le=65535,
        description="Port of the storage face of its own (TLS). 0 takes a free one.",
    )
    studio_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port of the studio for browsers on this machine (plain HTTP, 127.0.0.1). "
        "0 takes a free one; unset is 8445, or a free one when that is taken.",
    )
    public_host: str = Field(
        "", description="Host name clients use, if it is not `host`; goes into the certificate."
    )
    database: str = Field("", description="SQLAlchemy URL; empty keeps an SQLite file in the home.")
    durable: bool = Field(True, description="SQLite only: a commit survives loss of power.")
    token_hours: float = Field(24, gt=0, description="How long an access token is good for.")
    slots: int = Field(
        0, ge=0, description="Jobs a node runs at once on this machine; 0 means one per CPU core."
    )
    image_without_engine: str = Field(
        "plain",
        pattern="^(plain|error)$",
        description="What a job gets whose environment is an image when there is no container "
        "engine: 'plain' (a plain Python environment, said in the log) or 'error'.",
    )
    url_mirror: str = Field(
        "", description="Folder that stands in for https inputs on machines cut off: URL to path."
    )
    webhook_schemes: str = Field(
        "https", description="What URLs of MLflow webhooks may begin with, separated by commas."
    )
    webhook_private: bool = Field(
        False,
        description="Whether MLflow webhooks may call this machine and its private network.",
    )
    tensorboard_idle_s: float = Field(
        900, gt=0, description="How long a run's TensorBoard goes on that nobody looks at, seconds."
    )
    log_level: str = Field("info", description="Log level of the server.")

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.home / 'zafiro.db'}"
