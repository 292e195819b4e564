"""A JupyterLab server for tests, with settings of its own."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def jupyter_lab(folder: Path, scratch: Path, *arguments: str) -> Iterator[str]:
    """Runs `jupyter lab` on a free port of this machine; yields the server's address.

    Args:
      folder: where it is started.
      scratch: a folder for its settings and its log.
      arguments: what follows `jupyter lab`.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    env = os.environ | {f"JUPYTER_{name}": str(scratch / name) for name in names}
    env |= {"IPYTHONDIR": str(scratch / "ipython"), "JUPYTER_PLATFORM_DIRS": "1"}
    env |= {f"JUPYTERLAB_{n}_DIR": str(scratch / n) for n in ("SETTINGS", "WORKSPACES")}
    plugins = {
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        "notebook-extension/tracker": {"windowingMode": "none"},
    }
    for plugin, values in plugins.items():
        file = scratch / "SETTINGS" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    options = (
        f"--no-browser --allow-root --port={port} --ServerApp.port_retries=0 --ip=127.0.0.1 "
        "--IdentityProvider.token= --ServerApp.disable_check_xsrf=True "
        "--expose-app-in-browser --LabApp.extension_manager=readonly"
    ).split()
    command = [sys.executable, "-m", "jupyter", "lab", *arguments, *options]
    with (scratch / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=folder)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/api/status"):
                break
            time.sleep(0.25)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
