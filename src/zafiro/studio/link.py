"""The link that signs a browser in. Apart from what serves it: the command line prints it, and is to
answer at once."""

from zafiro.core.secrets import Secrets


def link_token(secrets: Secrets) -> str:
    return secrets.key("studio sign-in", 24).hex()


def link(secrets: Secrets, url: str) -> str:
    """Where `zafiro up` sends people. `url`: of the studio's listener."""
    return f"{url}/studio/sign-in?token={link_token(secrets)}"
