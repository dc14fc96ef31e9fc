"""Carbon footprint, water use and cumulative energy demand of the products of a solved plant or a written inventory."""
