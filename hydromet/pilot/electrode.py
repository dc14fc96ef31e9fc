"""Glass electrodes that age: what a transmitter shows that still trusts the last calibration."""

from __future__ import annotations

from dataclasses import dataclass

ISOTHERMAL_PH = 7.0
DAY = 86400.0


@dataclass(frozen=True)
class Electrode:
    """The state of an electrode and how it ages.

    Attributes:
        slope: share of the theoretical slope right after a calibration, 1 for a new electrode.
        offset: error at pH 7 right after a calibration.
        slope_loss: loss of slope in a day, as a share of the theoretical.
        offset_drift: change of the offset in a day.
        calibrated: time between calibrations, s; the first is at 0.
    """

    slope: float
    offset: float
    slope_loss: float
    offset_drift: float
    calibrated: float

    def shown(self, true: float, time: float) -> float:
        """What is shown as pH: 7 + offset + slope (pH - 7).

        Args:
            true: pH of the liquor.
            time: since the start, s.
        """
        days = (time % self.calibrated) / DAY
        slope = self.slope - self.slope_loss * days
        return ISOTHERMAL_PH + self.offset + self.offset_drift * days + slope * (true - ISOTHERMAL_PH)
