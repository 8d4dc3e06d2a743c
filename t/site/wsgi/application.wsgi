"""Answers, sleeps or raises, as the path says."""
import sys
import time


def application(environ, start_response):
    path = environ.get("PATH_INFO", "")
    if path.endswith("/raise"):
        raise ValueError("the model is not loaded")
    if path.endswith("/complain"):
        print("a line from the application", file=environ["wsgi.errors"])
    if path.endswith("/slow"):
        time.sleep(3)
    start_response("200 OK", [("Content-Type", "text/plain")])
    text = "".join("%s=%s\n" % (k, environ[k]) for k in sorted(environ) if k.isupper())
    return [text.encode("utf-8", "replace")]
