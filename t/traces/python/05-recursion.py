"""Recursion without end."""


def total(parts):
    if parts:
        return sum(total(part) for part in parts)
    return total([parts])


def depth(node):
    return 1 + depth(node["parent"])


NODE = {}
NODE["parent"] = NODE
depth(NODE)
