"""Checks of the source tree, each one case: shell and C style, the layers' dependencies,
the list of diagnostic codes, that Python, Ruby and DVO files are what they claim to be, and
that the samples are in house style."""

import ast
import collections
import os
import pathlib
import re
import subprocess
import sys
import warnings

C_FOLDERS = ("ir/", "compiler/", "emitters/", "runtime/", "tests/")
LAYERS = ("ir", "compiler", "emitters", "runtime")
# Who may include whom, besides itself; the driver and main see the emitters too.
ALLOWED = {"ir": (), "compiler": ("ir",), "emitters": ("ir",), "runtime": ("ir",)}
# The essay's program is kept to the letter.
VERBATIM = ("samples/app.dvo",)
DRIVERS = ("compiler/driver.c", "compiler/main.c")
# Functions that take a diagnostic code: diag_error(d, 101, ...) and wrappers named so.
CODE_CALL = re.compile(r"\b\w*(?:error|warning|note|diag|fail)\w*\s*"
                       r"\([^;{}\"]*?,\s*(\d{3})\s*,")
CODE_ARGUMENT = re.compile(r"[(,?:]\s*(\d{3})\b")
# enum syntax_code { SYNTAX_NUL = 102, ... }
CODE_ENUM = re.compile(r"\benum\s+\w*code\w*\s*\{(.*?)\}", re.S)
CODE_ENUMERATOR = re.compile(r"\b(\w+)\s*=\s*(\d{3})\b")
CODE_ROW = re.compile(r"^X\((\d+),\s*\"", re.M)


def tree():
    """All files of the project that are or will be under version control."""
    done = subprocess.run(["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"],
                          capture_output=True, check=True)
    names = sorted(set(done.stdout.decode().split("\0")) - {""})
    return [name for name in names if pathlib.Path(name).is_file()]


def text(name):
    return pathlib.Path(name).read_text(encoding="utf-8", errors="replace")


def sources(files, *suffixes):
    return [name for name in files
            if name.startswith(C_FOLDERS) and name.endswith(suffixes)]


