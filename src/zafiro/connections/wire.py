"""JSON shapes of connections.

Source: azure-ai-ml 1.35.2, arm_ml_service/models (2024-04-01-preview).
"""

from typing import Any

from zafiro.arm.resource import Wire


class ConnectionShape(Wire):
    category: str
    auth_type: str
    target: str | None = None
    credentials: dict[str, Any] | None = None
    metadata: dict[str, str | None] | None = None
    is_shared_to_all: bool | None = None
    expiry_time: str | None = None
