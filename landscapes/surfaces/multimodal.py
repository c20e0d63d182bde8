"""Many basins: where a run ends depends on where it starts, on its learning rate, and on its method."""

from __future__ import annotations

from math import acos, cos, e, pi, sqrt
from typing import Annotated, Any

from landscapes.ranges import Range
from landscapes.surfaces.expression import Expression, symbolic
from landscapes.surfaces.surface import surface

Tilt = Annotated[Any, Range(-1.5, 1.5, control=(-1.0, 1.0))]
Amplitude = Annotated[Any, Range(0, 1e3, control=(0.0, 20.0))]


def _tilted_roots(tilt: float) -> tuple[float, float, float]:
    """The roots of 4 x^3 - 4 x + tilt, ascending (Viète): all three are real for |tilt| < 8 / 27^(1/2)."""
    third = acos(-sqrt(27) / 8 * tilt) / 3
    high, low, middle = (2 / sqrt(3) * cos(third - 2 * pi * k / 3) for k in range(3))
    return min(low, middle), max(low, middle), high


def _two_wells(tilt: float) -> list[tuple[float, float]]:
    left, _, right = _tilted_roots(tilt)
    return [(left, 0.0), (right, 0.0)] if tilt >= 0 else [(right, 0.0), (left, 0.0)]


@surface(
    title="Double well",
    domain=((-1.8, 1.8), (-1.5, 1.5)),
    start=(1.7, 1.0),
    minima=_two_wells,
    saddles=lambda tilt: [(_tilted_roots(tilt)[1], 0.0)],
    reference="Textbook; as a potential: Hund 1927, Zeitschrift für Physik 43",
)
def double_well(x: Expression, y: Expression, tilt: Tilt = 0.2) -> Expression:
    """Two basins and the pass between them; `tilt` makes the left one deeper, or the right one where it is negative."""
    return (x**2 - 1) ** 2 + tilt * x + y**2


def _himmelblau_residuals(x: Expression, y: Expression) -> tuple[Expression, Expression]:
    return x**2 + y - 11, x + y**2 - 7


@surface(
    title="Himmelblau",
    domain=((-5.0, 5.0), (-5.0, 5.0)),
    start=(-0.5, -0.8),
    minima=[
        (3.0, 2.0),
        (-2.805118086952745, 3.131312518250573),
        (-3.779310253377747, -3.2831859912861696),
        (3.5844283403304917, -1.8481265269644036),
    ],
    saddles=[
        (-3.0730257507643897, -0.08135304428796751),
        (0.08667750455539636, 2.884254701174776),
        (3.385154183607021, 0.07385187983774928),
        (-0.12796134673068008, -1.9537149802445763),
    ],
    reference="Himmelblau 1972, Applied Nonlinear Programming",
    residuals=_himmelblau_residuals,
    input_note="Our extension: f is a sum of two squared residuals, and NSGD normalises each residual's gradient by the "
    "power of its Jacobian row, the input vector of the linearised neuron (nonlinear Kaczmarz).",
)
def himmelblau(x: Expression, y: Expression) -> Expression:
    """Four minima of the same value 0 round a hill, and four saddles between them. Which one is reached is a matter of luck."""
    a, b = _himmelblau_residuals(x, y)
    return a**2 + b**2


LOW, HILL, HIGH = -2.903534027771177, 0.1567312567803401, 2.746802770990837  # the roots of 4 x^3 - 32 x + 5


@surface(
    title="Styblinski-Tang",
    domain=((-5.0, 5.0), (-5.0, 5.0)),
    start=(4.5, 4.2),
    minima=[(LOW, LOW), (LOW, HIGH), (HIGH, LOW), (HIGH, HIGH)],
    saddles=[(LOW, HILL), (HILL, LOW), (HIGH, HILL), (HILL, HIGH)],
    reference="Styblinski and Tang 1990, Neural Networks 3(4)",
)
def styblinski_tang(x: Expression, y: Expression) -> Expression:
    """Four basins of three depths, one coordinate as independent of the other as can be. The deepest is at the lower left."""
    return 0.5 * (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y)