def tool(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    return (done.stdout + done.stderr).splitlines() or [f"exit status {done.returncode}"]


def is_shell(name):
    if name.endswith(".sh"):
        return True
    if "." in pathlib.Path(name).name:
        return False
    with open(name, "rb") as file:
        return re.match(rb"#!.*\b(sh|bash)\b", file.readline()) is not None


def check_shell(files):
    """shellcheck passes"""
    scripts = {True: [], False: []}
    for name in filter(is_shell, files):
        alone = re.search(r"^#!|^# shellcheck shell=", text(name), re.M) is not None
        scripts[alone].append(name)
    options = ("--external-sources", "--source-path=SCRIPTDIR", "--exclude=SC1091")
    rows = tool("shellcheck", *options, *scripts[True]) if scripts[True] else []
    if scripts[False]:
        # Pieces of one script, which see each other's variables.
        rows += tool("shellcheck", "--shell=sh", *options,
                     "--exclude=SC2034,SC2153,SC2154", *scripts[False])
    return rows


def check_format(files):
    """C files are as clang-format writes them (sh tests/lint/run.sh --fix)"""
    rows = tool("clang-format", "--dry-run", "-Werror", "--style=file",
                *sources(files, ".c", ".h"))
    return [row for row in rows if "error:" in row or "clang-format" in row][:20]


def check_layers(files):
    """folders include only what they may depend on"""
    rows = []
    for name in sources(files, ".c", ".h", ".l", ".y", ".def"):
        layer = name.split("/")[0]
        if layer not in LAYERS:
            continue
        for match in re.finditer(r'^\s*#\s*include\s+"([^"]+)"', text(name), re.M):
            target = match.group(1).split("/")[0]
            if target not in LAYERS:
                if "/" in match.group(1):
                    rows.append(f"{name}: includes {match.group(1)}, of no layer")
                continue
            if target == layer or target in ALLOWED[layer]:
                continue
            if target == "emitters" and name in DRIVERS:
                continue
            rows.append(f"{name}: includes {match.group(1)}")
    return rows


def check_codes(files):
    """diagnostic codes in C and in compiler/codes.def agree"""
    if "compiler/codes.def" not in files:
        return ["compiler/codes.def is missing"]
    listed = CODE_ROW.findall(text("compiler/codes.def"))
    rows = [f"compiler/codes.def: {code} stands twice"
            for code in sorted(set(listed)) if listed.count(code) > 1]
    if listed != sorted(listed, key=int):
        rows.append("compiler/codes.def: not in ascending order")
    # Comments hold examples, strings hold other programs' numbers.
    aside = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
    codes = {name: aside.sub("0", text(name))
             for name in sources(files, ".c", ".h", ".l", ".y")
             if not name.startswith("tests/")}
    words = collections.Counter(re.findall(r"\w+", " ".join(codes.values())))
    used = set()
    for name, code in codes.items():
        named = [pair for block in CODE_ENUM.findall(code)
                 for pair in CODE_ENUMERATOR.findall(block)]
        used.update(CODE_ARGUMENT.findall(code))
        used.update(re.findall(r"\.code = (\d{3})\b", code))
        used.update(number for enumerator, number in named if words[enumerator] > 1)
        for number in sorted({*CODE_CALL.findall(code), *(pair[1] for pair in named)}
                             - set(listed)):
            rows.append(f"{name}: code {number} is not in compiler/codes.def")
    rows += [f"compiler/codes.def: {code} is used nowhere" for code in listed
             if code not in used]
    return rows


def parses(name):
    try:
        # Python warns of what it still accepts: 0in x.
        warnings.simplefilter("ignore", SyntaxWarning)
        ast.parse(text(name).removeprefix("\ufeff"), name)
    except (SyntaxError, ValueError) as problem:
        return [f"{name}: {problem}"]
    return []


def check_python(files):
    """Python files compile"""
    return [row for name in files if name.endswith(".py") for row in parses(name)]


def check_ruby(files):
    """Ruby files compile"""
    names = [name for name in files if name.endswith(".rb")]
    compile_all = "ARGV.each { |name| RubyVM::InstructionSequence.compile_file(name) }"
    return tool("ruby", "-W0", "-e", compile_all, *names) if names else []


def check_dvo(files):
    """programs and records whose syntax is accepted parse as Python"""
    def refused(name):
        # tests/golden/GROUP/CASE/..., where CASE has records and libraries below it.
        parts = pathlib.Path(name).parts
        error = pathlib.Path(*parts[:4]) / "error"
        place = re.escape(str(pathlib.Path(*parts[4:])))
        wrong = rf"(^|/)({place}|<stdin>):\d+:\d+: error\[DVO0[12]"
        return (name.startswith("tests/golden/") and error.exists()
                and re.search(wrong, text(error), re.M))
    folders = ("samples/", "etc/dvo/", "tests/golden/")
    return [row for name in files
            if name.endswith(".dvo") and name.startswith(folders) and not refused(name)
            for row in parses(name)]


def check_samples(files):
    """samples are as dvoc fmt writes them"""
    return tool(os.environ["DVOC"], "fmt", "--check",
                *[name for name in files if name not in VERBATIM
                  and name.startswith("samples/") and name.endswith(".dvo")])


def main():
    files = tree()
    if sys.argv[1:] == ["--fix"]:
        return subprocess.run(["clang-format", "-i", "--style=file",
                               *sources(files, ".c", ".h")], check=False).returncode
    if sys.argv[1:]:
        sys.exit("usage: run.sh [--fix]")
    passed = failed = 0
    for check in (check_shell, check_format, check_layers, check_codes, check_python,
                  check_ruby, check_dvo, check_samples):
        rows = check(files)
        if rows:
            failed += 1
            print(f"FAILED lint: {check.__doc__}")
            print("\n".join("    " + row for row in rows))
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
