"""Databases of the embedded service, copied from ones that are made once per process.

Making one takes a signing key, which is most of the time that a small test needs.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from osmo_cli.local.configmap import ConfigMapSource
from osmo_cli.local.database import open_database


def new_database(path: Path, dialect: str, *, managed: bool = False) -> None:
    """Put a new database at `path`.

    Args:
        managed: as a service makes it that starts in ConfigMap mode.
    """
    shutil.copy(_template(dialect, managed), path)


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="osmo-databases-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@cache
def _template(dialect: str, managed: bool) -> Path:
    path = _folder() / f"{dialect}-{managed}.db"
    source = None
    if managed:
        file = _folder() / "config.yaml"
        file.write_text("workflow: {}\n")
        source = ConfigMapSource(file, lambda text: None)
    open_database(path, dialect, source=source).close()
    return path
