"""What the official CLI met at the steps `x.badserver.*`: broken servers and broken files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.faulty import Reply, answering

_HTML = {"content-type": "text/html"}
_REPLIES = {
    "x.badserver.html": Reply(200, b"<html>hello</html>", _HTML),
    "x.badserver.forbidden": Reply(403, b"<html>403</html>", _HTML),
    "x.badserver.down": Reply(503, b"<html>503</html>", _HTML),
    "x.badserver.jsonerr": Reply(400, b'["no object"]'),
    "x.badserver.limit": Reply(429, b"slow down", {"content-type": "text/plain"}),
    "x.badserver.empty": Reply(200, b""),
    "x.badserver.truncated": Reply(200, b'{"configs": ['),
    "x.badserver.redirect": Reply(302, b"", {"location": "https://login.example.com/"}),
}
_FILES = {
    "x.badserver.badyaml": "url: [",
    "x.badserver.emptyyaml": "",
    "x.badserver.listyaml": "- url",
}
_NOBODY_LISTENS = "http://127.0.0.1:1"
_NO_FOLDER = "/dev/null/folder"
_OTHERS = {"x.badserver.refused", "x.badserver.refused.json", "x.nologdir", "x.noconfdir"}
FAULTY = {*_REPLIES, *_FILES, *_OTHERS}


@contextmanager
def meeting(step: str, folder: Path, url: str) -> Iterator[dict[str, str]]:
    """Gives the environment that the step was recorded in, with a login file as it was."""
    home = folder / step
    files = home / ".config" / "osmo"
    files.mkdir(parents=True)
    if step in _REPLIES:
        with answering(lambda method, path, body: _REPLIES[step]) as server:
            _log_in(files, server.url)
            yield {"HOME": str(home)}
        return
    if step in _FILES:
        (files / "login.yaml").write_text(_FILES[step])
    else:
        _log_in(files, _NOBODY_LISTENS if "refused" in step else url)
    more = {"x.nologdir": "OSMO_LOG_FILE_DIR", "x.noconfdir": "OSMO_CONFIG_FILE_DIR"}
    yield {"HOME": str(home)} | ({more[step]: _NO_FOLDER} if step in more else {})


def _log_in(files: Path, url: str) -> None:
    text = f"dev_login:\n  username: admin\nosmo_token: false\ntoken_login: null\nurl: {url}\n"
    (files / "login.yaml").write_text(text)
