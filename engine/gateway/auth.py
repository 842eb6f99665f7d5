"""Who may log on: keys, clocks, and how often an address may be wrong.

Nothing secret is stored: the venue holds public keys, the client signs the venue's nonce.
"""

from collections import deque
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.protocol.logon import logon_text
from engine.protocol.messages import Logon

ADDRESSES_MAX = 4096


class Doorkeeper:
    """Judges logons to the venue called `venue`, whose TLS certificate (DER) is `certificate`, empty on plain TCP.

    `key_of` gives the public key of whoever may log on under a name just now.
    """

    def __init__(self, venue: str, key_of: Callable[[str], bytes | None], certificate: bytes, clock_skew_max_ns: int) -> None:
        self._venue = venue
        self._key_of = key_of
        self._certificate = certificate
        self._clock_skew_max_ns = clock_skew_max_ns

    def fault(self, logon: Logon, nonce: bytes, utc_ns: int) -> str | None:
        """Return why a logon is not authentic, for the log and not for the client, or None."""
        if logon.target != self._venue:
            return f"target {logon.target} is not {self._venue}"
        key = self._key_of(logon.sender)
        if key is None:
            return f"sender {logon.sender} is unknown"
        skew_ns = abs(utc_ns - logon.ts_ns)
        if skew_ns > self._clock_skew_max_ns:
            return f"clocks are {skew_ns // 1_000_000} ms apart"
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(logon.signature, logon_text(nonce, logon, self._certificate))
        except InvalidSignature:
            return "the signature does not fit"
        return None


class FailedLogons:
    """Counts failed logons by address over a window, for a bounded number of addresses."""

    def __init__(self, at_most: int, window_ns: int) -> None:
        self._at_most = at_most
        self._window_ns = window_ns
        self._times: dict[str, deque[int]] = {}

    def note(self, address: str, now_ns: int) -> None:
        """Count a failure."""
        times = self._times.pop(address, None) or deque(maxlen=self._at_most)
        times.append(now_ns)
        self._times[address] = times
        if len(self._times) > ADDRESSES_MAX:
            del self._times[next(iter(self._times))]

    def barred(self, address: str, now_ns: int) -> bool:
        """Return whether the address failed too often lately."""
        times = self._times.get(address)
        return times is not None and len(times) == self._at_most and now_ns - times[0] < self._window_ns
