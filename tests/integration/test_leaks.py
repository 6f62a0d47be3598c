# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify that no run writes a secret anywhere.

The runs cover every module, the role and the inventory, both with success and with failure. Each run is executed once, and a separate
test searches each place to which the run writes. Other tests verify that the search finds secrets.
"""

from __future__ import annotations

import base64
import collections
import functools
import json
import re
import signal
import subprocess
import sys
import time
import typing as t
import urllib.parse

import pytest
import yaml
from ansible.release import __version__ as ansible_core
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, silence

from .conftest import HERE, ansible_runner
from .leak_scene import PLAYS, Scene, Waiting, scene
from .leaks import KEY, PASSWORD, WRONG, Written, search

if t.TYPE_CHECKING:
    from pathlib import Path

ROOT = HERE.parents[1]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
RUNNER = ansible_runner()
# The places to which ansible-playbook writes. ansible-runner writes to two more places.
EVERYWHERE = ("screen", "results", "log", "syslog", "facts", "left behind")
AWX = (*EVERYWHERE, "events", "artifacts") if RUNNER else EVERYWHERE

pytestmark = pytest.mark.skipif(
    ansible_core == "2.19.0", reason="ansible-core 2.19.0 prints secrets from conditions, and is not supported"
)


def as_awx_runs(here: Scene, play: str) -> Written:
    """Run with ansible-runner, or with ansible-playbook if ansible-runner is not installed or has no pseudo-terminal (/dev/pts)."""
    return here.runner(play, "--diff") if RUNNER else here.play(play, "-vvvv", "--diff")


def with_every_module(here: Scene) -> Written:
    return as_awx_runs(here, "everything.yml")


def in_check_mode(here: Scene) -> Written:
    """Run modules only in Ansible's own process, because check mode has no effect on what a separate process writes."""
    return here.play("modules.yml", "-vvvv", "--check", "--diff", "--limit", "here")


def behind_ssh(here: Scene) -> Written:
    """Run on a remote host over Ansible's ssh connection, at the highest verbosity."""
    return here.play("modules.yml", "-vvvvvv", "--diff", "--limit", "there", "-e", json.dumps(here.ssh()))


def with_the_role(here: Scene) -> Written:
    return as_awx_runs(here, "role.yml")


def with_the_inventory(here: Scene) -> Written:
    """Run with one valid inventory source, which is cached, and with several invalid sources."""
    plugin = {"plugin": "ibmcloud.kubernetes.clusters", "retries": 0}
    wrong = {"iam_endpoint": here.variables["echo"], "ca_cert": here.variables["echo_ca"]}
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(here.folder / "facts")}
    sources = [
        {"details": True, **cache},
        {"username": "Ada@example.com", "password": "{{ lookup('ansible.builtin.env', 'CANARY_PASSWORD') }}"},
        {"ibmcloud_api_key": WRONG["key"]},
        {"ibmcloud_api_key": "{{ lookup('ansible.builtin.env', 'CANARY_KEY') }}", **wrong},
        {"username": "Ada@example.com", "password": PASSWORD, **wrong},
        {"ibmcloud_api_key": "{{ lookup('ansible.builtin.env', 'CANARY_KEY') | nosuch }}"},
        {"access_token": WRONG["access_token"]},
        {"refresh_token": WRONG["refresh_token"], "passcode": WRONG["passcode"]},
    ]
    arguments = []
    for number, options in enumerate(sources):
        path = here.given / f"{number}.ibmcloud_clusters.yml"
        path.write_text(yaml.safe_dump({**plugin, **options}))
        arguments += ["-i", str(path)]
    env = {"CANARY_KEY": KEY, "CANARY_PASSWORD": PASSWORD, "ANSIBLE_INVENTORY_ENABLED": "ibmcloud.kubernetes.clusters"}
    return here.run("ansible-inventory", "--list", "-vvvv", *arguments, env=env)


def with_a_planted_token(here: Scene) -> Written:
    return as_awx_runs(here, "planted.yml")


