"""Old reports, made again from the journal in a process of their own: `python -m engine.resend`."""
