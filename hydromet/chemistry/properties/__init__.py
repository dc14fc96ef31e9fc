"""Property correlations, one file each, named property_author_year."""
