"""A code location for the daemon in process: a test puts its `defs` here before the daemon loads them."""
