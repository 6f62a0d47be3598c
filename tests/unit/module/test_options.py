# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the option classes: the types of their fields, and the checks of mutually exclusive options."""

from __future__ import annotations

import collections.abc
import importlib
import pathlib
import types
import typing as t

import pytest
from ansible_collections.ibmcloud.kubernetes.plugins.inventory.clusters import InventoryModule
from ansible_collections.ibmcloud.kubernetes.plugins.lookup import cluster_access
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.errors import InputError
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.options import (
    ApiServerOptions,
    ClustersOptions,
    CommonOptions,
    at_most_one,
)
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._module.runner import Module
from ansible_collections.ibmcloud.kubernetes.plugins.modules import region_info
from ansible_collections.ibmcloud.kubernetes.plugins.plugin_utils import _kubectl_credential as kubectl

PACKAGE = region_info.__name__.rpartition(".")[0]
NAMES = sorted(path.stem for path in pathlib.Path(region_info.__file__).parent.glob("[a-z]*.py"))
MODULES: list[Module[t.Any]] = [
    *(importlib.import_module(f"{PACKAGE}.{name}").MODULE for name in NAMES),
    InventoryModule()._module,
    Module("lookup", lambda _task, _cloud: {}, cluster_access.Options, cluster_access.LookupModule.OPTIONS),
    Module(kubectl.NAME, kubectl.token_for, kubectl.Options, kubectl._OPTIONS),
]
# Options that some modules do not have. The classes contain default values for these options.
DEFAULTED = {"id_token", "concurrency", "wait_timeout"}
TYPES: dict[str, t.Any] = {
    "str": str,
    "path": str,
    "bool": bool,
    "int": int,
    "float": float,
    "list": list,
    "dict": dict,
}


def plain(hint: t.Any) -> t.Any:
    """Return the class in a type hint, without type parameters and without None."""
    if isinstance(hint, types.UnionType):
        (hint,) = [one for one in t.get_args(hint) if one is not types.NoneType]
    origin = t.get_origin(hint) or hint
    return list if origin is collections.abc.Sequence else origin


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_each_option_has_the_type_of_its_specification(module: Module[t.Any]) -> None:
    hints = {name: plain(hint) for name, hint in t.get_type_hints(module.options_type).items()}
    specified = {name: TYPES[option["type"]] for name, option in module.argument_spec.items()}

    assert {name: hint for name, hint in hints.items() if name in specified or name not in DEFAULTED} == specified


@pytest.mark.parametrize(
    ("cluster", "clusters", "requested"),
    [("", None, None), ("a", None, ["a"]), ("", ["a", {"id": "b"}], ["a", {"id": "b"}]), ("", [], [])],
)
def test_requested_clusters_are_returned(
    cluster: str, clusters: list[t.Any] | None, requested: list[t.Any] | None
) -> None:
    options = ClustersOptions({"cluster": cluster, "clusters": clusters})

    assert options.requested_clusters() == requested
    if requested is None:
        with pytest.raises(InputError, match=r"^Set cluster or clusters$"):
            options.required_clusters()
    else:
        assert options.required_clusters() == requested


@pytest.mark.parametrize("clusters", [["b"], []])
def test_cluster_and_clusters_are_mutually_exclusive(clusters: list[str]) -> None:
    options = ClustersOptions({"cluster": "a", "clusters": clusters})

    for request in (options.requested_clusters, options.required_clusters):
        with pytest.raises(InputError, match=r"^Set cluster or clusters, not both$"):
            request()


@pytest.mark.parametrize(("first", "second", "good"), [("", "", True), ("x", "", True), ("x", "y", False)])
def test_at_most_one_option_can_be_given(first: str, second: str, good: bool) -> None:
    if good:
        at_most_one(a=first, b=second)
    else:
        with pytest.raises(InputError, match=r"^Set a or b, not both$"):
            at_most_one(a=first, b=second)


@pytest.mark.parametrize("name", ["", "master_url", "ca_cert_data", "openshift_token"])
def test_a_described_cluster_and_clusters_are_mutually_exclusive(name: str) -> None:
    options = ApiServerOptions({"master_url": "", "ca_cert_data": "", "openshift_token": "", name: "x"})
    if name:
        with pytest.raises(InputError, match=rf"^clusters and {name} are mutually exclusive\. Set only one of them\.$"):
            options.check_unused(because_of="clusters")
    else:
        options.check_unused(because_of="clusters")


def test_options_do_not_show_their_values() -> None:
    """Tracebacks and other tools' logs can contain the repr() of an options object."""
    assert "SECRET" not in repr(CommonOptions({"ibmcloud_api_key": "SECRET"}))
