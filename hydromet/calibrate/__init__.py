"""Models fitted to measurements: the result is a file a flowsheet refers to, with standard errors and origin."""
