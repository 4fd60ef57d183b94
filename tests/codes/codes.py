"""Keeps the texts of the diagnostic codes true: compiles their examples.

A text is etc/dvo/codes/DVO0522.md: what the code means, then

    ## Wrong             files that are wrong, and what dvoc says about them
    ## Right             the same, made right

each with fences "LANGUAGE PATH", which are files, and one fence "console": a command of
bash and what it prints. A right example without it has to pass `dvoc check shop.dvo`. Each
runs in a folder of its own, which also holds the packages of the samples as packages/.
`--update` writes what the commands print into the texts.
"""

import concurrent.futures
import difflib
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXTS = ROOT / "etc/dvo/codes"
CHECK = "dvoc check shop.dvo"
ROW = re.compile(r'^X\((\d+), "([^"]+)"\)$', re.M)
SHAPE = re.compile(r"(?P<meaning>(?!#|```)\S.*?\n)"
                   r"(?:\n## Wrong\n(?P<wrong>.*?)\n## Right\n(?P<right>.*))?", re.S)
FENCE = re.compile(r"\n```(\w+)(?: (\S+))?\n(.*?)^```\n", re.M | re.S)
CODE = re.compile(r"(?:error|warning|note)\[(DVO\d{4})\]")
SECONDS = 60
SANITIZER_STATUS = int(os.environ["SANITIZER_STATUS"])
# The text says what these mean, without an example.
# What would take minutes or 8 GiB; a fault of dvoc itself.
WITHOUT_EXAMPLE = {311, 904}
# Not errors: the command succeeds.
NOTES = {539, 562, 619, 827}


class Wrong(Exception):
    """A text that is not as it should be."""


def environment(folder):
    env = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    env["PATH"] = os.pathsep.join([str(pathlib.Path(os.environ["DVOC"]).parent),
                                   os.environ["PATH"]])
    env.update(HOME=str(folder), XDG_CONFIG_HOME=str(folder / ".config"), TZ="UTC",
               LC_ALL="C.UTF-8", TERM="dumb")
    return env


def run(section):
    """(exit status, what it prints, the section's text as it should be)"""
    command, pieces, end = CHECK, [], 0
    with tempfile.TemporaryDirectory(prefix="dvo-codes-") as temporary:
        folder = pathlib.Path(temporary).resolve() / "work"
        folder.mkdir()
        shutil.copytree(ROOT / "samples/packages", folder / "packages")
        console = None
        for fence in FENCE.finditer(section):
            if section[end:fence.start()].strip() or console:
                raise Wrong("a section holds files, then one console")
            end = fence.end()
            if fence[1] == "console":
                console = fence
                command = fence[3].split("\n")[0].removeprefix("$ ")
                continue
            path = folder / (fence[2] or "")
            if path == folder or not path.resolve().is_relative_to(folder):
                raise Wrong("a fence names a file below the folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fence[3])
        if section[end:].strip():
            raise Wrong("text behind the last fence")
        try:
            done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=folder,
                                  env=environment(folder.parent), timeout=SECONDS,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)
        except subprocess.TimeoutExpired as late:
            raise Wrong(f"{command}: no end within {SECONDS} seconds") from late
    shown = done.stdout.decode()
    if done.returncode == SANITIZER_STATUS or not 0 <= done.returncode < 126:
        raise Wrong(f"{command}: exit status {done.returncode}\n{shown}")
    if console:
        pieces = [section[:console.start(3)], f"$ {command}\n{shown}",
                  section[console.end(3):]]
    return done.returncode, shown, "".join(pieces) or section


