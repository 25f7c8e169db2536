import json
import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from briefs.bilingual.checks import Finding
from briefs.bilingual.documents import list_formats
from briefs.exchange.intake import CheckedDigest, DocumentChecker, find_files
from briefs.workflow.rules.refusals import describe_finding

SIDE_NAMES = {"zh": "Chinese", "en": "English"}


class Command(BaseCommand):
    help = f"Run the checks of the desk on documents, {list_formats('en')}, or folders. Nothing is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH")
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument("--strict", action="store_true", help="exit 1 if anything was found")

    def handle(self, *args: Any, **options: Any) -> None:
        files = []
        for path in options["paths"]:
            path_files = list(find_files([path]))
            if not all(file.exists() for _, file in path_files):
                raise CommandError(f"{path}: no such file or folder.", returncode=2)
            files += path_files
        checker = DocumentChecker()
        if checker.shipped:
            self.stderr.write("The database could not be read. The glossary of a new site is used.")
        show = self._print_json if options["format"] == "json" else self._print_text
        is_clean = True
        with translation.override("en"):
            for digest in checker.check_files(files):
                show(digest)
                is_clean = is_clean and not digest.findings and not digest.refusal
        if options["strict"] and not is_clean:
            raise SystemExit(1)

    def _print_json(self, digest: CheckedDigest) -> None:
        error = digest.refusal
        line = {
            "file": digest.file,
            "index": digest.index,
            "error": error
            and {"line": error.line, "code": error.code, "message": error.message("en", digest.file)},
            "findings": [
                {
                    "rule": format_rule(finding.code),
                    "bullet": finding.bullet,
                    "side": finding.side or None,
                    "message": describe_finding(finding.code, finding.values),
                    "repair": has_repair(finding),
                }
                for finding in digest.findings
            ],
        }
        self.stdout.write(json.dumps(line, ensure_ascii=False))

    def _print_text(self, digest: CheckedDigest) -> None:
        where = f"{digest.file} [{digest.index}]"
        if digest.refusal:
            self.stderr.write(f"{where}: refused. {digest.refusal.message('en', digest.file)}")
            return
        count = len(digest.findings)
        self.stdout.write(f"{where}: {count} finding{'' if count == 1 else 's'}")
        for finding in digest.findings:
            location = f"bullet {finding.bullet}" if finding.bullet else finding.field
            side = f", {SIDE_NAMES[finding.side]}" if finding.side else ""
            repair = ", can be repaired" if has_repair(finding) else ""
            message = describe_finding(finding.code, finding.values)
            self.stdout.write(f"    {location}{side}: {message} ({format_rule(finding.code)}{repair})")


def format_rule(code: str) -> str:
    """Return a finding's code as in the documented output: numbers.only-zh for numbers.zh_only."""
    return re.sub("(zh|en)_([a-z]+)", r"\2-\1", code).replace("_", "-")


def has_repair(finding: Finding) -> bool:
    """Return whether the desk repairs the text by one click."""
    return bool(finding.repair and finding.repair.edits)
