"""Showing it: records in, figures out. Nothing here evaluates a loss."""
