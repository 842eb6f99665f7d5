"""What the engine costs, measured beside the least it could cost: see README.md for what each bench says and how to run it."""
