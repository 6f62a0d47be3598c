# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the playbooks as AWX jobs: environment, variables, inventories and stored output."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import importlib.util
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import typing as t

import pytest
from ansible.release import __version__ as ansible_core
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, silence

from simulator import Simulator, World, generated_world

from .awx import AWX, Job
from .awx_controller import Controller
from .awx_rules import PROJECT, answered, injected, load, playbooks
from .conftest import CORE, LOCAL, Ansible, ansible_runner
from .leak_scene import processes
from .leaks import KEY, WRONG, canary_world
from .test_examples import ELSEWHERE, PAGES

if t.TYPE_CHECKING:
    from pathlib import Path

LOCALHOST = {"all": {"hosts": ["localhost"]}, "_meta": {"hostvars": {"localhost": {}}}}
# An inventory that sets the connection variables of remote hosts
OTHERS = {"all": {"hosts": ["localhost"], "vars": {"ansible_connection": "ssh", "ansible_become": True}}}

pytestmark = [
    pytest.mark.skipif(
        not ansible_runner(), reason="ansible-runner is not installed, or it has no pseudo-terminal (/dev/pts)"
    ),
    pytest.mark.skipif(ansible_core == "2.19.0", reason="ansible-core 2.19.0 is not supported"),
]


@contextlib.contextmanager
def beside(folder: Path, **changes: t.Mapping[str, t.Any]) -> t.Iterator[AWX]:
    """Yield a simulated AWX that uses a simulated cloud with unique secrets. ``changes`` maps cluster names to record fields."""
    world = canary_world()
    clusters = tuple(
        dataclasses.replace(cluster, record=changes.get(cluster.name.replace("-", "_"), cluster.record))
        for cluster in world.clusters
    )
    with in_world(folder, dataclasses.replace(world, clusters=clusters)) as found:
        yield found


@contextlib.contextmanager
def in_world(folder: Path, world: World) -> t.Iterator[AWX]:
    with (
        Simulator(world) as sim,
        tempfile.TemporaryDirectory(prefix="ik-") as temporary,
    ):
        yield AWX(Ansible(folder, sim, temporary))


@pytest.fixture
def awx(tmp_path: Path) -> t.Iterator[AWX]:
    with beside(tmp_path) as found:
        yield found


def survey(name: str, **answers: t.Any) -> dict[str, t.Any]:
    return answered(load(f"survey_{name}.json"), answers)


# Jobs and their output


@pytest.mark.slow
def test_access_with_all_fields_shows_no_secret_at_the_highest_verbosity(awx: AWX) -> None:
    account = awx.ansible.sim.world.accounts[0].id
    more = {"account_id": account, "region": "us-south", "resource_group": "default", "visibility": "public"}
    variables = survey(
        "cluster_access",
        ibmcloud_clusters="shop-dev\r\n data-dev,\n",
        cluster_access_provider=["classic", "vpc-gen2"],
        cluster_access_endpoint="public",
        cluster_access_wait="yes",
        cluster_access_wait_timeout=60,
        cluster_access_concurrency=4,
    )
    job = awx.run("cluster_access.yml", credential={**awx.only_key, **more}, variables=variables, words="-vvvv --diff")

    assert job.status == "successful", job.stdout
    assert f"Account     Example Development ({account})" in job.lines()
    assert "Clusters    2 open: shop-dev, data-dev" in job.lines()
    assert job.artifacts == {}
    assert awx.leaks(job) == {}


def test_a_job_with_one_cluster_shows_its_details(awx: AWX) -> None:
    job = awx.run("cluster_access.yml", variables=survey("cluster_access", ibmcloud_clusters=" shop-dev "))

    assert job.status == "successful", job.stdout
    assert f"masterURL   {awx.ansible.sim.cluster('shop-dev').master_url}" in job.lines()
    assert awx.leaks(job) == {}


