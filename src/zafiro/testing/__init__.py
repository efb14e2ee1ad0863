"""Shipped contract tests and fakes, for who adds a backend or tests what uses one."""
