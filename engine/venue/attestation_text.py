"""The text that an attestor signs: lines that a person can read, and that say each value in one way only.

    ats attestation 1
    instrument: AAPLx
    attestor: harris
    custodian: State-Trust
    shares: 1000.5
    in transit: 0
    as of: 2026-11-22T14:30:00Z
    valid until: 2026-11-23T14:30:00Z

ASCII, a line feed after each line.  Names hold no blanks and no line ends; numbers are decimals and times ISO 8601 in UTC, without zeros at
their end.  So two attestations have the same text only if they say the same.
"""

from engine.venue import texts
from engine.venue.issuance_acts import Attest

HEAD = "ats attestation 1"


def attestation_text(act: Attest) -> bytes:
    """Return what the signature of an attestation is over: all that it says."""
    lines = (
        HEAD,
        f"instrument: {act.instrument}",
        f"attestor: {act.attestor}",
        f"custodian: {act.custodian}",
        f"shares: {texts.amount(act.shares)}",
        f"in transit: {texts.amount(act.in_transit)}",
        f"as of: {texts.utc(act.as_of_ns)}",
        f"valid until: {texts.utc(act.valid_until_ns)}",
    )
    return "".join(f"{line}\n" for line in lines).encode("ascii")
