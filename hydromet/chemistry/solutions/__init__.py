"""One solution for a person with a beaker: ``Solution``, its file, its curves, everything it can be asked."""