@pytest.mark.slow
@pytest.mark.parametrize("playbook", ["cluster_access", "rbac_sync"])
def test_a_credential_with_a_profile_uses_the_profile(awx: AWX, playbook: str) -> None:
    world = awx.ansible.sim.world
    account, profile = world.accounts[0].id, world.identities[-1].iam_id
    more = {"profile_id": profile.removeprefix("iam-"), "account_id": account, "region": "us-south"}
    credential = {**awx.only_key, **more, "resource_group": "default", "visibility": "public"}
    assert set(credential) == {field["id"] for field in awx.kind["inputs"]["fields"]}
    given = survey(playbook, ibmcloud_clusters="shop-dev")
    job = awx.run(f"{playbook}.yml", credential=credential, variables=given, words="-vvvv")

    assert job.status == "successful", job.stdout
    assert awx.leaks(job) == {}
    assert list(awx.ansible.sim.cluster("shop-dev").rbac.requests) == [profile]


@pytest.mark.slow
def test_rbac_sync_names_the_clusters_that_fail(awx: AWX) -> None:
    """The test also covers check mode, a second run, and survey answers that are strings instead of numbers."""
    given = survey("rbac_sync", ibmcloud_regions="us-south, jp-tok ,eu-es", ibmcloud_type="kubernetes")
    texts = {**given, "ibmcloud_wait_timeout": "20", "ibmcloud_concurrency": "", "ibmcloud_force": ""}
    asked = awx.run("rbac_sync.yml", number=1, variables=texts, words="--check")
    before = [entry.path for entry in awx.ansible.sim.requests if entry.path.endswith("applyRBAC")]
    first = awx.run("rbac_sync.yml", number=2, variables=texts)
    again = awx.run("rbac_sync.yml", number=3, variables=survey("rbac_sync", ibmcloud_clusters="shop-dev\nshop-dev"))

    assert (asked.status, first.status, again.status) == ("successful", "failed", "successful"), first.stdout
    assert before == []
    assert [line.split()[0] for line in asked.lines() if line.endswith("would be synchronized")] == [
        *("shop-dev", "shop-test", "broken-dev")
    ]
    table = "\n".join(first.lines())
    assert re.search(r"^shop-test   a3shop0test000000000  us-south   synchronized in \d\.\d s$", table, re.MULTILINE)
    assert "fresh-dev   a7fresh0dev000000000  eu-es      skipped: its state is deploying" in table
    assert re.search(r"^broken-dev .* failed: The RBAC synchronization of cluster .* failed: ", table, re.MULTILINE)
    assert first.lines()[-1] == "Clusters: 4, synchronized now: 2, failed: 1"
    assert first.artifacts == {
        "ibmcloud_clusters_found": 4,
        "ibmcloud_clusters_synchronized": 2,
        "ibmcloud_clusters_failed": 1,
        "ibmcloud_failed_ids": ["a8broken0dev00000000"],
    }
    assert asked.artifacts == dict.fromkeys(first.artifacts, 0) | {
        "ibmcloud_clusters_found": 4,
        "ibmcloud_failed_ids": [],
    }
    assert again.lines()[-1] == "Clusters: 1, synchronized now: 0, failed: 0"
    assert [awx.leaks(job) for job in (asked, first, again)] == [{}, {}, {}]


@pytest.mark.slow
def test_two_concurrent_slices_succeed(awx: AWX) -> None:
    """Each slice runs the whole play."""
    given = {"variables": survey("rbac_sync", ibmcloud_regions="us-south,eu-de"), "inventory": LOCALHOST}
    started = [awx.start("rbac_sync.yml", number=number, **given) for number in (1, 2)]
    jobs = [awx.finished(process, number) for number, process in enumerate(started, 1)]

    assert [job.status for job in jobs] == ["successful"] * 2, jobs[0].stdout + jobs[1].stdout
    assert [job.lines()[-1].rpartition(", ")[2] for job in jobs] == ["failed: 0"] * 2


