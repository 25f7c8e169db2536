"""Read a file of settings in the syntax of systemd's `EnvironmentFile=` (see `man systemd.exec`).

Server, timers, command line and containers all use this reader. It follows `parse_env_file_internal` of systemd 257:
comments begin with `#` or `;`; a backslash escapes in double quotes and without quotes, not in single quotes; nothing is
expanded. systemd skips an invalid line, and an open quote extends to the end of the file. Both are refused here, because
settings would be lost.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

_SPACE: Final = " \t"
_NEWLINE: Final = "\r\n"
_NAME: Final = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_ESCAPED_IN_DOUBLE_QUOTES: Final = '"\\`$\n'


class Assignment(NamedTuple):
    name: str
    value: str
    line: int


class UnreadableLine(Exception):
    """A line is invalid. Holds its first word, its number and what was expected, not the rest, which may be secret."""

    def __init__(self, word: str, line: int, expected: str) -> None:
        super().__init__(expected)
        self.word, self.line, self.expected = word, line, expected


def read_assignments(path: Path) -> list[Assignment]:
    return list(parse(path.read_bytes().decode("utf-8-sig")))


def parse(text: str) -> Iterator[Assignment]:
    position = 0
    while position < len(text):
        if text[position] in _SPACE + _NEWLINE:
            position += 1
            continue
        end = _find_newline(text, position)
        if text[position] not in "#;":
            line = len(re.findall(r"\r\n|\r|\n", text[:position])) + 1
            name, equals, _ = text[position:end].partition("=")
            word = (name.removeprefix("export ").split() or [""])[0]
            if not equals or not _NAME.fullmatch(name.rstrip(_SPACE)):
                raise UnreadableLine(word, line, "NAME=value")
            value, end = _read_value(text, position + len(name) + 1, word, line)
            yield Assignment(word, value, line)
        position = end


def _find_newline(text: str, position: int) -> int:
    match = re.compile(f"[{_NEWLINE}]").search(text, position)
    return match.start() if match else len(text)


def _read_value(text: str, position: int, word: str, line: int) -> tuple[str, int]:
    """Return a value and the position after its last line. Quoted parts may precede an unquoted one."""
    value = ""
    while position < len(text) and text[position] not in _NEWLINE:
        quote = text[position]
        if quote in _SPACE:
            position += 1
        elif quote in "'\"":
            pattern = r"'([^']*)'" if quote == "'" else r'"((?:[^"\\]|\\.)*)"'
            quoted = re.compile(pattern, re.DOTALL).match(text, position)
            if quoted is None:
                raise UnreadableLine(word, line, f"a second {quote} at the end of the value")
            value += quoted[1] if quote == "'" else re.sub(r"(?s)\\(.)", _unescape, quoted[1])
            position = quoted.end()
        else:
            plain, position = _read_plain(text, position)
            return value + plain, position
    return value, position


def _unescape(escape: re.Match[str]) -> str:
    if escape[1] not in _ESCAPED_IN_DOUBLE_QUOTES:
        return escape[0]
    return escape[1].strip("\n")


def _read_plain(text: str, position: int) -> tuple[str, int]:
    """Read an unquoted value to the end of the line, without trailing white space. A final backslash joins the next line."""
    value, length = "", 0
    while position < len(text) and text[position] not in _NEWLINE:
        is_escape = text[position] == "\\"
        position += is_escape
        value += text[position : position + 1].strip(_NEWLINE if is_escape else "")
        if is_escape or text[position] not in _SPACE:
            length = len(value)
        position += 1
    return value[:length], min(position, len(text))
