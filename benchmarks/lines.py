"""How many lines each room of the package has: in a revision, and as it is. `python benchmarks/lines.py REV`

A line counts where something stands on it; of those, `code` is what is no docstring and no comment.
"""

from __future__ import annotations

import argparse
import ast
import io
import subprocess
import tokenize
from collections import Counter
from pathlib import Path

SOURCE = "src/replab/"


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def files_of(revision: str) -> dict[str, str]:
    """Path -> text of the package's Python files in a revision."""
    names = git("ls-tree", "-r", "--name-only", revision, "--", SOURCE).splitlines()
    return {name: git("show", f"{revision}:{name}") for name in names if name.endswith(".py")}


def files_here() -> dict[str, str]:
    return {path.as_posix(): path.read_text(encoding="utf-8") for path in sorted(Path(SOURCE).rglob("*.py"))}


def room_of(name: str) -> str:
    """The folder below the package; "(top)" for its own modules."""
    first, _, rest = name.removeprefix(SOURCE).partition("/")
    return first if rest else "(top)"


def code_lines(text: str) -> int:
    """The lines with a token that is neither a comment nor a docstring."""
    documented = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            documented |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    nothing = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    found = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in nothing:
            found |= set(range(token.start[0], token.end[0] + 1))
    return len(found - documented)


def counted(files: dict[str, str]) -> tuple[Counter[str], Counter[str]]:
    """Lines, and lines of code, by room."""
    lines, code = Counter[str](), Counter[str]()
    for name, text in files.items():
        lines[room_of(name)] += sum(1 for line in text.splitlines() if line.strip())
        code[room_of(name)] += code_lines(text)
    return lines, code


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", metavar="REV", help="what to compare with")
    (lines, code), (lines_now, code_now) = counted(files_of(parser.parse_args().revision)), counted(files_here())
    rows = [(room, lines[room], lines_now[room], code[room], code_now[room]) for room in sorted(lines | lines_now)]
    rows.append(("all", lines.total(), lines_now.total(), code.total(), code_now.total()))
    print("| room | lines before | now | code before | now |\n| --- | --: | --: | --: | --: |")
    for room, *numbers in rows:
        print(f"| {room} | {' | '.join(f'{number:,}' for number in numbers)} |")


if __name__ == "__main__":
    main()