def many_clusters(failing: float, **more: t.Any) -> World:
    """Return a world of twelve clusters with long names.

    ``failing`` is the share of clusters that cannot be synchronized.
    """
    world = generated_world(12, synchronized=False, error_share=failing)
    clusters = (
        dataclasses.replace(each, name=f"production-clusters-1-{each.name}", record={**each.record, **more})
        for each in world.clusters
    )
    return dataclasses.replace(world, clusters=tuple(clusters))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("playbook", "failing", "total"),
    [
        ("rbac_sync", 0.4, "Clusters: 12, synchronized now: 7, failed: 5"),
        ("rbac_sync", 1, "Clusters: 12, synchronized now: 0, failed: 12"),
        ("cluster_access", 0.4, "5 of 12 clusters failed: "),
        ("cluster_access", 1, ", 12 of 12)"),
    ],
)
def test_each_failed_cluster_and_the_total_are_shown(tmp_path: Path, playbook: str, failing: float, total: str) -> None:
    """AWX shows only the first 1,024 bytes of each event."""
    with in_world(tmp_path, many_clusters(failing)) as awx:
        names = [cluster.name for cluster in awx.ansible.sim.world.clusters]
        failed = list(awx.ansible.sim.expected_failures)
        given = survey(playbook, ibmcloud_clusters=",".join(names))
        job = awx.run(f"{playbook}.yml", variables=given)

        assert job.status == "failed"
        for name in failed:
            assert re.search(rf"{name}.*The RBAC synchronization of cluster .* failed: ", job.shown), name
        assert total in job.shown, job.shown
        assert all(name in job.shown for name in names if playbook == "rbac_sync")
        assert awx.leaks(job) == {}


@pytest.mark.slow
def test_each_reported_cluster_is_shown(tmp_path: Path) -> None:
    """The lines are so long that AWX shows fewer than five lines of an event."""
    long = {
        "resourceGroupName": "resource-group-of-the-production-team-eu",
        "masterKubeVersion": "1.33.4_1543_" + "x" * 20,
    }
    with in_world(tmp_path, many_clusters(0, **long)) as awx:
        names = [cluster.name for cluster in awx.ansible.sim.world.clusters]
        given = survey("fleet_report", ibmcloud_clusters=",".join([*names, "missing-1", "missing-2"]))
        job = awx.run("fleet_report.yml", variables=given)

        for name in names:
            assert re.search(rf'"{name} .* -"', job.shown), job.shown
        for name in ("missing-1", "missing-2"):
            assert f"{name}: No cluster {name} was found." in job.shown
        assert "Clusters: 12 (12 normal), not found: 2" in job.shown
        assert "(item=missing-1)" in job.shown


@pytest.mark.slow
def test_a_name_that_is_not_found_is_not_a_failed_cluster(awx: AWX) -> None:
    """The job fails, but the summary counts the name as not found."""
    job = awx.run("rbac_sync.yml", variables=survey("rbac_sync", ibmcloud_clusters="legacy-dev, nowhere"))

    assert job.status == "failed"
    assert "(item=nowhere)" in job.shown
    assert job.lines()[-1] == "Clusters: 1, synchronized now: 0, not found: 1, failed: 0"


EVIL = "{{ lookup('ansible.builtin.pipe', 'touch pwned') }}"


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "json"])
def test_the_report_has_a_table_and_a_file(tmp_path: Path, form: str) -> None:
    """Templates and spreadsheets must not evaluate values from the service."""
    changes = {
        "shop_dev": {"versionEOS": "2020-02-29T00:00:00+0000", "workerCount": 0},
        "mesh_dev": {"versionEOS": "2999-12-31", "resourceGroupName": '=1+"x"'},
        "data_dev": {"resourceGroupName": EVIL, "region": None},
    }
    with beside(tmp_path, **changes) as awx:
        path = tmp_path / f"fleet.{form}"
        given = survey(
            "fleet_report", ibmcloud_clusters="shop-dev, mesh-dev, data-dev, nobody", ibmcloud_report_file=str(path)
        )
        job = awx.run("fleet_report.yml", variables=given)

        assert awx.leaks(job) == {}
    table = "\n".join(job.lines())
    assert re.search(r"^shop-dev +a1shop0dev0000000000 +kubernetes .* 2020-02-29 ended$", table, re.MULTILINE)
    assert re.search(r"^mesh-dev .* 2999-12-31$", table, re.MULTILINE)
    assert re.search(r"^data-dev .* -  +\{\{ lookup\(.* -$", table, re.MULTILINE)
    assert "\nnobody: No cluster nobody was found." in table
    assert job.status == "failed"
    assert job.lines()[-1] == "Clusters: 3 (3 normal), support ended: 1, not found: 1"
    assert job.artifacts == {"ibmcloud_clusters_found": 3, "ibmcloud_clusters_failed": 1, "ibmcloud_failed_ids": []}
    assert not list(tmp_path.rglob("pwned"))
    if form == "json":
        rows = json.loads(path.read_text())
    else:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
    data, mesh, shop = rows
    assert (data["name"], data["resource_group"], data["region"] or None) == ("data-dev", EVIL, None)
    assert (shop["end_of_support"], str(shop["workers"])) == ("2020-02-29T00:00:00+0000", "0")
    assert mesh["resource_group"] == ("'" if form == "csv" else "") + '=1+"x"'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("playbook", "inventory"),
    [("fleet_report", LOCALHOST), ("fleet_report", OTHERS), ("rbac_sync", OTHERS), ("cluster_access", OTHERS)],
    ids=["report-localhost", "report-others", "sync-others", "access-others"],
)
def test_playbooks_run_with_any_inventory(awx: AWX, playbook: str, inventory: dict[str, t.Any]) -> None:
    """An inventory can set connection variables for all hosts, and a job template can set become."""
    given = survey(playbook, ibmcloud_clusters="legacy-dev")
    job = awx.run(
        f"{playbook}.yml", variables=given, inventory={"_meta": {"hostvars": {}}, **inventory}, words="--become"
    )

    assert job.status == "successful", job.stdout


