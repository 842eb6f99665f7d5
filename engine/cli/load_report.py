"""What `ats load` says of a run: the summary, and what its reader must not overlook."""

from typing import Any

from engine.cli.output import table

BUSY = 0.9  # of a core: a load that uses more may be what was measured
LATE = 0.5  # of the 99th percentile of the waits: where sends are so late, the waits are theirs
LATE_RIGHTLY = ("TOO_LATE", "UNKNOWN_ORDER")  # an order may have traded before its cancel came


def warnings(measured: dict[str, Any]) -> list[str]:
    """Say where the figures are not those of a venue that did what it was asked."""
    found = []
    refused = {reason: count for reason, count in measured["refusals"].items() if reason not in LATE_RIGHTLY}
    total = sum(refused.values())
    if total:
        share = total / measured["requests"]
        why = "; a venue throttles a session above [gateway] messages_per_s and cancels_per_s" if "THROTTLE" in refused else ""
        found.append(
            f"what was measured is in part refusals: {total:,} of {measured['requests']:,} requests ({share:.1%}), {_listed(refused)}{why}"
        )
    if measured["rate"] is None and measured["load_cpu"] > BUSY:
        found.append(f"the load itself used {measured['load_cpu']:.0%} of a core: the venue may be faster than this")
    late = measured.get("late")
    if late and late["p99_us"] > LATE * measured["latency"]["p99_us"]:
        found.append(
            f"one send in a hundred was {late['p99_us']:,.0f} µs late or more: the longest waits are this machine's, not the venue's"
        )
    return found


def summary_text(measured: dict[str, Any]) -> str:
    """Write the result for people."""
    venue = measured["venue"]
    where = f"its own, journal {venue['mode']}" if venue["own"] else venue["address"]
    wait, jitter, late = measured["latency"], measured.get("jitter"), measured.get("late")
    sends = f"{measured['batch']:,} a send" + (f", {measured['window']:,} sends under way of each" if measured["way"] == "flat out" else "")
    rows = [
        ("venue", f"{where}; sessions: {measured['sessions']}; {measured['symbol']} around {measured['price'] / 10_000:,.2f}"),
        ("load", f"mix {measured['mix']}, seed {measured['seed']}; {measured['requests']:,} requests, {sends}, {measured['way']}"),
        ("rate", f"{measured['per_s']:,.0f} requests/s over {measured['seconds']:.2f} s"),
        ("answers", _listed(measured["answers"])),
        ("refusals", _listed(measured["refusals"])),
        ("ended otherwise", _listed(measured["endings"])),
        ("executions", _executions(measured)),
        ("queue" if measured["way"] == "flat out" else "latency", _spread(wait)),
        ("jitter alone", _spread(jitter) if jitter else ""),
        ("sends late", _spread(late) if late else ""),
        ("load's own CPU", f"{measured['load_cpu']:.0%} of a core" + (", most of it waiting for the clock" if late else "")),
        ("checked", f"{measured['reports']:,} reports, each in its place; both sides of each execution; the balances"),
        ("HDR file", measured.get("hdr", "")),
    ]
    return table([row for row in rows if row[1]])


def _executions(measured: dict[str, Any]) -> str:
    if not measured["trades"]:
        return ""
    others = f", {measured['trades_with_others']:,} of them with others" if measured["trades_with_others"] else ""
    return f"{measured['trades']:,}{others}; fees {measured['fees'] / 1_000_000:,.6f}"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _spread(figures: dict[str, Any]) -> str:
    names = {"p50_us": "p50", "p90_us": "p90", "p99_us": "p99", "p999_us": "p99.9", "max_us": "max"}
    return ", ".join(f"{said} {figures[name]:,.1f}" for name, said in names.items() if name in figures) + " µs"
