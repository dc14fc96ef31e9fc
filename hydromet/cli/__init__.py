"""The command line: one file a verb, and the only place where hydromet and instruments meet."""
