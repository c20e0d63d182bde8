"""Many runs at once: maps and lines over an experiment's numbers, basins of attraction, clouds of noisy runs."""
