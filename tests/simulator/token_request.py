# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A parsed token request and the validation of its fields."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from . import iam_errors as errors
from .generations import GENERATIONS, Generation

if t.TYPE_CHECKING:
    from .error_response import ErrorResponse
    from .world import Identity

DELEGATED = "delegated_refresh_token"
DELEGATED_SECONDS = 518400
UAA = "uaa"
# The public client of the Cloud Foundry CLI. Its secret is empty.
UAA_CLIENT = "cf"


@dataclasses.dataclass(frozen=True)
class TokenRequest:
    """A token request: the client (``bx``, ``kube`` or ``default``), the form, and the accounts in the IBM-Cloud-Tenant header.

    Unknown fields are ignored [inferred]. All methods raise ErrorResponse for invalid values.
    """

    client: str
    form: t.Mapping[str, str]
    tenants: tuple[str, ...] = ()
    generation: Generation = GENERATIONS["current"]

    def required(self, field: str) -> str:
        value = self.form.get(field, "")
        if not value:
            raise errors.missing(field)
        return value

    def response_types(self, *, delegation: bool) -> frozenset[str]:
        """Return the response types, which default to ``cloud_iam``. Spaces (in the specification) or commas (in IBM's CLI) separate the types.

        IBM's pages used ``uaa`` until 2024. Later API generations reject ``uaa``. A request for ``uaa`` alone, or for ``uaa`` and a delegated
        token, is always rejected [inferred].
        """
        types = _listed(self.form.get("response_type", "") or "cloud_iam")
        valid = {"cloud_iam"} | ({DELEGATED} if delegation else set()) | ({UAA} if self.generation.uaa else set())
        if not types or not types <= valid or (UAA in types and types != {"cloud_iam", UAA}):
            raise self._invalid_types(types, valid)
        if UAA in types:
            self._check_uaa_client()
        return types

    def check_uaa(self, types: frozenset[str], identity: Identity) -> None:
        """Reject ``uaa`` for service IDs and trusted profiles, because Cloud Foundry supports only users (IBM-Cloud/bluemix-go#87)."""
        if UAA in types and identity.kind != "user":
            raise self._invalid_types(types, {"cloud_iam"})

    @staticmethod
    def _invalid_types(types: frozenset[str], valid: t.Collection[str]) -> ErrorResponse:
        names = ", ".join(f"'{name}'" for name in sorted(valid))
        return errors.invalid("response_type", f"[{', '.join(sorted(types))[:80]}]", names)

    def _check_uaa_client(self) -> None:
        """Require ``uaa_client_id`` (which IBM's pages also spell ``uaa_client_ID``) and an empty secret.

        If a requirement is not met, the error's code and text are a guess, because IBM does not document them [inferred].
        """
        fields = {name.lower(): value for name, value in self.form.items()}
        if "uaa_client_secret" not in fields:
            raise errors.missing("uaa_client_secret")
        if not fields.get("uaa_client_id"):
            raise errors.missing("uaa_client_id")
        if (fields["uaa_client_id"], fields["uaa_client_secret"]) != (UAA_CLIENT, ""):
            raise errors.wrong_uaa_client()

    def account(self, identity: Identity, key_account: str | None) -> str | None:
        """Return the account that the request selects. The field is ``account`` in the specification and ``bss_account`` on IBM's pages.

        A request can contain both fields with the same value [inferred: account-fields].

        API generations that are older than the specification ignore ``account`` as an unknown field [inferred]. An empty field is treated as
        missing [inferred]. An API key works only in ``key_account``.
        """
        named = {value for field in self.generation.account_fields if (value := self.form.get(field, ""))}
        if len(named) > 1:
            raise errors.accounts_differ()
        if not named:
            return key_account
        account = named.pop()
        if key_account is not None and account != key_account:
            raise errors.other_account_than_key()
        if account not in identity.accounts:
            raise errors.not_a_member()
        return account

    def check_tenants(self, account: str | None) -> None:
        """If the request has an IBM-Cloud-Tenant header, check that the header contains the account."""
        if self.tenants and account not in self.tenants:
            raise errors.other_tenant()

    def receivers(self) -> frozenset[str]:
        """Return the clients that can use a delegated token.

        The ``kube`` client can use delegated tokens [inferred: one-step-delegation]. An unknown client ID is not an error [inferred].
        """
        receivers = _listed(self.required("receiver_client_ids"))
        if not receivers:
            raise errors.missing("receiver_client_ids")
        return receivers

    def delegated_seconds(self) -> int:
        """Return the lifetime of a delegated token, which is six days by default."""
        raw = self.form.get("delegated_refresh_token_expiry", "") or str(DELEGATED_SECONDS)
        if not re.fullmatch("[1-9][0-9]{0,8}", raw):
            raise errors.invalid("delegated_refresh_token_expiry", raw[:20], "a number of seconds")
        return int(raw)


def _listed(text: str) -> frozenset[str]:
    return frozenset(filter(None, re.split("[ ,]+", text)))
