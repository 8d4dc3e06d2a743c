# Licensed under the Apache License, Version 2.0; see the file LICENSE.
"""Context from Python.

What an application puts into environ stays in Python: httpd does not see it. Response headers come
back; context.conf turns them into notes and takes them out of the response. The middleware below
adds them for an application that keeps its context in environ["t2mlog"].
"""


def with_context(application):
    def respond(environ, start_response):
        context = environ.setdefault("t2mlog", {})

        def start(status, headers, exc_info=None):
            headers = list(headers)
            for name, value in context.items():
                header = "X-T2MLog-" + name.replace("_", "-").title()
                headers.append((header, str(value).replace("\r", " ").replace("\n", " ")))
            return start_response(status, headers, exc_info)

        return application(environ, start)

    return respond


def translate(environ, start_response):
    environ["t2mlog"].update(user_id=42, feature="translation")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"translated\n"]


application = with_context(translate)
