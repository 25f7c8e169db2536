"""Set an issue as PDF in a process of its own: what typst keeps in memory ends with it, and a slow one can be stopped.

Arguments: a folder with the pictures, and families of the font for Chinese. Standard input: the document as JSON; standard
output: the PDF. Without a document it prints the first family that the machine has. The process reads fonts and that folder, to
which it copies `issue.typ`, and no other file.

The PDF is PDF/UA-1, unless a character is in no font: then it has tags, a box for the character, and makes no claim.
"""

import datetime as dt
import json
import shutil
import sys
from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).with_name("issue.typ")


def main(folder: str, *families: str) -> None:
    import typst

    issue = sys.stdin.read()
    if not issue:
        known = typst.Fonts(include_embedded_fonts=False).families()
        sys.stdout.write(next((name for name in families if name in known), ""))
        return
    template = shutil.copy(TEMPLATE, folder)
    options: dict[str, Any] = {
        "root": folder,
        "format": "pdf",
        "sys_inputs": {"issue": issue, "font": families[0]},
        "timestamp": int(dt.datetime.fromisoformat(json.loads(issue)["modified"]).timestamp()),
    }
    try:
        pdf, warnings = typst.compile_with_warnings(template, pdf_standards=["ua-1"], **options)
    except typst.TypstError as error:  # a character that no font of the machine has
        sys.stderr.write(f"{error}\n")
        pdf, warnings = typst.compile_with_warnings(template, **options)
    sys.stderr.writelines(f"{warning.message}\n" for warning in warnings)
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    main(*sys.argv[1:])
