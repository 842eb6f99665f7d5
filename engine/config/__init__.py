"""What a venue is told before it starts: a TOML file, overridden by the environment, checked whole before anything runs.

`ENGINE_GATEWAY__PORT=7003` overrides `port` in `[gateway]`, and so on for every key of a table that exists once.  Decimal texts become the
integers of the core here (`units`) and nowhere else.  Each error names the key, the value, the rule and, where there is one, the nearest
value that would do.

    venue.toml --parse--> tables --birth--> Config(its settings, and acts) --seed--> the first commands of a new venue's log
"""

from engine.config.reading import Config, load, parse, seed
from engine.config.tables import Admin, Gateway, Journal, Limits, Process, Venue
from engine.config.template import example
from engine.config.units import ConfigError

__all__ = ["Admin", "Config", "ConfigError", "Gateway", "Journal", "Limits", "Process", "Venue", "example", "load", "parse", "seed"]
