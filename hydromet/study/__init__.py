"""Studies: many solves of the same units with a question in mind.

Sweeps of a flowsheet over its settings. Solvent extraction: design of a circuit, laboratory tests, McCabe-Thiele data,
sizes of mixer-settlers.
"""
