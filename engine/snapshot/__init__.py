"""Snapshots: the venue as it stood behind one command of its log, so that a start need not replay all of it."""
