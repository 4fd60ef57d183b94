"""Runs the table of cases in cases.py on a machine. Of every case: the look before, the step,
the state it leaves, the step again, the look after."""

import pathlib
import re
import subprocess
import sys

from cases import CASES

HERE = pathlib.Path(__file__).resolve().parent
LIBRARY = HERE.parents[2] / "etc/dvo/host"


def to_bytes(value):
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return value if isinstance(value, bytes) else str(value).encode()


def quoted(text):
    return b"'" + text.replace(b"'", b"'\\''") + b"'"


def words(params):
    for key, value in params.items():
        if isinstance(value, dict):
            value = [
                to_bytes(name) + b"=" + to_bytes(text) for name, text in value.items()
            ]
        for item in value if isinstance(value, list) else [value]:
            yield quoted(b"--" + key.encode() + b"=" + to_bytes(item))


def compose(cases):
    """One script for all cases. What is between the ops stays out of the result lines."""
    parts = [path.read_bytes() for path in sorted(LIBRARY.glob("*.sh"))]
    parts.append(
        b"{\n(" + (HERE / "fixture.sh").read_bytes() + b") </dev/null >&2 || exit 9\n"
    )
    for number, case in enumerate(cases):
        call = b"dvo_op -c %d-%%s dvo_%s %s\n" % (
            number,
            case.step.encode(),
            b" ".join(words(case.params)).replace(b"%", b"%%"),
        )

        def shell(moment, text):
            return (
                b"(set -e; cd /srv/t; %s\n) </dev/null >&2 3>&- 9>&- && echo '%d-%s ok' >&3\n"
                % (text if isinstance(text, bytes) else text.encode(), number, moment)
            )

        parts.append(shell(b"given", case.given))
        parts.append(
            b"DVO_CHECK=1\n" + call % b"before" + b"DVO_CHECK=\n" + call % b"step"
        )
        parts.append(shell(b"then", case.then))
        if not case.once:
            parts.append(
                call % b"again" + b"DVO_CHECK=1\n" + call % b"after" + b"DVO_CHECK=\n"
            )
    parts.append(b"dvo_end\n}\n")
    return b"".join(parts)


def decode(text):
    return re.sub(rb"%(..)", lambda found: bytes([int(found[1], 16)]), text)


def read(output):
    """The results by moment: (state, error or "", reason, fields)."""
    results = {}
    for line in output.split(b"\n"):
        parts = line.split(b" ")
        if parts[0] == b"dvo" and len(parts) >= 5:
            fields = dict(part.split(b"=", 1) for part in parts[5:])
            results[parts[1].decode()] = (
                (parts[2].decode() + " " + parts[3].decode()).removesuffix(" -"),
                decode(parts[4]).decode(errors="replace"),
                {key.decode(): decode(value) for key, value in fields.items()},
            )
        elif len(parts) == 2:
            results[parts[0].decode()] = (parts[1].decode(), "", {})
    return results


def faults(number, case, results):
    none = ("nothing", "", {})

    def got(moment):
        return results.get("%d-%s" % (number, moment), none)

    wanted = [
        ("given", "ok"),
        ("before", case.before or case.want),
        ("step", case.want),
        ("then", "ok"),
    ]
    if not case.once:
        final = "same" if case.want in ("same", "changed") else case.want
        wanted += [
            ("again", final),
            (
                "after",
                case.before if case.want.startswith("failed") and case.before else final,
            ),
        ]
    for moment, state in wanted:
        if got(moment)[0] != state:
            yield "%s: %s, not %s (%s)" % (moment, got(moment)[0], state, got(moment)[1])
    for key, value in case.fields.items():
        if got("step")[2].get(key) != to_bytes(value):
            yield "%s is %.200r, not %.200r" % (key, got("step")[2].get(key), value)
    if case.reason not in got("step")[1]:
        yield "the reason does not say %r: %s" % (case.reason, got("step")[1])


def main():
    cases = CASES
    if len(sys.argv) > 2 and sys.argv[1] == "--only":
        cases = [case for case in CASES if sys.argv[2] in case.name]
        del sys.argv[1:3]
    done = subprocess.run(
        sys.argv[1:], input=compose(cases), capture_output=True, check=False
    )
    results = read(done.stdout)
    failed = 0
    for number, case in enumerate(cases):
        found = list(faults(number, case, results))
        failed += bool(found)
        for text in found:
            print("FAILED %s %s: %s" % (case.step, case.name, text))
    if not done.stdout.endswith(b"dvo end\n"):
        failed += 1
        print(
            "FAILED the script did not come to its end:\n%s"
            % done.stderr[-2000:].decode(errors="replace")
        )
    print("%d passed, %d failed" % (len(cases) - min(failed, len(cases)), failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
