"""What is minimised: the menus of surfaces and networks, in display order."""

from landscapes.menu import Menu
from landscapes.surfaces.typed import TYPED, ExpressionError, parse

SURFACES = Menu(
    "landscapes.surfaces",
    {
        "ravine": "quadratics:ravine",
        "two_layer_neuron": "neurons:two_layer_neuron",
        "saddle": "saddles:saddle",
        "rosenbrock": "valleys:rosenbrock",
        "bowl": "quadratics:bowl",
        "booth": "quadratics:booth",
        "matyas": "quadratics:matyas",
        "beale": "valleys:beale",
        "monkey_saddle": "saddles:monkey_saddle",
        "double_well": "multimodal:double_well",
        "himmelblau": "multimodal:himmelblau",
        "styblinski_tang": "multimodal:styblinski_tang",
        "six_hump_camel": "multimodal:six_hump_camel",
        "goldstein_price": "multimodal:goldstein_price",
        "michalewicz": "multimodal:michalewicz",
        "rastrigin": "multimodal:rastrigin",
        "ackley": "multimodal:ackley",
        "plateau": "plateaus:plateau",
        "cliff": "plateaus:cliff",
        "nonsmooth": "plateaus:nonsmooth",
        "linear_neuron": "neurons:linear_neuron",
        "sigmoid_neuron": "neurons:sigmoid_neuron",
        "parabola": "one_parameter:parabola",
        "flat_and_sharp": "one_parameter:flat_and_sharp",
        "reddi": "one_parameter:reddi",
    },
)

NETWORKS = Menu(
    "landscapes.networks",
    {
        "digits_mlp": "models.digits_mlp:digits_mlp",
        "mlp": "models.mlp:mlp",
        "linear_regression": "models.regression:linear_regression",
        "logistic_regression": "models.regression:logistic_regression",
        "softmax_regression": "models.regression:softmax_regression",
        "lenet": "models.lenet:lenet",
        "nsgd_mnist_cnn": "models.nsgd_cnn:nsgd_mnist_cnn",
        "nsgd_cifar_cnn": "models.nsgd_cnn:nsgd_cifar_cnn",
        "resnet20": "models.resnet:resnet20",
        "resnet56": "models.resnet:resnet56",
    },
)

MODIFIERS = Menu(
    "landscapes",
    {
        "rotated": "linear_maps:rotated",
        "scaled": "linear_maps:scaled",
        "noise": "noise:noise",
    },
)

__all__ = ["MODIFIERS", "NETWORKS", "SURFACES", "TYPED", "ExpressionError", "parse"]
