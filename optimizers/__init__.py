"""How it is minimised: the menu of optimizers, by family. One file holds one method; the key is the file's name."""

from landscapes.menu import Menu

OPTIMIZERS = Menu(
    "optimizers",
    {
        "sgd": "sgd:SGD",
        "momentum": "momentum:Momentum",
        "momentum_annealed": "momentum_annealed:MomentumAnnealed",
        "nesterov": "nesterov:Nesterov",
        "adagrad": "adagrad:Adagrad",
        "adadelta": "adadelta:Adadelta",
        "rmsprop": "rmsprop:RMSProp",
        "rmsprop_article": "rmsprop_article:RMSPropArticle",
        "adam": "adam:Adam",
        "adam_article": "adam_article:AdamArticle",
        "amsgrad": "amsgrad:AMSGrad",
        "adamw": "adamw:AdamW",
        "nadam": "nadam:NAdam",
        "radam": "radam:RAdam",
        "lion": "lion:Lion",
        "newton": "newton:Newton",
        "newton_scalar": "newton_scalar:NewtonScalar",
        "newton_eigen": "newton_eigen:NewtonEigen",
        "newton_cg": "newton_cg:NewtonCG",
        "saddle_free_newton": "saddle_free_newton:SaddleFreeNewton",
        "lbfgs": "lbfgs:LBFGS",
        "nsgd_l2": "nsgd_l2:NSGDL2",
        "nsgd_l1": "nsgd_l1:NSGDL1",
        "insgd": "insgd:INSGD",
        "insgd_released": "insgd_released:INSGDReleased",
    },
)

WRAPPERS = Menu(
    "optimizers.wrappers",
    {
        "weight_decay": "weight_decay:WeightDecay",
        "decoupled_weight_decay": "decoupled_weight_decay:DecoupledWeightDecay",
        "clip": "clip:Clip",
        "clip_value": "clip_value:ClipValue",
        "schedule": "schedule:Schedule",
        "change": "change:Change",
        "lookahead": "lookahead:Lookahead",
    },
)

__all__ = ["OPTIMIZERS", "WRAPPERS"]
