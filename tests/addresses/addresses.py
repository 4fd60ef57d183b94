"""Addresses are what state and reports speak in, so they must not move: unrelated lines put
between the statements of a program, and blocks of it put into a function, leave the
addresses of all else as they were.

The programs are the samples and the golden inputs of the graph that compile."""

import ast
import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 60
ROUNDS = 4
OP = re.compile(r'^op \d+ (?P<call>\S+)(?: on \S+)? (?P<address>".*")$', re.M)
OTHERS = (
    "# nothing\n",
    "unrelated_{0} = [{0}, {0} + 1]\n",
    "def unrelated_{0}(a, b=2):\n    return a + b\n",
    "if {0} % 2:\n    unrelated_{0} = 1\n",
    'print("unrelated", {0}) if False else None\n',
    'unrelated_{0} = cloud.create(flavor=provider.FLAVOR_SMALL, name="unrelated-{0}")\n',
    "unrelated_{0} = cloud.create(flavor=provider.FLAVOR_SMALL)\n"
    "unrelated_{0}.bootstrap()\n"
    'unrelated_{0}.file("/etc/motd", content="{0}")\n',
)


def addresses(folder, name):
    """The calls and addresses of a program in program order; None if it is refused."""
    done = subprocess.run([os.environ["DVOC"], "build", "--emit=ir", "-O0", "--project=p", name],
                          cwd=folder, capture_output=True, text=True, timeout=SECONDS,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        return None
    return [pair for pair in OP.findall(done.stdout) if "unrelated" not in pair[1]]


def places(text):
    """The lines before which a statement of the top level begins."""
    return sorted({node.lineno - 1 for node in ast.parse(text).body
                   if node.col_offset == 0})


def inserted(text, chance):
    lines = text.splitlines(keepends=True)
    for number, line in reversed(list(enumerate(places(text)))):
        if chance.random() < 0.7:
            lines.insert(line, chance.choice(OTHERS).format(number))
    return "".join(lines)


def wrapped(text):
    """A run of plain calls on machines, in a function that is called where it stood."""
    body = ast.parse(text).body
    lines = text.splitlines(keepends=True)
    plain = [node for node in body
             if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
             and isinstance(node.value.func, ast.Attribute) and node.col_offset == 0]
    for node in reversed(plain):
        begin, end = node.lineno - 1, node.end_lineno
        if '"""' in "".join(lines[begin:end]) or "\\\n" in "".join(lines[begin:end]):
            continue
        inner = "".join("    " + line for line in lines[begin:end])
        lines[begin:end] = [f"def moved_{begin}():\n{inner.rstrip()}\n\nmoved_{begin}()\n"]
    return "".join(lines)


def judge(program):
    """What is wrong with one program's variants, or None."""
    chance = random.Random(str(program.relative_to(ROOT)))
    text = program.read_text(encoding="utf-8", errors="surrogateescape")
    try:
        places(text)
    except (SyntaxError, ValueError):
        return None
    with tempfile.TemporaryDirectory(prefix="dvo-addresses-") as temporary:
        folder = pathlib.Path(temporary, "p")
        shutil.copytree(program.parent, folder, symlinks=True)
        before = addresses(folder, program.name)
        if not before:
            return None
        variants = [inserted(text, chance) for _ in range(ROUNDS)] + [wrapped(text)]
        for variant in variants:
            (folder / program.name).write_text(variant, encoding="utf-8",
                                               errors="surrogateescape")
            after = addresses(folder, program.name)
            if after != before:
                gone = [row for row in before if row not in (after or [])]
                return f"addresses moved: {gone[:5]} in\n{variant[:3000]}"
    return ""


def main():
    programs = sorted(path for pattern in ("samples/*.dvo", "tests/golden/ir/*/input.dvo",
                                           "tests/golden/ansible/*/input.dvo")
                      for path in ROOT.glob(pattern) if path.is_file())  # not samples/.dvo
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for program, problem in zip(programs, pool.map(judge, programs)):
            if problem:
                failed += 1
                print(f"FAILED addresses {program.relative_to(ROOT)}: {problem}")
            elif problem is not None:
                passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
