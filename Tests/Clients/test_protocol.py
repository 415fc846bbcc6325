"""docs/protocol.md: every sentence of WIRE.md is in its table, and every test that it names is there."""

import re

from relay_process import REPOSITORY

DOCS = REPOSITORY / "docs"
CLIENTS = REPOSITORY / "Tests" / "Clients"


def sentences(text: str) -> list[str]:
    """WIRE.md as sentences: of its paragraphs and lists, its rows and its lines of code. Headings say nothing."""
    blocks: list[str] = []
    is_code = False
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("```"):
            is_code = not is_code
            blocks.append("")
        elif not stripped or stripped.startswith("#"):
            blocks.append("")
        elif is_code or stripped.startswith("|") or re.match(r"(- |\d+\. |1–3 )", stripped):
            blocks += ["", stripped]
        elif blocks and blocks[-1]:
            blocks[-1] += " " + stripped
        else:
            blocks.append(stripped)
    found = [part for block in blocks if block for part in re.split(r'(?<=[.:;])\s+(?=[A-Z`*0-9"(])', block)]
    headers = ("| kind | name", "|---", "**Beyond:**", "Tags:", "Content:")
    return [sentence for sentence in found if not sentence.startswith(headers)]


def rows(document: str) -> list[tuple[str, str]]:
    """The cells of the first table: a quotation, and what holds it."""
    table = document.split("## NIPs")[0]
    cells = [re.split(r"(?<!\\)\|", line.strip().strip("|"), maxsplit=1) for line in table.splitlines() if line.startswith("| ")]
    return [(cell[0].strip().replace("\\|", "|"), cell[1]) for cell in cells][1:]


def test_every_sentence_of_the_contract_is_held_by_something():
    table = rows((DOCS / "protocol.md").read_text())
    missing = [
        sentence for sentence in sentences((DOCS / "WIRE.md").read_text())
        if not any(quotation in sentence for quotation, _ in table)]
    assert not missing, missing


def test_the_table_quotes_the_contract():
    text = " ".join((DOCS / "WIRE.md").read_text().split())
    wrong = [quotation for quotation, _ in rows((DOCS / "protocol.md").read_text()) if quotation not in text]
    assert not wrong, wrong


def test_every_test_that_is_named_is_there():
    document = (DOCS / "protocol.md").read_text()
    swift = "\n".join(path.read_text() for path in (REPOSITORY / "Tests").rglob("*.swift"))
    for name in re.findall(r"`((?:test_|Snapshots/)[^`]*|\w+Tests)`", document):
        if name.startswith("Snapshots/"):
            assert (REPOSITORY / name).exists(), name
        elif name.startswith("test_"):
            file, _, function = name.partition("::")
            assert (CLIENTS / file).exists(), name
            assert not function or re.search(rf"def {function}\(", (CLIENTS / file).read_text()), name
        else:
            assert f"struct {name}" in swift, name