def judge(code, update):
    """The lines of what is wrong with one text."""
    path = TEXTS / f"DVO{code:04d}.md"
    if not path.exists():
        return [f"{path.relative_to(ROOT)} is missing"]
    old = path.read_text()
    shape = SHAPE.fullmatch(old)
    if not shape:
        return ["not of the form: meaning, ## Wrong, ## Right"]
    if (shape["wrong"] is None) != (code in WITHOUT_EXAMPLE):
        return ["without examples are exactly the codes of WITHOUT_EXAMPLE"]
    if shape["wrong"] is None:
        return []
    try:
        status, shown, wrong = run(shape["wrong"])
        name = f"DVO{code:04d}"
        if (status == 0) != (code in NOTES) or set(CODE.findall(shown)) != {name}:
            return [f"the wrong example does not give {name} alone:", *shown.splitlines()]
        status, shown, right = run(shape["right"])
        if status or CODE.search(shown):
            return ["the right example fails:", *shown.splitlines()]
    except Wrong as problem:
        return str(problem).splitlines()
    new = f"{shape['meaning']}\n## Wrong\n{wrong}\n## Right\n{right}"
    if update and new != old:
        path.write_text(new)
    elif new != old:
        return list(difflib.unified_diff(old.splitlines(), new.splitlines(), "written",
                                         "true", lineterm=""))
    return []


def explain(*arguments):
    done = subprocess.run([os.environ["DVOC"], "explain", *arguments], text=True,
                          capture_output=True, timeout=SECONDS, check=False)
    return done.returncode, done.stdout, done.stderr


def lists_all(titles):
    """`dvoc explain` lists all codes with their titles, and nothing else"""
    wanted = "".join(f"DVO{code:04d}  {title}\n" for code, title in titles.items())
    return [] if explain() == (0, wanted, "") else [str(explain())]


def shows_all(titles):
    """`dvoc explain CODE` shows each text, all of its words"""
    rows = []
    for code, title in titles.items():
        status, shown, error = explain(f"DVO{code:04d}")
        text = re.sub(r"^```.*\n|^## ", "", (TEXTS / f"DVO{code:04d}.md").read_text(),
                      flags=re.M)
        missing = [word for word in text.split() if word not in shown]
        if status or error or missing or not shown.startswith(f"DVO{code:04d}: {title}\n\n"):
            rows.append(f"{code}: {status} {error} {missing}")
    return rows


def ends_with_a_hint(_titles):
    """on a terminal, what is wrong ends with how to learn more; elsewhere it does not"""
    with tempfile.TemporaryDirectory(prefix="dvo-codes-") as folder:
        path = pathlib.Path(folder, "a.dvo")
        path.write_text("a = b\n")
        main, other = pty.openpty()
        try:
            for stream, hint in ((other, True), (subprocess.PIPE, False)):
                done = subprocess.run([os.environ["DVOC"], "check", path], check=False,
                                      timeout=SECONDS, stdin=subprocess.DEVNULL,
                                      stderr=stream)
                text = os.read(main, 1 << 16) if hint else done.stderr
                last = text.decode().splitlines()[-1]
                if (last == "for more: dvoc explain DVO0201") != hint:
                    return [last]
        finally:
            os.close(main)
            os.close(other)
    return []


def no_others(titles):
    """each file is the text of a code"""
    return [str(path) for path in sorted(TEXTS.iterdir())
            if path.name not in {f"DVO{code:04d}.md" for code in titles}]


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--update"]
    update = len(arguments) < len(sys.argv) - 1
    titles = {int(code): title
              for code, title in ROW.findall((ROOT / "compiler/codes.def").read_text())}
    wanted = {int(argument.removeprefix("DVO")) for argument in arguments} or set(titles)
    passed = failed = 0

    def count(name, rows):
        nonlocal passed, failed
        passed += not rows
        failed += bool(rows)
        if rows:
            print(f"FAILED {name}", *("    " + row for row in rows), sep="\n")

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        codes = [code for code in titles if code in wanted]
        for code, rows in zip(codes, pool.map(lambda code: judge(code, update), codes)):
            count(f"DVO{code:04d}", rows)
    if not arguments and not update:
        for check in (lists_all, shows_all, ends_with_a_hint, no_others):
            count(check.__doc__, check(titles))
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0 or passed == 0)


main()
