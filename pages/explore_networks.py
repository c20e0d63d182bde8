"""Trainings of a network as maps: learning rate against batch size, and against the scale of the initial weights."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import CancelledError

import streamlit as st

from experiments import link
from experiments.sweeps.exploration import Exploration
from experiments.sweeps.network_findings import tolerances
from experiments.sweeps.network_presets import SHIPPED, WIDE, WIDTH, stored
from experiments.sweeps.networks import QUANTITIES, NetworkMap, NetworkSweep, cell
from experiments.worker import Call, RequestError, WorkerError
from figures.components.map import cell_map, map_event
from figures.network_map import network_map
from landscapes import NETWORKS
from pages import cached_sweeps, explore_work, race_view

state = st.session_state
MAP = "explore.networks.map"
NAMES: Mapping[str, str] = {"batch": "Learning rate × batch size", "scale": "Learning rate × initial scale"}
WIDTHS: Mapping[str, str] = {"": f"{WIDTH} hidden units", "_wide": f"{WIDE} hidden units, without Newton"}
NSGD = "nsgd_l2"


def section(view: Exploration) -> None:
    """The maps of trainings, and the run of the cell that was chosen on them."""
    explore_work.forget()
    columns = st.container(key="explore.controls").columns(3, vertical_alignment="bottom")
    columns[0].segmented_control(
        "Map", list(NAMES), key="explore.networks.name", default="batch", format_func=NAMES.get, required=True
    )
    columns[1].segmented_control(
        "Network", list(WIDTHS), key="explore.networks.width", default="", format_func=WIDTHS.get, required=True
    )
    quantity = columns[2].segmented_control(
        "Colour", list(QUANTITIES), key="explore.networks.colour", default="final",
        format_func=lambda key: QUANTITIES[key].title,
        help="\n".join(f"- {what.title}: {what.description}" for what in QUANTITIES.values()),
    )  # fmt: skip
    name = chosen_map()
    sweep = SHIPPED[name]
    found = kept_map(sweep)
    if found is None or not found.complete:
        found = _computed(sweep, found)
    if found is not None:
        picture(name, found, quantity or "final")


def chosen_map() -> str:
    """The name of the map that is on show."""
    return f"{state.get('explore.networks.name') or 'batch'}{state.get('explore.networks.width') or ''}"


@st.cache_data(show_spinner=False, max_entries=4)
def _arrays(key: str, _sweep: NetworkSweep) -> dict[str, object] | None:
    found = stored(_sweep)
    return None if found is None or not found.complete else dict(found.as_arrays())


def kept_map(sweep: NetworkSweep) -> NetworkMap | None:
    """The finished map from the files, read once for all visitors; else as far as it is."""
    arrays = _arrays(sweep.key, sweep)
    return stored(sweep) if arrays is None else NetworkMap.from_arrays(sweep, arrays)


def picture(name: str, found: NetworkMap, quantity: str) -> None:
    """The answer that the numbers give, the map, and the way to the chosen training."""
    sweep = found.sweep
    st.caption(about(sweep))
    labels = race_view.labels(sweep.experiment)
    if name.startswith("scale") and found.complete:
        st.markdown(answer(found, labels))
    at = state.get(f"explore.networks.cell.{sweep.key}")
    cell_map(network_map(found, quantity, labels, at), key=MAP, on_change=lambda: moved(sweep))
    if at is None:
        st.info("Click a cell, and its training can be opened.", icon=":material/touch_app:")
    else:
        opened(found, at, labels)


def moved(sweep: NetworkSweep) -> None:
    """Keep the cell that a visitor chose on this map."""
    done = map_event(MAP)
    if done is None or done.cell is None or not done.of.startswith(sweep.key):
        return  # the hand was over the other map
    if all(at < end for at, end in zip(done.cell, sweep.shape)):
        state[f"explore.networks.cell.{sweep.key}"] = done.cell


def opened(found: NetworkMap, at: tuple[int, int, int], labels: list[str]) -> None:
    """The chosen cell in numbers, and a button that opens its training, of the first seed."""
    sweep, (index, row, column) = found.sweep, at
    values = f"learning rate {sweep.x.values[column]:.4g}, {sweep.y.name.removeprefix('on.')} {sweep.y.values[row]:.4g}"
    lost = int(found.diverged[at].sum())
    told = [
        f"{what.title.lower()} {found.mean(name)[at]:.4g} (seeds {found.spread(name)[at]:.2g} apart)"
        for name, what in QUANTITIES.items()
    ]
    error = found.sharpness_error[at].max()
    ends = f"{lost} of {sweep.seeds} seeds diverged" if lost else "; ".join(told) + f"; sharpness within {error:.1g}"
    st.markdown(f"**{labels[index]}**, {values}: {ends}.")
    if st.button("Open this training", icon=":material/hub:", help="The first seed of the cell, on the Network page."):
        st.switch_page("pages/network.py", query_params=link.encode(cell(sweep, index, row, column)))


def about(sweep: NetworkSweep) -> str:
    """What was trained, how often and for how long."""
    e, landscape = sweep.experiment, sweep.experiment.landscape
    task = NETWORKS[landscape.key].task(**landscape.parameters)
    seen = "" if sweep.y.name == "batch" else f", {e.batch_size} samples a step"
    return (
        f"{sweep.runs:,} trainings ({NETWORKS[landscape.key].title} of {task.dim:,} parameters) for {e.steps} steps on "
        f"{task.samples:,} digits{seen}: every cell is the mean of {sweep.seeds} seeds, which draw the initial weights and the "
        "batches. A cell has diverged if one of its seeds ends above the loss it began with, or beyond any number."
    )


def answer(found: NetworkMap, labels: list[str]) -> str:
    """What the numbers say about NSGD and the scale of the initial weights."""
    every, scales = tolerances(found), found.sweep.y
    at = [choice.key for choice in found.sweep.experiment.optimizers].index(NSGD)
    own, others = every[at], [t for i, t in enumerate(every) if i != at and t.rate == t.rate]
    question = "**Does NSGD tolerate different initial weights?**"
    if own.rate != own.rate:
        return f"{question} Here every learning rate diverges at one of the scales."
    if not others:
        return f"{question} Here it is the only one with a learning rate that diverges at none of the scales."
    steadier, flatter = sum(t.cost < own.cost for t in others), sum(t.grows < own.grows for t in others)
    costs, growths = [t.cost for t in others], [t.grows for t in others]
    lowest, label = min((t.lowest, label) for t, label in zip(every, labels) if t.rate == t.rate)
    return (
        f"{question} Its learning rate {own.rate:.3g} serves all scales from {scales.low:g} to {scales.high:g}: its losses are "
        f"{own.cost - 1:.2%} above those of the best rate for each scale, in geometric mean; the other methods lose "
        f"{min(costs) - 1:.2%} to {max(costs) - 1:.2%} by one rate, {_so_many(steadier, len(others))} less than NSGD. The "
        f"initial weights still matter: at this rate its mean final loss goes from {own.lowest:.3g} at the best scale to "
        f"{own.highest:.3g} at the worst, {own.grows:.3g} times as much; that of the others grows {min(growths):.3g} to "
        f"{max(growths):.3g} times, {_so_many(flatter, len(others))} less. The lowest loss at one rate is that of {label}, "
        f"{lowest:.3g}."
    )


def _so_many(count: int, of: int) -> str:
    return f"{count or 'none'} of the {of}"


def _computed(sweep: NetworkSweep, found: NetworkMap | None) -> NetworkMap | None:
    """A map that is not finished: a button to compute the rest, and how far it is; rows come as they are done."""
    key = f"explore.networks.call.{sweep.key}"
    call: Call | None = state.get(key)
    if call is None:
        done = 0 if found is None else int(found.done.sum())
        st.markdown(f"{done} of {sweep.shape[0] * sweep.rows} rows of this map are computed.")
        if st.button("Train the rest", icon=":material/play_arrow:", help=f"{sweep.runs:,} trainings: minutes."):
            asked = {"sweep": sweep.as_json()}
            state[key] = cached_sweeps.network_workers().submit("network_sweep", asked, caller=str(id(state)))
            st.rerun()
        return found
    _watch(key)
    rows = [p.arrays for p in call.progress if "done" in p.arrays]
    return NetworkMap.from_arrays(sweep, rows[-1]) if rows else found


@st.fragment(run_every=1.0)
def _watch(key: str) -> None:
    call: Call | None = state.get(key)
    if call is None:
        return
    shares = [p.meta["share"] for p in call.progress]
    st.progress(shares[-1] if shares else 0.0, "Training")
    st.button("Cancel", on_click=call.cancel, icon=":material/stop:", key=f"{key}.cancel")
    if call.done or len(shares) != state.get(f"{key}.seen", 0):
        state[f"{key}.seen"] = len(shares)
        if call.done:
            del state[key]
            try:
                call.result(timeout=0)
            except (RequestError, WorkerError, TimeoutError) as error:
                st.error(f"The training failed: {error}")
                return
            except CancelledError:
                pass  # its rows are kept
        st.rerun()
