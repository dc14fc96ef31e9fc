"""The engine held against measurements, and constants fitted to them."""
