"""The controller's side of the module step: who holds the lock, and what no log may show."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os
import signal

from ansible.plugins.action import ActionBase
from ansible_collections.dvo.host.plugins.plugin_utils.events import (
    Events,
    left_out,
    place,
)


class ActionModule(ActionBase):
    """Runs the module; of a task with no_log it reports what callbacks do not get to see."""

    TRANSFERS_FILES = False
    GRACE = 10  # seconds in which a step that is out of time ends by itself
    # No module runs without it.
    PYTHON = (
        "command -v python3 > /dev/null || { apt-get -qq update &&"
        " apt-get -qq install --yes python3-minimal python3-apt; }"
    )

    def run(self, tmp=None, task_vars=None):
        super(ActionModule, self).run(tmp, task_vars)
        args = dict(self._task.args)
        # Who runs the playbook may hold the machine's lock for its whole length.
        if os.environ.get("DVO_LOCKED"):
            args["locked"] = True
        self._leave_out(args, task_vars)
        # A command that is out of time is ended on the machine, and the step says so.
        if self._task.timeout:
            args["timeout"] = self._task.timeout
            signal.alarm(self._task.timeout + self.GRACE)
        python = {}
        if "bootstrap" in args and not self._task.check_mode:
            python = self._low_level_execute_command(self.PYTHON)
            if python["rc"]:
                return {"failed": True, "msg": python["stderr"] or python["stdout"]}
        result = self._execute_module(
            module_name="dvo.host.step", module_args=args, task_vars=task_vars
        )
        if "Unpacking" in python.get("stdout", ""):
            result["changed"] = True
        if self._task.no_log or self._play_context.no_log:
            self._report(result, task_vars)
        return result

    def _leave_out(self, args, task_vars):
        """Some of those for whom the step is carried out may take no part in this run."""
        without = left_out(self._task, task_vars)
        for name, params in args.items() if without else ():
            if isinstance(params, dict) and params.get("members"):
                members = [
                    "" if index in without else text
                    for index, text in enumerate(params["members"])
                ]
                words = set(" ".join(members).split())
                packages = [one for one in params["packages"] if one in words]
                args[name] = dict(params, packages=packages, members=members)

    def _report(self, result, task_vars):
        events = Events()
        if not events.answered():
            return
        event = place(self._task)
        event.update(
            event="result",
            host=(task_vars or {}).get("inventory_hostname"),
            result={"fields": result.get("fields") or {}},
        )
        if "errno" in result:
            event["errno"] = result["errno"]
        events.write(event)