@surface(
    title="Six-hump camel",
    domain=((-2.2, 2.2), (-1.2, 1.2)),
    start=(-1.0, -0.1),
    minima=[
        (0.08984201310031806, -0.7126564030207396),
        (-0.08984201310031806, 0.7126564030207396),
        (1.703606714969981, -0.7960835686726251),
        (-1.703606714969981, 0.7960835686726251),
        (1.6071047529201972, 0.5686514548841314),
        (-1.6071047529201972, -0.5686514548841314),
    ],
    saddles=[
        (0.0, 0.0),
        (1.1092053368047865, -0.7682680925095399),
        (-1.1092053368047865, 0.7682680925095399),
        (1.6380679841897785, 0.22867406904439408),
        (-1.6380679841897785, -0.22867406904439408),
        (1.2960702671671092, 0.6050843880386585),
        (-1.2960702671671092, -0.6050843880386585),
    ],
    reference="Dixon and Szegö 1978, Towards Global Optimisation 2",
)
def six_hump_camel(x: Expression, y: Expression) -> Expression:
    """Six minima in three pairs of equal depth, a point and its mirror image in the origin, and seven saddles between them."""
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2


@surface(
    title="Goldstein-Price",
    domain=((-2.0, 2.0), (-2.0, 2.0)),
    start=(-1.3, -1.3),
    minima=[(0.0, -1.0), (-0.6, -0.4), (1.8, 0.2), (1.2, 0.8)],
    saddles=[(-0.4, -0.6), (1.2, -0.2), (1.4, 0.6), (0.6, 0.4)],
    reference="Goldstein and Price 1971, Mathematics of Computation 25(115)",
)
def goldstein_price(x: Expression, y: Expression) -> Expression:
    """Four minima of 3, 30, 84 and 840 in a landscape that reaches a million: what is steep here is gentle there."""
    a = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    b = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    return a * b


@surface(
    title="Michalewicz",
    domain=((0.0, pi), (0.0, pi)),
    start=(2.6, 1.9),
    minima=[(2.2029055201726093, pi / 2), (2.2029055201726093, 2.7115714838430143)],
    reference="Michalewicz 1992, Genetic Algorithms + Data Structures = Evolution Programs; here m = 10",
)
def michalewicz(x: Expression, y: Expression) -> Expression:
    """Narrow trenches in a level plain, two of which cross another: there lie the two minima.

    Between the trenches all derivatives up to the nineteenth vanish in places; those flat points are not marked.
    """
    first = symbolic.sin(x) * symbolic.sin(x**2 / pi) ** 20
    return -first - symbolic.sin(y) * symbolic.sin(2 * y**2 / pi) ** 20


@surface(
    title="Rastrigin",
    domain=((-5.12, 5.12), (-5.12, 5.12)),
    start=(3.4, -2.3),
    minima=[(0.0, 0.0)],
    reference="Rastrigin 1974, Systems of Extremal Control; in two dimensions: Jamil and Yang 2013, arXiv 1308.4008",
)
def rastrigin(x: Expression, y: Expression, amplitude: Amplitude = 10.0) -> Expression:
    """A bowl under an egg box: about a hundred local minima near the whole numbers, of which only the global one is marked.

    With amplitude 0 the bowl x^2 + y^2 is left.
    """
    waves = symbolic.cos(2 * pi * x) + symbolic.cos(2 * pi * y)
    return 2 * amplitude + x**2 + y**2 - amplitude * waves


@surface(
    title="Ackley",
    domain=((-5.0, 5.0), (-5.0, 5.0)),
    start=(-3.4, 2.7),
    minima=[(0.0, 0.0)],
    reference="Ackley 1987, A Connectionist Machine for Genetic Hillclimbing",
)
def ackley(x: Expression, y: Expression) -> Expression:
    """A funnel with dimples, about a hundred local minima on this map, of which only the global one is marked.

    The tip of the funnel is a kink: in that one point, (0, 0), the funnel's slope is taken as 0, as torch has it for norms,
    and so is its curvature.
    """
    funnel = symbolic.exp(-0.2 * symbolic.length((x**2 + y**2) / 2))
    dimples = symbolic.exp((symbolic.cos(2 * pi * x) + symbolic.cos(2 * pi * y)) / 2)
    return 20 - 20 * funnel + e - dimples
