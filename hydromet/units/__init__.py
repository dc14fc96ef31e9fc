"""Unit operations: one file an operation, found by ``registry.unit_models``."""
