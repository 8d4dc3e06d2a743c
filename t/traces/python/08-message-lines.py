"""A message of several lines, and notes."""


def insert(statement):
    error = RuntimeError(f"(2006) server has gone away\n[SQL: {statement}]\n\n  (background: none)")
    error.add_note("order 17 was not kept")
    raise error


insert("INSERT INTO orders VALUES (17)")
