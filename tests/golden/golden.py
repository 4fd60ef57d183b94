"""Runs golden cases: one input folder, whichever expected files it has.

A case is a folder tests/golden/AREA/CASE/ with

    input.dvo   the program, and any other files it needs
    cmd         arguments of dvoc as in a shell, one command per line; optional where the
                area has a default. The first command that fails is the last.
    output      expected standard output (not compared if absent)
    error       expected standard error (absent: must be empty)
    status      expected exit status of the last command (absent: 0)
    files/...   expected files below build/input/; for NAME.absent, NAME must not exist

at least one of the last four. The commands run in a copy of the folder without these. In
the area `fmt` they read input.dvo on standard input, elsewhere nothing.
The graph is verified after each pass. Digests are compared as "sha256:DIGEST", the step
library in user data as "GZIP".
In the area `chef`, Ruby reads the recipes back too (recipes.rb).
With --update the expected files are written instead: read the diff before committing it.
To have one more file of the build compared, create it empty below files/ and update.
"""

import concurrent.futures
import difflib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

GOLDEN = pathlib.Path(__file__).resolve().parent
EXPECTATIONS = ("output", "error", "status", "files")
DEFAULT_COMMANDS = {
    "scan": "check input.dvo",
    "parse": "build --emit=ast input.dvo",
    "eval": "eval input.dvo",
    "ir": "build --emit=ir input.dvo",
    "ansible": "build input.dvo",
    "chef": "build input.dvo",
    "api": "build input.dvo",
    "errors": "check input.dvo",
    "fmt": "fmt -",
    "config": "config",
    "test": "test .",
    "cli": None,
}
SECONDS = 60
# Digests of the built-in glossary and of artefacts change with every record and step.
DIGEST = re.compile(rb"sha256:[0-9a-f]{64}")
# The step library in user data does, too: a gzip file in base64.
LIBRARY = re.compile(rb'content: "H4sI[A-Za-z0-9+/=\\\n ]*"')
SANITIZER_STATUS = int(os.environ["SANITIZER_STATUS"])


class Result:
    """What the commands of a case did."""

    def __init__(self):
        self.output = b""
        self.error = b""
        self.status = 0


def environment(home):
    """Nothing of the user's own settings reaches a case."""
    kept = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "DVOC")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    env.update(HOME=str(home), XDG_CONFIG_HOME=str(home / ".config"), TZ="UTC",
               LC_ALL="C.UTF-8", TERM="dumb", DVO_VERIFY_EACH="1")
    return env


def commands(case):
    path = case / "cmd"
    if path.exists():
        lines = [line for line in path.read_text().splitlines() if line.strip()]
    else:
        lines = [DEFAULT_COMMANDS.get(case.parent.name)]
    if not lines or lines[0] is None:
        raise ValueError(f"no cmd, and the area '{case.parent.name}' has no default")
    return [shlex.split(line, comments=True) for line in lines]


def masked(data):
    data = LIBRARY.sub(b'content: "GZIP"', data)
    return DIGEST.sub(b"sha256:DIGEST", data)


def run(case, folder, home):
    result = Result()
    text = (folder / "input.dvo").read_bytes() if case.parent.name == "fmt" else b""
    for arguments in commands(case):
        done = subprocess.run([os.environ["DVOC"], *arguments], cwd=folder,
                              env=environment(home), input=text,
                              capture_output=True, timeout=SECONDS, check=False)
        result.output += masked(done.stdout)
        result.error += masked(done.stderr)
        result.status = done.returncode
        if result.status:
            break
    return result


def difference(name, expected, actual):
    def lines(data):
        return data.decode("utf-8", "backslashreplace").splitlines()
    rows = list(difflib.unified_diff(lines(expected), lines(actual), f"expected {name}",
                                     f"actual {name}", lineterm="", n=2))
    # Equal but for the last newline, or for bytes that decode alike.
    rows = rows or [f"{name} ends in {actual[-40:]!r}, expected {expected[-40:]!r}"]
    return rows[:60] + (["..."] if len(rows) > 60 else [])


def expected_files(case):
    base = case / "files"
    files = sorted(path for path in base.rglob("*") if path.is_file())
    return [(path, path.relative_to(base)) for path in files]


