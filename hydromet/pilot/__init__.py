"""The virtual pilot plant: true values of a plant that runs by a schedule, ``state(t) -> {tag: value}``.

    plant = build(read("flowsheets/pilot/leach_train_plant.yaml"))
    plant.state(3600.0)["leach_pH"]

The plant is solved at every operating point of its schedule; what is measured follows from point to point through the
hold-ups of its vessels. Nothing here knows of instruments: ``instruments.simulated`` offers the values, with noise.
"""
