# Copyright: (c) 2026, the ibmcloud.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

"""Keep connections open in pools. IBM's services share a TLS context and a pool. Each cluster CA has its own context and pool.

By default, the ``requests`` library reads the CA bundle for each new connection. Reading the bundle takes 20 to 30 ms of CPU time, and
creating a context with one CA takes 0.3 ms. Clusters with different CAs do not share a context, because a cluster's administrator can
use the cluster's CA to sign certificates for other hosts.
"""

from __future__ import annotations

import collections
import contextlib
import os
import ssl
import threading
import typing as t

from .._core.errors import InputError
from .deadline import with_deadline

try:
    import requests.adapters
    import requests.utils
    import urllib3.util.ssl_

    _HTTPAdapter: t.Any = requests.adapters.HTTPAdapter
except ImportError:
    _HTTPAdapter = object  # Transport raises MissingLibraryError

# The number of hosts per thread for which connections are pooled. An OpenShift cluster has two: the API server and the OAuth server.
_HOSTS = 4
# The cached TLS contexts, keyed by the path, modification time and size of a CA bundle
_BUNDLES: dict[tuple[str, int, int], ssl.SSLContext] = {}


class _Adapter(_HTTPAdapter):
    """An adapter with one TLS context for all its connections."""

    def __init__(self, context: ssl.SSLContext, proxy_context: ssl.SSLContext, most: int) -> None:
        self.context = context
        self._proxy_context = proxy_context
        super().__init__(pool_connections=_HOSTS * most, pool_maxsize=most)

    def init_poolmanager(self, *args: t.Any, **settings: t.Any) -> None:
        super().init_poolmanager(*args, **settings, ssl_context=self.context)
        _apply_deadline(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **settings: t.Any) -> t.Any:
        contexts = {"ssl_context": self.context, "proxy_ssl_context": self._proxy_context}
        manager = super().proxy_manager_for(proxy, **settings, **contexts)
        _apply_deadline(manager)
        return manager

    def cert_verify(self, *args: t.Any, **settings: t.Any) -> None:
        """Do nothing, because the context contains the trusted CAs."""


class Connections:
    """The adapters of one task. The task sends at most ``most`` requests at the same time.

    ``trust`` is True (the public CAs), False (no verification), or the path of a file or folder that contains CAs.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._of_services: dict[bool | str, _Adapter] = {}
        self._of_clusters: dict[str, _Adapter] = {}
        self._uses: collections.Counter[str] = collections.Counter()

    def adapter(self, trust: bool | str, ca: str | None, *, proxy_trust: bool | str) -> _Adapter:
        """Return the adapter that trusts only ``ca`` (PEM). If ``ca`` is None, the adapter trusts the CAs that ``trust`` specifies.

        :raises InputError: if the CA is not a certificate.
        :raises OSError: if the CA file does not exist or does not contain a certificate (ssl.SSLError is an OSError).
        """
        if ca is None:
            return self._of_service(trust, proxy_trust)
        adapter = self._of_clusters.get(ca)
        if adapter is None:
            # The lock is not held here, so that threads can create adapters for different clusters at the same time.
            made = _Adapter(_context(True, ca), self._of_service(proxy_trust, proxy_trust).context, self._most)
            with self._lock:
                adapter = self._of_clusters.setdefault(ca, made)
        return adapter

    @contextlib.contextmanager
    def use(self, ca: str | None) -> t.Iterator[None]:
        """When the block ends, close the connections that use this CA, to free memory. Blocks can be nested and can run in several threads.

        Clusters can share a CA, so only the last open block for a CA closes the connections. If ``ca`` is None, nothing is closed.
        """
        if ca is None:
            yield
            return
        with self._lock:
            self._uses[ca] += 1
        try:
            yield
        finally:
            with self._lock:
                self._uses[ca] -= 1
                adapter = None if self._uses[ca] else self._of_clusters.pop(ca, None)
            if adapter is not None:
                adapter.close()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for adapter in (*self._of_services.values(), *self._of_clusters.values()):
                adapter.close()
            self._of_services.clear()
            self._of_clusters.clear()

    def _of_service(self, trust: bool | str, proxy_trust: bool | str) -> _Adapter:
        adapter = self._of_services.get(trust)
        if adapter is None:
            # Reading the CA bundle takes 20 ms, so the lock ensures that only one thread reads the bundle.
            with self._lock:
                adapter = self._of_services.get(trust)
                if adapter is None:
                    context = _context(trust, None)
                    proxy = context if trust == proxy_trust else _context(proxy_trust, None)
                    adapter = self._of_services[trust] = _Adapter(context, proxy, self._most)
        return adapter


def _apply_deadline(manager: t.Any) -> None:
    manager.pool_classes_by_scheme = {
        scheme: with_deadline(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def preload_ca_bundle(environ: t.Mapping[str, str]) -> None:
    """Cache the CA bundle that most tasks trust, so that forked processes do not read the bundle again.

    Reading a bundle of 140 CAs takes 20 ms of CPU time. An unreadable bundle is ignored here, because the task that uses the bundle
    reports the error.
    """
    if _HTTPAdapter is not object:
        path = environ.get("REQUESTS_CA_BUNDLE") or requests.utils.DEFAULT_CA_BUNDLE_PATH
        # Reading a FIFO would block.
        if os.path.isfile(path) or os.path.isdir(path):
            with contextlib.suppress(OSError):
                _of_bundle(path)


def _context(trust: bool | str, ca: str | None) -> ssl.SSLContext:
    if trust is False:
        context: ssl.SSLContext = urllib3.util.ssl_.create_urllib3_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if ca is None:
        return _of_bundle(requests.utils.DEFAULT_CA_BUNDLE_PATH if trust is True else str(trust))
    context = _verifying()
    try:
        context.load_verify_locations(cadata=ca)
    except (OSError, ValueError):
        raise InputError(
            "ca_cert_data does not contain a PEM certificate", hint="It must start with -----BEGIN CERTIFICATE-----."
        ) from None
    return context


def _of_bundle(path: str) -> ssl.SSLContext:
    """Return the context that trusts the CAs in a file or folder. The context is cached until the file or folder changes."""
    status = os.stat(path)
    key = (os.path.abspath(path), status.st_mtime_ns, status.st_size)
    if key not in _BUNDLES:
        context = _verifying()
        if os.path.isdir(path):
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
        _BUNDLES[key] = context
    return _BUNDLES[key]


def _verifying() -> ssl.SSLContext:
    # The context verifies host names. urllib3 1.x verifies IP addresses itself, because its contexts cannot verify IP addresses.
    context: ssl.SSLContext = urllib3.util.ssl_.create_urllib3_context()
    context.verify_mode = ssl.CERT_REQUIRED
    return context
