"""No message; a class that is made in a function; a lambda."""


def make():
    class Refused(Exception):
        pass
    return Refused


def apply(function):
    return function()


try:
    apply(lambda: [].pop())
except IndexError:
    raise make()
