"""A fault while another one is handled, while yet another one is."""


def stock(article):
    try:
        return {"tea": 3}[article]
    except KeyError:
        raise LookupError(f"no article {article!r}")


def order(article):
    try:
        return stock(article)
    except LookupError as error:
        error.reported = True
        return error.quantity


order("coffee")
