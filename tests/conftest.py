"""How property tests run: without deadlines, because machines are busy, and reproducibly where nobody watches.

And where the venue's log goes: to stderr from the beginning.  Who captures it for a while puts back what he found, which would be
structlog's own default, stdout, if nothing had been set up.
"""

import os

from hypothesis import settings

from engine.telemetry import configure

configure()
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True, database=None)
settings.register_profile("quick", deadline=None, derandomize=True, database=None, max_examples=10)
settings.register_profile("deep", deadline=None, print_blob=True, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))
