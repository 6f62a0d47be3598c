# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Determine from a cluster's state whether the cluster's API can be used, and whether the cluster can still become ready."""

from __future__ import annotations

from .._services.cluster_records import Record, text_of

# https://cloud.ibm.com/docs/containers?topic=containers-cluster-states-reference describes the states. An unsupported cluster runs an
# old version, and its health is not monitored. The API of an unsupported cluster can be used [inferred: usable-states].
USABLE_STATES = ("normal", "warning", "unsupported")
_FINAL_STATES = ("aborted", "deleted", "deleting", "delete_failed", "deploy_failed")
FINAL_STATE_HINT = "A cluster in this state never becomes ready. Use another cluster, or recreate this cluster."


def is_usable(facts: Record) -> bool:
    """Return whether the cluster's API can be used. The API must have a URL, and the cluster or its master must be healthy."""
    if not text_of(facts.get("master_url")):
        return False
    if facts.get("state") in USABLE_STATES:
        return True
    return (_of_master(facts, "masterState"), _of_master(facts, "masterHealth")) == ("deployed", "normal")


def final_state(record: Record) -> str:
    """Return the state of a cluster that can never become ready, such as ``aborted``. For any other cluster, return an empty string."""
    states = (text_of(record.get("state")), _of_master(record, "masterState"))
    return next((state for state in states if state and state in _FINAL_STATES), "")


def _of_master(record: Record, name: str) -> str | None:
    """Return a field that describes the master. API v2 returns the master's fields in ``lifecycle``, and API v1 returns them at the top level."""
    nested = record.get("lifecycle")
    return text_of(nested.get(name)) if isinstance(nested, dict) else text_of(record.get(name))
