# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Send a request with retries and rate limiting. Return the response's document, or raise one error for all attempts.

Errors are raised without their cause, because the libraries' exceptions can contain tokens and query strings.
"""

from __future__ import annotations

import math
import typing as t
import uuid
from dataclasses import replace

from .._core.clock import Clock
from .._core.errors import Call
from .._core.worker_pool import stop_requested
from .auth import expiry_of
from .error_builder import api_error, network_error, paused_error
from .rate_limiter import ServicePaused
from .responses import parse_response
from .retry import LONGEST_RETRY_AFTER, AttemptFailure, Resend, RetryPolicy, may_resend
from .transport import AttemptFailed, Response, Transport

if t.TYPE_CHECKING:
    from .._core.errors import IBMCloudError
    from .._core.strict_json import JSON
    from .rate_limiter import RateLimiter
    from .request import Request


class HttpClient:
    """Sends requests over persistent connections. Several threads can use one client.

    Args:
        verify: True, False or the path of a CA file.
        cluster_verify: True or the path of a CA file, for requests to clusters.
        timeout: the maximum number of seconds for a connection attempt and for each read.
        concurrency: the maximum number of threads.
        rate_limiter: delays the requests whose ``rate_limited`` field is true.
        proxy: the URL of a proxy. If the URL is empty, the environment's proxy settings apply.
        longest_run: the number of seconds after which all calls must have ended.

    ``observe`` is called with each complete response and its request.
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
        longest_run: float = math.inf,
    ) -> None:
        self._longest_run = longest_run
        self._ends = clock.now() + longest_run
        self._transport = Transport(
            verify=verify,
            cluster_verify=cluster_verify,
            timeout=timeout,
            budget=policy.budget,
            clock=clock,
            concurrency=concurrency,
            proxy=proxy,
            ends=self._ends,
        )
        self._rate_limiter = rate_limiter
        self._policy = policy
        self._clock = clock
        self.observe: t.Callable[[Request, Response], None] = lambda _request, _response: None

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def use(self, ca: str | None) -> t.ContextManager[None]:
        """Close the connections to clusters with this CA when the ``with`` block ends."""
        return self._transport.use(ca)

    def send(self, request: Request) -> JSON:
        """Send the request and return the JSON document from the response.

        :raises NetworkError: if no complete response was received within the allowed number of attempts and the retry budget.
        :raises ResponseError: if the response does not have the format that the service documents.
        :raises APIError: if the service returned an error.
        """
        limiter = self._rate_limiter if request.rate_limited else None
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
            response: Response | None = None
            before = self._clock.now()
            signature = ""
            try:
                prepared = self._transport.prepare(request, call)
                signature = prepared.headers.get("Authorization", "")
                sent = self._wait_for(limiter)
                # The time spent obtaining a token or waiting for the rate limiter does not count against the budget.
                started = sent if started is None else started + sent - before
                response = self._transport.exchange(request, prepared, started)
                self.observe(request, response)
                document, failure = parse_response(response.status, response.headers, response.body, request.expect)
                if failure is None:
                    return document
            except AttemptFailed as failed:
                failure = failed.failure
            except ServicePaused as paused:
                raise paused_error(call, paused.seconds) from None
            started = before if started is None else started
            if failure.status == 429 and limiter:
                limiter.pause(failure.retry_after)
            rejected = self._clock.now()
            if failure.status == 401 and not renewed and self._renew(request, signature):
                # The attempt with the old token and the time spent obtaining a new token do not count against the limits.
                started += self._clock.now() - rejected
                attempt -= 1
                renewed = True
                continue
            # ``unknown`` does not count this attempt yet. An AT_MOST_ONCE request may be resent after its first unknown outcome.
            wait = self._wait_after(failure, request, attempt, unknown, started)
            unknown += failure.sent
            if wait is not None:
                self._clock.sleep(wait)
            if wait is None or stop_requested():
                call = replace(call, elapsed=self._clock.now() - started)
                raise self._error(request, call, failure, response, renewed=renewed, token_expires=expiry_of(signature))

    def _wait_for(self, limiter: RateLimiter | None) -> float:
        """Wait until the request may be sent, and return the current time.

        :raises AttemptFailed: if the run has reached its time limit.
        """
        now = limiter.wait() if limiter else self._clock.now()
        if now >= self._ends:
            reason = f"not sent: the task has run for {self._longest_run:g} s"
            raise AttemptFailed(AttemptFailure("deadline", reason, sent=False, final=True))
        return now

    def _error(
        self,
        request: Request,
        call: Call,
        failure: AttemptFailure,
        response: Response | None,
        *,
        renewed: bool,
        token_expires: str,
    ) -> IBMCloudError:
        once = request.resend is Resend.NEVER
        if response is None:
            return network_error(failure, call, cluster=request.cluster, once=once)
        remedy = (request.remedies or {}).get(response.status, "")
        return api_error(
            *(failure, call, response.headers, response.body, remedy),
            longest_wait=min(LONGEST_RETRY_AFTER, self._policy.budget - call.elapsed),
            renewed=renewed,
            once=once,
            token_expires=token_expires,
        )

    def _renew(self, request: Request, signature: str) -> bool:
        renew = getattr(request.auth, "renew", None)
        return bool(renew and renew(signature))

    def _wait_after(
        self, failure: AttemptFailure, request: Request, attempt: int, unknown: int, started: float
    ) -> float | None:
        """Return the number of seconds until the next attempt, or None if the request must not be sent again."""
        if attempt >= self._policy.attempts or not may_resend(failure, request.resend, unknown_before=unknown):
            return None
        if failure.retry_after is not None and failure.retry_after > LONGEST_RETRY_AFTER:
            return None
        wait = max(self._policy.wait(attempt, self._clock.random), failure.retry_after or 0.0)
        # Waiting beyond the end of the budget would only delay the error.
        if self._clock.now() + wait >= min(started + self._policy.budget, self._ends) or stop_requested():
            return None
        return wait
