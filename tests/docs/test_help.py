"""Every command's help: a summary, an example that runs, and help for every parameter."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest

from tests.docs.test_references import TREE, fault

COMMANDS = {
    words: node for words, node in TREE.items() if words and not hasattr(node, "list_commands")
}
GROUPS = {words: node for words, node in TREE.items() if hasattr(node, "list_commands")}
LONGEST_SUMMARY = 80
# First words of a summary that are not a verb in the imperative.
_NOT_IMPERATIVE = re.compile(
    r"(?:the|an?|what|who|how|whether|it|this|these|all|\w+s)\b", re.IGNORECASE
)
_VERBS_IN_S = {"process", "pass"}


def name_of(words: tuple[str, ...]) -> str:
    return " ".join(words) or "osmo"


def summary(node: Any) -> str:
    text: str = (node.help or "").strip()
    return text.partition("\n\n")[0].replace("\b", "").strip()


def examples(node: Any) -> list[str]:
    """Command lines below `Examples:` in a command's help."""
    _, _, text = (node.help or "").partition("Examples:")
    return [line.strip().removeprefix("$ ") for line in text.splitlines() if "osmo " in line]


@pytest.mark.parametrize("words", TREE, ids=name_of)
def test_the_summary_is_one_sentence(words: tuple[str, ...]) -> None:
    text = summary(TREE[words])
    assert text.endswith(".")
    assert "\n" not in text
    assert len(text) <= LONGEST_SUMMARY
    first = text.split()[0]
    assert first[0].isupper()


@pytest.mark.parametrize("words", COMMANDS, ids=name_of)
def test_the_summary_of_a_command_is_imperative(words: tuple[str, ...]) -> None:
    first = summary(COMMANDS[words]).split()[0]
    assert first.lower() in _VERBS_IN_S or not _NOT_IMPERATIVE.fullmatch(first)


@pytest.mark.parametrize("words", COMMANDS, ids=name_of)
def test_a_command_has_an_example(words: tuple[str, ...]) -> None:
    lines = examples(COMMANDS[words])
    assert any(re.search(rf"\bosmo (--\w+ \S+ )?{' '.join(words)}\b", line) for line in lines)


@pytest.mark.parametrize("words", COMMANDS, ids=name_of)
def test_the_commands_and_flags_of_an_example_exist(words: tuple[str, ...]) -> None:
    for line in examples(COMMANDS[words]):
        lexer = shlex.shlex(line.split("osmo ", 1)[1], posix=True, punctuation_chars=True)
        lexer.wordchars += ":/[]{}$=*,@%^+"
        given = []
        for word in lexer:
            if word in {"|", "<", ">", "&&", ";"}:
                break
            given.append(word)
        assert fault(given) is None, line


@pytest.mark.parametrize("words", TREE, ids=name_of)
def test_every_parameter_has_help(words: tuple[str, ...]) -> None:
    without = [
        parameter.name
        for parameter in TREE[words].params
        if not (getattr(parameter, "help", None) or "").strip()
    ]
    assert without == []


@pytest.mark.parametrize("words", TREE, ids=name_of)
def test_the_help_of_a_parameter_is_a_sentence(words: tuple[str, ...]) -> None:
    wrong = [
        (parameter.name, parameter.help)
        for parameter in TREE[words].params
        if not re.fullmatch(
            r"([A-Z`$]|https://).*\.", (getattr(parameter, "help", "") or "").strip(), re.S
        )
    ]
    assert wrong == []
