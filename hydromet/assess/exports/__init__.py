"""Exports of a declared footprint to the data platforms of the supply chain, each checked against its schema."""