@pytest.mark.parametrize(
    ("playbook", "status", "line"),
    [
        ("fleet_report", "successful", r"Clusters: 10 \(1 deploying, 8 normal, 1 warning\)"),
        ("rbac_sync", "successful", r"Clusters: 10, synchronized now: 0, failed: 0"),
        ("cluster_access", "failed", r"cluster_access_cluster is empty\. Set it to the name or ID of a cluster.*"),
    ],
)
def test_playbooks_run_without_variables(awx: AWX, playbook: str, status: str, line: str) -> None:
    """The role requires a cluster, so the ``cluster_access`` playbook fails."""
    job = awx.run(f"{playbook}.yml", words="--check")

    assert job.status == status, job.stdout
    assert re.fullmatch(line, job.lines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize(("version", "found"), [("v1.33", 6), ("v1.3", 0), ("1.30", 0), ("4", 2)])
def test_versions_that_are_read_as_numbers_are_rejected(awx: AWX, version: str, found: int) -> None:
    """AWX marks survey answers as unsafe, so ansible-core 2.19 reads 1.30 as 1.3."""
    job = awx.run("fleet_report.yml", variables=survey("fleet_report", ibmcloud_version=version))

    if CORE >= (2, 19) and "." in version and not version.startswith("v"):
        assert job.status == "failed"
        message = "ibmcloud_version must be a string, because the number 1.30 is read as 1.3. Put a v before the version, as in v1.30."
        assert job.lines()[-1] == message
    else:
        assert re.match(rf"Clusters: {found}\b", job.lines()[-1]), job.stdout


@pytest.mark.slow
def test_empty_answers_are_unset(awx: AWX) -> None:
    """ansible-core 2.19 reads empty survey answers as null."""
    names = ("wait_timeout", "concurrency", "endpoint", "wait")
    empty = dict.fromkeys((f"cluster_access_{name}" for name in names), "")
    job = awx.run("cluster_access.yml", variables={"ibmcloud_clusters": "legacy-dev", **empty})

    assert job.status == "successful"


@pytest.mark.slow
def test_an_empty_list_does_not_select_all_clusters(awx: AWX) -> None:
    """As in the modules, an empty list selects no clusters, but an empty string is unset."""
    for number, playbook in enumerate(("fleet_report", "rbac_sync", "cluster_access")):
        job = awx.run(f"{playbook}.yml", number=number, variables={"ibmcloud_clusters": []})
        assert job.status == "successful", job.stdout
        last = {"fleet_report": "Clusters: 0", "rbac_sync": "Clusters: 0, synchronized now: 0, failed: 0"}
        assert last.get(playbook, "Clusters    0 open") in job.lines()


def hosts(awx: AWX, *names: str) -> tuple[dict[str, t.Any], str]:
    """Run an inventory update. Return the part of the inventory that contains these hosts, and the output of the update."""
    words = ["ansible-inventory", "--list", "--export", "-i", str(PROJECT / "all.ibmcloud_clusters.yml")]
    clean = {name: value for name, value in awx.ansible.env.items() if name not in awx.ansible.sim.env}
    env = {**clean, **awx.task_env, **injected(awx.kind, awx.only_key)}
    read = subprocess.run(words, env=env, capture_output=True, text=True, check=True, timeout=60)
    kept = json.loads(read.stdout)
    mine = set(names)
    part = {
        name: {**group, "hosts": sorted(mine & set(group.get("hosts", ())))}
        for name, group in kept.items()
        if name != "_meta"
    }
    part["_meta"] = {"hostvars": {name: kept["_meta"]["hostvars"][name] for name in mine}}
    return part, read.stdout + read.stderr


@pytest.mark.slow
def test_an_inventory_update_provides_the_hosts(awx: AWX) -> None:
    """A failed cluster is reported, and a new cluster is skipped."""
    part, printed = hosts(awx, "shop-dev", "legacy-dev", "broken-dev", "fresh-dev")
    given = survey("each_cluster", ibmcloud_batch="2", cluster_access_wait_timeout=60, cluster_access_endpoint="public")
    job = awx.run("each_cluster.yml", inventory=part, variables=given, words="--forks 2 -vvvv")

    assert job.status == "failed"
    assert "Clusters: 4, succeeded: 2, skipped: 1, failed: 1 (broken-dev)" in job.lines()
    assert job.lines()[-1] == 'The task "Synchronize RBAC" failed. Its output contains the reason.'
    assert job.artifacts == {
        "ibmcloud_clusters_found": 4,
        "ibmcloud_clusters_failed": 1,
        "ibmcloud_failed_ids": ["a8broken0dev00000000"],
    }
    assert awx.leaks(dataclasses.replace(job, places={**job.places, "source": printed})) == {}


@pytest.mark.slow
def test_failed_hosts_and_the_total_are_shown(awx: AWX) -> None:
    """The only host fails, and all survey answers are empty."""
    part, _printed = hosts(awx, "broken-dev")
    empty = dict.fromkeys(("cluster_access_wait_timeout", "cluster_access_endpoint", "ibmcloud_batch"), "")
    job = awx.run("each_cluster.yml", inventory=part, variables=empty)

    assert job.status == "failed"
    assert "Clusters: 1, succeeded: 0, skipped: 0, failed: 1 (broken-dev)" in job.shown
    assert "The RBAC synchronization of cluster a8broken0dev00000000 failed: " in job.shown


# Failures


@pytest.mark.slow
def test_a_credential_without_a_key_is_an_error(awx: AWX) -> None:
    """AWX saves a credential even if the key is missing."""
    for number, playbook in enumerate(("fleet_report", "rbac_sync", "cluster_access")):
        given = {"variables": {"ibmcloud_clusters": "shop-dev"}, "credential": {**awx.only_key, "api_key": ""}}
        job = awx.run(f"{playbook}.yml", number=number, **given)
        assert job.status == "failed"
        assert job.lines()[-1].startswith(
            ("cluster_info: ", "iam_token: ")[playbook == "cluster_access"] + "No credentials were given. Set "
        )
        assert "\n" not in job.lines()[-1]


@pytest.mark.slow
def test_a_wrong_key_is_not_shown(awx: AWX) -> None:
    wrong = {**awx.only_key, "api_key": WRONG["key"]}
    for number, playbook in enumerate(("rbac_sync", "cluster_access")):
        given = {"variables": {"ibmcloud_clusters": "shop-dev"}, "credential": wrong, "words": "-vvvv --diff"}
        job = awx.run(f"{playbook}.yml", number=number, **given)
        assert job.status == "failed"
        assert "BXNIM0415E" in job.lines()[-1]
        assert awx.leaks(job) == {}


@pytest.mark.slow
@pytest.mark.parametrize("end", ["time-out", "crash"])
def test_a_stopped_job_leaves_no_secret(awx: AWX, end: str) -> None:
    with Loopback(silence) as silent:
        credential = {**awx.only_key, "iam_endpoint": silent.url}
        given = {"variables": {"ibmcloud_clusters": "shop-dev"}, "credential": credential, "words": "-vvvv"}
        process = awx.start("cluster_access.yml", timeout=4 if end == "time-out" else 0, **given)
        until = time.monotonic() + 30
        while not silent.seen and time.monotonic() < until:
            time.sleep(0.05)
        for number, line in processes(process.pid).items():
            if end == "crash" and "ansible-playbook" in line and "ansible-runner" not in line:
                os.kill(number, signal.SIGKILL)
        job = awx.finished(process)

    assert silent.seen
    assert job.status == ("timeout" if end == "time-out" else "failed"), job.stdout
    assert "Log in to IBM Cloud" in job.stdout
    assert awx.leaks(job) == {}


@pytest.mark.slow
def test_the_search_finds_a_planted_secret(awx: AWX) -> None:
    lookup = "{{ lookup('ansible.builtin.env', 'IC_API_KEY') }}"
    tasks: list[dict[str, t.Any]] = [
        {"ansible.builtin.debug": {"msg": f"the key is {lookup}"}},
        {"ansible.builtin.set_fact": {"kept": lookup, "cacheable": True}, "no_log": True},
        {"ansible.builtin.set_stats": {"data": {"handed": lookup}}, "no_log": True},
        {
            "ansible.builtin.copy": {"content": lookup, "dest": f"{awx.ansible.folder}/left", "mode": "0600"},
            "no_log": True,
        },
    ]
    play = [{**LOCAL, "tasks": tasks, "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}}]
    job = awx.run("planted.yml", project={"planted.yml": json.dumps(play)}, inventory=LOCALHOST)

    assert job.status == "successful", job.stdout
    assert sorted(awx.leaks(job)) == ["events", "facts", "left behind", "stdout"]
    assert job.artifacts["handed"] == KEY


# Data for the next node of a workflow: the guide's examples that require AWX


def marked() -> list[str]:
    found = []
    for page in PAGES:
        found += re.findall(rf"{ELSEWHERE}```yaml\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    return found


def handed_over(awx: AWX, block: str, *, number: int, **more: t.Any) -> Job:
    """Run an example as a job, and verify that the job neither shows nor stores a secret."""
    job = awx.run("page.yml", number=number, project={"page.yml": block}, words="-vvvv", **more)
    assert job.status == "successful", job.stdout
    assert awx.leaks(job) == {}
    return job


@pytest.mark.slow
def test_an_encrypted_session_is_passed_to_the_next_node(awx: AWX) -> None:
    """AWX stores only the ciphertext. The next node uses the session and does not log in."""
    first, second, _third = marked()
    awx.task_env["HANDOVER_SECRET"] = ""
    refused = awx.run("page.yml", number=3, project={"page.yml": first}, words="-vvvv")
    assert refused.status == "failed"
    assert "HANDOVER_SECRET is not set" in refused.stdout
    awx.task_env["HANDOVER_SECRET"] = "a passphrase of nobody"
    job = handed_over(awx, first, number=1, variables={"cluster_access_cluster": "shop-dev"})
    assert job.artifacts["session"].startswith("$ANSIBLE_VAULT;")
    before = len(awx.ansible.sim.requests)
    job = handed_over(awx, second, number=2, variables=job.artifacts)

    assert job.lines()[-1] == "IAM#ada@example.com"
    assert {entry.service for entry in awx.ansible.sim.requests[before:]} == {"shop-dev"}


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("ansible_collections.awx"), reason="awx.awx is not installed here")
def test_a_session_is_stored_in_a_credential(awx: AWX) -> None:
    """Only the credential contains the session."""
    _first, _second, third = marked()
    controller = Controller(playbooks())
    with controller.loopback:
        awx.task_env |= controller.environment
        handed_over(awx, third, number=1, variables={"cluster_access_cluster": "shop-dev"})

    given = controller.secret("Session of the workflow")
    assert given["host"] == awx.ansible.sim.cluster("shop-dev").master_url
    assert given["bearer_token"] in awx.issued.values()
    assert given["ssl_ca_cert"].startswith("-----BEGIN CERTIFICATE-----")
    assert given["verify_ssl"] is True
