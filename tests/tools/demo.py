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
# Clusters of the simulator's default world, one of each kind.
CLUSTERS = {"mycluster-classic": "a classic cluster", "mycluster-vpc": "a VPC cluster"}
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


def next_steps() -> str:
    """Return the text about the next steps, with the playbook of the README for any cluster."""
    example = (ROOT / "README.md").read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    name = "cluster_access_cluster: "
    head, _name, tail = example.partition(name)
    cluster = "\"{{ lookup('ansible.builtin.env', 'CLUSTER') }}\"\n"
    return NEXT_STEPS.format(playbook=head + name + cluster + tail.partition("\n")[2])


def open_cluster(cluster: str) -> int:
    """Run the playbook in the environment of a simulator, and return its exit code."""
    command = ["ansible-playbook", PLAYBOOK, "-e", f"cluster_access_cluster={cluster}"]
    report("$ python tests/simulator exec -- " + " ".join(command))
    with subprocess.Popen([sys.executable, "tests/simulator", "exec", "--", *command], cwd=ROOT) as child:
        try:
            return child.wait()
        except BaseException as reason:
            # Ctrl-C in a terminal reached the simulator as well. SIGTERM did not.
            if not isinstance(reason, KeyboardInterrupt):
                child.terminate()
            child.wait(10)
            raise


def main(arguments: list[str]) -> int:
    if arguments:
        report("demo does not accept arguments.")
        return 1
    # Signals become exceptions, so that the simulator is stopped.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    began = time.monotonic()
    report("The simulated IBM Cloud listens on 127.0.0.1 only. No account is used.")
    failures = 0
    for cluster, kind in CLUSTERS.items():
        report(f"{kind}: log in, find the cluster, synchronize RBAC, open a session ...")
        failures += open_cluster(cluster) != 0
    if failures:
        report(f"The playbook failed for {failures} of {len(CLUSTERS)} clusters.")
        return 1
    report(f"Both clusters were opened in {time.monotonic() - began:.1f} s.")
    print(next_steps(), end="")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
