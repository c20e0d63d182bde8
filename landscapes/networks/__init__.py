"""Networks as landscapes: the only place under `landscapes` that imports torch, and only where a network is really made."""
