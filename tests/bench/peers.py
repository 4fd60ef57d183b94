"""Measures dvoc beside what else reads programs of the same resources. Exits with 1 if a
limit is not kept. Everything is CPU time, user and system, of whole processes, start
included: medians of rounds that take turns.

The workload is that of bench.py, without the bootstraps. Each peer gets it in its own
language, and does the least of its jobs that reads all of it:

jsonnet    A program that gives the flat playbook of all tasks, from loops as dvoc's: as the
           YAML that people keep (std.manifestYamlDoc), and as jsonnet's own JSON.
ansible    `ansible-playbook --list-tasks` of that playbook. No host is asked anything.
puppet     `puppet parser validate` of a manifest: syntax alone.

dvoc builds its program in the loop form, files and all, of as many resources. No peer finds
out about conflicts, order or types, which dvoc checks. Sizes are such that a peer takes
seconds: what it costs to start counts for little.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from bench import (FILES, GROUP, PACKAGES, SERVICES, USERS, Failed, Sample, median,
                   write_loop)
from language import Floors

ROUNDS = 3
OWN_ROUNDS = 15  # of dvoc, which takes milliseconds
TIMEOUT = 600.0

# Of each peer: its tool, number of resources, CPU over dvoc's at least. Jsonnet writes YAML
# in its own language; JSON is no playbook as people keep it, and has no limit. 500 times is
# out of reach for the last two: they take 400 and 250 us for a resource, of which a compiler
# that does the bare minimum takes 1.
PEERS = {
    "jsonnet, YAML": ("jsonnet", 250, 100),
    "jsonnet, JSON": ("jsonnet", 20_000, None),
    "ansible-playbook --list-tasks": ("ansible-playbook", 5_000, 80),
    "puppet parser validate": ("puppet", 10_000, 50),
}


def write_jsonnet(file, groups, yaml):
    """Plays of tasks from loops."""
    services = ", ".join(f'{{ name: "{name}", files: {list(numbers)} }}'
                         for name, numbers in SERVICES)
    file.write(f"""\
local groups = {groups};
local address(number) = "{{{{ m" + number + "_private_ip }}}}";
local play(number) = {{
  hosts: "m" + number,
  gather_facts: false,
  tasks: [
    {{ name: "Install " + package, package: {{ name: package, state: "present" }} }}
    for package in {json.dumps(PACKAGES)}
  ] + [
    {{
      name: "Write /etc/bench/" + part + ".conf",
      copy: {{
        dest: "/etc/bench/" + part + ".conf",
        content: "part " + part + "\\nself = " + address(number) + "\\n"
                 + "peer = " + address((number + 1) % groups) + "\\n",
        owner: "root",
        mode: "0644",
      }},
      register: "file_" + part,
    }}
    for part in std.range(0, {FILES - 1})
  ] + [
    {{ name: "Keep user " + user, user: {{ name: user, state: "present" }} }}
    for user in {json.dumps(USERS)}
  ] + [
    {{
      name: "Keep " + service.name + " as wanted",
      service: {{
        name: service.name,
        enabled: true,
        state: "{{{{ 'restarted' if " + std.join(" or ", [
          "file_" + part + ".changed" for part in service.files
        ]) + " else 'started' }}}}",
      }},
    }}
    for service in [{services}]
  ],
}};
local plays = [play(number) for number in std.range(0, groups - 1)];
{"std.manifestYamlDoc(plays)" if yaml else "plays"}
""")


def write_playbook(file, groups):
    """The same plays, written out."""
    for group in range(groups):
        peer = (group + 1) % groups
        file.write(f"- hosts: m{group}\n  gather_facts: false\n  tasks:\n")
        for package in PACKAGES:
            file.write(f"    - name: Install {package}\n      package:\n"
                       f"        name: {package}\n        state: present\n")
        for part in range(FILES):
            file.write(f"""\
    - name: Write /etc/bench/{part}.conf
      copy:
        dest: /etc/bench/{part}.conf
        content: "part {part}\\nself = {{{{ m{group}_private_ip }}}}\\n\
peer = {{{{ m{peer}_private_ip }}}}\\n"
        owner: root
        mode: "0644"
      register: file_{part}
