from optimizers.optimizer import NonNegative, Oracle, Point, Scalar, State, per_run
from optimizers.wrappers.wrapper import Wrapper, present_value, spelled, wrapper


@wrapper(name="Weight decay, decoupled", rule=r"\theta \leftarrow (1 - \eta \lambda)\, \theta")
class DecoupledWeightDecay(Wrapper):
    """Shrink the weights by lr weight_decay at every step, beside the rule, so that nothing of it is averaged or divided.

    Δθ = that of the inner rule - lr weight_decay θ, with lr that of this step, also where it is scheduled further inside.
    Around Adam this is torch.optim.AdamW; around SGD it is L2, and with momentum neither.
    A rule that learns from its own steps, as L-BFGS does, does not learn of this part of them.
    ValueError for a rule without a learning rate. Reference: Loshchilov and Hutter 2019, arXiv 1711.05101.
    """

    weight_decay: NonNegative = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        if "lr" not in self.inner.hyperparameters:
            raise ValueError(f"{self.inner.title} has no lr, which decoupled weight decay is multiplied by")

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        step, following = self.inner.update(oracle, state)
        return step - present_value(self.inner, "lr", state) * self.weight_decay * oracle.theta, following

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        """1 / (1/L + weight_decay/2), with L the limit of the inner rule.

        A rule that is linear in the gradient leaves the stable rates where errors flip sign at every step. There the inner rule
        multiplies them by 1 - 2 lr / L and decay takes lr weight_decay off: the flip is at 2 lr / L + lr weight_decay = 2.
        """
        return 1 / (1 / self.inner.stability_limit(oracle, state) + per_run(self.weight_decay) / 2)

    @property
    def phrase(self) -> str:
        return f"decoupled weight decay {spelled(self.weight_decay)}"

    @property
    def limit(self) -> str:  # type: ignore[override]
        return f"1 / (1/L + λ/2), with λ the weight decay and L = {self.inner.limit}"
