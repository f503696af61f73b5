"""I8: at each version each leg has exactly one holder, or one handover in transit."""

from __future__ import annotations

from engine.core.dossier import Dossier
from workflows.machine import OFFERED


def faults(dossier: Dossier) -> list[str]:
    """What is wrong with the custody of each leg; empty when all is well."""
    found = []
    for path, leg in dossier.legs.items():
        name = path or "the root"
        if (leg.holder is None) == (leg.transit is None):
            how = "nobody" if leg.holder is None else "both a holder and a transit"
            found.append(f"leg {name} has {how}")
        if (leg.mode == OFFERED) != (leg.transit is not None):
            found.append(f"leg {name} is in mode {leg.mode!r}, which its custody contradicts")
    return found
