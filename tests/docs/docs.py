"""Keeps what the manuals show true: runs their commands and compares what they print.

A document (README.md, docs/*.md) holds blocks, each a comment, a fence and `<!-- end -->`:

    <!-- file: PATH -->             the fence's text is written to PATH, for later commands
    <!-- generated: COMMAND -->     "$ COMMAND", then what it printed
    <!-- generated LANG: COMMAND -->  only what it printed, highlighted as LANG
    <!-- refused: COMMAND -->       as generated, but the command must fail
    <!-- recorded: COMMAND -->      as generated, but it needs this machine, or takes long

Commands run in bash, in one folder per document that holds a copy of samples/, one after
the other, with the dvoc under test first in PATH. `--update` writes what they print into
the documents. Recorded commands run only with `--record`, in the project's folder, and are
written, not compared, because addresses and times differ from run to run.
"""

import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^<!-- (?P<kind>file|generated|refused|recorded)"
                   r"(?: (?P<language>[a-z]+))?: (?P<what>[^\n]+) -->\n"
                   r"(?P<body>.*?)^<!-- end -->$", re.M | re.S)
MARKER = re.compile(r"^<!-- (?:file|generated|refused|recorded)\b", re.M)
FENCE = re.compile(r"(?P<fence>`{3,})[^\n]*\n(?P<text>.*?)^(?P=fence)\n\Z", re.M | re.S)
SECONDS = {"generated": 60, "refused": 60, "recorded": 7200}
SANITIZER_STATUS = int(os.environ["SANITIZER_STATUS"])


class Wrong(Exception):
    """A block that cannot be carried out."""


def environment(home):
    """Nothing of the user's own settings reaches a command."""
    env = {name: value for name, value in os.environ.items()
           if name == "PATH" or name.endswith("SAN_OPTIONS")}
    env["PATH"] = os.pathsep.join([str(pathlib.Path(os.environ["DVOC"]).parent), env["PATH"]])
    env.update(HOME=str(home), XDG_CONFIG_HOME=str(home / ".config"), TZ="UTC",
               LC_ALL="C.UTF-8", TERM="dumb")
    return env


def fenced(language, text):
    """Text in a fence that is longer than any run of backquotes in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}{fence}\n"


def run(kind, command, folder, home):
    """What the command prints, on both streams in their order."""
    if kind == "recorded":
        folder, env = ROOT, None
    else:
        env = environment(home)
    try:
        done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=folder, env=env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS[kind], check=False)
    except subprocess.TimeoutExpired as late:
        raise Wrong(f"{command}: no end within {SECONDS[kind]} seconds") from late
    text = done.stdout.decode()
    status = done.returncode
    if kind == "refused":
        # bash answers 126 and 127 for what it cannot run, and 128 + N for a signal.
        good = 0 < status < 126 and status != SANITIZER_STATUS
    else:
        # 141 is a writer whose reader, such as head, has seen enough.
        good = status in (0, 141)
    if not good:
        raise Wrong(f"{command}: exit status {status}\n{text}")
    return text if not text or text.endswith("\n") else text + "\n"


def carry_out(block, folder, home, record):
    """The body the block should have."""
    kind, body = block["kind"], block["body"]
    if kind == "file":
        fence = FENCE.match(body)
        path = folder / block["what"]
        if not fence or not path.resolve().is_relative_to(folder):
            raise Wrong(f"{block['what']}: needs one fence and a path below the folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fence["text"])
        return body
    if kind == "recorded" and not record:
        return body
    shown = run(kind, block["what"], folder, home)
    if block["language"]:
        return fenced(block["language"], shown)
    return fenced("console", f"$ {block['what']}\n{shown}")


def check(document, update, record):
    """Yields (case, problem) for each block; None where the block is true."""
    name = document.relative_to(ROOT)
    old = document.read_text()
    pieces, end, blocks = [], 0, 0
    with tempfile.TemporaryDirectory(prefix="dvo-docs-") as temporary:
        home = pathlib.Path(temporary).resolve()
        folder = home / "work"
        folder.mkdir()
        shutil.copytree(ROOT / "samples", folder / "samples",
                        ignore=shutil.ignore_patterns("build", ".dvo"))
        for block in BLOCK.finditer(old):
            blocks += 1
            case = f"{name}:{old.count(chr(10), 0, block.start()) + 1} {block['what']}"
            try:
                body = carry_out(block, folder, home, record)
            except Wrong as wrong:
                yield case, str(wrong)
                continue
            pieces += [old[end:block.start("body")], body]
            end = block.end("body")
            if update or block["kind"] == "recorded" or body == block["body"]:
                yield case, None
            else:
                yield case, "\n".join(difflib.unified_diff(
                    block["body"].splitlines(), body.splitlines(), "written", "true",
                    lineterm=""))
    if blocks != len(MARKER.findall(old)):
        yield f"{name}", "a block has no <!-- end -->, or its comment is mistyped"
    new = "".join(pieces) + old[end:]
    if (update or record) and new != old:
        document.write_text(new)


def main():
    options = sys.argv[1:]
    if not set(options) <= {"--update", "--record"}:
        sys.exit("usage: run.sh [--update] [--record]")
    passed = failed = 0
    for document in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for case, problem in check(document, "--update" in options, "--record" in options):
            if problem is None:
                passed += 1
                continue
            failed += 1
            print(f"FAILED {case}")
            print("\n".join("    " + line for line in problem.splitlines()))
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or passed == 0)


main()
