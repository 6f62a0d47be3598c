# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the cluster_access playbook against the simulator. "./dev demo" installs what is needed and runs this script."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".cache" / "simulator"
SIMULATOR = [sys.executable, str(ROOT / "tests" / "simulator")]
PLAYBOOK = "ibmcloud.kubernetes.cluster_access"
# One cluster of each kind in the simulated account.
WORLD = "document-2025"
CLUSTERS = {"mycluster": "a classic cluster", "myvpccluster": "a VPC cluster"}
NEXT_STEPS = """\

Now with your own account. Save this as access.yml:

{playbook}
Two exports are needed:

export IC_API_KEY='<your IBM Cloud API key>'    # from the console: Manage > Access (IAM) > API keys
export CLUSTER='<name or ID of your cluster>'

./dev run ansible-playbook access.yml           # installs the tools of this checkout the first time

If a proxy of your company inspects TLS, also export the file with its CA:

export REQUESTS_CA_BUNDLE=/path/of/ca.pem

A cluster without a public endpoint can be reached from its network or by VPN. Continue with docs/getting-started.md.
"""


def report(text: str) -> None:
    print(f"demo: {text}", file=sys.stderr, flush=True)


def exports(text: str) -> dict[str, str]:
    """Return {name: value} of the lines export NAME='value'."""
    words = [shlex.split(line)[1] for line in text.splitlines() if line.startswith("export ")]
    return dict(word.split("=", 1) for word in words)


def next_steps() -> str:
    """Return what to do after the demo, with the playbook of the README for any cluster."""
    example = (ROOT / "README.md").read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    name = "cluster_access_cluster: "
    head, _, tail = example.partition(name)
    cluster = "\"{{ lookup('ansible.builtin.env', 'CLUSTER') }}\"\n"
    return NEXT_STEPS.format(playbook=head + name + cluster + tail.partition("\n")[2])


def open_clusters(variables: dict[str, str]) -> int:
    """Run the playbook for each cluster, and return the number of failures."""
    failures = 0
    for cluster, kind in CLUSTERS.items():
        command = ["ansible-playbook", PLAYBOOK, "-e", f"cluster_access_cluster={cluster}"]
        report(f"{kind}: log in, find the cluster, synchronize RBAC, open a session ...")
        report("$ " + " ".join(command))
        failures += subprocess.run(command, env={**os.environ, **variables}, cwd=ROOT, check=False).returncode != 0
    return failures


def main(arguments: list[str]) -> int:
    if arguments:
        report("demo accepts no arguments.")
        return 1
    # Signals become exceptions, so that the simulator is stopped.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    began = time.monotonic()
    place = ["--dir", str(STATE)]
    try:
        report(f"starting the simulated IBM Cloud (tests/simulator, world {WORLD}) ...")
        started = subprocess.run(
            [*SIMULATOR, "start", "--world", WORLD, *place], cwd=ROOT, check=False, stdout=subprocess.PIPE
        )
        if started.returncode:
            report("The simulator did not start. See its message above.")
            return 1
        variables = exports(started.stdout.decode())
        names = ", ".join(sorted(name for name in variables if name.startswith(("IBMCLOUD_", "IC_"))))
        report(f"it listens on 127.0.0.1 only. These variables direct the playbook to it: {names}")
        failures = open_clusters(variables)
    finally:
        report("stopping the simulated IBM Cloud ...")
        subprocess.run([*SIMULATOR, "stop", *place], cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
    if failures:
        report(f"The playbook failed for {failures} of {len(CLUSTERS)} clusters.")
        return 1
    report(f"both clusters opened in {time.monotonic() - began:.1f} s.")
    print(next_steps(), end="")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
