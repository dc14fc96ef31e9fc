"""Physical properties of liquors and streams: volume, viscosity, heat capacity, enthalpy."""
