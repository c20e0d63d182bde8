"""The pictures of docs/gallery.md: `python -m benchmarks.gallery`."""
