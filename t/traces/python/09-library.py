"""A fault inside Python's own library."""
import functools
import urllib.parse


@functools.lru_cache(maxsize=None)
def port_of(url):
    return urllib.parse.urlsplit(url).port


def connect(url):
    return port_of(url)


connect("http://shop.example:eighty/orders")
