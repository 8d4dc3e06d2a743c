#!/usr/bin/env python3
"""Dies as an application does that does not know who asks."""


class AuthenticationError(Exception):
    pass


def authenticate(name):
    raise AuthenticationError("no session for " + name)


authenticate("ada")
