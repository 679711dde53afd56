"""Did all do the same work? Compares the answers of one question."""
import math

EXACT = 1e-9  # Up to here, values are equal: sums in another order.


def deviation(answer, reference):
    """The largest relative difference of a value from the reference; None when the groups differ."""
    if answer.keys() != reference.keys():
        return None
    worst = 0.0
    for group, expected in reference.items():
        value = answer[group]
        if math.isnan(value):
            return None
        worst = max(worst, abs(value - expected) / max(abs(expected), 1e-300))
    return worst
