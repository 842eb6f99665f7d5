"""The commented file that `ats init` writes: every setting of the running venue with its default, and a few seeds that trade at once."""

from collections.abc import Sequence

Keys = Sequence[tuple[str, str]]


def example(name: str, subscribers: Keys, persons: Keys = ()) -> str:
    """Return a configuration of a venue with three instruments and these subscribers and persons, as names and base64 public keys."""
    tables = [_SUBSCRIBER.format(name=who, public_key=key, account=i) for i, (who, key) in enumerate(subscribers, 1)]
    return _SETTINGS.format(name=name) + _INSTRUMENTS + _SUBSCRIBERS + "".join(tables) + _persons(persons)


def empty(name: str, persons: Keys) -> str:
    """Return a configuration of a venue that persons fill by acts."""
    return _SETTINGS.format(name=name) + _persons(persons)


def _persons(persons: Keys) -> str:
    return (_PERSONS if persons else "") + "".join(_PERSON.format(name=who, public_key=key) for who, key in persons)


_SETTINGS = """\
# A venue for stock tokens.  Prices, quantities and amounts are decimal texts; every key that is commented out shows its default.
# A key of [venue], [gateway], [admin], [journal], [process] or [limits] can be overridden by the environment: ENGINE_GATEWAY__PORT=7003

[venue]
name = "{name}"                  # clients name it in their logon
# day_end_utc = "22:00"          # DAY orders expire at this time of day; without it they live until canceled
# found = true                   # a second person must agree to what moves money; left out: as soon as each role has two persons

[gateway]
host = "127.0.0.1"
port = 7001                      # 0 takes a free one
# tls_cert = "venue.crt"         # both together turn TLS 1.3 on; paths are relative to this file
# tls_key = "venue.key"
# insecure_non_loopback = false  # plain TCP is for loopback unless this says otherwise
# logon_timeout_ms = 5000        # from the first byte to a complete logon
# refusal_delay_ms = 500         # a logon that is not authentic is told so after this time
# logout_timeout_ms = 2000       # wait so long for the answer to a Logout
# takeover_timeout_ms = 2000     # a silent connection may answer for so long before another takes its session over
# clock_skew_max_ms = 60000      # between the client's clock and ours, at logon
# unauthenticated_max = 64       # connections that did not log on yet
# failed_logons_max = 5          # in failed_logons_window_ms, per address
# failed_logons_window_ms = 10000
# messages_per_s = 10000         # new orders and replaces of a session: above it refused, above twice as many logged out
# cancels_per_s = 20000          # cancels, likewise
# requests_per_s = 100           # mass cancels and everything else
# unsent_bytes_max = 8388608     # a client that does not read is cut at so many bytes,
# paused_max_ms = 5000           # or after so long
# kept_bytes_max = 16777216      # reports kept for resend, per session

[admin]                          # operators have a listener of their own, with the gateway's certificate and rules for logons
# host = "127.0.0.1"
port = 7002
# insecure_non_loopback = false
# connections_max = 16
# idle_timeout_ms = 600000
# requests_per_s = 50

[journal]                        # what the venue was told, kept so that it can be told again; paths are relative to this file
# mode = "durable"               # nobody hears of what is not on the disk; async: a loss of power can cost the last sync_ms;
                                 # memory: nothing outlives the process
# folder = "journal"             # a disk of its own is faster
# sync_ms = 10                   # in mode async
# segment_mb = 64                # of one file of the journal
# reserve_mb = 16                # room that a full disk gives back, for a stop in good order
# snapshot_every = 1000000       # commands: a start replays at most about as many; the last two snapshots are kept
# key = "keys/node.pem"          # signs closed segments; made at the first start

[process]                        # what is asked of the machine; what it refuses is told, and the venue does not start
# loop_core = 2                  # the processor of the thread that serves everybody; left out: any
# writer_core = 3                # that of the thread that writes the journal; left out: any
# writer_nice = -5               # its niceness; left out: that of the venue
# writer_realtime = true         # it goes before all ordinary threads; left out: where the system permits it
# lock_memory = false            # all that is reserved is touched at start and never swapped out

[limits]                         # allocated at start; those of the venue's birth hold for its whole life
# orders = 1048576               # open at a time
# levels = 4194304               # price levels at a time
# accounts = 65536
# sessions = 1024
# instruments = 1024
# parties = 65536                # subscribers
# assets = 2048
# balances = 262144              # an account's holdings of an asset
# trades = 65536                 # executions that can still be busted
"""

_INSTRUMENTS = """
# What follows is read once, when the venue is born; from then on it is changed with `ats admin`.

[[asset]]                        # what instruments are quoted in; tokens come with their instruments
asset = "USDC"
name = "USD Coin"

[[instrument]]                   # numbered from 1 in the order of this file
symbol = "AAPLx"
quote = "USDC"
tick = "0.01"
lot = "0.0001"                   # tick x lot must be a whole number of 0.000001 of the quote
min_qty = "0.0001"
max_qty = "100000"
max_price = "10000.00"           # at most 2**26 ticks
protection = "5.00"              # how far from the best opposite price a market order may trade
# min_notional = "1"             # of one order, as is max_notional
# day_cap = "1000000"            # tokens executed a day
fees = [{ maker = "-0.2", taker = "1" }]  # basis points by tier; below 0 the maker is paid; both sides of an auction pay `auction`
issuer = "Example Issuer Ltd"
underlying = "AAPL"
track = "third-party-custodial"  # or issuer-native, depository-entitlement
rights = { dividend = "cash", vote = "none", liquidation = "creditor", redeem = "cash" }
# fungibility_class = "AAPLx"    # tokens of one class have the same rights
# jurisdictions = ["US"]         # all that may trade it; left out: every one not in `denied`
# denied = []
# entitlements = []              # a subscriber needs all of them
# whitelist = false              # holders must be approved
# order_types = { overnight = ["limit-day", "limit-gtc"] }  # by trading session; one that is not named takes all
# week = ["Mon 13:25 rth auction-call", "Mon 19:55 rth auction-call closed"]  # UTC, with an opening and a closing auction
# auction = { call_s = 300, pause_s = 0, collar_bps = 0, extend_s = 0, max_extensions = 0 }  # pause_s: pauses when it meets the collar

[[instrument]]
symbol = "TSLAx"
quote = "USDC"
tick = "0.01"
lot = "0.0001"
collar = { static_bps = 1000, dynamic_bps = 500 }  # refuses orders, and stops executions, too far from the reference
reference = "339.20"             # until an operator or a feed gives another

[[instrument]]
symbol = "SPYx"
quote = "USDC"
tick = "0.01"
lot = "0.0001"
"""

_SUBSCRIBERS = """
# Play money: a venue for others opens with none, and books deposits with `ats admin`.
"""

_SUBSCRIBER = """
[[subscriber]]
name = "{name}"
public_key = "{public_key}"      # of a session of the subscriber's name
accounts = [{account}]                   # its orders do not trade with each other; stp_group = 0 lets them
balances = {{ USDC = "100000000", AAPLx = "1000000", TSLAx = "1000000", SPYx = "1000000" }}
# jurisdictions = ["US"]
# limits = {{ max_order_notional = "1000000", max_open_orders = 1000, max_gross_open = "10000000" }}
"""

_PERSONS = """
# Those who act on the venue (`ats admin`); a person without `roles` has all three that do.
"""

_PERSON = """
[[person]]
name = "{name}"
public_key = "{public_key}"
roles = ["operator", "compliance", "treasury"]
"""
