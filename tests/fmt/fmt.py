"""Formats a copy of every sample, record, golden input and file of other projects that use
Starlark, as it is and with its line ends moved about, and compares what comes out by Python's
own parser: the same tree, the same comments, nothing left to change. A program that is wrong
must stay as it was.

Then how files are written: their mode and links to them stay, and files in house style are
not touched."""

import ast
import concurrent.futures
import io
import os
import pathlib
import random
import stat
import subprocess
import sys
import tempfile
import tokenize
import warnings

# Of what Python still accepts: 0in x.
warnings.simplefilter("ignore", SyntaxWarning)
ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("samples", "etc/dvo", "tests/golden")
OTHERS = ROOT / "tests/conformance/real-world"
SECONDS = 60
PART = 12  # programs per start of dvoc
LAYOUT = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
          tokenize.COMMENT, tokenize.ENDMARKER}


def dvoc(*arguments):
    return subprocess.run([os.environ["DVOC"], "fmt", *map(str, arguments)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=SECONDS, check=False)


def tree(data):
    return ast.dump(ast.parse(data.removeprefix(b"\xef\xbb\xbf")))


def comments(data):
    return [token.string.rstrip(" \t")
            for token in tokenize.tokenize(io.BytesIO(data).readline)
            if token.type == tokenize.COMMENT]


def is_python(data):
    try:
        ast.parse(data.removeprefix(b"\xef\xbb\xbf"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def shaken(data, chance):
    """The same program with line ends and comments strewn between brackets."""
    lines = data.decode().splitlines(keepends=True) + [""]
    out, depth, row, column = [], 0, 1, 0
    for token in tokenize.generate_tokens(io.StringIO("".join(lines)).readline):
        if token.type in (tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            continue
        begin, end = token.start, token.end
        out.append("".join([lines[row - 1][column:], *lines[row:begin[0] - 1],
                            lines[begin[0] - 1][:begin[1]]])
                   if begin[0] > row else lines[row - 1][column:begin[1]])
        if depth and token.type not in LAYOUT and chance.random() < 0.1:
            out.append(chance.choice(["\n", "\n\n\n  ", "\\\n", "# shaken\n", "\n# a\n\n# b\n"]))
        out.append(token.string)
        depth += (token.string in "([{") - (token.string in ")]}") \
            if token.type == tokenize.OP else 0
        row, column = end
    return "".join(out).encode()


def differences(before, after):
    if not is_python(before):
        return []
    return ((["another tree"] if tree(before) != tree(after) else []) +
            (["other comments"] if comments(before) != comments(after) else []))


def judge_one(path, before):
    """Formats one file; returns what is wrong with that."""
    done = dvoc(path)
    after = path.read_bytes()
    if done.returncode:
        rows = [] if "error[DVO01" in done.stderr else done.stderr.splitlines()[:40]
        return rows + (["is wrong, but was changed"] if before != after else [])
    rows = differences(before, after)
    if done.stdout != (f"{path}\n" if before != after else ""):
        rows.append(f"prints {done.stdout!r}")
    if dvoc("--check", path).returncode:
        rows.append("would be changed once more")
    return rows


def judge(programs):
    """The findings about each of some (name, path, bytes): formatted at once if all of them
    can be, as every start of dvoc takes its time, else one by one."""
    def write():
        for _, path, before in programs:
            path.write_bytes(before)

    write()
    paths = [path for _, path, _ in programs]
    done = dvoc(*paths)
    if done.returncode == 0 and dvoc("--check", *paths).returncode == 0:
        changed = "".join(f"{path}\n" for _, path, before in programs
                          if path.read_bytes() != before)
        if done.stdout == changed:
            return [(name, differences(before, path.read_bytes()))
                    for name, path, before in programs]
    write()
    return [(name, judge_one(path, before)) for name, path, before in programs]


def copies(folder):
    """(name, path of a copy, bytes) of every program, twice if Python can read it."""
    chance = random.Random(1)
    names = [path.relative_to(ROOT) for part in FOLDERS
             for path in sorted((ROOT / part).rglob("*.dvo")) if path.is_file()]
    names += [path.relative_to(ROOT) for path in of_others()]
    for i, name in enumerate(names):
        data = (ROOT / name).read_bytes()
        yield name, folder / f"{i}.dvo", data
        if is_python(data) and data.isascii() and b"\r" not in data and len(data) < 50000:
            yield f"{name}, shaken", folder / f"{i}s.dvo", shaken(data, chance)


def of_others():
    return [path for path in sorted(OTHERS.rglob("*"))
            if path.is_file() and path.name != "LICENSE"]


def check_others():
    """What other projects write is Starlark to dvoc."""
    paths = of_others()
    said = dvoc("--check", *paths).stderr.splitlines()
    return said[:40] if paths else ["there are none"]


def check_writing(folder):
    """Files keep their mode and links, and their place if nothing changes."""
    file, link, good = folder / "file.dvo", folder / "link.dvo", folder / "good.dvo"
    file.write_text("a=1\n")
    file.chmod(0o750)
    link.symlink_to("file.dvo")
    good.write_text("a = 1\n")
    kept = good.stat()
    rows = []
    if dvoc("--check", link, good).returncode != 1 or file.read_text() != "a=1\n":
        rows.append("--check does not fail, or writes")
    if dvoc(link, good).stdout != f"{link}\n" or file.read_text() != "a = 1\n":
        rows.append("a link's file is not formatted")
    if not link.is_symlink() or stat.S_IMODE(file.stat().st_mode) != 0o750:
        rows.append("link or mode is gone")
    now = good.stat()
    if (kept.st_ino, kept.st_mtime_ns) != (now.st_ino, now.st_mtime_ns):
        rows.append("a file in house style was written")
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen([os.environ["DVOC"], "fmt", pipe], stderr=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        pipe.write_text("a=1\n")
        _, error = process.communicate(timeout=SECONDS)
        if process.returncode != 1 or b"DVO0903" not in error or not pipe.is_fifo():
            rows.append("a pipe was replaced")
    if {path.name for path in folder.iterdir()} != {file.name, link.name, good.name, "pipe"}:
        rows.append("temporary files are left")
    return rows


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="dvo-fmt-") as temporary:
        folder = pathlib.Path(temporary)
        (folder / "writing").mkdir()
        results = [(check_writing.__doc__, check_writing(folder / "writing")),
                   (check_others.__doc__, check_others())]
        programs = list(copies(folder))
        parts = [programs[i:i + PART] for i in range(0, len(programs), PART)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for part in pool.map(judge, parts):
                results += part
    for name, rows in results:
        passed, failed = passed + (not rows), failed + bool(rows)
        if rows:
            print(f"FAILED fmt {name}")
            print("\n".join("    " + row for row in rows))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
