# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server, the task options and the received requests for each row of the fault table."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import ssl
import time
import typing as t
from dataclasses import dataclass, field

import requests
import trustme
from ansible_collections.ibmcloud.kubernetes.plugins.module_utils._core.tokens import iso, read_claims
from ansible_collections.ibmcloud.kubernetes.tests.unit.faults.endpoints import API_KEY, BEARER, CANARIES
from ansible_collections.ibmcloud.kubernetes.tests.unit.loopback import Loopback, Peer, Script, answer

from simulator import Simulator, load_world

if t.TYPE_CHECKING:
    import contextlib
    from pathlib import Path

    from simulator import World

Options = dict[str, t.Any]
# Two API keys, and the IDs of their accounts. The service ID that owns the second key has no access to REFUSED_CLUSTER.
ADA_DEV, DEV = "not-a-real-key/ada+dev=", "a1b2c3d4e5f60718293a4b5c6d7e8f90"
DEPLOYER, PROD = "not-a-real-key/deployer+prod=", "b2c3d4e5f60718293a4b5c6d7e8f90a1"
REFUSED_CLUSTER = "d2pay0prod0000000000"
# The credentials of tasks that use a single server
_GIVEN: dict[str, Options] = {"iam": {"ibmcloud_api_key": API_KEY}, "accounts": {"access_token": BEARER}}
_LONG_AGO = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)


@dataclass
class Staged:
    """A row of the fault table that is ready to run.

    ``first`` contains the options of a run before the tested run. ``ends`` is the time at which the access token in ``options`` expires.
    """

    options: Options
    requests: t.Callable[[], t.Mapping[str, int]]
    secrets: t.Callable[[], t.Sequence[str]]
    sim: Simulator | None = None
    ends: str = ""
    first: Options = field(default_factory=dict)
    times: list[float] = field(default_factory=list)


class Stage:
    """The servers of a row, and decoys that must not receive requests."""

    def __init__(self, ends: contextlib.ExitStack, folder: Path) -> None:
        folder.mkdir()
        self.ends = ends
        self.decoys: list[Loopback] = []
        self._folder = folder
        self._ca = trustme.CA(organization_name="right")
        self.ca_path = str(folder / "right.pem")
        self._ca.cert_pem.write_to_path(self.ca_path)
        self.executed = folder / "executed"

    def decoy(self) -> Loopback:
        self.decoys.append(self.ends.enter_context(Loopback()))
        return self.decoys[-1]

    def certificate(
        self, *, self_signed: bool = False, expired: bool = False, host: str = "127.0.0.1"
    ) -> ssl.SSLContext:
        """Return a TLS context for a server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if self_signed:
            # A CA's certificate is self-signed, so the server uses the certificate of an unknown CA.
            stranger, file = trustme.CA(organization_name="stranger"), self._folder / "stranger.pem"
            file.write_bytes(stranger.private_key_pem.bytes() + stranger.cert_pem.bytes())
            context.load_cert_chain(file)
            return context
        start, end = (_LONG_AGO, _LONG_AGO + datetime.timedelta(days=365)) if expired else (None, None)
        self._ca.issue_cert(host, not_before=start, not_after=end).configure_cert(context)
        return context


Put = t.Callable[[Stage], Staged]


@dataclass(frozen=True)
class Leading:
    """A response that refers the client to a decoy."""

    to: t.Callable[[Stage], bytes]


def raw(
    at: str, *plays: Script | bytes | Leading, tls: Options | None = None, asleep: bool = False, **options: t.Any
) -> Put:
    """Return a function that starts a scripted server in place of the ``iam`` or ``accounts`` service. An option whose value is None is removed."""

    def put(stage: Stage) -> Staged:
        scripts = [play.to(stage) if isinstance(play, Leading) else play for play in plays]
        context = None if tls is None else stage.certificate(**tls)
        server = stage.ends.enter_context(Loopback(*scripts, tls=context, asleep=asleep))

        def seen() -> t.Mapping[str, int]:
            found = collections.Counter(_last(request.target) for request in server.seen)
            return {"connections": server.connections, **found}

        given = {**_GIVEN[at], f"{at}_endpoint": server.url, "ca_cert": stage.ca_path, **options}
        given = {name: value for name, value in given.items() if value is not None}
        return Staged(given, seen, lambda: [*CANARIES, *_given_secrets(given)])

    return put


def cloud(
    *clusters: str,
    before: t.Callable[[Simulator], Options] = lambda _sim: {},
    named: t.Callable[[Stage], str] | None = None,
    **options: t.Any,
) -> Put:
    """Return a function that starts a simulated cloud with these clusters.

    ``before`` returns additional options, such as a token from this cloud. ``named`` returns one name, which replaces the names of all clusters and accounts.
    """

    def put(stage: Stage) -> Staged:
        world = load_world("fleet")
        world = dataclasses.replace(
            world,
            clusters=tuple(cluster for cluster in world.clusters if cluster.name in clusters),
            settings=dataclasses.replace(world.settings, accounts_page_size=100),
        )
        if named:
            world = _renamed(world, named(stage))
        sim = stage.ends.enter_context(Simulator(world))
        services = {"iam": sim.iam_url, "accounts": sim.accounts_url, "containers": sim.containers_url}
        given = {f"{name}_endpoint": url for name, url in services.items()}
        given.update(ca_cert=str(sim.ca_path), **options, **before(sim))
        sim.log.reset()

        def seen() -> t.Mapping[str, int]:
            return collections.Counter(_last(entry.path) for entry in sim.requests)

        claims = read_claims(given.get("access_token", ""))
        return Staged(
            given,
            seen,
            lambda: [*sim.secrets.values(), *_given_secrets(given)],
            sim,
            iso(claims.expires) if claims else "",
        )

    return put


def _given_secrets(given: Options) -> list[str]:
    """Return the values of a task's secret options. If a value contains line breaks, the result also contains each line."""
    names = ("ibmcloud_api_key", "password", "passcode", "access_token", "refresh_token")
    return [piece for name in names if given.get(name) for piece in (given[name], *given[name].splitlines())]


