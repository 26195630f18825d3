"""Benchmarks: each prints ratios against a bare reference measured in the same run."""
