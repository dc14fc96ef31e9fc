"""From the flowsheet file to the solved plant: schema, order, tears, the ladder, the gate, the result."""
