"""Where an app under test listens: on 127.0.0.1, whatever its author and the environment say."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest
from sessions import command, environment, project

#: What an author and a server's environment say to reach the whole world.
EVERYWHERE = {
    "GRADIO_SHARE": "True",
    "GRADIO_SERVER_NAME": "0.0.0.0",
    "GRADIO_SSR_MODE": "True",
    "GRADIO_SHARE_SERVER_ADDRESS": "192.0.2.1:7000",  # RFC 5737: nobody's
    "GRADIO_NODE_SERVER_NAME": "0.0.0.0",
}

LAUNCHED = """
    import gradio as gr

    def greet(name):
        return f"Hello, {name}!"

    demo = gr.Interface(greet, "text", "text", api_name="greet")

    if __name__ == "__main__":
        demo.launch(share=True, server_name="0.0.0.0", inbrowser=False)
"""

MOUNTED = """
    import fastapi
    import gradio as gr
    import uvicorn

    demo = gr.Interface(lambda name: f"Hello, {name}!", "text", "text", api_name="greet")
    app = gr.mount_gradio_app(fastapi.FastAPI(), demo, path="/")

    if __name__ == "__main__":
        uvicorn.run(app, host="0.0.0.0", port=0)
"""

#: A second server of the author's, on a thread of its own, and a tunnel that is asked for by hand.
BESIDE = """
    import threading

    import fastapi
    import gradio as gr
    import uvicorn
    from gradio import networking

    health = uvicorn.Server(uvicorn.Config(fastapi.FastAPI(), host="0.0.0.0", port=0))
    threading.Thread(target=health.run, daemon=True).start()

    try:
        networking.setup_tunnel("127.0.0.1", 80, "token", None, None)
    except Exception as error:
        print(error)

    demo = gr.Interface(lambda name: f"Hello, {name}!", "text", "text", api_name="greet")
    demo.launch(share=True, server_name="::")
"""

#: Seen from inside, also in the processes that are forked from it.
CONNECTED = """
    import json
    import sys

    def heard(event, args):
        if event == "socket.connect" and isinstance(args[1], tuple):
            with open("connected.jsonl", "a") as file:
                file.write(json.dumps(str(args[1][0])) + "\\n")

    sys.addaudithook(heard)
"""


def is_here(address: str) -> bool:
    return address.startswith("127.") or address in ("::1", "localhost", "")


class Watch:
    """Where a process and its children listen, and whom they are connected to, time and again."""

    def __init__(self, process: subprocess.Popen[Any]) -> None:
        self.process, self.seen = process, set[tuple[str, str]]()
        self.listened = 0

    def run(self) -> None:
        while self.process.poll() is None:
            try:
                top = psutil.Process(self.process.pid)
                for each in (top, *top.children(recursive=True)):
                    self._look(each)
            except psutil.Error:
                continue
            threading.Event().wait(0.05)

    def _look(self, process: psutil.Process) -> None:
        for connection in process.net_connections("inet"):
            far = connection.raddr[0] if connection.raddr else ""
            if connection.status == psutil.CONN_LISTEN:
                self.listened += 1
                self.seen.add(("listens", connection.laddr[0]))
            elif far:
                self.seen.add(("connected", far))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("app", "more"),
    [
        (LAUNCHED, ("--app-suites", "api,latency")),
        (MOUNTED, ("--app-suites", "api")),
        (BESIDE, ("--app-suites", "api")),
        (LAUNCHED, ("--app-suites", "regression", "--app-against", "other.py")),
    ],
    ids=["launched, and a child", "mounted", "another server beside it", "held against another"],
)
def test_nothing_listens_but_on_this_machine(
    tmp_path: Path, app: str, more: tuple[str, ...]
) -> None:
    """Neither this process nor a child: no other interface, no tunnel, no connection abroad."""
    folder = project(tmp_path / "own", app, {"conftest.py": CONNECTED, "other.py": LAUNCHED})
    arguments = ("--app", "app.py", "--app-profile", "quick", "--app-calls", "4", *more)

    with open(tmp_path / "said", "w") as said:
        process = subprocess.Popen(
            command(*arguments),
            cwd=folder,
            env=environment(folder, **EVERYWHERE),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        watch = Watch(process)
        watch.run()

    out = (tmp_path / "said").read_text()
    assert 0 == process.returncode, out
    assert watch.listened, out
    assert set() == {one for one in watch.seen if not is_here(one[1])}, out
    connected = {*map(json.loads, (folder / "connected.jsonl").read_text().splitlines())}
    assert set() == {host for host in connected if not is_here(host)}, out
