#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
"""A Flask application whose errors Sentry's own library reports: flask_app.py PORT

Listens on 127.0.0.1, for httpd to proxy to, until it gets SIGTERM; PORT 0 takes a free one. Says
`ready PORT` on stdout when it can be asked. The DSN is SENTRY_DSN of the environment.

/boom raises an exception with a cause, /ok answers, /slow answers after a third of a second.
"""
import logging
import os
import signal
import sys
import time

import sentry_sdk
from flask import Flask
from sentry_sdk.integrations.flask import FlaskIntegration
from werkzeug.serving import make_server

app = Flask(__name__)


def price_of(item):
    return {"tea": 3}[item]


def total_of(items):
    try:
        return sum(price_of(item) for item in items)
    except KeyError as error:
        raise ValueError("no price for the cart") from error


@app.route("/ok")
def ok():
    return "ok\n"


@app.route("/slow")
def slow():
    time.sleep(0.33)
    return "slow\n"


@app.route("/boom")
def boom():
    logging.getLogger("shop.cart").info("adding up the cart")
    return str(total_of(["tea", "coffee"]))


def stop(_signal, _frame):
    sentry_sdk.flush(timeout=5)
    sys.exit(0)


def main():
    sentry_sdk.init(
        dsn=os.environ["SENTRY_DSN"],
        integrations=[FlaskIntegration()],
        traces_sample_rate=1.0,
        release="shop@1.2.3",
        environment="testing",
        server_name="web1.example",
    )
    server = make_server("127.0.0.1", int(sys.argv[1]), app, threaded=True)
    signal.signal(signal.SIGTERM, stop)
    logging.basicConfig(level=logging.INFO)
    print("ready", server.port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
