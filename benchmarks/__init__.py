"""One driver per job, each printing a table of ratios measured in one run. None of them is a test: no test asserts a time."""
