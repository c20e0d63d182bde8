"""J7: a class of thirty acting at once in one server process.

    python -m benchmarks.j7_class [--clients 30] [--rounds 8]

Every client has a session of its own on the race page and, all at the same moment, changes its start point to one that nobody
has asked for before: six fresh trajectories, six eigenvalue traces, figures, table and stage for each. Measured from sending
the request to the last message of the finished run. Clients speak the app's own protocol over loopback websockets; they
decode only what tells that a run has finished. The client process shares the two cores with the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.measure import machine, table
from experiments import link
from experiments.presets import RAVINE
from tests.browser.server import serving

GOAL = 600.0


@dataclass
class Client:
    """One visitor's session."""

    socket: ClientConnection
    number: int

    async def ask(self, start: tuple[float, float]) -> float:
        """Ask for the race from a start; the milliseconds until the run has finished."""
        message = BackMsg()
        message.rerun_script.query_string = urlencode(link.encode(replace(RAVINE, start=start)))
        message.rerun_script.page_script_hash = ""
        begin = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        stage = b""
        while True:
            answer = ForwardMsg.FromString(await asyncio.wait_for(self.socket.recv(decode=False), 60))
            kind = answer.delta.new_element.WhichOneof("type") if answer.WhichOneof("type") == "delta" else None
            if kind == "exception":
                raise RuntimeError(answer.delta.new_element.exception.message)
            if kind == "bidi_component":
                stage = answer.delta.new_element.bidi_component.bytes
            if answer.WhichOneof("type") == "script_finished":
                took = 1000 * (time.perf_counter() - begin)
                assert json.loads(stage[4 : 4 + int.from_bytes(stage[:4], "little")])["start"] == list(start)
                return took


async def act(address: str, count: int, rounds: int) -> dict[int, list[float]]:
    """The times of 1, 10 and `count` clients acting at once, a list for each number."""
    times: dict[int, list[float]] = {}
    random = np.random.default_rng(0)
    place = address.replace("http", "ws") + "/_stcore/stream"
    sockets = [await connect(place, subprotocols=["streamlit"], max_size=None) for _ in range(count)]  # type: ignore[list-item]
    clients = [Client(socket, i) for i, socket in enumerate(sockets)]
    try:
        for client in clients:
            await client.ask((-1.0, 1.0))
        for at_once in sorted({1, min(10, count), count}):
            times[at_once] = []
            for _ in range(max(rounds, 20 // at_once)):
                starts = random.uniform(-1.4, 1.4, (at_once, 2))
                asked = [c.ask((float(x), float(y))) for c, (x, y) in zip(clients, starts)]
                times[at_once] += await asyncio.gather(*asked)
    finally:
        for socket in sockets:
            await socket.close()
    return times


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=30, choices=range(1, 101), metavar="1..100")
    parser.add_argument("--rounds", type=int, default=8, choices=range(1, 51), metavar="1..50")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as runs, serving(Path(runs)) as address:
        times = asyncio.run(act(address, asked.clients, asked.rounds))
    print(f"J7 class, one server process and the clients on {machine()}; goal p95 <= {GOAL:.0f} ms for 30.\n")
    rows = []
    for at_once, values in times.items():
        p50, p95 = (float(v) for v in np.percentile(values, [50, 95]))
        rows.append([at_once, len(values), p50, p95, GOAL / p95])
    print(table(["clients at once", "runs", "p50 ms", "p95 ms", "goal / p95"], rows))


if __name__ == "__main__":
    main()
