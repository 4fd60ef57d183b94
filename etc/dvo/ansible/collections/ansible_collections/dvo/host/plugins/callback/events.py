"""Appends the start and the result of every task to a file, one JSON object per line."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
name: events
type: notification
short_description: Task events as JSON lines
version_added: "0.1.0"
description:
  - With the environment variable C(DVO_EVENTS) naming a file, appends one JSON object per line
    for each task's start and result on each host, and one at the end of the playbook.
  - If it names a Unix socket, the lines go there, and each waits for an answer of one byte. When
    nobody answers any more, the playbook ends before it starts anything that nobody knows of.
  - Without it the plugin does nothing.
  - Of tasks with C(no_log) only the outcome is written.
author:
  - dvoc contributors
requirements:
  - enabled in the configuration (callbacks_enabled = dvo.host.events)
"""

import json
import os

from ansible.plugins.callback import CallbackBase
from ansible_collections.dvo.host.plugins.plugin_utils.events import (
    Events,
    Silent,
    place,
)

# Texts of a result that are passed on when the task's module has no `fields` of its own.
TEXTS = ("stdout", "stderr", "rc", "status", "version", "service")


class CallbackModule(CallbackBase):
    """One event per line; each line is written at once, so that a reader never sees half."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "dvo.host.events"
    CALLBACK_NEEDS_ENABLED = True
    CALLBACK_NEEDS_WHITELIST = True

    def __init__(self, *args, **kwargs):
        super(CallbackModule, self).__init__(*args, **kwargs)
        self._events = self._reached(Events)
        self.disabled = not self._events.wanted()

    @staticmethod
    def _reached(function, *args):
        try:
            return function(*args)
        except Silent:
            os._exit(1)

    def _write(self, event):
        if self._events.wanted():
            self._reached(self._events.write, event)

    def _result(self, name, result, **more):
        """The outcome of one task on one host; of a loop, that of all its items together."""
        data = result._result
        event = place(result._task)
        event.update(
            event=name, host=result._host.get_name(), changed=bool(data.get("changed"))
        )
        event.update(more)
        if result._task.no_log or "censored" in data:
            event["censored"] = True
        else:
            event["msg"] = self._message(data)
            if "errno" in data:
                event["errno"] = data["errno"]
            event["result"] = self._values(data)
            if isinstance(data.get("operations"), list):
                event["operations"] = [self._operation(one) for one in data["operations"]]
        self._write(event)

    @staticmethod
    def _message(data):
        messages = [data.get("msg")]
        for item in data.get("results") or []:
            if isinstance(item, dict) and item.get("failed"):
                messages.append(item.get("msg"))
        # A module that broke says why only in what it printed.
        if data.get("failed") and data.get("module_stderr"):
            messages.append(data["module_stderr"])
        return "\n".join(
            text if isinstance(text, str) else json.dumps(text, default=str)
            for text in messages
            if text
        )

    @staticmethod
    def _values(data):
        if isinstance(data.get("fields"), dict):
            return {"fields": data["fields"]}
        return dict(
            (key, data[key])
            for key in TEXTS
            if isinstance(data.get(key), (str, int, float, bool))
        )

    @staticmethod
    def _operation(data):
        """What a task for several operations says of one of them."""
        names = ("operation", "state", "changed", "msg", "errno", "fields")
        return dict((name, data[name]) for name in names if name in data)

    def v2_runner_on_start(self, host, task):
        event = place(task)
        event.update(event="start", host=host.get_name())
        self._write(event)

    def v2_runner_on_ok(self, result):
        self._result("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._result("failed", result, ignored=bool(ignore_errors))

    def v2_runner_on_unreachable(self, result):
        self._result("unreachable", result)

    def v2_runner_on_skipped(self, result):
        self._result("skipped", result)

    def v2_runner_retry(self, result):
        self._result("retry", result)

    def v2_playbook_on_stats(self, stats):
        hosts = sorted(stats.processed)
        self._write(
            {
                "event": "end",
                "hosts": dict((host, stats.summarize(host)) for host in hosts),
            }
        )
