"""Weights of one's own to start from: a safetensors file, checked in the worker before the experiment takes it."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from experiments import weights
from experiments.worker import RequestError, WorkerError
from landscapes import NETWORKS
from landscapes.networks.task import Task
from pages import cached
from pages.controls import Editor

PATIENCE = 60.0  # seconds; making the network is part of it
WIDEST, HEADER = 8, 2**20  # bytes of a number, and of the names
HELP = (
    "Exactly the tensors of this network's `state_dict`, by name and shape, as `safetensors.torch.save_file` writes them. All "
    "optimizers start there instead of at the initial weights."
)
state = st.session_state


def section(editor: Editor) -> None:
    """The field for the file, what was wrong with it, and what the training starts from."""
    name, trouble = editor.experiment.weights, f"{editor.page}.weights.trouble"
    if name is not None:
        st.caption(f"Starts from the uploaded weights {name[:8]}.")
        st.button("Start from the initial weights", on_click=_drop, args=(editor,), width="stretch")
    file: Any = st.file_uploader(
        "Start from a safetensors file", type="safetensors", key=f"{editor.page}.weights.file", help=HELP,
        on_change=_uploaded, args=(editor,), max_upload_size=-(-most_bytes(editor) // 2**20),
    )  # fmt: skip
    if file is not None and state.get(trouble):
        st.error(state[trouble])


def problem(editor: Editor) -> str:
    """Why the training cannot start from the weights that a link names; empty where it can."""
    name = editor.experiment.weights
    try:
        if name is not None:
            weights.kept(name)
    except ValueError as error:
        return f"{str(error)[:1].upper()}{str(error)[1:]}."
    return ""


def most_bytes(editor: Editor) -> int:
    """How large a file with this network's state can be; buffers of normalisations are fewer than weights."""
    task: Task = NETWORKS[editor.experiment.landscape.key].task(**editor.experiment.landscape.parameters)
    return 2 * WIDEST * task.dim + HEADER


def _drop(editor: Editor) -> None:
    editor.change(replace(editor.experiment, weights=None))


def _uploaded(editor: Editor) -> None:
    file = state[f"{editor.page}.weights.file"]
    state[f"{editor.page}.weights.trouble"] = ""
    if file is None:
        return
    content = file.getvalue()
    wrong = wrong_with(editor, content, file.name)
    if wrong:
        state[f"{editor.page}.weights.trouble"] = _plain(wrong)
    else:
        editor.change(replace(editor.experiment, weights=weights.keep(content)))


def wrong_with(editor: Editor, content: bytes, name: str) -> str:
    """What is wrong with a file of this content, in a sentence; empty for nothing."""
    most = most_bytes(editor)
    if len(content) > most:
        return f"{name} has {len(content):,} bytes; this network's weights take {most:,} at most."
    with tempfile.NamedTemporaryFile(suffix=".safetensors") as copy:
        copy.write(content)
        copy.flush()
        asked = {"landscape": editor.experiment.landscape.as_json(), "file": copy.name}
        try:
            cached.workers().submit("check_weights", asked).result(timeout=PATIENCE)
        except (RequestError, WorkerError, TimeoutError) as error:
            return f"{str(error).replace(Path(copy.name).name, name).rstrip('.')}."
    return ""


def _plain(text: str) -> str:
    """Text that a stranger chose, so that Markdown shows it and does nothing else with it."""
    return re.sub(r"([\\`*_{}\[\]()<>#+!|~$:&-])", r"\\\1", text)
