"""A syntax error in a text that the program compiles."""


def evaluate(formula):
    return eval(formula, {"price": 3})


def price(formula):
    return evaluate(formula)


price("price * (2 +")
