"""Functions to go down on, and a way down."""


def valley(w):
    return (30 - w) ** 2


def bowl(w):
    return w[0] ** 2 + 3 * w[1] ** 2


def descent(rate, steps, start=3.0):
    path = [start]
    for _ in range(steps):
        path.append(path[-1] + rate * 2 * (30 - path[-1]))
    return path
