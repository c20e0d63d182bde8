"""Networks at many points of a plane: ways that are fast, and the plain loop that they are held equal to."""
