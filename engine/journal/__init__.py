"""The journal: what the venue was told, in order, on disk before anyone hears an answer."""
