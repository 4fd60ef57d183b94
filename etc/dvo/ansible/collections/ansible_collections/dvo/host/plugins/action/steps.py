"""The controller's side of the module steps: who holds the lock, and who takes no part."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import os

from ansible.plugins.action import ActionBase
from ansible_collections.dvo.host.plugins.plugin_utils.events import left_out


class ActionModule(ActionBase):
    """Runs the module with the operations that take part in this run."""

    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        super(ActionModule, self).run(tmp, task_vars)
        args = dict(self._task.args)
        # Who runs the playbook may hold the machine's lock for its whole length.
        if os.environ.get("DVO_LOCKED"):
            args["locked"] = True
        without = left_out(self._task, task_vars)
        if without and isinstance(args.get("operations"), list):
            args["operations"] = [
                dict(one, wanted=False, on_change={}, register=None)
                if index in without
                else one
                for index, one in enumerate(args["operations"])
            ]
        return self._execute_module(
            module_name="dvo.host.steps", module_args=args, task_vars=task_vars
        )
