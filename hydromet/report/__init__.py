"""Tables and documents made from a result file, never from the solver."""