RUNS: dict[str, tuple[t.Callable[[Scene], Written], tuple[str, ...]]] = {
    "modules": (with_every_module, AWX),
    "check": (in_check_mode, tuple(place for place in EVERYWHERE if place != "syslog")),
    "ssh": (behind_ssh, EVERYWHERE),
    "role": (with_the_role, AWX),
    "inventory": (with_the_inventory, ("screen", "log", "facts", "left behind")),
    "planted": (with_a_planted_token, AWX),
}


def in_one_process(run: str) -> pytest.MarkDecorator:
    """Mark a test, so that one pytest-xdist process executes all tests of the same run."""
    return pytest.mark.xdist_group(f"leaks-{run}")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> t.Callable[[str], Written]:
    """Return a function that executes the run with the given name, at most once."""

    @functools.cache
    def make(name: str) -> Written:
        with scene(tmp_path_factory.mktemp(name)) as here:
            return RUNS[name][0](here)

    return make


def every_place(*, planted: bool) -> list[t.Any]:
    return [
        pytest.param(run, place, id=f"{run}-{place.replace(' ', '-')}", marks=(pytest.mark.slow, in_one_process(run)))
        for run, (_make, places) in RUNS.items()
        for place in places
        if (run == "planted") is planted
    ]


@pytest.mark.parametrize(("run", "place"), every_place(planted=False))
def test_no_secret_is_written(made: t.Callable[[str], Written], run: str, place: str) -> None:
    written = made(run)

    assert written.places.get(place), f"nothing was written there: {written.places['screen'][-3000:]}"
    assert written.leaks(place) == []


@pytest.mark.parametrize(("run", "place"), every_place(planted=True))
def test_the_search_finds_a_planted_token(made: t.Callable[[str], Written], run: str, place: str) -> None:
    found = made(run).leaks(place)

    assert "access token 0" in found
    assert any(leak.startswith("looks like a token: eyJ") for leak in found)


def results(written: Written) -> t.Iterator[tuple[str, str, t.Any]]:
    """Yield the event, the task name and the content of each line that the callback plugin ``every_result`` wrote."""
    lines = written.places["results"].splitlines()
    return (json.loads(line) for line in lines if line.startswith("["))


@pytest.mark.slow
@in_one_process("modules")
def test_every_module_runs_in_the_search(made: t.Callable[[str], Written]) -> None:
    """Each module succeeds and fails, both in Ansible's own process and in a separate process."""
    found: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    actions: dict[str, str] = {}
    refused = set()
    for event, task, content in results(made("modules")):
        if event == "start":
            actions[task] = content["action"].removeprefix("ibmcloud.kubernetes.")
        elif "echo" in task:
            # The service repeated the secret in its response, and the collection masked the secret.
            assert re.search(r"\[(NO: )?got( \*\*\*|\.\.\.)|-id \*\*\*", content["msg"]), (task, content)
        elif task.startswith("Run with async") and event == "v2_runner_on_failed":
            assert re.search("does not support async|async is not supported", content["msg"]), content
            refused.add(actions[task])
        else:
            found[event][actions.get(task, "")] += 1

    assert "Write an administrator's kubeconfig" in actions
    assert {name.rpartition(" ")[0] for name in made("modules").secrets} >= {"admin key", "access token"}
    # cf_space_info can succeed only in API generation 2017. See test_generation_use.py.
    successful = [name for name in MODULES if name != "cf_space_info"]
    assert [name for name in successful if found["v2_runner_on_ok"][name] < 2] == []
    assert [name for name in MODULES if found["v2_runner_on_failed"][name] < 2] == []
    assert sorted(refused) == MODULES


@pytest.mark.slow
@in_one_process("ssh")
def test_modules_run_over_ssh(made: t.Callable[[str], Written]) -> None:
    """At the highest verbosity, Ansible shows a module's output unless the result contains tokens."""
    screen = made("ssh").places["screen"]

    assert "<there> SSH: EXEC " in screen
    assert "censored due to no log" in screen
    assert re.search(r"<there> \(0, .*shop-dev", screen)


