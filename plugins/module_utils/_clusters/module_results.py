# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Build the return values ``clusters`` and ``failures`` for all modules that work on clusters."""

from __future__ import annotations

import typing as t

from .._core.errors import IBMCloudError, PartialFailure, failure_entry

if t.TYPE_CHECKING:
    from .._services.cluster_records import Record

Failures = list[dict[str, t.Any]]


def failure_entries(errors: t.Mapping[str, IBMCloudError], records: t.Mapping[str, Record] | None = None) -> Failures:
    """Build the return value ``failures``, which contains one entry for each error. ``errors`` and ``records`` are keyed by cluster label."""
    known = records or {}
    return [failure_entry(label, error, str(known.get(label, {}).get("id") or "")) for label, error in errors.items()]


def split_results(
    records: t.Mapping[str, Record], results: t.Iterable[t.Any]
) -> tuple[list[Record], dict[str, IBMCloudError]]:
    """Return the successful results, and the errors by cluster label. Each successful result contains its label as ``cluster``.

    ``results`` has the same order as ``records``. Each result is a record or an error.
    """
    done: list[Record] = []
    errors: dict[str, IBMCloudError] = {}
    for label, result in zip(records, results):
        if isinstance(result, IBMCloudError):
            errors[label] = result
        else:
            done.append({**result, "cluster": label})
    return done, errors


def fleet_result(
    clusters: list[Record],
    failures: Failures,
    more: t.Mapping[str, t.Any],
    *,
    continue_on_error: bool,
    warn: t.Callable[[str], None],
    skipped: t.Sequence[str] = (),
) -> dict[str, t.Any]:
    """Return the result of a module that works on clusters: ``clusters``, ``failures`` and the keys of ``more``.

    If ``continue_on_error`` is true, failed clusters cause only a warning, unless all clusters failed.

    :raises PartialFailure: if clusters failed and a warning is not sufficient. The exception contains the result.
    """
    result = {**more, "clusters": clusters, "failures": failures}
    # Skipped clusters count toward the total: if a cluster was skipped, not all clusters failed.
    total = len(clusters) + len(failures) + len(skipped)
    if failures and (not continue_on_error or len(failures) == total):
        raise PartialFailure(failures, total=total, result=result)
    if failures:
        names = ", ".join(str(failure["cluster"]) for failure in failures[:10])
        warn(f"{len(failures)} of {total} clusters failed: {names}. See failures in the result.")
    return result
