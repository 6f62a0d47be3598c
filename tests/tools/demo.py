# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the cluster_access playbook against the simulator. "./dev demo" installs the packages and runs this script."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = "ibmcloud.kubernetes.cluster_access"
# One classic cluster and one VPC cluster from the simulator's default world.
CLUSTERS = {"mycluster-classic": "a classic cluster", "mycluster-vpc": "a VPC cluster"}
NEXT_STEPS = """\

To use your own account, save this as access.yml:

{playbook}
Then set two environment variables and run the playbook:

export IC_API_KEY='<your IBM Cloud API key>'    # from the console: Manage > Access (IAM) > API keys
export CLUSTER='<name or ID of your cluster>'

./dev run ansible-playbook access.yml           # installs the tools of this checkout the first time

If your company's proxy inspects TLS, also set the path of the file with its CA:

export REQUESTS_CA_BUNDLE=/path/of/ca.pem

A cluster without a public endpoint can be reached only from its network or over a VPN. Continue with docs/getting-started.md.
"""


def report(text: str) -> None:
    print(f"demo: {text}", file=sys.stderr, flush=True)


def next_steps() -> str:
    """Return the instructions for the next steps. The playbook in the instructions is from the README, but reads the cluster from an environment variable."""
    example = (ROOT / "README.md").read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    name = "cluster_access_cluster: "
    head, _name, tail = example.partition(name)
    cluster = "\"{{ lookup('ansible.builtin.env', 'CLUSTER') }}\"\n"
    return NEXT_STEPS.format(playbook=head + name + cluster + tail.partition("\n")[2])


def open_cluster(cluster: str) -> int:
    """Run the playbook with a simulator, and return the playbook's exit code."""
    command = ["ansible-playbook", PLAYBOOK, "-e", f"cluster_access_cluster={cluster}"]
    report("$ python tests/simulator exec -- " + " ".join(command))
    with subprocess.Popen([sys.executable, "tests/simulator", "exec", "--", *command], cwd=ROOT) as child:
        try:
            return child.wait()
        except BaseException as reason:
            # Ctrl-C in a terminal also reaches the simulator, but SIGTERM does not.
            if not isinstance(reason, KeyboardInterrupt):
                child.terminate()
            child.wait(10)
            raise


def main(arguments: list[str]) -> int:
    if arguments:
        report("demo does not accept arguments.")
        return 1
    # SystemExit makes open_cluster() stop the simulator.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    began = time.monotonic()
    report("The simulated IBM Cloud listens only on 127.0.0.1. No account is used.")
    failures = 0
    for cluster, kind in CLUSTERS.items():
        report(f"{kind}: log in, find the cluster, synchronize RBAC, open a session ...")
        failures += open_cluster(cluster) != 0
    if failures:
        report(f"The playbook failed for {failures} of {len(CLUSTERS)} clusters.")
        return 1
    report(f"Opened a session on each of the two clusters in {time.monotonic() - began:.1f} s.")
    print(next_steps(), end="")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