def compare(case, folder, result):
    """The lines that say what differs."""
    rows = []
    status = case / "status"
    wanted = int(status.read_text()) if status.exists() else 0
    if result.status != wanted:
        rows.append(f"exit status {result.status}, expected {wanted}")
    for name, actual in (("output", result.output), ("error", result.error)):
        path = case / name
        if not path.exists() and name == "output":
            continue
        expected = path.read_bytes() if path.exists() else b""
        if expected != actual:
            rows += difference(name, expected, actual)
    for path, name in expected_files(case):
        made = folder / "build" / "input" / name
        if name.suffix == ".absent":
            if made.with_suffix("").exists():
                rows.append(f"files/{name.with_suffix('')}: exists")
        elif not made.is_file():
            rows.append(f"files/{name}: was not made")
        elif (actual := masked(made.read_bytes())) != path.read_bytes():
            rows += difference(f"files/{name}", path.read_bytes(), actual)
    return rows


def update(case, folder, result):
    """Writes what happened as what is expected; the lines say what cannot be written."""
    def write(name, data, wanted):
        if wanted:
            (case / name).write_bytes(data)
        else:
            (case / name).unlink(missing_ok=True)

    compared = (case / "output").exists() or not (case / "files").is_dir()
    if result.output or not (result.error or result.status):
        write("output", result.output, compared)
    else:
        write("output", b"", False)
    write("error", result.error, bool(result.error))
    write("status", b"%d\n" % result.status, result.status != 0)
    rows = []
    for path, name in expected_files(case):
        made = folder / "build" / "input" / name
        if name.suffix == ".absent":
            continue
        if made.is_file():
            path.write_bytes(masked(made.read_bytes()))
        else:
            rows.append(f"files/{name}: was not made")
    return rows


def judge(case, action):
    """Runs one case; returns the lines of its failure, none if it passed."""
    if action is compare and not any((case / name).exists() for name in EXPECTATIONS):
        return ["expects nothing: write output, error, status or files/, or use --update"]
    with tempfile.TemporaryDirectory(prefix="dvo-golden-") as temporary:
        home = pathlib.Path(temporary, "home")
        home.mkdir()
        folder = pathlib.Path(temporary, "case")
        shutil.copytree(case, folder, symlinks=True,
                        ignore=lambda path, _: (*EXPECTATIONS, "cmd")
                        if pathlib.Path(path) == case else ())
        try:
            result = run(case, folder, home)
        except subprocess.TimeoutExpired:
            return [f"no end after {SECONDS} seconds"]
        except (OSError, ValueError) as problem:
            return [str(problem)]
        if result.status < 0 or result.status == SANITIZER_STATUS:
            text = result.error.decode("utf-8", "backslashreplace").splitlines()
            return [f"died (exit status {result.status})", *text[:80]]
        return action(case, folder, result) or read_back(case, folder, home)


def read_back(case, folder, home):
    """What Ruby finds wrong with the recipes of a build."""
    if case.parent.name != "chef" or not shutil.which("ruby"):
        return []
    config = home / "api"
    config.mkdir()
    (config / "dvo.yaml").write_text("backends: {default: api}\n")
    dvoc = [os.environ["DVOC"], "build", "--config", config, "-o", "api", "input.dvo"]
    ruby = ["ruby", "-W0", GOLDEN / "recipes.rb", "build/input", "api"]
    for command in (dvoc, ruby):
        done = subprocess.run(command, cwd=folder, env=environment(home), check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS)
        if done.returncode:
            return done.stdout.decode("utf-8", "backslashreplace").splitlines()[:60]
    return []


def selected(names):
    """The folders of the cases meant by AREA, AREA/CASE or a path; of all for none."""
    cases = []
    for name in names or ["."]:
        path = GOLDEN / name
        if not path.is_dir():
            path = pathlib.Path(name).resolve()
        if not path.is_dir() or not path.is_relative_to(GOLDEN):
            sys.exit(f"golden: no area or case '{name}'")
        depth = len(path.relative_to(GOLDEN).parts)
        cases += path.glob(("*/*/", "*/")[depth]) if depth < 2 else [path]
    return sorted({case for case in cases
                   if case.is_dir() and case.name != "__pycache__"})


def main():
    arguments = sys.argv[1:]
    action = update if "--update" in arguments else compare
    cases = selected([argument for argument in arguments if argument != "--update"])
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for case, rows in zip(cases, pool.map(lambda case: judge(case, action), cases)):
            if not rows:
                passed += 1
                continue
            failed += 1
            print(f"FAILED golden {case.relative_to(GOLDEN)}")
            for row in rows:
                print(f"    {row}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
