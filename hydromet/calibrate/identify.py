"""What measurements can tell of parameters, from their sensitivities before anything is fitted.

A column of the sensitivities says by how many standard errors all figures together move when a parameter goes over
the span of its bounds. The collinearity index of a set of parameters is one over the smallest singular value of the
columns, each of length one: changes of one parameter are made good by the others to one part in so many.

Source: Brun, Reichert and Kuensch 2001.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydromet.errors import CalibrationError, UserError, raise_all

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hydromet.calibrate.plant_case import PlantCase

    Array = NDArray[np.float64]

# Standard errors over the whole span below which no figure depends on a parameter.
_NOTHING = 0.01
# Collinearity beyond which parameters are one to the figures, and from which they are hard to tell apart.
_ONE, _HARD = 1000.0, 15.0
# Standard errors in spans: alone it is told, with the others it is not.
_TOLD, _UNTOLD = 0.3, 1.0
# Share of a direction from which a parameter is part of it.
_PART = 0.2


@dataclass(frozen=True)
class Identified:
    """What the figures tell.

    Attributes:
        strength: of each parameter, standard errors over its span.
        collinearity: of all together.
        notices: (code, text).
    """

    strength: tuple[float, ...]
    collinearity: float
    notices: tuple[tuple[str, str], ...]


def identify(case: PlantCase, jacobian: Array) -> Identified:
    """Whether the parameters can be told.

    Args:
        case: the fit.
        jacobian: derivatives of residuals of unit variance, those of the priors among them, with parameters scaled to
            their spans (figures, P).

    Raises:
        CalibrationError: E691 a parameter does nothing, E692 some cannot be told apart.
    """
    names = [parameter.path for parameter in case.parameters]
    lengths = np.linalg.norm(jacobian, axis=0)
    dead: list[UserError] = [
        CalibrationError(
            "E691", read=f"{name}: no figure moves by more than {length:.1g} standard errors within its bounds",
            expected="figures that depend on it, wider bounds, or a prior", write=f"# {name}: leave it out",
            place=case.document.place(("fit", name), key=True),
        )
        for name, length in zip(names, lengths, strict=True)
        if length < _NOTHING
    ]  # fmt: skip
    raise_all(dead)
    _, sizes, directions = np.linalg.svd(jacobian / lengths)
    collinearity = float("inf") if sizes[-1] < 1e-12 or len(sizes) < len(names) else float(1.0 / sizes[-1])
    together = [name for name, part in zip(names, directions[-1], strict=True) if abs(part) > _PART]
    joint = np.sqrt(np.diag(np.linalg.pinv(jacobian.T @ jacobian)))
    spoilt = any(e > _UNTOLD and 1.0 / n < _TOLD for e, n in zip(joint, lengths, strict=True)) and len(together) > 1
    if collinearity > _ONE or spoilt:
        raise CalibrationError(
            "E692", read=f"{' and '.join(together)}: the figures cannot tell them apart (collinearity "
            f"{min(collinearity, 1e12):.0f})", expected="fewer parameters, other figures, or a prior for one",
            write=f"{together[-1]}: {{within: ..., prior: {{value: ..., sd: ...}}}}",
            place=case.document.place(("fit", together[0]), key=True),
        )  # fmt: skip
    notices = []
    if collinearity > _HARD:
        text = f"{' and '.join(together)} are hard to tell apart by these figures: collinearity {collinearity:.0f}"
        notices.append(("W686", text))
    return Identified(tuple(float(n) for n in lengths), min(collinearity, 1e12), tuple(notices))
