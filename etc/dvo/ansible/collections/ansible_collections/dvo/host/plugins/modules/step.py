#!/usr/bin/python
"""Carries out one step of the dvo step library on the machine."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: step
short_description: One step of the dvo step library
version_added: "0.1.0"
description:
  - Checks the machine, changes only what differs, and reports C(changed) with the reason.
  - Exactly one option but C(locked) and C(timeout) is given. It names the step, and its value holds the step's
    parameters.
  - Parameters that are null are left alone. Lists and mappings of strings are passed on as such.
  - C(members) says which packages belong together, a text for each group. The value C(members)
    has a digit for each, 1 if one of its packages changed.
options:
  authorized_key:
    description: A line of a login's authorized_keys (C(login), C(key), C(present)).
    type: dict
  block:
    description:
      - A marked block of a text file (C(path), C(block), C(content), C(comment), C(validate),
        C(present)).
    type: dict
  bootstrap:
    description: The machine has booted and its package index is fresh (C(packages), C(within)).
    type: dict
  cron:
    description:
      - A file in /etc/cron.d (C(job), C(schedule), C(command) or C(argv), C(login), C(env),
        C(present)).
    type: dict
  database:
    description:
      - A PostgreSQL database (C(database), C(owner), C(password), C(listen), C(present)).
    type: dict
  deploy:
    description:
      - A package in one version and its service (C(package), C(version), C(deb), C(service),
        C(env), C(restart)).
    type: dict
  directory:
    description:
      - A directory (C(path), C(owner), C(group), C(mode), C(recursive), C(present)).
    type: dict
  fetch:
    description: A file like one that was sent (C(path), C(source), C(digest), C(owner), C(group), C(mode)).
    type: dict
  file:
    description:
      - A regular file (C(path), C(content) or C(content64), C(owner), C(group), C(mode),
        C(validate), C(present)).
    type: dict
  filesystem:
    description: A filesystem on a device (C(device), C(fstype), C(label)).
    type: dict
  git:
    description: A working copy of a git repository (C(path), C(repo), C(commit), C(owner)).
    type: dict
  group:
    description: A group (C(group), C(gid), C(system), C(present)).
    type: dict
  hold:
    description: Packages that keep their version (C(packages), C(present), C(members)).
    type: dict
  hostname:
    description: The host name (C(hostname)).
    type: dict
  install:
    description: Installed packages (C(packages), C(deb), C(upgrade), C(members)).
    type: dict
  line:
    description: A line of a text file (C(path), C(line), C(match), C(present)).
    type: dict
  link:
    description: A symbolic link (C(path), C(to), C(present)).
    type: dict
  locked:
    description:
      - Whoever runs the playbook holds the machine's lock already. Said by the controller's side.
    type: bool
    default: false
  mount:
    description: A mounted filesystem (C(path), C(device), C(fstype), C(options), C(present)).
    type: dict
  permissions:
    description:
      - Owner, group and mode of what is there (C(path), C(owner), C(group), C(mode),
        C(recursive)).
    type: dict
  query:
    description:
      - A command that only looks (C(argv), C(cwd), C(env), C(login), C(stdin), C(success)).
    type: dict
  remove:
    description: Packages that are not installed (C(packages), C(purge), C(members)).
    type: dict
  repository:
    description:
      - A package repository (C(repository), C(uri), C(suites), C(components), C(key) or
        C(key64), C(trusted), C(present)).
    type: dict
  run:
    description:
      - A command that changes the machine (C(argv), C(creates), C(unless), C(only_if), C(on),
        C(stopped), C(cwd), C(env), C(login), C(stdin), C(success)).
    type: dict
  service:
    description:
      - A systemd unit runs or not (C(unit), C(running), C(enabled), C(restart), C(reload)).
    type: dict
  sync:
    description:
      - A directory like an archive that was sent (C(path), C(source), C(owner), C(group),
        C(delete)).
    type: dict
  sysctl:
    description: A kernel parameter (C(key), C(value), C(present)).
    type: dict
  timeout:
    description:
      - Seconds after which a command of C(run) and C(query) is ended. The task's own C(timeout),
        said by the controller's side.
    type: int
  timezone:
    description: The time zone (C(zone)).
    type: dict
  unit:
    description: A systemd unit file (C(unit), C(content), C(present)).
    type: dict
  unpack:
    description: An unpacked archive (C(path), C(archive), C(creates), C(owner)).
    type: dict
  upgrade:
    description: Packages at their newest version (C(security), C(within)).
    type: dict
  user:
    description:
      - A login (C(login), C(uid), C(group), C(groups), C(home), C(shell), C(system),
        C(password), C(comment), C(present)).
    type: dict
  wait:
    description: Wait for something (C(port), C(path), C(unit), C(argv), C(within)).
    type: dict
attributes:
  check_mode:
    support: full
    description: Looks only. What depends on something that is not there yet counts as changed.
  diff_mode:
    support: partial
    description: For C(file), C(line) and C(block).
author:
  - dvoc contributors
"""

EXAMPLES = r"""
- name: Write /etc/motd
  dvo.host.step:
    file:
      path: /etc/motd
      content: "hello\n"
      mode: "0644"

- name: Build the index
  dvo.host.step:
    run:
      argv: [make-index, "--all"]
      creates: /srv/index
      login: app
"""

RETURN = r"""
msg:
  description: Why something changed or failed; empty if nothing did.
  returned: always
  type: str
state:
  description: One of same, changed, failed, and in check mode also unknown.
  returned: always
  type: str
errno:
  description: Name of the error.
  returned: on failure
  type: str
fields:
  description: The values of the step, for example stdout, stderr and status of C(run).
  returned: always
  type: dict
stdout:
  description: The standard output of C(run) and C(query), without newlines at its end.
  returned: if the step has it
  type: str
stderr:
  description: The same of the standard error.
  returned: if the step has it
  type: str
"""

from ansible.module_utils._text import to_bytes, to_text
from ansible.module_utils.basic import AnsibleModule

from ..module_utils.shell import (
    NAMES,
    answer,
    compose,
    content,
    difference,
    parse,
    shows,
    words,
)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            [(name, dict(type="dict")) for name in NAMES],
            locked=dict(type="bool", default=False),
            timeout=dict(type="int"),
        ),
        mutually_exclusive=[NAMES],
        required_one_of=[NAMES],
        supports_check_mode=True,
    )
    step = [name for name in NAMES if module.params[name] is not None][0]
    params = module.params[step]
    try:
        call = b" ".join([b"dvo_op 1 dvo_" + to_bytes(step)] + list(words(params)))
    except ValueError as error:
        module.fail_json(msg=to_text(error), errno="EINVAL", state="failed", fields={})
    script = compose(
        [call], module.check_mode, module.params["locked"], module.params["timeout"]
    )

    path = shows(step, params) if module._diff and not module.no_log else None
    before = content(path) if path else None
    dummy, out, err = module.run_command(
        ["/bin/sh"], data=script, binary_data=True, encoding=None
    )
    results, ended = parse(out)
    result = results.get(1)
    if result is None or not (ended or result[0] == "failed"):
        module.fail_json(
            msg="the step came to no result: " + to_text(err, errors="replace")[-2000:],
            errno="EUNKNOWN",
            state="failed",
            fields={},
        )

    told = answer(result)
    if told["state"] == "failed":
        module.fail_json(**told)
    if path and told["state"] == "changed":
        shown = difference(step, params, before, module.check_mode)
        if shown:
            told["diff"] = shown
    module.exit_json(**told)


if __name__ == "__main__":
    main()
