"""The tokens that the chain knows, beside those that the ledger has issued: what differs must be on its way."""

from msgspec.structs import asdict, replace

from engine.venue import texts
from engine.venue.acts import Outcome
from engine.venue.desk import By, Desk, Do, already, done, refused
from engine.venue.issuance import follow
from engine.venue.issuance_acts import ReportSupply
from engine.venue.issuance_registers import Supply
from engine.venue.reserves import issued_at, reserve_of, under_issuance


def report_supply(desk: Desk, act: ReportSupply, by: By) -> Do:
    """Compare a supply with what was issued as of the same time; a difference that nothing explains is a breach until one does."""
    listing, issuance = under_issuance(desk, act.instrument)
    before = issuance.supply
    if before is not None and all(getattr(before, name) == asdict(act)[name] for name in ("as_of_ns", "supply", "in_flight")):
        raise already(f"the supply as of {texts.utc(act.as_of_ns)} was reported")
    if act.as_of_ns > by.ts_ns:
        raise refused("SUPPLY_FUTURE", f"as of {texts.utc(act.as_of_ns)} is after now, {texts.utc(by.ts_ns)}")
    if before is not None and act.as_of_ns <= before.as_of_ns:
        raise refused("SUPPLY_OLDER", f"as of {texts.utc(act.as_of_ns)} is not after {texts.utc(before.as_of_ns)}, the last report")
    there = issued_at(desk, listing, act.as_of_ns)
    entry = Supply(ts_ns=by.ts_ns, as_of_ns=act.as_of_ns, supply=act.supply, in_flight=act.in_flight, issued=there)

    def do() -> Outcome:
        desk.issuances[act.instrument] = replace(issuance, supply=entry)
        follow(desk, act.instrument, by)
        told = f"the chain has {texts.amount(act.supply)}, {texts.amount(there)} were issued and {texts.amount(act.in_flight)} on their way"
        return done(f"{told}; the reserve of {act.instrument} is {reserve_of(desk, act.instrument).state}", issued=there)

    return do
