"""Curvature: eigenvalues, trace and sharpness of a landscape at a point."""
