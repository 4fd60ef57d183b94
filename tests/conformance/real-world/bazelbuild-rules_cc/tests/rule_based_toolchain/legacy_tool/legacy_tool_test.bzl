# Copyright 2026 The Bazel Authors. All rights reserved.
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""Tests for the cc_legacy_tool rule."""

load("//cc/toolchains:cc_toolchain_info.bzl", "LegacyToolInfo")

visibility("private")

def _legacy_tool_provides_info_test(env, targets):
    info = targets.gcov_tool[LegacyToolInfo]
    env.expect.that_str(info.name).equals("gcov")
    env.expect.that_str(info.path).equals("/usr/bin/gcov")

TARGETS = [
    ":gcov_tool",
]

# @unsorted-dict-items
TESTS = {
    "legacy_tool_provides_info_test": _legacy_tool_provides_info_test,
}
