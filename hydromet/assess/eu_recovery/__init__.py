"""Recycling efficiency and recovery of materials of waste batteries by Delegated Regulation (EU) 2025/606.

A case file declares what came in (lots), the chain of facilities and what came out; the rules are data
(``data/regulation``). ``assess.assess`` is the door.
"""
