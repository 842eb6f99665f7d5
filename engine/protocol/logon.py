"""The text that a logon signs.

It binds the key's owner to this connection (the venue's nonce and, under TLS, its certificate), to this moment and to every choice that the
Logon makes, so a signature can't be replayed, moved to another venue or kept while a field is changed.  Names can't hold the separator.
"""

from hashlib import sha256

from engine.protocol.messages import Logon

_VERSION = "ats-logon-v1"


def logon_text(nonce: bytes, logon: Logon, certificate: bytes = b"") -> bytes:
    """Return the ASCII bytes under the Ed25519 signature of `logon`, whose own `signature` has no part in them.

    `nonce` is that of the venue's Challenge, `certificate` the venue's TLS certificate in DER form, empty on plain TCP.
    """
    words = (
        _VERSION,
        nonce.hex(),
        logon.sender,
        logon.target,
        logon.seq,
        logon.ts_ns,
        logon.heart_bt_int,
        int(logon.reset_seq_num),
        logon.next_expected_seq,
        int(logon.cancel_on_disconnect),
        int(logon.takeover),
        sha256(certificate).hexdigest() if certificate else "",
    )
    return "|".join(map(str, words)).encode("ascii")
