"""Oxidation states: couples, what a probe reads, full redox equilibrium, Pourbaix diagrams."""
