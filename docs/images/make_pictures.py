"""Generate the README's terminal picture by running the program on its embedded service.

    python docs/images/make_pictures.py

The commands run in a pseudo-terminal, in a temporary home and directory. What differs from run to
run (times, IDs, digests) is replaced by fixed values, so that a second run writes the same file.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from html import unescape
from pathlib import Path

import yaml
from rich.console import CONSOLE_SVG_FORMAT, Console
from rich.text import Text

FOLDER = Path(__file__).resolve().parent
OSMO_FOLDER = str(Path(sys.executable).parent)
COLUMNS, ROWS = 100, 60

BACKEND_FILE = "configs/backend/gpu-a.yaml"
EDITS = {
    "descripton": "H100 nodes of building 4",
    "scheduler_settings": {"scheduler_type": "kai", "coscheduling": True},
}
TEMPLATE = "spec: {nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100}}\n"
BY_HAND = '{"description": "H100 nodes of building 5"}\n'
COMMANDS = [
    "osmo config plan configs",
    f"sed -i s/descripton/description/ {BACKEND_FILE}",
    "osmo config plan configs",
    "osmo config apply configs",
    "osmo config update BACKEND gpu-a --file by-hand.json --description 'They moved'",
    "osmo config drift configs",
]
QUESTION = b"[y/N]"
ANSWER = b"y\n"


def run_in_terminal(command: str, folder: Path, env: dict[str, str]) -> str:
    """Return what a terminal of 100 columns shows after a command, whose question gets a yes."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env=env,
        start_new_session=True,
    )
    os.close(theirs)
    received, answered = b"", False
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux reports the end of a terminal's last program as EIO
            break
        if not part:
            break
        received += part
        if QUESTION in received and not answered:
            answered = True
            os.write(ours, ANSWER)
    process.wait()
    os.close(ours)
    return without_volatile(settled(received.decode().replace("\r\n", "\n")))


def settled(text: str) -> str:
    """Return what is left of `text` after a progress bar moved the cursor and erased lines."""
    lines, row = [""], 0
    for part in re.split(r"(\n|\r|\x1b\[2K|\x1b\[1A|\x1b\[\?25[lh])", text):
        if part == "\n":
            row += 1
            lines[row:] = lines[row:] or [""]
        elif part == "\x1b[1A":
            row -= 1
        elif part == "\x1b[2K":
            lines[row] = ""
        elif not part.startswith(("\r", "\x1b[?25")):
            lines[row] += part
    return "\n".join(lines)


def without_volatile(text: str) -> str:
    """Return `text` with fixed times, IDs and tokens of the same length."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "2026-01-31T12:00:00", text)
    text = re.sub(r"(?<=12:00:00\.)\d+", lambda match: "0" * len(match[0]), text)
    text = re.sub(r"[A-Z][a-z]{2} \d{1,2}, \d{4} \d\d:\d\d UTC", "Jan 31, 2026 12:00 UTC", text)
    text = re.sub(r"\bapply-[0-9a-f]{12}\b", "apply-0123456789ab", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "0123456789abcdef" * 4, text)
    return re.sub(
        r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
        "5a1d6c2e-0b7b-4f0e-9c1c-a00000000001",
        text,
    )


def transcript() -> Text:
    """The commands and their output, as a terminal shows them."""
    screen = Text()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = {
            "HOME": name,
            "PATH": f"{OSMO_FOLDER}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "OSMO_URL": "local",
            "TZ": "UTC",
        }
        run_in_terminal("osmo local add-backend gpu-a", folder, env)
        run_in_terminal("osmo config export configs --type BACKEND", folder, env)
        edit(folder)
        for command in COMMANDS:
            screen.append("$ ", style="bold green")
            screen.append(command + "\n", style="bold")
            output = run_in_terminal(command, folder, env)
            shown = Text.from_ansi(output.rstrip("\n"))
            too_long = [
                line for line in (command, *shown.plain.split("\n")) if len(line) > COLUMNS - 2
            ]
            assert not too_long, f"the picture cuts {too_long}"
            screen.append_text(shown)
            screen.append("\n\n" if output.strip() else "\n")
    screen.rstrip()
    screen.append("\n")
    return screen


def edit(folder: Path) -> None:
    """Change the exported file as a person would, with a mistake, and add two others."""
    file = folder / BACKEND_FILE
    backend = yaml.safe_load(file.read_text("utf-8"))
    file.write_text(yaml.safe_dump({**backend, **EDITS}), "utf-8")
    template = folder / "configs" / "pod_template" / "h100.yaml"
    template.parent.mkdir()
    template.write_text(TEMPLATE, "utf-8")
    (folder / "by-hand.json").write_text(BY_HAND, "utf-8")


def picture() -> str:
    """The transcript as SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(transcript(), soft_wrap=True)
    # A page that shows the picture may not load fonts from elsewhere.
    template = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    template = template.replace("Fira Code, monospace", "DejaVu Sans Mono, Menlo, monospace")
    return indented(console.export_svg(title="osmo", code_format=template, unique_id="osmo"))


def indented(svg: str) -> str:
    """Return `svg` with leading blanks of strings as positions, since some viewers drop them."""

    def move(match: re.Match[str]) -> str:
        blanks = match["blanks"].count("&#160;")
        cell = float(match["length"]) / len(unescape(match["blanks"] + match["text"]))
        x = float(match["x"]) + blanks * cell
        length = float(match["length"]) - blanks * cell
        middle, text = match["middle"], match["text"]
        return f'x="{x:g}"{middle}textLength="{length:g}"{match["clip"]}>{text}</text>'

    return re.sub(
        r'x="(?P<x>[\d.]+)"(?P<middle> y="[\d.]+" )textLength="(?P<length>[\d.]+)"'
        r"(?P<clip>[^>]*)>(?P<blanks>(?:&#160;)+)(?P<text>[^<\n]+)</text>",
        move,
        svg,
    )


def main() -> None:
    """Write the picture."""
    target = FOLDER / "tour.svg"
    target.write_text(picture(), "utf-8")
    print(f"wrote {target.relative_to(FOLDER.parents[1])}")


if __name__ == "__main__":
    main()
