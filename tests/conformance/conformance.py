"""Runs public Starlark test suites through `dvoc eval`.

The suites' files are as their projects wrote them (README.md says which). They consist of
chunks, separated by lines of three hyphens, each a program of its own. What is adapted:

    assert_eq, assert_ne, assert_ (bazelbuild), assert.eq, assert.fails and so on
    (google; facebook: asserts.eq)
                become functions of prelude.star, which is put in front, with the number
                of their line as first argument; freeze() does nothing, but a failure that
                is about frozen values is tried when its module is frozen
    assert.fails(f, MESSAGE)
                is one more run of the chunk, in which f() must end the program
    CODE ### MESSAGE
                this line must end the program; "### java: MESSAGE" stands alone

Messages are compared loosely: rows of KINDS say which of dvoc's codes may stand for one.
A line that ends a chunk though it should not is left out in another run of it, so that
one difference hides no other.

Every difference must stand in the file `expected-differences`, below a comment that says
why, and every one that stands there must occur.
"""

import ast
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 60
PRELUDE = (HERE / "prelude.star").read_text()
MARK = r"(?<!#)###(?!#)"
ERROR = re.compile(r"^(?:chunk|frozen)\.star:(\d+):\d+: error\[DVO0(\d+)\]: (.*)$", re.M)

# What a suite's message is about, and the codes that say so.
KINDS = [(re.compile(pattern), codes) for pattern, codes in (
    (r"division by zero|divide by zero|modulo by zero", {302}),
    (r"unhashable|not hashable", {305}),
    (r"frozen|during iteration|while iterating|temporarily immutable", {306}),
    (r"values? to unpack|length mismatch", {318}),
    (r"maximum recursion", {307}),
    (r"called recursively", {314}),
    (r"too large|excessive", {303, 308}),
    (r"index.*out of (range|bound)", {303, 304, 309}),
    (r"referenced before", {201, 317}),
    (r"^undefined: ", {201}),
    (r"not iterable|not impl|unknown binary op|no len\b", {301}),
    (r"^got [a-zA-Z]+, want (bool|callable|int|iterable|string)\b", {301, 312}),
    (r"duplicate key:", {319}),
    (r"duplicate keyword|multiple values", {207, 312}),
    (r"not enough arguments|arguments? for format string|single '}'|unmatched '{'", {309}),
    (r"no \.\w+ field or method", {316}),
)]

# The phases of which a folder's suite tests errors: the hundreds of their codes.
PHASES = {"syntax": (1,), "resolve": (1, 2)}

Chunk = collections.namedtuple("Chunk", "path line text expected phases")


def expectation_of(line):
    """The message behind ### in a line, or None."""
    match = re.search(MARK + r"\s*(?:(go|java|rust):)?\s*(.*?)\s*$", line)
    if not match or match.group(1) not in (None, "java"):
        return None
    message = match.group(2)
    if len(message) > 1 and message[0] == message[-1] and message[0] in "\"`":
        message = message[1:-1]
    return message


def adapted(line, number):
    """The line with the suite's assertions made those of the prelude."""
    if re.match(r"""load\((["'])asserts?\.star\1(, *(["'])(asserts?|freeze)\3)+\)""", line):
        return ""
    line = re.sub(r"""(["'])assert\1""", r"\1assert_\1", line)
    line = re.sub(r"\basserts?\.(eq|ne|true|lt|contains|fails|fail)\(",
                  rf"check_\1({number}, ", line)
    line = re.sub(r"(?<!def )\bassert_(eq|ne)\(", rf"check_\1({number}, ", line)
    return re.sub(r"\bassert_\(", rf"check_true({number}, ", line)


def chunks_of(path):
    name = str(path.relative_to(HERE))
    phases = next((PHASES[part] for part in path.parts if part in PHASES), (1, 2, 3))
    lines = path.read_text(encoding="utf-8").split("\n")
    start = 0
    for end in [i for i, line in enumerate(lines) if line.rstrip() == "---"] + [len(lines)]:
        part = list(enumerate(lines[start:end], start + 1))
        expected = {number: message for number, line in part
                    if (message := expectation_of(line)) is not None}
        text = [adapted(re.split(MARK, line)[0], number) for number, line in part]
        yield Chunk(name, start + 1, text, expected, phases)
        start = end + 1


class Fault(Exception):
    """What no reason excuses."""


def check_python(text):
    """What dvoc takes for syntax is Python's syntax, too."""
    try:
        # Python warns of what it still accepts: 0in x.
        warnings.simplefilter("ignore", SyntaxWarning)
        ast.parse(text)
    except (SyntaxError, ValueError) as problem:
        raise Fault(f"dvoc accepts it, Python does not: {problem}") from None


