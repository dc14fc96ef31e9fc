"""Chemistry of the leach train: half reactions, redox ladder, kinetics of a tank train."""
