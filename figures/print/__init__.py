"""Figures to take away: a plate and a look in, a file out. matplotlib is loaded when the first one is asked for."""

from figures.print.animate import MOTION_MIME, Progress, animate, animating, can_write_mp4
from figures.print.look import LOOKS, TITLES, Look
from figures.print.of_race import map_of, paths_of, plate_of
from figures.print.plate import Map, Multiples, Path, Plate
from figures.print.render import MIME, render

__all__ = [
    "LOOKS", "MIME", "MOTION_MIME", "TITLES", "Look", "Map", "Multiples", "Path", "Plate", "Progress", "animate", "animating",
    "can_write_mp4", "map_of", "paths_of", "plate_of", "render",
]  # fmt: skip
