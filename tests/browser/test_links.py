"""The address holds the whole experiment, and an address that holds nonsense still opens."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect

from experiments import Experiment, execute, link
from experiments.presets import RACES
from tests.browser.visit import Visitor

MakeVisitor = Callable[..., Visitor]


def in_address(one: Visitor) -> Experiment:
    """The experiment that the address bar holds."""
    fields = {name: values[0] for name, values in parse_qs(urlsplit(one.page.url).query).items()}
    experiment, complaints = link.decode({name: value for name, value in fields.items() if not name.startswith("show.")})
    assert not complaints
    return experiment


def test_link_round_trip_in_full_precision(visitor: MakeVisitor) -> None:
    third = 1 / 3
    asked = replace(
        RACES["ravine"],
        landscape=RACES["ravine"].landscape.with_parameters(condition=17.123456789012345),
        start=(third, -0.1 - 2**-50),
        steps=77,
        optimizers=tuple(c.with_parameters(lr=0.01 * third) for c in RACES["ravine"].optimizers),
    )
    first = visitor(still=True).open(**link.encode(asked))
    assert in_address(first).key == asked.key
    second = visitor(still=True).go(first.page.url)
    for one in (first, second):
        for choice, t in zip(asked.optimizers, execute(asked)):
            np.testing.assert_array_equal(one.scenes[-1].paths[choice.key], t.theta)


@pytest.mark.slow
def test_a_control_that_moves_is_in_the_link(visitor: MakeVisitor) -> None:
    one = visitor(still=True).open()
    one.number("condition", "12.5")
    one.wait_for(lambda: in_address(one).landscape.parameters["condition"] == 12.5, "the new condition in the address")
    asked = execute(in_address(one))[0].theta.tobytes()
    one.wait_for(lambda: one.scenes[-1].paths["sgd"].tobytes() == asked, "the new paths on the stage")


@pytest.mark.slow
def test_a_hostile_link_opens_and_says_what_it_left_out(visitor: MakeVisitor) -> None:
    hostile = {
        "v": "1",
        "on": "ravine",
        "on.condition": "1e999",
        "on.__class__": "x",
        "race": "sgd,adam",
        "0.lr": "<script>window.hacked=1</script>",
        "1.lr": "0.125",
        "start": "nan,1",
        "steps": "9999999999999999",
        "seed": "7",
        "junk" * 30: "../../etc/passwd",
    }
    one = visitor(still=True).open(**hostile)
    warnings = one.page.get_by_test_id("stAlert")
    expect(warnings.first).to_be_visible()
    said = " ".join(warnings.all_inner_texts())
    for field in ("on.condition", "0.lr", "start", "steps"):
        assert f"{field}=" in said, f"nothing was said about {field}"
    assert one.page.evaluate("() => window.hacked") is None
    kept = in_address(one)
    assert [c.key for c in kept.optimizers] == ["sgd", "adam"]
    assert kept.optimizers[1].parameters["lr"] == 0.125  # the good field next to the bad ones
    assert kept.seed == 7
    assert kept.landscape.parameters["condition"] == RACES["ravine"].landscape.parameters["condition"]
    assert one.scenes