@pytest.mark.slow
@in_one_process("role")
def test_the_role_runs_in_the_search(made: t.Callable[[str], Written]) -> None:
    """The role's run covers success, refresh, failures and cleanup, with and without separate processes."""
    written = made("role")

    assert written.rc == 0
    for host in ("here", "there"):
        assert re.search(rf"{host} +: ok=\d+ .*failed=0 .*rescued=4 ", written.places["screen"]), written.places[
            "screen"
        ]
    steps = {task.rpartition(" : ")[2] for event, task, _content in results(written) if event == "v2_runner_on_ok"}
    assert {"Renew the login to IBM Cloud", "Publish the facts", "Log out of the clusters", "Show the result"} <= steps
    assert {
        "Write the kubeconfig",
        "Write the new tokens to the kubeconfig",
        "Remove the clusters from the kubeconfig",
    } <= steps


@pytest.mark.slow
@in_one_process("inventory")
def test_the_inventory_runs_in_the_search(made: t.Callable[[str], Written]) -> None:
    """One inventory source is read and cached. The other sources fail with different errors."""
    written = made("inventory")
    screen = "".join(written.places["screen"].split())

    assert '"shop-dev"' in screen
    assert "shop-dev" in written.places["facts"]
    for problem in ("BXNIM0415E", "[NO:got***or***or***]", "nosuch", "access_tokenisnotanIAMtoken", "BXNIM0407E"):
        assert problem in screen, problem


