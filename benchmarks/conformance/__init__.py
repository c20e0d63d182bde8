"""The conformance checks on published libraries: `python -m benchmarks.conformance`."""
