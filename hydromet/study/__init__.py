"""Studies: many solves of the same units with a question in mind.

Solvent extraction: design of a circuit, laboratory tests, McCabe-Thiele data, sizes of mixer-settlers.
"""