@pytest.mark.parametrize("quote", [json.dumps, str])
@pytest.mark.parametrize(
    "form",
    [
        lambda secret: secret,
        lambda secret: f"{secret[:9]}\x1b[0;31m\n  {secret[9:]}",
        lambda secret: urllib.parse.quote(secret, safe=""),
        urllib.parse.quote,
        lambda secret: urllib.parse.urlencode({"apikey": secret}),
        lambda secret: json.dumps(json.dumps({"key": secret})),
        repr,
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: base64.b64encode(f"apikey:{secret}".encode()).decode(),
        lambda secret: base64.b64encode(f"x:{secret}:y".encode()).decode(),
        lambda secret: base64.b64encode(f"xy:{secret}:y".encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
        lambda secret: secret[: len(secret) // 2],
        lambda secret: secret[len(secret) // 2 :],
    ],
)
def test_the_search_finds_all_forms_of_a_secret(form: t.Callable[[str], str], quote: t.Callable[[str], str]) -> None:
    """Clients, services and Ansible write secrets in these forms, as plain text or within JSON."""
    assert search(quote(f"GET /?a=b {form(KEY)} and so on"), {"key": KEY, "other": PASSWORD}) == ["key"]
    assert search("nothing of it", {"key": KEY, "other": PASSWORD}) == []


# Runs that are stopped while their modules wait for a response

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the processes are read from /proc, which only Linux has")


@pytest.fixture
def waiting(tmp_path: Path) -> t.Iterator[t.Callable[..., Waiting]]:
    """Return a function that starts a run, and waits until both hosts of the play have sent a request."""
    running: list[Waiting] = []
    with scene(tmp_path) as here, Loopback(silence) as silent:
        here.variables["silent"] = silent.url

        def start(*arguments: str, **env: str) -> Waiting:
            process = subprocess.Popen(
                ["ansible-playbook", *here.arguments("waiting.yml", *arguments)],
                cwd=here.folder,
                env={**here.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            running.append(Waiting(process, here))
            until = time.monotonic() + 60
            while len(silent.seen) < 2 and time.monotonic() < until:
                assert process.poll() is None, process.communicate()[0]
                time.sleep(0.05)
            return running[-1]

        yield start
        for run in running:
            if run.process.poll() is None:
                run.ended(signal.SIGKILL)


@LINUX
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_leaves_no_secret(waiting: t.Callable[..., Waiting], number: signal.Signals) -> None:
    """With pipelining, no file and no command line contains the API key."""
    run = waiting("-vvvv")
    shown = run.shown()
    written = run.ended(number)

    # The processes are ansible-playbook, a worker for each host, and the module's own process.
    assert shown.count(str(PLAYS / "waiting.yml")) >= 3
    assert shown.count("\n") >= 3
    assert search(shown, {"key": KEY}) == []
    assert "left behind" in written.places
    assert {place: written.leaks(place) for place in written.places} == {place: [] for place in written.places}


@LINUX
@pytest.mark.slow
def test_the_search_finds_the_files_of_a_run_without_pipelining(waiting: t.Callable[..., Waiting]) -> None:
    """The search finds the API key in the files that Ansible writes without pipelining, and on a command line."""
    run = waiting("-e", json.dumps({"for_everybody": KEY}), ANSIBLE_PIPELINING="false")
    shown = run.shown()
    written = run.ended(signal.SIGKILL)

    assert search(shown, {"key": KEY}) == ["key"]
    assert any(leak.startswith("key 0 of ") for leak in written.leaks("left behind"))


# Rules for the shipped playbooks and the role

SECRET = re.compile(
    r"token|passw|passcode|api_?key|secret|k8s_(auth|env)|sessions?\b|__cluster_access_(iam_token|cluster_login)",
    re.IGNORECASE,
)
TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
# Constant connection settings for a host that does not exist
NO_SESSION = re.compile(r"\{\{ __cluster_access_no_session\.\w+ \}\}")
SHIPPED = sorted(path for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.y*ml"))


def has_template_of_secret(value: t.Any) -> bool:
    """Return whether any template in the value, at any depth, uses a secret."""
    templates = TEMPLATE.findall(json.dumps(value, default=str))
    return any(SECRET.search(template) for template in templates if not NO_SESSION.fullmatch(template))


# A template of numbers and cluster IDs: "{{ {'a': b | length, 'c': d | map(attribute='id') | list} }}"
COUNTS = re.compile(
    r"\{\{ \{(?:'\w+': (?:[^,{}]|'id', 'defined')*(?:\| length|\(attribute='(?:ibmcloud_cluster\.)?id'\) \| list)(?:,\s*)?)+\} \}\}"
)


def offences(node: t.Any, where: str = "") -> t.Iterator[str]:
    """Yield the places in a playbook or task file that could write secrets to files or to the output."""
    if isinstance(node, list):
        for item in node:
            yield from offences(item, where)
    if not isinstance(node, dict):
        return
    name = node.get("name") if isinstance(node.get("name"), str) else ""
    where = name or where
    if has_template_of_secret(name):
        yield f"{where}: a secret in a name"
    for key, value in node.items():
        plain = str(key).rpartition(".")[2]
        # An environment that consists of constants, such as empty variables, contains no secret.
        is_open = (plain == "set_stats" and not COUNTS.fullmatch(str(value.get("data")))) or (
            plain == "environment" and TEMPLATE.search(json.dumps(value, default=str))
        )
        if is_open or (plain == "cacheable" and value):
            yield f"{where}: {plain}"
        if (plain == "loop" or plain.startswith("with_")) and SECRET.search(json.dumps(value, default=str)):
            yield f"{where}: a secret as a loop's item"
        if plain == "set_fact" and has_template_of_secret(value) and node.get("no_log") is not True:
            yield f"{where}: set_fact without no_log"
        if str(key).startswith(("kubernetes.core.", "community.okd.")) and node.get("no_log") is not True:
            yield f"{where}: {key} without no_log"
        yield from offences(value, where)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_shipped_playbooks_do_not_write_secrets(path: Path) -> None:
    """``set_stats`` may contain only numbers and IDs. Facts must not be cacheable.

    Templates are not allowed in ``environment``. Names, loops and visible facts must not contain secrets.
    """
    assert list(offences(list(yaml.safe_load_all(path.read_text())))) == []


@pytest.mark.parametrize(
    ("task", "what"),
    [
        ("{name: A, ansible.builtin.set_stats: {data: {a: '{{ b }}'}}}", "A: set_stats"),
        (
            "{name: A, set_stats: {data: \"{{ {'a': b | length, 'c': d | map(attribute='id_token') | list} }}\"}}",
            "A: set_stats",
        ),
        ("{name: A, set_fact: {a: 1, cacheable: true}}", "A: cacheable"),
        ("{name: A, block: [{name: B, command: b, environment: {A: '{{ b }}'}}]}", "B: environment"),
        ("{name: A, debug: {}, loop: ['{{ iam.access_token }}']}", "A: a secret as a loop's item"),
        ("{name: A, debug: {}, with_items: '{{ cluster_access_sessions }}'}", "A: a secret as a loop's item"),
        ("{name: 'A {{ key.api_key }}', debug: {}}", "A {{ key.api_key }}: a secret in a name"),
        (
            "{name: A, set_fact: {a: '{{ __cluster_access_no_session.k8s_auth or b.k8s_auth }}'}}",
            "A: set_fact without no_log",
        ),
        ("{name: A, kubernetes.core.k8s: {kind: Namespace}}", "A: kubernetes.core.k8s without no_log"),
        ("{name: A, rescue: [{name: B, set_fact: {a: '{{ iam.id_token }}'}}]}", "B: set_fact without no_log"),
        (
            "{name: A, ansible.builtin.set_fact: {a: '{{ x.k8s_auth }}'}, no_log: '{{ b }}'}",
            "A: set_fact without no_log",
        ),
    ],
)
def test_violations_in_shipped_playbooks_are_found(task: str, what: str) -> None:
    good = (
        "{name: A, set_fact: {a: '{{ iam.id_token }}', cacheable: false}, no_log: true, loop: [1], vars: {a: '{{ key }}'}}",
        "{name: A, set_fact: {a: '{{ __cluster_access_no_session.k8s_auth }}'}, environment: {KUBECONFIG: ''}}",
    )

    assert list(offences([{"tasks": [yaml.safe_load(task)]}])) == [what]
    assert list(offences([{"tasks": [yaml.safe_load(one) for one in good]}])) == []


# The guide


def test_tests_that_the_guide_names_exist() -> None:
    text = (ROOT / "docs" / "secrets.md").read_text()
    named = set(re.findall(r"\btest_(?!leaks\b)[a-z_]+", text))

    assert named
    assert named <= globals().keys()


# Tasks that use modules of other collections

FOREIGN_MODULE = re.compile(r"(kubernetes\.core|community\.okd|redhat\.openshift)\.\w+")
EXAMPLE_FILES = sorted(
    path
    for folder in ("docs", "playbooks", "roles", "plugins")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".md", ".yml", ".py") and FOREIGN_MODULE.search(path.read_text())
)


def example_blocks(path: Path) -> list[str]:
    """Return the file's YAML blocks that use this collection."""
    text = path.read_text()
    pattern = {".md": r"```yaml\n(.*?)```", ".py": r'EXAMPLES = r"""\n(.*?)"""'}.get(path.suffix, r"(.*)")
    return [found for found in re.findall(pattern, text, re.DOTALL) if "ibmcloud.kubernetes." in found]


def open_tasks(node: t.Any, *, is_hidden: bool = False, clears: bool = False) -> t.Iterator[str]:
    """Yield the tasks that use modules of other collections, but lack no_log or do not clear variables such as KUBECONFIG."""
    if isinstance(node, list):
        for item in node:
            yield from open_tasks(item, is_hidden=is_hidden, clears=clears)
    if not isinstance(node, dict):
        return
    is_hidden = is_hidden or node.get("no_log") is True
    clears = clears or "KUBECONFIG" in str(node.get("environment", ""))
    if any(FOREIGN_MODULE.fullmatch(str(key)) for key in node):
        if not is_hidden:
            yield f"{node.get('name')}: without no_log"
        if not clears:
            yield f"{node.get('name')}: without an environment"
    for value in node.values():
        yield from open_tasks(value, is_hidden=is_hidden, clears=clears)


@pytest.mark.parametrize("path", EXAMPLE_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_tasks_of_other_collections_hide_the_session(path: Path) -> None:
    """Modules of other collections print their arguments, and can read different credentials from environment variables."""
    found = [yaml.safe_load(block) for block in example_blocks(path)]

    assert list(open_tasks(found)) == []


def test_the_rules_for_other_collections_can_be_broken() -> None:
    task = {"name": "A", "kubernetes.core.k8s": {}}
    good = {"no_log": True, "environment": {"KUBECONFIG": ""}, "block": [task]}

    assert list(open_tasks([task])) == ["A: without no_log", "A: without an environment"]
    assert list(open_tasks([good])) == []
