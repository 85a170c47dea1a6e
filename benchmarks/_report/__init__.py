"""Runs the benchmarks, one after another, and makes one file of figures and one page of what they say."""
