"""A fault that is logged and goes no further."""
import logging

logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
log = logging.getLogger("shop.orders")


def load(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


try:
    load("/srv/app/no-such-file.ini")
except OSError:
    log.exception("order %d: not loaded", 17)
