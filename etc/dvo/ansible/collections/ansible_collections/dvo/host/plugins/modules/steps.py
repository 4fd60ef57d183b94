#!/usr/bin/python
"""Carries out several steps of the dvo step library on the machine, one after the other."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: steps
short_description: Several steps of the dvo step library
version_added: "0.1.0"
description:
  - Does in one go what as many tasks with M(dvo.host.step) do. The first step that fails is the last.
  - Each operation says which step it is, and has that step's parameters, as described there.
options:
  locked:
    description:
      - Whoever runs the playbook holds the machine's lock already. Said by the controller's side.
    type: bool
    default: false
  operations:
    description: What is carried out, in this order.
    type: list
    elements: dict
    required: true
    suboptions:
      operation:
        description: What it is called here, in messages and results; all are different.
        type: str
        required: true
      wanted:
        description: Whether it is carried out. Without it, it is, unless C(on_change) has C(wanted).
        type: bool
      on_change:
        description:
          - Earlier operations of this task, by C(operation) in a list, under the name of a parameter of
            this one, or C(wanted). That is true, too, if one of them has changed something.
        type: dict
        default: {}
      register:
        description: A variable that is given the result, as C(register) of a task would.
        type: str
      authorized_key: &step
        description: The step of this name.
        type: dict
      block: *step
      bootstrap: *step
      cron: *step
      database: *step
      deploy: *step
      directory: *step
      fetch: *step
      file: *step
      filesystem: *step
      git: *step
      group: *step
      hold: *step
      hostname: *step
      install: *step
      line: *step
      link: *step
      mount: *step
      permissions: *step
      query: *step
      remove: *step
      repository: *step
      run: *step
      service: *step
      sync: *step
      sysctl: *step
      timezone: *step
      unit: *step
      unpack: *step
      upgrade: *step
      user: *step
      wait: *step
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
- name: Configure the application
  dvo.host.steps:
    operations:
      - operation: configuration
        file:
          path: /etc/app.conf
          content: "port = 8080\n"
      - operation: service
        service:
          unit: app.service
          running: true
        on_change:
          restart: [configuration]
"""

RETURN = r"""
msg:
  description: What changed, or which operation failed and why.
  returned: always
  type: str
operations:
  description:
    - The results in the order of the operations, up to the one that failed. C(state) is same, changed,
      failed, skipped, and in check mode also unknown; C(operation), C(changed), C(msg), C(fields) and
      C(errno) are as for M(dvo.host.step).
  returned: always
  type: list
  elements: dict
errno:
  description: Name of the error.
  returned: on failure
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


class Operation(object):
    """One of the list: its step, and what it waits for."""

    def __init__(self, number, given):
        self.number = number
        self.name = given["operation"]
        self.step = [name for name in NAMES if given[name] is not None][0]
        self.params = given[self.step]
        self.on_change = given["on_change"]
        self.register = given["register"]
        self.wanted = given["wanted"]
        if self.wanted is None:
            self.wanted = "wanted" not in self.on_change

    def lines(self, numbers):
        """Its lines of the script; `numbers` are those of all operations by name."""
        if not self.wanted and "wanted" not in self.on_change:
            return [b"dvo_skip %d" % self.number]
        params = dict(self.params)
        asked = []
        for name in sorted(self.on_change):
            # What is true already need not be asked for.
            if (self.wanted if name == "wanted" else params.get(name)) is True:
                continue
            others = [b"%d" % numbers[other] for other in self.on_change[name]]
            asked.append(b"dvo_any %s %s" % (to_bytes(name), b" ".join(others)))
            params.pop(name, None)
        call = [b"dvo_op %d dvo_%s" % (self.number, to_bytes(self.step))]
        call.extend(words(params))
        call.extend(
            b'"--%s=$DVO_ANY_%s"' % (line.split()[1], line.split()[1])
            for line in asked
            if line.split()[1] != b"wanted"
        )
        lines = asked + [b" ".join(call)]
        if not self.wanted:
            lines.insert(len(lines) - 1, b'if "$DVO_ANY_wanted"; then')
            lines.extend([b"else", b"dvo_skip %d" % self.number, b"fi"])
        return lines

    def told(self, result):
        """Its result, as the task tells it."""
        if result == "skipped":
            told = dict(state="skipped", skipped=True, changed=False, msg="", fields={})
        else:
            told = answer(result)
        return dict(told, operation=self.name, failed=told["state"] == "failed")


def script(module, operations):
    numbers = {}
    lines = []
    for one in operations:
        try:
            lines.extend(one.lines(numbers))
        except KeyError as error:
            module.fail_json(
                msg="%s: no earlier operation is called %s" % (one.name, error),
                errno="EINVAL",
                operations=[],
            )
        except ValueError as error:
            module.fail_json(
                msg="%s: %s" % (one.name, to_text(error)),
                errno="EINVAL",
                operations=[],
            )
        numbers[one.name] = one.number
    return compose(lines, module.check_mode, module.params["locked"])


def differences(module, operations, told, before):
    """What became of each file, once."""
    shown = {}
    for one, result in zip(operations, told):
        path = shows(one.step, one.params)
        if path in before and result["state"] == "changed":
            found = difference(one.step, one.params, before[path], module.check_mode)
            if found:
                shown[path] = found
    return [shown[path] for path in sorted(shown)]


def main():
    module = AnsibleModule(
        argument_spec=dict(
            locked=dict(type="bool", default=False),
            operations=dict(
                type="list",
                elements="dict",
                required=True,
                options=dict(
                    [(name, dict(type="dict")) for name in NAMES],
                    operation=dict(type="str", required=True),
                    wanted=dict(type="bool"),
                    on_change=dict(type="dict", default={}),
                    register=dict(type="str"),
                ),
                mutually_exclusive=[NAMES],
                required_one_of=[NAMES],
            ),
        ),
        supports_check_mode=True,
    )
    operations = [
        Operation(number + 1, given)
        for number, given in enumerate(module.params["operations"])
    ]
    paths = [shows(one.step, one.params) for one in operations]
    before = {}
    if module._diff and not module.no_log:
        before = dict((path, content(path)) for path in paths if path)
    dummy, out, err = module.run_command(
        ["/bin/sh"],
        data=script(module, operations),
        binary_data=True,
        encoding=None,
    )
    results, ended = parse(out)
    told = []
    for one in operations:
        if one.number not in results:
            break
        told.append(one.told(results[one.number]))

    changed = [one["operation"] for one in told if one["changed"]]
    failed = [one for one in told if one["failed"]]
    if failed:
        module.fail_json(
            msg="%s: %s" % (failed[0]["operation"], failed[0]["msg"]),
            errno=failed[0]["errno"],
            changed=bool(changed),
            operations=told,
        )
    if not ended or len(told) < len(operations):
        left = operations[len(told)].name if len(told) < len(operations) else "the end"
        module.fail_json(
            msg="%s came to no result: %s" % (left, to_text(err, errors="replace")[-2000:]),
            errno="EUNKNOWN",
            changed=bool(changed),
            operations=told,
        )
    registers = dict(
        (one.register, result) for one, result in zip(operations, told) if one.register
    )
    more = {}
    if registers:
        more["ansible_facts"] = registers
    if before:
        more["diff"] = differences(module, operations, told, before)
    module.exit_json(
        changed=bool(changed), msg=", ".join(changed), operations=told, **more
    )


if __name__ == "__main__":
    main()
