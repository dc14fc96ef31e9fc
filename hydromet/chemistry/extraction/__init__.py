"""Solvent extraction: extractants, conditional constants of a liquor, counter-current contact of two phases."""
