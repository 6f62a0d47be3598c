# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
"""The base class of the lookups that return tokens. All lookups of a run share their logins through temporary files."""

from __future__ import annotations

import json
import os
import typing as t

from ansible import constants
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ..module_utils._clusters.token_cache import LONGEST_LOGIN, TokenCache
from ..module_utils._core.options import CommonOptions
from ..module_utils._core.redaction import Redactor
from ..module_utils._module.argument_specs import candidate_secrets, tidy_arguments
from ..module_utils._module.runner import Module, Result, Task, execute

if t.TYPE_CHECKING:
    from ..module_utils._cloud import Cloud
    from ..module_utils._clusters.token_cache import Entry
    from ..module_utils._module.argument_specs import Spec

# A cached token is renewed this many seconds before it expires, because a task still uses the token after the lookup.
_RENEW_BEFORE = 120


class TokenLookup(LookupBase):
    """The base class of the token lookups. A subclass defines the options and the login."""

    NAME: t.ClassVar[str]
    OPTIONS: t.ClassVar[Spec]
    OPTIONS_TYPE: t.ClassVar[type[CommonOptions]] = CommonOptions

    def log_in(self, task: Task[t.Any], cloud: Cloud) -> Entry:
        """Return the result of a new login. The result's ``expires`` value is a Unix timestamp on the local clock."""
        raise NotImplementedError

    def get(self, given: t.Mapping[str, t.Any]) -> Result:
        """Return the result of a login with these options. The result may come from an earlier login of the same run.

        :raises AnsibleError: if an option is not valid or the login fails.
        """
        module = Module(self.NAME, self._cached, self.OPTIONS_TYPE, self.OPTIONS)
        # The conversion to JSON decrypts values and removes Ansible's tags.
        plain = tidy_arguments(json.loads(json.dumps(given, default=str)), module.argument_spec)
        checked = ArgumentSpecValidator(module.argument_spec).validate(plain)
        if checked.error_messages:
            redactor = Redactor()
            redactor.add(*candidate_secrets(plain, module.argument_spec, os.environ))
            raise AnsibleError(f"{self.NAME}: {redactor.clean(checked.errors.msg)}")
        result, _secrets = execute(
            module, checked.validated_parameters, environ=os.environ, check_mode=False, warn=Display().warning
        )
        if result.get("failed"):
            raise AnsibleError(result["msg"])
        return result

    def _cached(self, task: Task[CommonOptions], cloud: Cloud) -> Result:
        # The login cannot be cached in memory, because each task runs in a separate process. Ansible removes this folder at the end of the run.
        folder = os.path.join(constants.DEFAULT_LOCAL_TMP, "ibmcloud.kubernetes")
        early = max(_RENEW_BEFORE, task.options.min_validity)
        key = json.dumps([self.NAME, {**vars(task.options), "output": None}], sort_keys=True, default=str)

        def create() -> Entry:
            return self.log_in(task, cloud)

        longest = LONGEST_LOGIN + task.options.wait_timeout
        return TokenCache(folder, task.warn, early, longest).get(key, create)
