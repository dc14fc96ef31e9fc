"""Instruments and servers that do not exist, for tests and for the virtual pilot plant.

They offer the values of any ``state(t)`` on 127.0.0.1, with noise, drift and faults.
"""
