"""Programs that are too large, too deep or no text: each must be evaluated or be refused
with an error at a place of it, and neither crash nor hang.

A case is a program and what must come out: text that `dvoc eval` prints, or, as a number,
the code of the error. Arguments choose cases by a part of their name."""

import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

SECONDS = 120
SANITIZER_STATUS = int(os.environ["SANITIZER_STATUS"])
MANY = 100_000
DOUBLE = "for i in range({}):\n    x = [x, x]\n"


def nested(left, inner, right, depth):
    return left * depth + inner + right * depth


def blocks(depth):
    lines = [" " * i + "if True:" for i in range(depth)]
    return "\n".join(lines + [" " * depth + "print(1)\n"])


CASES = {
    # ---- text
    "nul": (b"x = 'a\0b'\n", 102),
    "nul alone": (b"\0", 102),
    "not utf-8": (b"x = '\xff'\n", 101),
    "not utf-8, cut off": (b"x = '\xe4\xb8", 101),
    "not utf-8, surrogate": (b"x = '\xed\xa0\x80'\n", 101),
    "utf-16": ("print(1)\n".encode("utf-16"), 101),
    "byte order mark": (b"\xef\xbb\xbfprint(1)\n", "1\n"),
    "crlf": (b"def f():\r\n  return '''a\r\nb'''\r\nprint(f(), \\\r\n  [1,\r\n2])\r\n",
             "a\nb [1, 2]\n"),
    "carriage return alone": (b"print(1)\rprint(2)\n", 103),
    "tab": (b"def f():\n\treturn 1\n", 105),
    "tabs elsewhere": (b"print(\t1,\n\t2)\t# \t\n\t\nprint('\t')\n", "1 2\n\t\n"),
    "empty": (b"", ""),
    "no last newline": (b"if True:\n  print(1)", "1\n"),
    "comment at the end": (b"print(1)\n  # end", "1\n"),
    "backslash at the end": (b"print(1)\\", 104),
    "open string at the end": (b"x = 'a", 109),
    "open long string": (b"x = '''a\n", 109),
    "only brackets": (b"(" * 150, 117),
    "only closing brackets": (b")" * MANY, 118),
    "only characters out of place": (b"$" * 10_000_000, 104),
    "only letters out of place": ("\u00ac" * 1_000_000, 104),
    "only quotes": (b"'" * (MANY + 1), 124),
    "control characters": (bytes(range(1, 9)), 104),
    # ---- size
    "string of 10 MB": (b"print(len('" + b"a" * 10_000_000 + b"'))\n", "10000000\n"),
    "many lines": (b"x = 1\n" * 500_000 + b"print(x)\n", "1\n"),
    "comment of 100 MB": (b"#" * 100_000_000 + b"\nprint(1)\n", "1\n"),
    "name of 1 MB": (b"a" * 1_000_000 + b" = 1\nprint(" + b"a" * 1_000_000 + b")\n",
                     "1\n"),
    "integer of 100000 digits": (b"x = " + b"7" * MANY
                                 + b"\nprint(x == int(str(x)), x % 97)\n",
                                 f"True {7 * (10**MANY - 1) // 9 % 97}\n"),
    "integer of 1 MB": (b"x = " + b"7" * 1_000_000 + b"\n", 111),
    "hexadecimal integer of 1 MB": (b"x = 0x" + b"f" * 1_000_000 + b"\n", 111),
    "zeros": (b"x = 0x" + b"0" * 1_000_000 + b"1\nprint(x)\n", "1\n"),
    "float of 1 MB": (b"print(1." + b"3" * 1_000_000 + b")\n", "1.3333333333333333\n"),
    "float out of range": (b"print(1e" + b"9" * 1_000_000 + b")\n", 113),
    "list of many elements": (b"print(len([" + b"1," * MANY + b"]))\n", "100000\n"),
    "dict of many entries": (b"print(len({%s}))\n"
                             % b",".join(b"%d:1" % i for i in range(MANY)), "100000\n"),
    "many arguments": (b"def f(*a): return len(a)\nprint(f(" + b"1," * 1000 + b"))\n", "1000\n"),
    "very many arguments": (b"def f(*a): return len(a)\nprint(f(" + b"1," * MANY + b"))\n",
                            310),
    "many parameters": (b"def f(%s): pass\n"
                        % b",".join(b"a%d" % i for i in range(MANY)), 310),
    "many functions": (b"".join(b"def f%d(): return %d\n" % (i, i) for i in range(MANY))
                       + b"print(f99999())\n", "99999\n"),
    "many branches": (b"x = 99999\nif x == -1: pass\n"
                      + b"".join(b"elif x == %d: print(x)\n" % i for i in range(MANY)),
                      "99999\n"),
    # ---- depth of programs
    "brackets": (nested("(", "1", ")", MANY), 119),
    "lists": (nested("[", "1", "]", MANY), 119),
    "dicts": (nested("{1:", "1", "}", MANY), 119),
    "calls": ("x = " + nested("f(", "1", ")", MANY), 119),
    "subscripts": ("x = 1\nx" + "[0]" * MANY, 119),
    "dots": ("x = 1\nx" + ".a" * MANY, 119),
    "calls of results": ("x = 1\nx" + "()" * MANY, 119),
    "minus": ("x = " + "-" * MANY + "1\n", 119),
    "not": ("x = " + "not " * MANY + "1\n", 119),
    "sum": ("x = " + "+".join(["1"] * MANY), 119),
    "or": ("x = " + " or ".join(["1"] * MANY), 119),
    "conditions": ("x = " + "1 if 1 else " * MANY + "1\n", 119),
    "lambdas": ("x = " + "lambda: " * MANY + "1\n", 119),
    "comprehensions": ("x = " + nested("[", "1", " for x in []]", MANY), 119),
    "clauses": ("x = [1" + " for x in []" * MANY + "]\n", 119),
    "blocks": (blocks(1000), 119),
    "functions": ("\n".join(" " * i + "def f():" for i in range(1000)) + " pass\n", 119),
    "f-strings": ("x = " + "f'{f\"{" * 50 + "1\n", 128),
    "parentheses of a target": (nested("(", "a", ")", MANY) + " = 1\n", 119),
    # ---- depth of values
    "deep value as text": ("x = []\nfor i in range(1000):\n    x = [x]\nprint(x)\n", 307),
    "deep value compared": ("x = []\ny = []\nfor i in range(100000):\n    x = [x]\n    y = [y]\n"
                            "print(x == y)\n", 307),
    "deep value ordered": ("x = ()\ny = ()\nfor i in range(1000):\n    x = (x,)\n    y = (y,)\n"
                           "print(x < y)\n", 307),
    "deep value as key": ("x = ()\nfor i in range(100000):\n    x = (x,)\nprint({x: 1})\n",
                          307),
    "deep value dropped": ("x = []\nfor i in range(1000000):\n    x = [x]\nprint(1)\n",
                           "1\n"),
    "cycle compared": ("x = []\nx.append(x)\ny = []\ny.append(y)\nprint(x == y)\n", 307),
    "cycle as text": ("x = {}\nx[1] = [x, (x,)]\nprint(x)\n", "{1: [{...}, ({...},)]}\n"),
    "value that shares its parts": ("x = [1]\n" + DOUBLE.format(60) + "print(len(x))\n",
                                    "2\n"),
    "its text": ("x = [1]\n" + DOUBLE.format(60) + "str(x)\n", 308),
    "deep calls": ("".join(f"def f{i}(): return f{i + 1}()\n" for i in range(5000))
                   + "def f5000(): return 1\nf0()\n", 313),
    "deep calls through natives": ("".join(f"def f{i}(x): return sorted([x], key=f{i + 1})\n"
                                           for i in range(500))
                                   + "def f500(x): return 1\nf0(1)\n", 313),
    # ---- sizes of values
    "long string": ("'a' * 1000000000000", 308),
    "longer string": ("'a' * (1 << 100)", 308),
    "negative repetition": ("print('a' * -(1 << 100), [1] * -(1 << 62))", " []\n"),
    "empty repetition": ("print('' * (1 << 62), [] * (1 << 100))", " []\n"),
    "long list": ("[0] * 1000000000000", 308),
    "long tuple": ("(0, 1) * (1 << 62)", 308),
    "string that doubles": ("x = 'a'\nfor i in range(100):\n    x = x + x\n", 308),
    "bytes that double": ("x = b'a'\nfor i in range(100):\n    x = x + x\n", 308),
    "list that doubles": ("x = [0]\nfor i in range(100):\n    x = x + x\n", 311),
    "join": ("x = 'a' * (1 << 29)\nx.join(['', '', '', ''])", 308),
    "percent": ("x = 'a' * (1 << 29)\n'%s%s%s' % (x, x, x)", 308),
    "format": ("x = 'a' * (1 << 29)\n'{0}{0}{0}'.format(x)", 308),
    "f-string": ("x = 'a' * (1 << 29)\nf'{x}{x}{x}'", 308),
    "replace": ("('a' * (1 << 20)).replace('a', 'b' * (1 << 20))", 308),
    "text of a list": ("str(['a' * (1 << 20)] * 10000)", 308),
    "shift": ("1 << 1000000000", 303),
    "shift by more": ("1 << (1 << 100)", 303),
    "shifts": ("x = 1\nfor i in range(100000):\n    x = x << 500\n", 308),
    "shift right": ("print((1 << 500) >> (1 << 100), -1 >> (1 << 100))", "0 -1\n"),
    "powers": ("x = 3\nfor i in range(100):\n    x = x * x\n", 308),
    "text of a large integer": ("x = 3\nfor i in range(19):\n    x = x * x\n"
                                "print(len(str(x)))\n", "250149\n"),
    "integer of much text": ("int('9' * 10000000)", 308),
    "product beyond floats": ("print(float(1 << 511) * (1 << 511) * 4)", "+inf\n"),
    "large integer as float": ("float((1 << 511) * (1 << 511) * (1 << 511))", 303),
    "width": ("'%1000000000d' % 1", 309),
    "format width": ("'{:1000000000}'.format(1)", 309),
    "format index": ("'{99999999999999999999999}'.format(1)", 309),
    # ---- ranges
    "length of a range": ("print(len(range(1 << 62)), (1 << 61) in range(1 << 62))\n",
                          "4611686018427387904 True\n"),
    "range beyond int64": ("range(1 << 64)", 303),
    "widest range": ("r = range(-(1 << 63), (1 << 63) - 1)\nprint(r[0], (1 << 62) in r, 0 in r)\n",
                     "-9223372036854775808 True True\n"),
    "break": ("for i in range(1 << 62):\n    if i == 3:\n        break\nprint(i)\n", "3\n"),
    "list of a range": ("list(range(1000000000000))", 308),
    "any of a range": ("any([x for x in []] and range(1 << 62))\nany(range(1 << 62))\n", 308),
    "sorted range": ("sorted(range(1 << 62))", 308),
    "set of a range": ("set(range(1 << 62))", 308),
    "max of a range": ("max(range(1 << 62))", 308),
    "zip of ranges": ("zip(range(1 << 62), range(1 << 62))", 308),
    "enumerated range": ("enumerate(range(1 << 62))", 308),
    "enumerated from afar": ("print(enumerate([1, 2], (1 << 63) - 1))",
                             "[(9223372036854775807, 1), (9223372036854775808, 2)]\n"),
    "bytes of a range": ("bytes(range(1 << 62))", 308),
    "joined range": ("','.join(range(1 << 62))", 308),
    "list extended by a range": ("x = []\nx += range(1 << 62)", 308),
    "range as arguments": ("print(*range(1 << 62))", 308),
    "many arguments by *": ("def f(*a): return len(a)\nprint(f(*range(3000000)))\n", "3000000\n"),
    "too many arguments by *": ("def f(a): pass\nf(*range(3000000))\n", 312),
    "unpacked range": ("a, b = range(1 << 62)", 318),
    "list of letters": ("list(('a' * (1 << 26)).elems())", 308),
}


