# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""One HTTP call, done right: tried again where that helps, held back where it must be, and ended by one clear error.

Every failure leaves as an error of our own, without its cause: what an exchange raises holds tokens and query strings.
"""

from __future__ import annotations

import typing as t
import uuid
from dataclasses import replace

from .._core.clock import Clock
from .._core.errors import Call
from .._core.worker_pool import stop_requested
from . import responses as _answers
from .auth import expiry_of
from .error_messages import api_error, network_error
from .retry import LONGEST_RETRY_AFTER, AttemptFailure, Resend, RetryPolicy, may_resend
from .transport import AttemptFailed, Response, Transport

if t.TYPE_CHECKING:
    from .._core.errors import IBMCloudError
    from .._core.strict_json import JSON
    from .rate_limiter import RateLimiter
    from .request import Request


class HttpClient:
    """Sends requests, also of several threads at once, over connections that are kept.

    ``verify`` is True, False or the path of a CA file; ``cluster_verify`` the same, but never False, for calls to clusters.
    ``concurrency`` is how many threads there may be, ``proxy`` the address of one (empty for what the environment says). All calls
    share the rate limiter, where they are limited.
    """

    def __init__(
        self,
        *,
        verify: bool | str = True,
        cluster_verify: bool | str = True,
        timeout: float = 30.0,
        policy: RetryPolicy = RetryPolicy(),
        clock: Clock = Clock(),
        concurrency: int = 1,
        rate_limiter: RateLimiter | None = None,
        proxy: str = "",
    ) -> None:
        self._wire = Transport(
            verify=verify,
            cluster_verify=cluster_verify,
            timeout=timeout,
            budget=policy.budget,
            clock=clock,
            concurrency=concurrency,
            proxy=proxy,
        )
        self._rate_limiter = rate_limiter
        self._closed: tuple[float, AttemptFailure, Response] | None = None
        self._policy = policy
        self._clock = clock

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def release(self, ca: str) -> None:
        """Close the connections to a cluster with this CA, which will not be called again."""
        self._wire.release(ca)

    def send(self, request: Request) -> JSON:
        """Return the JSON document that answers the request.

        :raises NetworkError: no whole answer came within the attempts and the time.
        :raises ResponseError: the answer is not what the contract says.
        :raises APIError: the service said no.
        """
        limiter = self._rate_limiter if request.paced else None
        started: float | None = None
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
            answer: Response | None = None
            if request.paced and self._closed and self._clock.now() < self._closed[0]:
                # It said to stay away for longer than we wait: asking for each cluster would only make it longer.
                raise self._refusal(request, call, *self._closed[1:])
            sent = before = self._clock.now()
            signature = ""
            try:
                prepared = self._wire.prepare(request, call)
                signature = prepared.headers.get("Authorization", "")
                sent = limiter.wait() if limiter else self._clock.now()
                # Waiting for a token and for one's turn is no part of what the service may take.
                started = sent if started is None else started + sent - before
                answer = self._wire.exchange(request, prepared, started)
                document, failure = _answers.parse_response(answer.status, answer.headers, answer.body, request.expect)
                if failure is None:
                    return document
            except AttemptFailed as failed:
                failure = failed.failure
            started = before if started is None else started
            if failure.status == 429 and answer is not None:
                self._note_refusal(request, failure, answer, sent)
            refused = self._clock.now()
            if failure.status == 401 and not renewed and self._renew(request, signature):
                # What a new token takes is no part of what the service may, and the call without it was no attempt.
                started += self._clock.now() - refused
                attempt -= 1
                renewed = True
                continue
            # Asked with what was before this attempt: a first unknown outcome leaves a LIMITED call one replay.
            wait = self._wait_after(failure, request, attempt, unknown, started)
            unknown += failure.sent
            if wait is not None:
                self._clock.sleep(wait)
            if wait is None or stop_requested():
                spent = replace(call, elapsed=self._clock.now() - started)
                if answer is None:
                    raise network_error(failure, spent, cluster=request.cluster, once=request.resend is Resend.NEVER)
                raise self._refusal(request, spent, failure, answer, renewed=renewed, token_ends=expiry_of(signature))

    def _refusal(
        self,
        request: Request,
        call: Call,
        failure: AttemptFailure,
        answer: Response,
        *,
        renewed: bool = False,
        token_ends: str = "",
    ) -> IBMCloudError:
        longest = min(LONGEST_RETRY_AFTER, self._policy.budget - call.elapsed)
        remedy = (request.remedies or {}).get(answer.status, "")
        return api_error(
            *(failure, call, answer.headers, answer.body, remedy),
            longest_wait=longest,
            renewed=renewed,
            once=request.resend is Resend.NEVER,
            token_ends=token_ends,
        )

    def _note_refusal(self, request: Request, failure: AttemptFailure, answer: Response, sent: float) -> None:
        """Let all calls know that the service is asked too often."""
        pause = failure.retry_after or 0.0
        if request.paced and pause > LONGEST_RETRY_AFTER:
            self._closed = self._clock.now() + pause, failure, answer
        if request.paced and self._rate_limiter:
            self._rate_limiter.refused(sent, min(pause, LONGEST_RETRY_AFTER))

    def _renew(self, request: Request, signature: str) -> bool:
        renew = getattr(request.auth, "renew", None)
        return bool(renew and renew(signature))

    def _wait_after(
        self, failure: AttemptFailure, request: Request, attempt: int, unknown: int, started: float
    ) -> float | None:
        if attempt >= self._policy.attempts or not may_resend(failure, request.resend, unknown_before=unknown):
            return None
        if failure.retry_after is not None and failure.retry_after > LONGEST_RETRY_AFTER:
            return None
        wait = max(self._policy.wait(attempt, self._clock.random), failure.retry_after or 0.0)
        # Sleeping past the budget would only delay the same message.
        if self._clock.now() - started + wait >= self._policy.budget or stop_requested():
            return None
        return wait
