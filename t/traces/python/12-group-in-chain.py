"""A group in the middle of a chain, and no room for all its members."""


def first():
    return 1 / 0


def second():
    try:
        first()
    except ZeroDivisionError as error:
        raise ExceptionGroup("many", [ValueError(f"number {n}") for n in range(20)]) from error


def third():
    try:
        second()
    except ExceptionGroup:
        raise SystemError("the end")


third()
