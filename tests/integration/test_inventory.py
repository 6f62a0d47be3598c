# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the inventory plugin with ansible-inventory and ansible-playbook."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml

from .conftest import HERE, Ansible, Run, ansible_beside, leaks, write_down

PLUGIN = "ibmcloud.kubernetes.clusters"
PLAYBOOK = "ibmcloud.kubernetes.each_cluster"
LISTS = ["/global/v2/classic/getClusters", "/global/v2/vpc/getClusters"]
TOKEN = "/identity/token"
STRICT = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
KEY, OTHER_KEY = "not-a-real-key/ada+dev=", "not-a-real-key/ada+prod="


def source(ansible: Ansible, name: str = "all", **options: t.Any) -> str:
    """Write a source file with these options, and return the file's path."""
    path = ansible.folder / f"{name}.ibmcloud_clusters.yml"
    path.write_text(yaml.safe_dump({"plugin": PLUGIN, **options}, sort_keys=False))
    return str(path)


def command(ansible: Ansible, *words: str, env: t.Mapping[str, str] | None = None) -> Run:
    """Run an Ansible command. ``found`` contains the standard output if it is JSON."""
    done = subprocess.run(
        words,
        cwd=ansible.folder,
        env={**ansible.env, **(env or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    found = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    return Run(done.returncode, done.stdout + done.stderr, found)


def listed(ansible: Ansible, *arguments: str, env: t.Mapping[str, str] | None = None, **options: t.Any) -> Run:
    """Run ``ansible-inventory --list`` with a source that contains these options."""
    return command(ansible, "ansible-inventory", "-i", source(ansible, **options), "--list", *arguments, env=env)


def hosts(run: Run) -> set[str]:
    """Return the names of the hosts in the output of ``ansible-inventory --list``."""
    assert run.rc == 0, run.output
    return set(run.found["_meta"]["hostvars"])


def flat(text: str) -> str:
    """Remove whitespace, because older releases of Ansible can wrap warnings anywhere."""
    return "".join(text.split())


def paths(ansible: Ansible) -> list[str]:
    """Return the sorted paths of all requests since the last call of this function."""
    found = sorted(entry.path for entry in ansible.sim.requests)
    ansible.sim._running.log.reset()
    return found


def test_graph_shows_the_clusters_in_their_groups(fleet: Ansible) -> None:
    """The plugin sends one request for a token and one request for each list."""
    run = command(fleet, "ansible-inventory", "-i", source(fleet), "--graph")

    assert run.rc == 0, run.output
    assert paths(fleet) == [*LISTS, TOKEN]
    groups = {part.partition(":\n")[0]: part for part in run.output.split("|--@")}
    for group, host in {
        "ibmcloud_clusters": "legacy-dev",
        "ibmcloud_region_us_south": "shop-dev",
        "ibmcloud_provider_vpc_gen2": "data-dev",
        "ibmcloud_type_openshift": "data-dev",
        "ibmcloud_version_1_33": "shop-dev",
        "ibmcloud_version_4_19": "data-dev",
        "ibmcloud_state_deploying": "fresh-dev",
    }.items():
        assert f"|--{host}\n" in groups[group], run.output
    assert "|--data-dev" not in groups["ibmcloud_type_kubernetes"]


@pytest.mark.slow
def test_variables_are_the_keys_of_cluster_info(fleet: Ansible) -> None:
    """The plugin also sets variables that the role reads."""
    variables = hosts_variables(listed(fleet, "--export"))
    play = fleet.play(
        [{"name": "List", "ibmcloud.kubernetes.cluster_info": {}, "register": "listed"}, write_down("listed")]
    )

    assert play.rc == 0, play.output
    facts = {record["id"]: record for record in play.found["listed"]["clusters"]}
    assert len(facts) == len(variables) == 10
    for host in variables.values():
        identifier = host["cluster_access_cluster"]
        assert {**host["ibmcloud_cluster"], **facts[identifier]} == {
            **host["ibmcloud_cluster"],
            "cluster": facts[identifier]["cluster"],
        }
        assert host["cluster_access_provider"] == [facts[identifier]["provider"]]
        assert {name for name in host if not name.startswith("cluster_access_")} == {
            *("ansible_connection", "ansible_python_interpreter", "ibmcloud_cluster"),
        }
        assert host["ansible_connection"] == "local"
    assert leaks(listed(fleet, "-vvvv").output, fleet.sim) == []


def hosts_variables(run: Run) -> dict[str, dict[str, t.Any]]:
    hosts(run)
    return t.cast("dict[str, dict[str, t.Any]]", run.found["_meta"]["hostvars"])


# The options of an inventory source, and the names of the selected clusters
FILTERS: list[tuple[dict[str, t.Any], set[str]]] = [
    ({"type": "openshift"}, {"data-dev", "mesh-dev"}),
    ({"regions": ["eu-gb", "us-east"]}, {"data-dev", "mesh-dev"}),
    ({"regions": "eu-gb, us-east"}, {"data-dev", "mesh-dev"}),
    ({"regions": ["eu-gb", ""], "provider": ",", "version": None}, {"data-dev"}),
    ({"states": "warning"}, {"legacy-dev"}),
    ({"version": "1.32"}, {"shop-test"}),
    ({"provider": ["satellite"]}, {"edge-dev"}),
    ({"resource_group": "team-b", "regions": ["us-south"]}, {"shop-test"}),
    ({"version": "", "regions": "", "hostnames": "", "group_by": "", "states": ["warning"]}, {"legacy-dev"}),
]


def test_filters_select_clusters(fleet: Ansible) -> None:
    """The filters have the same effect as in cluster_info. An empty string has the same effect as a missing option."""
    arguments = []
    for number, (options, _names) in enumerate(FILTERS):
        name = f"filter{number}"
        arguments += ["-i", source(fleet, name, **options, groups={name: "true"})]
    run = command(fleet, "ansible-inventory", *arguments, "--list", env=STRICT)

    variables = hosts_variables(run)
    for number, (options, names) in enumerate(FILTERS):
        found = run.found[f"filter{number}"]["hosts"]
        assert {variables[host]["ibmcloud_cluster"]["name"] for host in found} == names, options


@pytest.mark.one_core
def test_hosts_are_named_by_their_ids(fleet: Ansible) -> None:
    assert hosts(listed(fleet, hostnames=["id"], version="1.32")) == {"a2shop0test000000000"}


@pytest.mark.one_core
@pytest.mark.slow
def test_the_environment_sets_options(fleet: Ansible) -> None:
    """The plugin reads the same environment variables as the modules. Options take precedence over variables, and empty variables are ignored."""
    group = {"IC_RESOURCE_GROUP": "team-b", "IC_REGION": ""}

    assert hosts(listed(fleet, env=group, type="openshift")) == {"mesh-dev"}
    assert hosts(listed(fleet, env=group, type="openshift", resource_group="default")) == {"data-dev"}
    run = listed(fleet, env={"IC_API_KEY": "", "IBMCLOUD_API_KEY": OTHER_KEY})
    assert hosts(run) == {"shop-prod", "pay-prod", "data-prod"}


def test_users_can_define_groups_and_variables(fleet: Ansible) -> None:
    """keyed_groups, groups and compose can use host variables, and compose can also replace host variables."""
    run = listed(
        fleet,
        group_by=["resource_group"],
        keyed_groups=[{"key": "ibmcloud_cluster.location", "prefix": "at"}],
        groups={"old": "ibmcloud_cluster.masterKubeVersion is version('1.30', '<')"},
        compose={"address": "ibmcloud_cluster.master_url", "ansible_python_interpreter": "'/usr/bin/python3'"},
        strict=True,
        type="kubernetes",
        states=["normal", "warning"],
    )

    variables = hosts_variables(run)
    assert variables["shop-dev"]["address"] == fleet.sim.cluster("shop-dev").master_url
    # ansible-inventory can mark strings that do not come from a file as unsafe.
    assert all("/usr/bin/python3" in str(host["ansible_python_interpreter"]) for host in variables.values())
    assert run.found["old"]["hosts"] == ["legacy-dev"]
    assert "shop-dev" in run.found["at_Dallas"]["hosts"]
    assert "private-dev" in run.found["ibmcloud_resource_group_team_b"]["hosts"]
    assert not [group for group in run.found if group.startswith("ibmcloud_region")]


def test_a_name_never_refers_to_another_cluster(fleet: Ansible) -> None:
    """If clusters share a name, the hosts are named by cluster ID. A host of an earlier source keeps its name."""
    run = listed(fleet, resource_group="", states=["normal"])
    assert {"a2shop0test000000000", "a3shop0test000000000"} <= hosts(run)
    assert "shop-test" not in hosts(run)
    warning = "a host from another source has the same name: shop-test (a2shop0test000000000), shop-test"
    assert flat(warning) in flat(run.output)

    first = source(fleet, "first", regions=["eu-de"])
    second = source(fleet, "second", regions=["us-south"])
    run = command(fleet, "ansible-inventory", "-i", first, "-i", second, "--list")
    assert hosts(run) == {"shop-test", "private-dev", "shop-dev", "a3shop0test000000000"}
    assert hosts_variables(run)["shop-test"]["cluster_access_cluster"] == "a2shop0test000000000"
    again = command(fleet, "ansible-inventory", "-i", first, "-i", first, "--list")
    assert hosts(again) == {"shop-test", "private-dev"}


@pytest.mark.slow
def test_a_host_of_another_source_keeps_its_connection(fleet: Ansible) -> None:
    """Tasks for a server that has the same name as a cluster must not run on the controller."""
    static = fleet.folder / "static.ini"
    static.write_text("shop-dev ansible_host=192.0.2.7\n")
    run = command(fleet, "ansible-inventory", "-i", str(static), "-i", source(fleet), "--list")

    variables = run.found["_meta"]["hostvars"]
    assert variables["shop-dev"] == {"ansible_host": "192.0.2.7"}
    assert variables["a1shop0dev0000000000"]["ansible_connection"] == "local"


@pytest.mark.parametrize("first", ["a-static", "z-static"])
def test_a_group_with_the_name_of_a_cluster_keeps_its_connection(fleet: Ansible, first: str) -> None:
    """Tasks for the group's servers must not run on the controller."""
    folder = fleet.folder / "inventory"
    folder.mkdir()
    (folder / first).write_text("[shop-dev]\nweb1 ansible_host=192.0.2.7\n")
    Path(source(fleet)).rename(folder / "m.ibmcloud_clusters.yml")
    run = command(fleet, "ansible-inventory", "-i", str(folder), "--list")

    variables = hosts_variables(run)
    assert variables["web1"] == {"ansible_host": "192.0.2.7"}
    # When the plugin names the hosts, it does not know the groups of later sources.
    name = "a1shop0dev0000000000" if first == "a-static" else "shop-dev"
    assert variables[name]["cluster_access_cluster"] == "a1shop0dev0000000000"
    assert (flat("shop-dev (a1shop0dev0000000000)") in flat(run.output)) is (name != "shop-dev")


def test_groups_of_this_source_with_names_of_clusters(tmp_path: Path) -> None:
    """If a group and a cluster have the same name, the name refers to the group. The plugin does not set variables for groups."""
    names = ("team", "keyed", "all", "ibmcloud_clusters", "ibmcloud_type_kubernetes")
    world = yaml.safe_load((HERE.parent / "simulator" / "worlds" / "docs.yaml").read_text())
    named = {name: cluster["id"] for name, cluster in zip(names, world["clusters"], strict=False)}
    for name, cluster in zip(names, world["clusters"], strict=False):
        cluster["record"] = {"name": name}
    keyed = [{"key": "'keyed'", "prefix": "", "separator": ""}]
    path = tmp_path / "world.yaml"
    path.write_text(yaml.safe_dump(world))
    with ansible_beside(path, tmp_path) as ansible:
        run = listed(ansible, groups={"team": "true"}, keyed_groups=keyed)

    assert not hosts(run) & set(names)
    for name, identifier in named.items():
        assert run.found["_meta"]["hostvars"][identifier]["ibmcloud_cluster"]["name"] == name
        assert flat(f"{name} ({identifier})") in flat(run.output)
    assert {"team", "keyed"} <= set(run.found)
    assert not [group for group in run.found if group != "_meta" and "vars" in run.found[group]]


@pytest.mark.one_core
def test_details_are_read_for_matching_clusters(fleet: Ansible) -> None:
    """The plugin sends one additional request for each matching cluster."""
    run = listed(fleet, details=True, type="openshift", concurrency=2)

    assert {host["ibmcloud_cluster"]["crn"][:4] for host in hosts_variables(run).values()} == {"crn:"}
    assert paths(fleet) == [*LISTS[:1], *["/global/v2/getCluster"] * 2, *LISTS[1:], TOKEN]


@pytest.mark.slow
def test_the_cache_replaces_the_lists_and_contains_no_secret(fleet: Ansible) -> None:
    """The plugin uses a cached result only for the same account and options. With --flush-cache, the plugin lists the clusters again."""
    kept = fleet.folder / "kept"
    options = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(kept)}
    first, second = listed(fleet, **options), listed(fleet, **options)

    assert hosts(first) == hosts(second)
    assert second.found == first.found
    assert paths(fleet) == [*LISTS, TOKEN, TOKEN]
    assert hosts(listed(fleet, ibmcloud_api_key=OTHER_KEY, **options)) == {"shop-prod", "pay-prod", "data-prod"}
    assert hosts(listed(fleet, type="openshift", **options)) == {"data-dev", "mesh-dev"}
    assert paths(fleet) == sorted([*LISTS, *LISTS, TOKEN, TOKEN])
    assert fleet.play([], "-i", source(fleet, **options), "--flush-cache").rc == 0
    assert paths(fleet) == [*LISTS, TOKEN]
    files = list(kept.iterdir())
    assert len(files) == 3
    assert leaks("".join(path.name + path.read_text() for path in files), fleet.sim) == []


def test_a_cached_run_with_an_account_id_sends_no_request(fleet: Ansible) -> None:
    """The cache key contains the account ID. Without account_id, the plugin requests a token to determine the account."""
    options = {
        "account_id": fleet.sim.world.identities[0].accounts[0],
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(fleet.folder / "kept"),
    }
    listed(fleet, **options)
    paths(fleet)

    assert len(hosts(listed(fleet, **options))) == 10
    assert paths(fleet) == []


def test_the_error_of_a_wrong_key_is_a_single_line_without_the_key(fleet: Ansible) -> None:
    """By default, Ansible continues without the hosts of the failed source."""
    wrong = "not-a-real-key/of+nobody="
    run = listed(fleet, "-vvvv", ibmcloud_api_key=wrong)
    strict = listed(fleet, env={"IC_API_KEY": wrong, **STRICT})

    assert run.rc == 0
    assert strict.rc != 0
    line = "clusters: log in with the API key failed: POST https://"
    hint = "Check ibmcloud_api_key (or IC_API_KEY): IBM Cloud does not recognize this API key."
    for output in (flat(run.output), flat(strict.output)):
        assert flat(line) in output
        assert flat(hint) in output
        assert leaks(output, fleet.sim) == []
        assert "nobody" not in output


WRONG: list[tuple[dict[str, t.Any], str]] = [
    ({"regoins": ["eu-de"]}, "clusters: unknown option regoins."),
    ({"in_process": False}, "clusters: unknown option in_process."),
    ({"timeout": "soon"}, "clusters: argument 'timeout' is of type"),
    ({"concurrency": 1000}, "clusters: concurrency must be between 1 and 64"),
    ({"type": "nomad"}, "clusters: value of type must be one of: kubernetes, openshift"),
    ({"ibmcloud_api_key": {"apikey": KEY}}, "clusters: ibmcloud_api_key is a JSON document"),
    ({"passcode": "123456", "apikey": KEY}, "clusters: ibmcloud_api_key and passcode are mutually exclusive"),
    (
        {"resource_group": "nobodys"},
        "clusters: No cluster is in resource group nobodys. Resource groups with clusters:",
    ),
    ({"region": "{{ nosuch }}"}, "clusters: region cannot be rendered: 'nosuch' is undefined"),
    ({"ibmcloud_api_key": "{{ '" + KEY + "' | nosuch }}"}, "clusters: ibmcloud_api_key cannot be rendered:"),
]


def test_invalid_options_are_named(fleet: Ansible) -> None:
    """The error is reported before hosts are added, and does not contain values of secret options."""
    sources = [source(fleet, f"wrong{number}", **options) for number, (options, _message) in enumerate(WRONG)]
    arguments = [word for path in sources for word in ("-i", path)]
    run = command(fleet, "ansible-inventory", *arguments, "--list", "-vvvv")

    assert [message for _options, message in WRONG if flat(message) not in flat(run.output)] == []
    assert '"hostvars":{}' in flat(run.output)
    assert leaks(flat(run.output), fleet.sim) == []


def test_strict_composition(fleet: Ansible) -> None:
    run = listed(fleet, env=STRICT, compose={"a": "nosuch.b"}, strict=True)

    assert run.rc != 0
    assert flat("Could not set a for host") in flat(run.output)


def test_validate_certs_false_is_a_warning(fleet: Ansible) -> None:
    """The plugin shows the same warning as the modules."""
    run = listed(fleet, validate_certs=False)

    assert "shop-dev" in hosts(run)
    assert flat("validate_certs is false") in flat(run.output)


@pytest.mark.slow
def test_options_can_be_templates_and_vault_values(fleet: Ansible) -> None:
    """The plugin evaluates templates in options of all types. Ansible evaluates compose and similar options."""
    password = fleet.folder / "vault-password"
    password.write_text("not-a-real-vault-password\n")
    vault = ("--vault-password-file", str(password))
    vaulted = command(fleet, "ansible-vault", "encrypt_string", *vault, "--name", "ibmcloud_api_key", OTHER_KEY)
    assert vaulted.rc == 0, vaulted.output
    path = Path(
        source(
            fleet,
            timeout="{{ lookup('ansible.builtin.env', 'SECONDS') }}",
            states=["{{ lookup('ansible.builtin.env', 'STATE') }}"],
            regions="{{ lookup('ansible.builtin.env', 'REGIONS') }}",
        )
    )
    encrypted = vaulted.output[vaulted.output.index("ibmcloud_api_key") :].partition("Encryption")[0]
    path.write_text(f"{path.read_text()}{encrypted}\n")
    env = {"SECONDS": "7", "STATE": "normal", "REGIONS": "eu-de,ap-south", "IC_API_KEY": KEY}
    run = command(fleet, "ansible-inventory", "-i", str(path), "--list", *vault, env=env)

    assert hosts(run) == {"shop-prod", "pay-prod", "data-prod"}
    locked = command(fleet, "ansible-inventory", "-i", str(path), "--list", env={**env, **STRICT})
    assert locked.rc != 0
    assert leaks(run.output + locked.output, fleet.sim) == []


EVIL = (
    "{{ lookup('ansible.builtin.pipe', 'touch pwned') }}",
    (
        "#jinja2:variable_start_string:'[[',variable_end_string:']]'\n"
        "[[ lookup('ansible.builtin.pipe', 'touch pwned') ]]"
    ),
    # A condition treats a string without braces as an expression.
    "lookup('ansible.builtin.pipe', 'touch pwned')",
)


def test_text_of_a_response_is_not_evaluated(tmp_path: Path) -> None:
    world = yaml.safe_load((HERE.parent / "simulator" / "worlds" / "docs.yaml").read_text())
    for cluster, evil in zip(world["clusters"], EVIL, strict=False):
        cluster["location"] = evil
    path = tmp_path / "world.yaml"
    path.write_text(yaml.safe_dump(world))
    with ansible_beside(path, tmp_path) as ansible:
        options = {
            "compose": {"place": "ibmcloud_cluster.location"},
            "keyed_groups": [{"key": "ibmcloud_cluster.location", "prefix": "at"}],
        }
        tasks: list[dict[str, t.Any]] = [
            {"name": "Show", "ansible.builtin.debug": {"msg": ["{{ place }}", "{{ ibmcloud_cluster.location }}"]}},
            {
                "name": "Decide",
                "ansible.builtin.debug": {"msg": "yes"},
                "when": "{{ ibmcloud_cluster.location }}",
                "ignore_errors": True,
            },
        ]
        run = ansible.play(tasks, "-i", source(ansible, **options), hosts="ibmcloud_clusters")

    assert run.rc == 0, run.output
    for evil in EVIL:
        assert run.output.count(json.dumps([evil, evil], indent=8)[2:-2].strip()) == 1, evil
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.slow
def test_the_playbook_runs_for_each_cluster(fleet: Ansible) -> None:
    """A failed cluster does not stop the other clusters, and a new cluster is skipped."""
    path = source(fleet, regions=["us-south", "eu-de", "eu-es", "jp-tok"], provider=["vpc-gen2"])
    run = fleet.run(PLAYBOOK, "-i", path, "--forks", "6", "-vvvv", env=STRICT)

    assert run.rc == 2, run.output
    assert "Clusters: 5, succeeded: 3, skipped: 1, failed: 1 (broken-dev)" in run.output
    assert re.search("fresh-dev .* failed=0 .* skipped=[1-9]", run.output)
    assert "Cluster     shop-test (a3shop0test000000000), kubernetes, vpc-gen2, us-south" in run.output
    assert "Cluster     private-dev (b1private0dev0000000), kubernetes, vpc-gen2, eu-de" in run.output
    assert leaks(run.output, fleet.sim) == []
    # A logout does not remove the CA files, because other runs use them.
    assert len(list((fleet.folder / ".cache").rglob("*.pem"))) == 3


@pytest.mark.slow
def test_the_playbook_supports_limits_and_batches(fleet: Ansible) -> None:
    """The playbook succeeds whether the modules run in Ansible's process or in separate processes."""
    path = source(fleet, regions=["us-south", "eu-gb"])
    run = fleet.run(PLAYBOOK, "-i", path, "--limit", "shop-dev:data-dev", "-e", "ibmcloud_batch=1")
    other = fleet.run(PLAYBOOK, "-i", path, "--limit", "data-dev", "-e", "ansible_python_interpreter=auto_silent")

    assert (run.rc, other.rc) == (0, 0), run.output + other.output
    assert run.output.count("PLAY [Get access to each cluster]") == 2
    assert "Clusters: 2, succeeded: 2, skipped: 0, failed: 0" in run.output
    assert "Clusters: 1, succeeded: 1, skipped: 0, failed: 0" in other.output


@pytest.mark.slow
def test_the_playbook_continues_after_a_failed_batch(fleet: Ansible) -> None:
    """By default, Ansible stops after a failed batch, and does not show the totals if all clusters fail."""
    path = source(fleet, regions=["jp-tok", "us-south"], provider=["vpc-gen2"], type="kubernetes")
    run = fleet.run(PLAYBOOK, "-i", path, "-e", "ibmcloud_batch=1")
    alone = fleet.run(PLAYBOOK, "-i", path, "--limit", "broken-dev")

    assert (run.rc, alone.rc) == (2, 2)
    assert "Clusters: 2, succeeded: 1, skipped: 0, failed: 1 (broken-dev)" in run.output
    assert "Clusters: 1, succeeded: 0, skipped: 0, failed: 1 (broken-dev)" in alone.output
    assert run.failures()[-1] == 'The task "Synchronize RBAC" failed. Its output contains the reason.'


def test_the_playbook_fails_without_its_inventory(fleet: Ansible) -> None:
    """The playbook checks the inventory, because Ansible would succeed without any hosts."""
    run = fleet.run(PLAYBOOK, "-i", source(fleet, ibmcloud_api_key="not-a-real-key/of+nobody="))

    assert run.rc == 2
    assert "The inventory does not contain the group ibmcloud_clusters." in run.output


@pytest.mark.slow
def test_an_exported_inventory_is_equivalent(fleet: Ansible) -> None:
    """AWX stores the output of ``--list --export``, and runs the play with a script that prints this output."""
    exported = listed(fleet, "--export", type="openshift", regions=["eu-gb"])
    script = fleet.folder / "inventory"
    script.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(exported.found)}\nEND\n")
    script.chmod(0o755)
    look = {"ibmcloud.kubernetes.cluster_info": {"cluster": "{{ cluster_access_cluster }}"}, "register": "one"}
    show = {"ansible.builtin.debug": {"msg": "{{ one.cluster.name }} by {{ ansible_python_interpreter }}"}}
    tasks = [{"name": "Look", **look}, {"name": "Show", **show}]
    run = fleet.play(tasks, "-i", str(script), hosts="ibmcloud_type_openshift")

    assert run.rc == 0, run.output
    assert "data-dev by /" in run.output


def examples() -> list[dict[str, t.Any]]:
    """Return the example source files in the plugin's documentation and in the guide."""
    text = (HERE.parents[1] / "plugins" / "inventory" / "clusters.py").read_text()
    own = text.partition('EXAMPLES = r"""')[2].partition('"""')[0]
    guide = (HERE.parents[1] / "docs" / "inventory.md").read_text()
    return [yaml.safe_load(source) for source in (own, *re.findall(r"```yaml\n(plugin: .*?)```", guide, re.DOTALL))]


def test_examples_of_the_plugin_work(tmp_path: Path) -> None:
    with ansible_beside("docs", tmp_path) as ansible:
        shown = command(ansible, "ansible-doc", "-t", "inventory", "--json", PLUGIN)
        described = shown.found[PLUGIN]["doc"]["options"]
        assert all(words.get("description") for words in described.values())
        for options in examples():
            run = listed(ansible, env={**STRICT, "PRODUCTION_API_KEY": OTHER_KEY}, **options)

            assert hosts(run)
            assert set(options) <= set(described)
            assert leaks(run.output, ansible.sim) == []


def test_a_file_with_another_name_is_ignored(fleet: Ansible) -> None:
    """The plugin checks the name of a file before it reads the file."""
    path = Path(source(fleet))
    other = path.rename(path.with_name("clusters.yml"))
    run = command(fleet, "ansible-inventory", "-i", str(other), "--list", env=STRICT)

    assert run.rc != 0
    assert flat("could not be verified by inventory plugin") in flat(run.output)
    assert paths(fleet) == []


def test_an_empty_account_is_not_an_error(fleet: Ansible) -> None:
    """If a filter matches no cluster, the plugin creates an empty group."""
    run = listed(fleet, env=STRICT, version="0.1")

    assert run.rc == 0, run.output
    assert dataclasses.asdict(run)["found"]["_meta"]["hostvars"] == {}
