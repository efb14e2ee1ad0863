"""Contract tests and fixtures for whoever implements one of Zafiro's contracts."""
