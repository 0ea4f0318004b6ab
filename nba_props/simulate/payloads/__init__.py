"""The simulated league in the words of the real sources: one module a source, each a pure function of what is asked and when.

Here belong shapes, ids and spellings as sources send them. Not here: what happens in the league (`nba_props.simulate`),
HTTP and its faults (`nba_props.simulate.server`, `faults`), and reading payloads (`nba_props.io.sources.live`).
"""
