"""Blocks of docs/operators.md that must stop at the first error, pasted into a shell. `.ci/operators_guide` runs them all."""

import os
import subprocess
from pathlib import Path

import pytest

from .support.guide import GUIDE, read_blocks

SERVER = """#!/bin/sh
echo "$(basename "$0") $*" >> {log}
case "$(basename "$0") $*" in {fails}) echo broken >&2; exit 1 ;; esac
"""
COMMANDS = ("digest", "git", "systemctl", "install", "cp", "rm", "sed", "pip")


def paste(block: str, tmp_path: Path, *, fails: str) -> list[str]:
    """Paste a block into a shell whose commands only note that they ran. Return them."""
    log = tmp_path / "log"
    folder = tmp_path / "srv/digest/venv/bin"
    folder.mkdir(parents=True)
    for name in COMMANDS:
        (folder / name).write_text(SERVER.format(log=log, fails=fails), encoding="utf-8")
        (folder / name).chmod(0o755)
    text = block.replace("/srv/digest", f"{tmp_path}/srv/digest").replace("/etc/", f"{tmp_path}/")
    env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "BACKUP": "a.zip"}
    run = subprocess.run(["bash"], input=text, env=env, capture_output=True, text=True, check=False, cwd=tmp_path)  # fmt: skip
    (tmp_path / "printed").write_text(run.stdout + run.stderr, encoding="utf-8")
    return log.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("fails", ["git*fetch*", "git*merge*", "pip*", "digest?setup*"])
def test_upgrade_stops_at_the_first_error(tmp_path: Path, fails: str) -> None:
    (block,) = read_blocks("Upgrade")
    ran = paste(block, tmp_path, fails=fails)
    assert ran[-1].startswith(fails.split("*")[0].replace("?", " "))
    assert "digest doctor" not in ran
    assert "STOPPED: the last command failed" in (tmp_path / "printed").read_text(encoding="utf-8")


def test_upgrade_without_errors_runs_to_its_end(tmp_path: Path) -> None:
    (block,) = read_blocks("Upgrade")
    ran = paste(block, tmp_path, fails="none")
    assert ran[-1] == "digest doctor"
    stop, *_ = (n for n, command in enumerate(ran) if command.startswith("systemctl stop digest.service "))
    start, *_ = (n for n, command in enumerate(ran) if command.startswith("systemctl start digest.service "))
    assert stop < ran.index("digest setup --no-person") < start, "no server runs while the tables change"
    assert "STOPPED" not in (tmp_path / "printed").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("section", "fails", "must_not_run"),
    [
        ("PostgreSQL and Redis", "digest?backup*", "digest restore"),
        ("Restore", "digest?restore*", "systemctl start"),
        ("Several machines", "cp*", "systemctl start"),
    ],
)
def test_move_stops_at_the_first_error(tmp_path: Path, section: str, fails: str, must_not_run: str) -> None:
    block = next(block for block in read_blocks(section) if "set -e" in block)
    ran = paste(block, tmp_path, fails=fails)
    assert not any(command.startswith(must_not_run) for command in ran)


def test_every_block_that_stops_the_site_stops_at_an_error() -> None:
    stopping = [block for block in GUIDE.split("```sh\n") if "systemctl stop digest.service" in block]
    assert len(stopping) >= 3
    for block in stopping:
        body = block.partition("```")[0]
        assert body.startswith("( set -e\n") or "&& \\\nsystemctl stop" in body, body
