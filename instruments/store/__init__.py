"""The record on disk: sealed segments, reading, checking, exporting."""
