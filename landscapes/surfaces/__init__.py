"""Analytic surfaces, one function each."""
