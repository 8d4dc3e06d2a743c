"""A group of exceptions with a group in it, a cause and a message of several lines."""


def fail(kind, message):
    raise kind(message)


def caught(call, *arguments):
    try:
        call(*arguments)
    except Exception as error:
        return error


def mail():
    try:
        fail(ConnectionRefusedError, "mail.example: 25")
    except OSError as error:
        raise RuntimeError("order 17: no mail") from error


def collect():
    inner = ExceptionGroup("stock", [caught(fail, KeyError, "tea"), TypeError("one\ntwo")])
    raise ExceptionGroup("order 17", [caught(fail, ValueError, "amount"), inner, caught(mail)])


collect()
