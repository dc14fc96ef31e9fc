"""What the answer of the engine owes to each of its numbers: exact derivatives and the influence of every parameter."""
