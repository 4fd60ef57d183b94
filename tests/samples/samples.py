"""What the compiler makes of ten programs of samples/, beside what somebody who knows Ansible well
writes by hand for the same work: tests/samples/NAME/, with variables, templates and handlers as
such a person has them. Of both, every playbook is read by ansible-lint, in its strictest profile,
and by ansible-playbook; of what was compiled, every task has a name and a comment that leads to
its line of the program, and Cookstyle finds nothing in what is for Chef. What was compiled has no
more tasks than what was written by hand, and no more lines.

`--table` prints the lengths only."""

import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/samples"
SECONDS = 300
# The options of those that need some.
NAMES = {"shop": [], "stages": [], "users": [], "monitoring": [], "rolling": [], "backup": [],
         "system": [], "depot": [], "fleet": [],
         "mixed": ["--config", str(ROOT / "samples/etc/mixed")]}
BLOCK = ("block", "rescue", "always")
LISTS = ("pre_tasks", "tasks", "post_tasks", "handlers")


class Loader(yaml.SafeLoader):
    """Reads playbooks: text that is no template is text."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def run(argv, folder, **variables):
    """What a command printed, and whether it succeeded."""
    done = subprocess.run([*map(str, argv)], cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS,
                          env={**os.environ, **variables}, text=True, check=False)
    return done.stdout, done.returncode == 0


def emitted(folder):
    """The playbooks of a build that hold plays."""
    return sorted((folder / "ansible").glob("segment-*.yml"))


def tasks(playbook):
    """All tasks and handlers of a playbook, those in blocks too."""
    rows = [task for play in yaml.load(playbook.read_text(), Loader)
            for part in LISTS for task in play.get(part, [])]
    while rows:
        task = rows.pop()
        inner = [one for part in BLOCK for one in task.get(part, [])]
        rows += inner
        if not inner:
            yield task


def built(name, options, folder):
    """Compiles a sample into a folder of its name; what was wrong."""
    said, good = run([os.environ["DVOC"], "build", "-O2", "--locked", *options, "-o", folder / name,
                      ROOT / "samples" / f"{name}.dvo"], ROOT)
    if not good:
        return said
    if not emitted(folder / name):
        return "there is no playbook"
    return ""


def names(_, folder):
    """Every task has a name, one that does not end like a sentence"""
    return [f"{playbook.name}: {task.get('name')!r}" for playbook in emitted(folder)
            for task in tasks(playbook) if not re.search(r"[^\s.,:;!?]$", task.get("name") or "")]


def comments(_, folder):
    """Above every task, or each operation of one, stands a line of the program"""
    rows = []
    for playbook in emitted(folder):
        above, found = [], 0
        text = playbook.read_text().splitlines()
        for line, module in zip(text, [*text[1:], ""]):
            begins = re.match(r"    - name:", line)
            found += bool(begins)
            many = begins and module.strip() == "dvo.host.steps:"
            if ((begins and not many) or re.match(r" *- operation:", line)) and \
                    not any(leads(comment) for comment in above):
                rows.append(f"{playbook.name}: {line.strip()}: {above}")
            above = [*above, line] if re.match(r" *#", line) else []
        if found != len([*tasks(playbook)]):
            rows.append(f"{playbook.name}: tasks that do not begin with their name")
    return rows


def leads(comment):
    """Whether a comment names a line that there is."""
    match = re.search(r"(\S+\.dvo):(\d+) ", comment)
    files = [*(ROOT / "samples").rglob(match[1])] if match else []
    return any(0 < int(match[2]) <= len(file.read_text().splitlines()) for file in files)


def syntax(name, folder):
    """ansible-playbook can read it, and what was written by hand"""
    rows = []
    for place, playbook, inventory in ((folder / "ansible", "site.yml", "inventory.yml"),
                                       (HERE / name, "playbook.yml", "inventory.yml")):
        said, good = run(["ansible-playbook", "--syntax-check", "-i", inventory, playbook], place)
        if not good or "[WARNING]" in said:
            rows += [str(place), said]
    return rows


def recipes(_, folder):
    """Cookstyle finds nothing, and nothing that a comment hides"""
    if not (folder / "chef").is_dir():
        return []
    said, good = run([os.environ["COOKSTYLE"], "--no-color", "--ignore-disable-comments", "."],
                     folder / "chef")
    return [] if good else [said]


def linted(folder):
    """What ansible-lint says of all playbooks, by the sample. It is started once, as that alone
    takes longer than most playbooks, and skips silently what is not below its folder."""
    shutil.copytree(HERE, folder / "hand")
    playbooks = [str(path) for name in NAMES
                 for path in [folder / "hand" / name / "playbook.yml",
                              folder / name / "ansible/site.yml", *emitted(folder / name)]
                 if path.exists()]
    collections = next(iter(folder.glob("*/ansible/collections")))
    said, good = run(["ansible-lint", "--offline", "--nocolor", "--parseable", "--profile",
                      "production", *playbooks], folder,
                     ANSIBLE_COLLECTIONS_PATH=str(collections))
    rows = {name: [line for line in said.splitlines() if f"{name}/" in line and ": " in line]
            for name in NAMES}
    if not good and not any(rows.values()) or f"on {len(playbooks)} files" not in said:
        rows["all"] = said.splitlines()
    return rows


def length(name, folder):
    """Tasks and lines of a build, and of what was written by hand for the same. What other tools
    carry counts as a task each. Handlers count, a loop counts once. Lines are those of playbooks,
    variables, and the texts that are written, wherever they stand, without blank ones and comments.
    Which machines there are and how they are reached does not count: inventories, and the variables
    that stand in for them where no machine is there before the run."""
    plan = json.loads((folder / "plan.json").read_text())
    others = [op for op in plan["ops"] if op.get("segment") and op["backend"] != "ansible"]
    by_hand = [path for path in (HERE / name).rglob("*")
               if path.is_file() and path.name != "inventory.yml"]
    return (len(others) + sum(len([*tasks(path)]) for path in emitted(folder)),
            len([*tasks(HERE / name / "playbook.yml")]),
            sum(map(lines, [folder / "ansible/site.yml", *emitted(folder)])),
            sum(map(lines, by_hand)))


def lines(path):
    """The lines of a file that say something."""
    return len([line for line in path.read_text().splitlines() if re.match(r"\s*[^\s#]", line)])


def no_more_tasks(name, folder):
    """There are no more tasks than by hand"""
    ours, theirs, _, _ = length(name, folder)
    return [f"{ours}, by hand {theirs}"] if ours > theirs else []


def no_more_lines(name, folder):
    """There are no more lines than by hand"""
    _, _, ours, theirs = length(name, folder)
    return [f"{ours}, by hand {theirs}"] if ours > theirs else []


CHECKS = (names, comments, syntax, recipes, no_more_tasks, no_more_lines)


def table(folder):
    """Prints the lengths."""
    print(f"{'sample':12} {'tasks':>7} {'by hand':>8} {'lines':>7} {'by hand':>8}")
    for name in NAMES:
        row = length(name, folder / name)
        print(f"{name:12} {row[0]:7} {row[1]:8} {row[2]:7} {row[3]:8}")


def main():
    passed, wrong = 0, []
    with tempfile.TemporaryDirectory() as place, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        folder = pathlib.Path(place)
        # One after the other: they share a file of pins.
        refused = {name: built(name, options, folder) for name, options in NAMES.items()}
        if sys.argv[1:] == ["--table"] and not any(refused.values()):
            return table(folder)
        rows = [(f"{name}/built", [said] if said else []) for name, said in refused.items()]
        good = [name for name in NAMES if not refused[name]]
        lint = pool.submit(linted, folder)
        found = {(name, check): pool.submit(check, name, folder / name) for name, check
                 in itertools.product(good, CHECKS)}
        rows += [(f"{name}/{check.__name__}: {check.__doc__}", done.result())
                 for (name, check), done in found.items()]
        rows += [(f"{name}/lint", said) for name, said in lint.result().items()]
    for what, said in rows:
        if said:
            wrong.append(what)
            print(f"FAILED samples/{what}")
            print("\n".join("    " + line for row in said for line in row.splitlines()[:40]))
        else:
            passed += 1
    print(f"{passed} passed, {len(wrong)} failed")
    return 1 if wrong or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
