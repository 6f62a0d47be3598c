# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Check whether a login to a cluster would fail with the given credentials. Modules run these checks before they make changes or wait."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.errors import IBMCloudError, InputError
from .._iam.identity import no_openshift_for_a_profile

if t.TYPE_CHECKING:
    from .._iam.token_manager import TokenManager
    from .._services.cluster_records import Record
    from .cluster_facts import FactsReader


@dataclass(frozen=True)
class LoginChecks:
    """Checks for logins with one identity. ``has_key`` and ``has_passcode`` tell whether an API key and a passcode for OpenShift are given."""

    login: TokenManager
    has_key: bool
    has_passcode: bool

    def errors(self, clusters: t.Mapping[str, Record], reader: FactsReader) -> dict[str, IBMCloudError]:
        """Return an error, keyed by label, for each cluster whose record shows that a login with these credentials would fail.

        The method does not send requests. Without an API key, the passcode is reserved for the first OpenShift cluster that has no other error.
        """
        errors: dict[str, IBMCloudError] = {}
        first = ""
        for label, cluster in clusters.items():
            error = self._known_error(cluster, reader)
            if not error and cluster.get("type") == "openshift" and not self.has_key:
                error = _passcode_used_by(first) if first else None
                first = first or label
            if error:
                errors[label] = error
        return errors

    def _known_error(self, cluster: Record, reader: FactsReader) -> IBMCloudError | None:
        try:
            self.check(cluster)
            reader.check(cluster)
        except IBMCloudError as exc:
            return exc
        return None

    def check(self, cluster: Record) -> None:
        """Raise InputError if clusters of this type require a different kind of credentials."""
        if cluster.get("type") != "openshift":
            return
        if self.login.is_profile:
            raise no_openshift_for_a_profile(has_other=self.has_key or self.has_passcode)
        if not (self.has_key or self.has_passcode):
            raise InputError(
                "An OpenShift login requires an API key, or a one-time passcode for each cluster",
                hint="Set ibmcloud_api_key (or IC_API_KEY) or openshift_passcode.",
            )

    def check_key(self, cluster: Record) -> None:
        """Check the identity of the API key if the key is used to log in to this cluster. The check may require a login to IAM.

        :raises IBMCloudError: if the API key and the other credentials belong to different identities.
        """
        if cluster.get("type") == "openshift" and not self.has_passcode:
            self.login.check_key()


def _passcode_used_by(cluster: str) -> InputError:
    return InputError(
        f"The one-time passcode allows only one login, and OpenShift cluster {cluster} uses it",
        hint="Log in to one OpenShift cluster at a time, or set ibmcloud_api_key (or IC_API_KEY).",
    )
