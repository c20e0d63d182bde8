"""Networks as landscapes: the only place under `landscapes` that imports torch."""