class Run:
    """One evaluation: its errors as (line of the suite's file, code, message)."""

    def __init__(self, chunk, omitted=(), wanted=0, frozen=False):
        text = PRELUDE.replace("WANTED", str(wanted))
        first = text.count("\n") + 1
        lines = list(chunk.text)
        for number in omitted:
            line = lines[number - chunk.line]
            lines[number - chunk.line] = re.match(r"\s*", line).group() + "pass"
        with tempfile.TemporaryDirectory(prefix="dvo-conformance-") as folder:
            file = pathlib.Path(folder, "chunk.star")
            file.write_text(text + "\n".join(lines), encoding="utf-8")
            pathlib.Path(folder, "assert.star").write_text("def freeze(x):\n    pass\n"
                                                           "assert_ = freeze\n")
            pathlib.Path(folder, "frozen.star").write_text('load("chunk.star", "kept")\n'
                                                           "kept[0]()\n")
            main_file = "frozen.star" if frozen else "chunk.star"
            done = subprocess.run([os.environ["DVOC"], "eval", main_file], cwd=folder,
                                  capture_output=True, timeout=SECONDS, check=False,
                                  stdin=subprocess.DEVNULL)
        self.output = done.stdout.decode("utf-8", "backslashreplace").split("\n")
        stderr = done.stderr.decode("utf-8", "backslashreplace")
        self.errors = [(int(line) - first + chunk.line, int(code), message)
                       for line, code, message in ERROR.findall(stderr)]
        if done.returncode not in (0, 1) or (done.returncode == 1 and not self.errors):
            raise Fault(f"dvoc died (exit status {done.returncode}): {stderr}")
        if not any(code < 300 for _, code, _ in self.errors):
            check_python("\n".join(lines))

    def marked(self, mark):
        """What the prelude printed behind a mark, as (line, text)."""
        for line in self.output:
            if line.startswith(mark + " "):
                number, _, text = line[len(mark) + 1:].partition(" ")
                yield int(number), text


def kind_fits(message, code):
    fitting = [codes for pattern, codes in KINDS if pattern.search(message)]
    return not fitting or any(code in codes for codes in fitting)


def judge_errors(chunk, run):
    """Differences between the errors of a run and those the chunk expects."""
    errors = [error for error in run.errors if error[1] // 100 in chunk.phases]
    missing = dict(chunk.expected)
    if len(chunk.expected) == 1 and errors:
        # Where a program must end is compared where there are several places.
        (number, message), = chunk.expected.items()
        if not any(kind_fits(message, error[1]) for error in errors):
            yield number, f"expected {message!r}, got DVO0{errors[0][1]}: {errors[0][2]}"
        return
    for number, code, message in errors:
        if number not in chunk.expected:
            yield number, f"DVO0{code}: {message}"
        elif not kind_fits(chunk.expected[number], code):
            yield number, f"expected {chunk.expected[number]!r}, got DVO0{code}: {message}"
        missing.pop(number, None)
    for number, message in missing.items():
        yield number, f"no error, expected {message!r}"


def judge_failure(chunk, omitted, wanted, number, message):
    """The difference of one assert.fails, if any."""
    run = Run(chunk, omitted, wanted, "frozen" in message)
    if not run.errors or (number, "no error") in run.marked("@differs"):
        return number, f"no error, expected {message!r}"
    _, code, text = run.errors[0]
    if kind_fits(message, code):
        return None
    return number, f"expected {message!r}, got DVO0{code}: {text}"


def judge(chunk):
    """All differences of a chunk as (line, text), and the number of its checks."""
    differences = []
    omitted = []
    while True:
        run = Run(chunk, omitted)
        found = list(judge_errors(chunk, run))
        differences += found
        if chunk.expected or not found or found[0][0] in omitted:
            break
        omitted += [number for number, _ in found]
    differences += run.marked("@differs")
    calls = list(run.marked("@fails"))
    differences += filter(None, (judge_failure(chunk, omitted, i, *call)
                                 for i, call in enumerate(calls, 1)))
    return differences, 1 + len(calls)


def judge_or_fault(chunk):
    try:
        return judge(chunk), None
    except (Fault, subprocess.TimeoutExpired) as fault:
        return ([], 1), str(fault)


def expected_differences():
    """The places that stand in the file, each with whether it has a reason."""
    places = {}
    reason = ""
    for line in (HERE / "expected-differences").read_text().splitlines():
        if line.startswith("#"):
            reason = line
        elif not line.strip():
            reason = ""
        else:
            places[line.strip()] = reason
    return places


def main():
    warnings.simplefilter("ignore", SyntaxWarning)  # of what Python still accepts: 0in x
    listed = expected_differences()
    paths = sorted(HERE.glob("*/**/*.star"))
    if sys.argv[1:]:
        paths = [path for path in paths if any(part in str(path) for part in sys.argv[1:])]
    chunks = [chunk for path in paths for chunk in chunks_of(path)]
    passed = failed = 0
    seen = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(judge_or_fault, chunks)
        for chunk, ((differences, checks), fault) in zip(chunks, results):
            new = [f"FAILED conformance {chunk.path}:{chunk.line}: {fault}"] if fault else []
            for number, text in differences:
                place = f"{chunk.path}:{number}"
                seen.add(place)
                if not listed.get(place):
                    new.append(f"FAILED conformance {place}: {text}")
            failed += len(new)
            passed += max(checks - len(new), 0)
            for row in new:
                print(row)
    for place in sorted(set(listed) - seen):
        if any(str(path.relative_to(HERE)) == place.rpartition(":")[0] for path in paths):
            print(f"FAILED conformance {place}: stands in expected-differences, but is none")
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
