"""Benchmarks: each prints what it measured beside the bound it was given. Never run as tests."""
