# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""One HTTP call, done right: the only file that imports requests.

Credentials travel only through ``auth=`` objects, ``verify=`` is given on each call (REQUESTS_CA_BUNDLE would replace
a session's), no redirect is followed (a 307 sends the form body, API key included, to the other host), bodies are read
in small steps against the clock and a cap, and every failure leaves as an error of our own, without its cause:
requests puts tokens and query strings into its messages.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import typing as t
import uuid
from dataclasses import dataclass, field, replace

from . import _answers
from ._errors import Call, MissingLibraryError
from ._failures import bad_answer, no_answer
from ._faults import fault_of
from ._retry import LONGEST_RETRY_AFTER, Fault, Replay, RetryPolicy, repeatable
from ._timing import Timing

if t.TYPE_CHECKING:
    from ._json import JSON

try:
    import requests
    import urllib3
    import urllib3.exceptions

    HAS_REQUESTS = True
    # What an exchange can end with. ValueError and UnicodeError: headers and URLs that cannot be written or read.
    _EXCHANGE_ERRORS: tuple[type[Exception], ...] = (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
        ValueError,
    )
except ImportError:
    HAS_REQUESTS = False
    _EXCHANGE_ERRORS = (OSError,)

USER_AGENT = "ansible-collection-ibmcloud.kubernetes/0.1.0"
LARGEST_BODY = 8 * 1024 * 1024
_STEP = 65536

Auth = t.Callable[[t.Any], t.Any]


@dataclass(frozen=True)
class Request:
    """What to send. ``step`` says in plain words what for, as it will stand in an error message."""

    step: str
    method: str
    url: str
    auth: Auth | tuple[str, str] | None = field(repr=False, default=None)
    query: t.Mapping[str, str] | None = None
    form: t.Mapping[str, str] | None = field(repr=False, default=None)
    json: t.Mapping[str, t.Any] | None = None
    headers: t.Mapping[str, str] | None = field(repr=False, default=None)
    replay: Replay = Replay.SAFE
    expect: str = "object"  # object, array (null counts as an empty one), nothing (any body), location (a redirect's)
    cluster: bool = False  # goes to a cluster, whose certificate is verified whatever holds for IBM's services
    ca: str | None = None  # PEM text that alone is trusted for this call; None: as the transport is set
    remedies: t.Mapping[int, str] | None = None  # status -> hint, where this call knows better than the general table


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class _Failed(Exception):
    """An attempt brought no whole answer; carries the fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.kind)
        self.fault = fault


class Http:
    """Sends requests over one pool of connections.

    ``verify`` is True, False or the path of a CA file; ``cluster_verify`` the same, but never False, for calls to clusters.
    """

    def __init__(
        self,
        *,
        verify: bool | str = True,
        cluster_verify: bool | str = True,
        timeout: float = 30.0,
        policy: RetryPolicy = RetryPolicy(),
        timing: Timing = Timing(),
    ) -> None:
        if not HAS_REQUESTS:
            raise MissingLibraryError("requests")
        self._session = requests.Session()
        if verify is False:
            # Whoever switches verification off is warned once, by the task, and not by each call.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._verify = verify
        self._cluster_verify = cluster_verify
        self._timeout = timeout
        self._policy = policy
        self._timing = timing
        self._ca_folder: str | None = None

    def close(self) -> None:
        """Close the connections and remove the CA files."""
        self._session.close()
        if self._ca_folder:
            shutil.rmtree(self._ca_folder, ignore_errors=True)
            self._ca_folder = None

    def send(self, request: Request) -> JSON:
        """Return the JSON document that answers the request.

        :raises NetworkError: no whole answer came within the attempts and the time.
        :raises ResponseError: the answer is not what the contract says.
        :raises APIError: the service said no.
        """
        started = self._timing.clock()
        unknown = 0
        renewed = False
        attempt = 0
        while True:
            attempt += 1
            call = Call.at(
                request.url,
                step=request.step,
                method=request.method,
                attempts=attempt,
                allowed=self._policy.attempts,
                request_id=uuid.uuid4().hex,
            )
            answer: _Answer | None = None
            try:
                answer = self._exchange(request, call, started)
                document, fault = _answers.judge(answer.status, answer.headers, answer.body, request.expect)
                if fault is None:
                    return document
            except _Failed as failed:
                fault = failed.fault
            if fault.status == 401 and not renewed and self._renew(request):
                renewed = True
                continue
            # Asked with what was before this attempt: a first unknown outcome leaves a LIMITED call one replay.
            wait = self._wait_after(fault, request, attempt, unknown, started)
            unknown += fault.sent
            if wait is None:
                spent = replace(call, elapsed=self._timing.clock() - started)
                if answer is None:
                    raise no_answer(fault, spent, cluster=request.cluster)
                longest = min(LONGEST_RETRY_AFTER, self._policy.budget - spent.elapsed)
                remedy = (request.remedies or {}).get(answer.status, "")
                raise bad_answer(
                    fault, spent, answer.headers, answer.body, remedy, longest_wait=longest, renewed=renewed
                )
            self._timing.sleep(wait)

    def _exchange(self, request: Request, call: Call, started: float) -> _Answer:
        """Send once and read the whole answer.

        :raises _Failed: with the fault; the library's own exception ends here, because its text may quote a secret.
        """
        left = self._policy.budget - (self._timing.clock() - started)
        timeout = max(0.001, min(self._timeout, left))
        try:
            # No auth at all would let a .netrc entry sign the request.
            auth = request.auth if request.auth is not None else _unsigned
            headers = {"Accept": "application/json", "User-Agent": USER_AGENT, "X-Request-ID": call.request_id}
            prepared = self._session.prepare_request(
                requests.Request(
                    request.method,
                    request.url,
                    params=request.query,
                    data=request.form,
                    json=request.json,
                    headers={**headers, **(request.headers or {})},
                    auth=auth,
                )
            )
            url = prepared.url or request.url
            settings = self._session.merge_environment_settings(url, {}, True, None, None)
            # Straight through the adapter: Session.send() would parse (and might follow) a Location header.
            response = self._session.get_adapter(url).send(
                prepared,
                stream=True,
                timeout=(timeout, timeout),
                verify=self._verification(request),
                proxies=settings["proxies"],
            )
            try:
                body = self._read_body(response, started)
            finally:
                response.close()
        except _EXCHANGE_ERRORS as exc:
            fault = fault_of(exc, timeout)
        else:
            return _Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, body)
        raise _Failed(fault)

    def _read_body(self, response: requests.Response, started: float) -> bytes:
        raw = response.raw
        # urllib3 1 takes a body that ends early for a whole one unless it is told not to.
        raw.enforce_content_length = True
        # read1 returns what has come (urllib3 2); a small read is the next best, so that the clock is looked at often.
        read = getattr(raw, "read1", None) or (lambda _size, **options: raw.read(1024, **options))
        body = bytearray()
        while True:
            piece = read(_STEP, decode_content=True)
            if not piece:
                return bytes(body)
            body += piece
            if len(body) > LARGEST_BODY:
                cap = LARGEST_BODY // 1024**2
                raise _Failed(Fault("response_invalid", f"the answer is larger than {cap} MiB", final=True))
            if self._timing.clock() - started > self._policy.budget:
                raise _Failed(Fault("deadline", f"no whole answer within {self._policy.budget:g} s", final=True))

    def _verification(self, request: Request) -> bool | str:
        if request.ca is not None:
            return self._ca_file(request.ca)
        return self._cluster_verify if request.cluster else self._verify

    def _ca_file(self, pem: str) -> str:
        # requests takes a path only. A CA is no secret, but whoever could change the file could impersonate the host.
        self._ca_folder = self._ca_folder or tempfile.mkdtemp(prefix="ibmcloud-ca-")
        path = os.path.join(self._ca_folder, hashlib.sha256(pem.encode()).hexdigest()[:32] + ".pem")
        if not os.path.exists(path):
            with open(path, "w", encoding="utf-8") as file:
                file.write(pem)
        return path

    def _renew(self, request: Request) -> bool:
        renew = getattr(request.auth, "renew", None)
        return bool(renew and renew())

    def _wait_after(self, fault: Fault, request: Request, attempt: int, unknown: int, started: float) -> float | None:
        if attempt >= self._policy.attempts or not repeatable(fault, request.replay, unknown_before=unknown):
            return None
        if fault.retry_after is not None and fault.retry_after > LONGEST_RETRY_AFTER:
            return None
        wait = max(self._policy.wait(attempt, self._timing.random), fault.retry_after or 0.0)
        # Sleeping past the budget would only delay the same message.
        return wait if self._timing.clock() - started + wait < self._policy.budget else None


def _unsigned(prepared: t.Any) -> t.Any:
    return prepared
