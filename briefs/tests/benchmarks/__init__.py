"""Benchmarks of load and speed, as ratios measured in one run. Never part of the test suite."""