def errors(stderr):
    return [line for line in stderr.splitlines() if ": error[DVO" in line]


def wrong(program, expected):
    """What is wrong with the evaluation of a program, or None."""
    if isinstance(program, str):
        program = program.encode()
    with tempfile.TemporaryDirectory(prefix="dvo-robustness-") as folder:
        pathlib.Path(folder, "input.star").write_bytes(program)
        try:
            done = subprocess.run([os.environ["DVOC"], "eval", "input.star"], cwd=folder,
                                  capture_output=True, timeout=SECONDS, check=False,
                                  stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return f"no end after {SECONDS} seconds"
    stderr = done.stderr.decode("utf-8", "backslashreplace")
    stdout = done.stdout.decode("utf-8", "backslashreplace")
    if done.returncode not in (0, 1) or done.returncode == SANITIZER_STATUS:
        return f"died (exit status {done.returncode}): {stderr[:2000]}"
    if len(stderr) > 100_000:
        return f"the message has {len(stderr)} bytes"
    if isinstance(expected, int):
        found = errors(stderr)
        if not found or f"error[DVO0{expected}]" not in found[0]:
            return f"expected DVO0{expected}, got {(found or [stdout[:200]])[0][:300]}"
        if not found[0].startswith("input.star:"):
            return f"no place: {found[0][:300]}"
    elif done.returncode or (stdout != expected):
        return f"expected {expected!r}, got {(stdout + stderr)[:300]!r}"
    return None


def main():
    chosen = [name for name in CASES
              if not sys.argv[1:] or any(part in name for part in sys.argv[1:])]
    passed = failed = 0
    # Two at a time: some take a few GiB.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, problem in zip(chosen, pool.map(lambda n: wrong(*CASES[n]), chosen)):
            if problem:
                failed += 1
                print(f"FAILED robustness {name}: {problem}")
            else:
                passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