""")
        for user in USERS:
            file.write(f"    - name: Keep user {user}\n      user:\n"
                       f"        name: {user}\n        state: present\n")
        for name, numbers in SERVICES:
            changed = " or ".join(f"file_{number}.changed" for number in numbers)
            file.write(f"""\
    - name: Keep {name} as wanted
      service:
        name: {name}
        enabled: true
        state: "{{{{ 'restarted' if {changed} else 'started' }}}}"
""")


def write_manifest(file, groups):
    """A node for each machine."""
    for group in range(groups):
        peer = (group + 1) % groups
        file.write(f"node 'm{group}' {{\n")
        for package in PACKAGES:
            file.write(f"  package {{ '{package}':\n    ensure => installed,\n  }}\n")
        for part in range(FILES):
            file.write(f"""\
  file {{ '/etc/bench/{part}.conf':
    content => "part {part}\\nself = ${{m{group}_private_ip}}\\n\
peer = ${{m{peer}_private_ip}}\\n",
    owner   => 'root',
    mode    => '0644',
  }}
""")
        for user in USERS:
            file.write(f"  user {{ '{user}':\n    ensure => present,\n  }}\n")
        for name, numbers in SERVICES:
            files = ", ".join(f"File['/etc/bench/{number}.conf']" for number in numbers)
            file.write(f"  service {{ '{name}':\n    ensure    => running,\n"
                       f"    enable    => true,\n    subscribe => [{files}],\n  }}\n")
        file.write("}\n")


def version(argv):
    """The first line of what a tool says of itself."""
    said = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=TIMEOUT)
    return said.stdout.splitlines()[0]


def write_workload(folder, name, groups):
    """Writes the program in dvoc's language and in a peer's; the command of the peer."""
    with open(folder / "loop.dvo", "w", encoding="ascii") as file:
        write_loop(file, groups)
    path = folder / "peer"
    tool = shutil.which(PEERS[name][0])
    with open(path, "w", encoding="ascii") as file:
        if PEERS[name][0] == "jsonnet":
            write_jsonnet(file, groups, name.endswith("YAML"))
            return [tool, *(["-S"] if name.endswith("YAML") else []), str(path)]
        if PEERS[name][0] == "puppet":
            write_manifest(file, groups)
            return [tool, "parser", "validate", f"--confdir={folder / 'puppet'}",
                    f"--vardir={folder / 'puppet'}", str(path)]
        write_playbook(file, groups)
    hosts = "".join(f"m{group}\n" for group in range(groups))
    (folder / "hosts").write_text(hosts, encoding="ascii")
    return [tool, "-i", str(folder / "hosts"), "--list-tasks", str(path)]


def measure(dvoc, name, folder, limits):
    """One peer: prints a row."""
    _, resources, least = PEERS[name]
    groups = -(-resources // GROUP)
    argv = write_workload(folder, name, groups)
    own, other = [], []
    for turn in range(OWN_ROUNDS):
        build = folder / f"build.{turn}"
        own.append(Sample([dvoc, "build", str(folder / "loop.dvo"), "-o", str(build)],
                          folder, TIMEOUT))
        if turn < ROUNDS:
            other.append(Sample(argv, folder, TIMEOUT))
    cpu, peer = median(own, "cpu"), median(other, "cpu")
    print(f"{name:<30} {groups * GROUP:>9} {peer:>8.2f} {cpu * 1e3:>8.1f} {peer / cpu:>6.0f}"
          f"  {version([argv[0], '--version'])}", flush=True)
    if least:
        limits.check_least(f"CPU of {name} over dvoc's", peer / cpu, least)


def main():
    """The exit status says whether all limits hold."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--dvoc", required=True, help="the compiler to measure")
    options = parser.parse_args()
    limits = Floors()
    print(f"{'peer':<30} {'resources':>9} {'CPU s':>8} {'dvoc ms':>8} {'times':>6}  version")
    for name in PEERS:
        with tempfile.TemporaryDirectory(prefix="dvo-peers-") as temporary:
            folder = pathlib.Path(temporary)
            os.environ.update(ANSIBLE_LOCAL_TEMP=str(folder / "ansible"), HOME=temporary)
            (folder / "puppet").mkdir()
            try:
                measure(os.path.abspath(options.dvoc), name, folder, limits)
            except (Failed, subprocess.CalledProcessError) as error:
                limits.failed(name, error)
    return 1 if limits.broken else 0


if __name__ == "__main__":
    sys.exit(main())
