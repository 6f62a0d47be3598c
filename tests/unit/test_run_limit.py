# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the time limit for all requests that a module sends. The server sends an endless list of slow pages."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._cloud import Connection
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import NetworkError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.pagination import iterate_pages
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._http.request import Request
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.argument_specs import resolve_options
from ansible_collections.ibmcloud.kubernetes.plugins.modules import account_info, cluster_rbac_sync
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Peer, answer

if t.TYPE_CHECKING:
    from ansible_collections.ibmcloud.kubernetes.tests.unit.fakes import FakeTime


@pytest.mark.parametrize(
    ("module", "client", "seconds", "pages"),
    [
        pytest.param(account_info.MODULE, "client", 100, 72, id="listing"),
        pytest.param(cluster_rbac_sync.MODULE, "client", 100, 75, id="with-wait-timeout"),
        pytest.param(account_info.MODULE, "short_client", 1, 5, id="optional"),
    ],
)
def test_no_page_is_requested_after_the_time_limit(
    fake_time: FakeTime, module: t.Any, client: str, seconds: int, pages: int
) -> None:
    """No single request exceeds its timeout."""
    spec = module.argument_spec
    given = {name: option["default"] for name, option in spec.items() if "default" in option}
    connection = Connection.from_options(
        resolve_options(module.options_type, {**given, "ibmcloud_api_key": "key"}, spec, {})
    )
    http = getattr(dataclasses.replace(connection, clock=fake_time.clock), client)()

    def slow_page(peer: Peer) -> None:
        fake_time.seconds += seconds
        peer.send(answer({"resources": [], "next_url": f"/{len(server.seen)}"}))

    def fetch(url: str) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", http.send(Request("list them", "GET", url)))

    with (
        Loopback(slow_page) as server,
        pytest.raises(NetworkError) as caught,
    ):
        list(iterate_pages(fetch, server.url, step="list them"))

    http.close()
    assert (caught.value.kind, len(server.seen)) == ("deadline", pages)
