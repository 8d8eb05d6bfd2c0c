"""Running kubectl and helm, which are looked for on PATH."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence

from osmo_cli.errors import ExitCode, OsmoError, UsageError

_CLIENTS = ("kubectl", "helm")
_LIMIT_SECONDS = 600.0
_SHOWN_LINES = 8
# Secrets of this program and of the chart's repository, which the clients do not need.
_PRIVATE_VARIABLES = frozenset({"OSMO_TOKEN", "NGC_API_KEY"})
_APPLIED = re.compile(r"(?P<kind>[a-z.]+)/(?P<name>\S+) (?P<verb>created|configured|unchanged)\b.*")


class ClusterError(OsmoError):
    """kubectl or helm failed (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE


def check_clients() -> None:
    """Check that kubectl and helm are on PATH.

    Raises:
        UsageError: one is missing.
    """
    missing = [name for name in _CLIENTS if shutil.which(name) is None]
    if missing:
        raise UsageError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not on PATH; "
            "nothing was changed",
            hint="install kubectl and helm, or leave out --apply and run the printed commands "
            "elsewhere",
        )


def get_nodes(kube_context: str) -> str:
    """Return the nodes of a cluster as kubectl prints them in JSON.

    Args:
        kube_context: the context; "" for kubectl's current one.

    Raises:
        UsageError: kubectl is not on PATH.
        ClusterError: it failed.
    """
    if shutil.which("kubectl") is None:
        raise UsageError(
            "kubectl is not on PATH",
            hint="save the output of `kubectl get nodes -o json` elsewhere, and use --nodes FILE",
        )
    context = ["--context", kube_context] if kube_context else []
    words = ["get", "nodes", "-o", "json", "--request-timeout", "60s"]
    try:
        return run_client(["kubectl", *context, *words])
    except ClusterError as error:
        # kubectl repeats each attempt before it says what is wrong.
        error.message = f"`kubectl get` failed: {error.message.splitlines()[-1].strip()}"
        error.hint = "--kube-context names another cluster; --nodes FILE needs none"
        raise


def run_client(words: Sequence[str], *, stdin: str = "") -> str:
    """Run kubectl or helm, and return what it printed.

    Args:
        words: the command; never holds a secret.
        stdin: what the command reads.

    Raises:
        ClusterError: it failed, or did not end within ten minutes.
    """
    command = " ".join(words[:2] if words[1] != "--context" else (words[0], words[3]))
    environment = {
        name: text for name, text in os.environ.items() if name not in _PRIVATE_VARIABLES
    }
    try:
        done = subprocess.run(  # noqa: S603 - the words are made by this program
            list(words),
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LIMIT_SECONDS,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise ClusterError(
            f"`{command}` did not end within {_LIMIT_SECONDS / 60:.0f} minutes",
            hint="run the command again to continue",
        ) from None
    except OSError as error:
        raise ClusterError(f"cannot run `{command}`: {error.strerror}") from None
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        raise ClusterError(
            f"`{command}` failed (exit {done.returncode}): " + "\n".join(lines[-_SHOWN_LINES:]),
            hint="run the command again to continue",
        )
    return done.stdout


def created_objects(printed: str, names: Sequence[str]) -> list[str]:
    """Those of `names` that `kubectl apply` says it has created.

    Args:
        printed: a line for each object, in the order of the manifests, without namespaces.
        names: of the objects, such as `secret/osmo/agent-token`.
    """
    lines = [match for line in printed.splitlines() if (match := _APPLIED.fullmatch(line))]
    shown = [f"{match['kind']}/{match['name']}" for match in lines]
    parts = [name.split("/") for name in names]
    if shown != [f"{part[0]}/{part[-1]}" for part in parts]:
        return []  # an unknown form: nothing is taken to be this registration's
    pairs = zip(names, lines, strict=True)
    return [name for name, match in pairs if match["verb"] == "created"]


def is_first_revision(printed: str) -> bool:
    """Whether `helm upgrade --install --output json` has installed, not upgraded, a release."""
    try:
        return bool(json.loads(printed)["version"] == 1)
    except (ValueError, KeyError, TypeError):
        return False
