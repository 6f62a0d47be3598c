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

from .._core.clock import Timing
from .._core.errors import Call
from . import responses as _answers
from .auth import end_of
from .error_messages import bad_answer, no_answer
from .retry import LONGEST_RETRY_AFTER, Fault, Quota, Replay, RetryPolicy, repeatable
from .transport import Answer, Failed, Wire

if t.TYPE_CHECKING:
    from .._core.errors import IBMCloudError
    from .._core.strict_json import JSON
    from .rate_limiter import Pace
    from .request import Request


class Http:
    """Sends requests, also of several threads at once, over connections that are kept.

    ``verify`` is True, False or the path of a CA file; ``cluster_verify`` the same, but never False, for calls to clusters.
    ``concurrency`` is how many threads there may be, ``proxy`` the address of one (empty for what the environment says). All calls
    share the quota of replays and, where they are paced, the pace.
    """

    def __init__(
        self,
        *,
        verify: bool | str = True,
        cluster_verify: bool | str = True,
        timeout: float = 30.0,
        policy: RetryPolicy = RetryPolicy(),
        timing: Timing = Timing(),
        concurrency: int = 1,
        pace: Pace | None = None,
        proxy: str = "",
    ) -> None:
        self._wire = Wire(
            verify=verify,
            cluster_verify=cluster_verify,
            timeout=timeout,
            budget=policy.budget,
            timing=timing,
            concurrency=concurrency,
            proxy=proxy,
        )
        self._pace = pace
        self._quota = Quota()
        self._closed: tuple[float, Fault, Answer] | None = None
        self._policy = policy
        self._timing = timing

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
        pace = self._pace if request.paced else None
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
            answer: Answer | None = None
            if request.paced and self._closed and self._timing.clock() < self._closed[0]:
                # It said to stay away for longer than we wait: asking for each cluster would only make it longer.
                raise self._refusal(request, call, *self._closed[1:])
            sent = before = self._timing.clock()
            signature = ""
            try:
                prepared = self._wire.prepared(request, call)
                signature = prepared.headers.get("Authorization", "")
                sent = pace.wait() if pace else self._timing.clock()
                # Waiting for a token and for one's turn is no part of what the service may take.
                started = sent if started is None else started + sent - before
                answer = self._wire.exchange(request, prepared, started)
                document, fault = _answers.judge(answer.status, answer.headers, answer.body, request.expect)
                if fault is None:
                    self._quota.give_back(attempt - 1)
                    return document
            except Failed as failed:
                fault = failed.fault
            started = before if started is None else started
            if fault.status == 429 and answer is not None:
                self._note_refusal(request, fault, answer, sent)
            refused = self._timing.clock()
            if fault.status == 401 and not renewed and self._renew(request, signature):
                # What a new token takes is no part of what the service may, and the call without it was no attempt.
                started += self._timing.clock() - refused
                attempt -= 1
                renewed = True
                continue
            # Asked with what was before this attempt: a first unknown outcome leaves a LIMITED call one replay.
            wait = self._wait_after(fault, request, attempt, unknown, started)
            unknown += fault.sent
            if wait is None:
                spent = replace(call, elapsed=self._timing.clock() - started)
                if answer is None:
                    raise no_answer(fault, spent, cluster=request.cluster, once=request.replay is Replay.ONCE)
                raise self._refusal(request, spent, fault, answer, renewed=renewed, token_ends=end_of(signature))
            self._timing.sleep(wait)

    def _refusal(
        self,
        request: Request,
        call: Call,
        fault: Fault,
        answer: Answer,
        *,
        renewed: bool = False,
        token_ends: str = "",
    ) -> IBMCloudError:
        longest = min(LONGEST_RETRY_AFTER, self._policy.budget - call.elapsed)
        remedy = (request.remedies or {}).get(answer.status, "")
        return bad_answer(
            *(fault, call, answer.headers, answer.body, remedy),
            longest_wait=longest,
            renewed=renewed,
            once=request.replay is Replay.ONCE,
            token_ends=token_ends,
        )

    def _note_refusal(self, request: Request, fault: Fault, answer: Answer, sent: float) -> None:
        """Let all calls know that the service is asked too often."""
        pause = fault.retry_after or 0.0
        if request.paced and pause > LONGEST_RETRY_AFTER:
            self._closed = self._timing.clock() + pause, fault, answer
        if request.paced and self._pace:
            self._pace.refused(sent, min(pause, LONGEST_RETRY_AFTER))

    def _renew(self, request: Request, signature: str) -> bool:
        renew = getattr(request.auth, "renew", None)
        return bool(renew and renew(signature))

    def _wait_after(self, fault: Fault, request: Request, attempt: int, unknown: int, started: float) -> float | None:
        if attempt >= self._policy.attempts or not repeatable(fault, request.replay, unknown_before=unknown):
            return None
        if fault.retry_after is not None and fault.retry_after > LONGEST_RETRY_AFTER:
            return None
        wait = max(self._policy.wait(attempt, self._timing.random), fault.retry_after or 0.0)
        # Sleeping past the budget would only delay the same message.
        if self._timing.clock() - started + wait >= self._policy.budget or not self._quota.take():
            return None
        return wait
