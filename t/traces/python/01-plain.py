"""A fault three calls deep."""


def divide(amount, people):
    return amount / people


def share(query):
    return divide(int(query["amount"]),
                  int(query["people"]))


if __name__ == "__main__":
    print(share({"amount": "12", "people": "0"}))