def log_in(sim: Simulator, **form: str) -> dict[str, t.Any]:
    """Log in to a simulated cloud, and return the response."""
    body = {"grant_type": f"urn:ibm:params:oauth:grant-type:{next(iter(form))}", **form}
    url = f"{sim.iam_url}/identity/token"
    done = requests.post(url, data=body, auth=("bx", "bx"), verify=str(sim.ca_path), timeout=10)
    done.raise_for_status()
    return t.cast("dict[str, t.Any]", done.json())


def ended_refresh_token(sim: Simulator) -> Options:
    """Return a refresh token that has expired."""
    tokens = log_in(sim, apikey=ADA_DEV)
    sim.cloud.expire_refresh_tokens()
    return {"refresh_token": tokens["refresh_token"]}


def used_passcode(sim: Simulator) -> Options:
    """Return a one-time passcode that has already been used."""
    log_in(sim, passcode="not-a-real-passcode-1")
    return {"passcode": "not-a-real-passcode-1", "account_id": DEV}


def refused_access_token(sim: Simulator) -> Options:
    """Return an access token that the services reject, although its claims are valid."""
    tokens = log_in(sim, apikey=ADA_DEV)
    sim.cloud.expire_access_tokens()
    return {"access_token": tokens["access_token"]}


def tokens_end_with_the_request(sim: Simulator) -> Options:
    """Expire all access tokens as soon as a synchronization is requested."""
    rbac = sim.cluster("shop-dev").rbac
    apply = rbac.apply

    def apply_and_expire(iam_id: str, now: float) -> None:
        apply(iam_id, now)
        sim.cloud.expire_access_tokens()

    rbac.apply = apply_and_expire
    return {"ibmcloud_api_key": ADA_DEV, "cluster": "shop-dev"}


def two_refusals(stage: Stage) -> Staged:
    """Start a server that rejects two requests with HTTP 429 and Retry-After: 2, and record the times of all requests."""
    times: list[float] = []

    def reply(body: bytes) -> Script:
        def play(peer: Peer) -> None:
            times.append(time.monotonic())
            peer.send(body)

        return play

    wait = answer(status=429, head={"Retry-After": "2"})
    staged = raw("accounts", reply(wait), reply(wait), reply(answer({"resources": []})))(stage)
    staged.times = times
    return staged


def middle_step_fails(stage: Stage) -> Staged:
    """Make the second run of the role fail after the login, when the role requests the cluster lists."""
    staged = cloud("legacy-dev", ibmcloud_api_key=ADA_DEV, cluster="legacy-dev")(stage)
    broken = raw("iam", answer({"description": "It broke."}, status=500))(stage)
    staged.first = staged.options
    staged.options = {**staged.options, "containers_endpoint": broken.options["iam_endpoint"], "retries": 0}
    staged.requests = broken.requests
    return staged


def template(stage: Stage) -> str:
    """Return a name that has a visible effect if Ansible evaluates the name as a template."""
    return f"{{{{ 'over' ~ 'turned' }}}}{{{{ lookup('ansible.builtin.pipe', 'touch {stage.executed}') }}}}{{% raw %}}\n\u2713"


def _renamed(world: World, name: str) -> World:
    accounts = tuple(dataclasses.replace(account, name=name) for account in world.accounts)
    clusters = tuple(dataclasses.replace(cluster, name=name) for cluster in world.clusters)
    return dataclasses.replace(world, accounts=accounts, clusters=clusters)


def _last(path: str) -> str:
    return path.partition("?")[0].rpartition("/")[2]
