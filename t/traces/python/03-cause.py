"""An exception of the site's own with its cause."""
import json


class Refused(Exception):
    """An order that is not taken."""


def read_order(text):
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Refused("order 17: not readable") from error


read_order('{"article": tea}')
