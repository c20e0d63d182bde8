"""What is minimised: the menus of surfaces and networks, in display order."""

from landscapes.menu import Menu

SURFACES = Menu(
    "landscapes.surfaces",
    {
        "ravine": "quadratics:ravine",
        "two_layer_neuron": "neurons:two_layer_neuron",
        "saddle": "saddles:saddle",
        "rosenbrock": "valleys:rosenbrock",
    },
)

NETWORKS = Menu(
    "landscapes.networks",
    {
        "digits_mlp": "models:digits_mlp",
    },
)

MODIFIERS = Menu("landscapes", {})

__all__ = ["MODIFIERS", "NETWORKS", "SURFACES"]
