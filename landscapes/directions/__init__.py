"""Directions through parameter space: planes, lines, and the menu of ways to choose a plane."""

from landscapes.directions.principal import principal_plane
from landscapes.directions.span import Line, Plane, Span, line_along, line_between
from landscapes.menu import Menu

DIRECTIONS = Menu(
    "landscapes.directions",
    {
        "random": "drawn:Drawn",
        "principal": "joint:Joint",
        "eigenvectors": "eigenvectors:Eigenvectors",
        "gradient": "descent:Descent",
        "through": "through:Through",
        "given": "given:Given",
    },
)

__all__ = ["DIRECTIONS", "Line", "Plane", "Span", "line_along", "line_between", "principal_plane"]
