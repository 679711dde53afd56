"""Did all do the same work? Compares the answers of one question."""
import math

EXACT = 1e-9


def deviation(answer, reference):
    """How far the answer is from the reference: the largest relative difference of a value. None when the groups differ."""
    if answer.keys() != reference.keys():
        return None
    worst = 0.0
    for group, expected in reference.items():
        value = answer[group]
        if math.isnan(value):
            return None
        worst = max(worst, abs(value - expected) / max(abs(expected), 1e-300))
    return worst


def describe(groups, difference):
    if difference is None:
        return "OTHER GROUPS"
    return f"{groups} groups, " + ("equal" if difference <= EXACT else f"approximate, off by up to {100 * difference:.2g} %")
