"""What a solved plant is worth: the one door for all callers, and the assessments."""
