"""What a request of the worker's tests needs: a module that takes a moment to load."""

import time

FIRST = "here"
time.sleep(0.5)
LAST = "here too"
