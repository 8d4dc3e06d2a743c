/* Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file
 * except in compliance with the License. You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software distributed under the
 * License is distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND,
 * either express or implied. See the License for the specific language governing permissions
 * and limitations under the License.
 */

/* What the libraries sentry-sdk 1.9.10 (Debian 12) and @sentry/node 11.12.0 sent for two small
 * programs, shortened: fewer frames, no lists of packages, nothing of the machine. */
#ifndef T2M_UNIT_EVENT_SENTRY_SAMPLES_H
#define T2M_UNIT_EVENT_SENTRY_SAMPLES_H

/* Flask: an exception raised from another, to /store/. */
static const char python_exception[] =
    "{\"level\":\"error\",\"exception\":{\"values\":[{\"module\":null,\"type\":\"KeyError\",\"v"
    "alue\":\"'b'\",\"mechanism\":{\"type\":\"flask\",\"handled\":false},\"stacktrace\":{\"fram"
    "es\":[{\"filename\":\"app.py\",\"abs_path\":\"/srv/app/app.py\",\"function\":\"cart\",\"mo"
    "dule\":\"__main__\",\"lineno\":20,\"context_line\":\"        load('b')\",\"in_app\":true},"
    "{\"filename\":\"app.py\",\"abs_path\":\"/srv/app/app.py\",\"function\":\"load\",\"module\""
    ":\"__main__\",\"lineno\":10,\"context_line\":\"    return {'a':1}[n]\",\"in_app\":true}]}}"
    ",{\"module\":\"__main__\",\"type\":\"OutOfStock\",\"value\":\"no more of 9\",\"mechanism\""
    ":{\"type\":\"flask\",\"handled\":false},\"stacktrace\":{\"frames\":[{\"filename\":\"flask/"
    "app.py\",\"abs_path\":\"/usr/lib/python3/dist-packages/flask/app.py\",\"function\":\"wsgi_"
    "app\",\"module\":\"flask.app\",\"lineno\":2525,\"context_line\":\"                response"
    " = self.full_dispatch_request()\",\"in_app\":true},{\"filename\":\"app.py\",\"abs_path\":"
    "\"/srv/app/app.py\",\"function\":\"cart\",\"module\":\"__main__\",\"lineno\":22,\"context_"
    "line\":\"        raise OutOfStock('no more of '+id) from e\",\"in_app\":true}]}}]},\"event"
    "_id\":\"09452833b3bd4354890612d4eaca4247\",\"timestamp\":\"2026-11-23T04:07:41.338804Z\","
    "\"breadcrumbs\":{\"values\":[{\"category\":\"db\",\"message\":\"opened\",\"level\":\"info"
    "\",\"data\":{\"q\":\"select\"},\"timestamp\":\"2026-11-23T04:07:41.336049Z\",\"type\":\"de"
    "fault\"},{\"type\":\"log\",\"level\":\"warning\",\"category\":\"root\",\"message\":\"stock"
    " of 9 low\",\"timestamp\":\"2026-11-23T04:07:41.336203Z\",\"data\":{}}]},\"user\":{\"id\":"
    "42,\"email\":\"a@b.example\",\"ip_address\":\"192.0.2.7\"},\"transaction\":\"cart\",\"tran"
    "saction_info\":{\"source\":\"component\"},\"extra\":{\"note\":{\"x\":[1,2]},\"sys.argv\":["
    "\"app.py\"]},\"tags\":{\"team\":\"check out\"},\"contexts\":{\"cart\":{\"items\":3,\"total"
    "\":9.5,\"vip\":true},\"trace\":{\"trace_id\":\"4648940e646d4d85a153f3ca8ab214fd\",\"span_i"
    "d\":\"85f40fdedaaaa8eb\",\"parent_span_id\":null,\"op\":\"http.server\",\"description\":nu"
    "ll},\"runtime\":{\"name\":\"CPython\",\"version\":\"3.11.2\"}},\"request\":{\"url\":\"http"
    "://localhost/cart/9\",\"query_string\":\"x=1\",\"method\":\"GET\",\"env\":{\"SERVER_NAME\""
    ":\"localhost\",\"SERVER_PORT\":\"80\",\"REMOTE_ADDR\":\"127.0.0.1\"},\"headers\":{\"Host\""
    ":\"localhost\",\"X-Request-Id\":\"req-12345678\",\"Traceparent\":\"00-0af7651916cd43dd8448"
    "eb211c80319c-b7ad6b7169203331-01\"},\"cookies\":{}},\"release\":\"shop@1.2\",\"environment"
    "\":\"production\",\"server_name\":\"web-1\",\"sdk\":{\"name\":\"sentry.python\",\"version"
    "\":\"1.9.10\"},\"platform\":\"python\"}";

/* Its transaction, in an envelope. */
static const char python_transaction[] =
    "{\"event_id\":\"ab5745acc4a141bcbf65b3c505be2725\",\"sent_at\":\"2026-11-23T04:07:41.47503"
    "5Z\",\"trace\":{\"trace_id\":\"4648940e646d4d85a153f3ca8ab214fd\",\"public_key\":\"abc\","
    "\"sample_rate\":\"1.0\",\"release\":\"shop@1.2\",\"environment\":\"production\",\"transact"
    "ion\":\"cart\"}}\n"
    "{\"type\":\"transaction\",\"content_type\":\"application/json\",\"length\":1119}\n"
    "{\"type\":\"transaction\",\"transaction\":\"cart\",\"transaction_info\":{\"source\":\"comp"
    "onent\"},\"contexts\":{\"trace\":{\"trace_id\":\"4648940e646d4d85a153f3ca8ab214fd\",\"span"
    "_id\":\"85f40fdedaaaa8eb\",\"parent_span_id\":null,\"op\":\"http.server\",\"description\":"
    "null,\"status\":\"internal_error\"},\"cart\":{\"items\":3,\"total\":9.5,\"vip\":true},\"ru"
    "ntime\":{\"name\":\"CPython\",\"version\":\"3.11.2\"}},\"tags\":{\"http.status_code\":\"50"
    "0\",\"team\":\"check out\"},\"timestamp\":\"2026-11-23T04:07:41.467254Z\",\"start_timestam"
    "p\":\"2026-11-23T04:07:41.335244Z\",\"spans\":[],\"event_id\":\"ab5745acc4a141bcbf65b3c505"
    "be2725\",\"user\":{\"id\":42,\"email\":\"a@b.example\",\"ip_address\":\"192.0.2.7\"},\"ext"
    "ra\":{\"note\":{\"x\":[1,2]},\"sys.argv\":[\"app.py\"]},\"request\":{\"url\":\"http://loca"
    "lhost/cart/9\",\"query_string\":\"x=1\",\"method\":\"GET\",\"env\":{\"SERVER_NAME\":\"loca"
    "lhost\",\"SERVER_PORT\":\"80\",\"REMOTE_ADDR\":\"127.0.0.1\"},\"headers\":{\"Host\":\"loca"
    "lhost\",\"X-Request-Id\":\"req-12345678\",\"Traceparent\":\"00-0af7651916cd43dd8448eb211c8"
    "0319c-b7ad6b7169203331-01\"},\"cookies\":{}},\"release\":\"shop@1.2\",\"environment\":\"pr"
    "oduction\",\"server_name\":\"web-1\",\"sdk\":{\"name\":\"sentry.python\",\"version\":\"1.9"
    ".10\"},\"platform\":\"python\"}\n";

/* capture_message. */
static const char python_message[] =
    "{\"message\":\"just a message\",\"level\":\"warning\",\"event_id\":\"8ef6c5ed681a4c45987c1"
    "46ac662f463\",\"timestamp\":\"2026-11-23T04:07:41.479414Z\",\"breadcrumbs\":{\"values\":[]"
    "},\"transaction\":\"msg\",\"transaction_info\":{\"source\":\"component\"},\"contexts\":{\""
    "trace\":{\"trace_id\":\"37b3a80e7c5b485ba1d3f62a986a8a33\",\"span_id\":\"bcc973ba78cd70e4"
    "\",\"parent_span_id\":null,\"op\":\"http.server\",\"description\":null},\"runtime\":{\"nam"
    "e\":\"CPython\",\"version\":\"3.11.2\"}},\"extra\":{\"sys.argv\":[\"app.py\"]},\"request\""
    ":{\"url\":\"http://localhost/msg\",\"query_string\":\"\",\"method\":\"GET\",\"env\":{\"SER"
    "VER_NAME\":\"localhost\",\"SERVER_PORT\":\"80\",\"REMOTE_ADDR\":\"127.0.0.1\"},\"headers\""
    ":{\"Host\":\"localhost\",\"X-Request-Id\":\"req-12345678\",\"Traceparent\":\"00-0af7651916"
    "cd43dd8448eb211c80319c-b7ad6b7169203331-01\"},\"cookies\":{}},\"user\":{\"ip_address\":\"1"
    "27.0.0.1\"},\"release\":\"shop@1.2\",\"environment\":\"production\",\"server_name\":\"web-"
    "1\",\"sdk\":{\"name\":\"sentry.python\",\"version\":\"1.9.10\"},\"platform\":\"python\"}";

/* logging.error("stock of %s: %d", "x", 7). */
static const char python_line[] =
    "{\"level\":\"error\",\"logger\":\"shop.cart\",\"logentry\":{\"message\":\"stock of %s: %d"
    "\",\"params\":[\"x\",7]},\"extra\":{\"sys.argv\":[\"app.py\"]},\"event_id\":\"d6ee1e55044b"
    "463ca6377e8aa89bf424\",\"timestamp\":\"2026-11-23T04:07:41.491764Z\",\"breadcrumbs\":{\"va"
    "lues\":[]},\"transaction\":\"msg\",\"transaction_info\":{\"source\":\"component\"},\"conte"
    "xts\":{\"trace\":{\"trace_id\":\"37b3a80e7c5b485ba1d3f62a986a8a33\",\"span_id\":\"bcc973ba"
    "78cd70e4\",\"parent_span_id\":null,\"op\":\"http.server\",\"description\":null},\"runtime"
    "\":{\"name\":\"CPython\",\"version\":\"3.11.2\"}},\"request\":{\"url\":\"http://localhost/"
    "msg\",\"query_string\":\"\",\"method\":\"GET\",\"env\":{\"SERVER_NAME\":\"localhost\",\"SE"
    "RVER_PORT\":\"80\",\"REMOTE_ADDR\":\"127.0.0.1\"},\"headers\":{\"Host\":\"localhost\",\"X-"
    "Request-Id\":\"req-12345678\",\"Traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b"
    "7169203331-01\"},\"cookies\":{}},\"user\":{\"ip_address\":\"127.0.0.1\"},\"release\":\"sho"
    "p@1.2\",\"environment\":\"production\",\"server_name\":\"web-1\",\"sdk\":{\"name\":\"sentr"
    "y.python\",\"version\":\"1.9.10\"},\"platform\":\"python\"}";

/* Sessions. */
static const char python_sessions[] =
    "{}\n"
    "{\"type\":\"sessions\",\"content_type\":\"application/json\",\"length\":139}\n"
    "{\"attrs\":{\"environment\":\"production\",\"release\":\"shop@1.2\"},\"aggregates\":[{\"st"
    "arted\":\"2026-11-23T04:07:00.000000Z\",\"crashed\":1,\"exited\":1}]}\n";

/* A client report. */
static const char python_report[] =
    "{}\n"
    "{\"type\":\"client_report\",\"content_type\":\"application/json\",\"length\":114}\n"
    "{\"timestamp\":1795406861.8678484,\"discarded_events\":[{\"reason\":\"event_processor\",\""
    "category\":\"error\",\"quantity\":1}]}\n";

/* captureException of an error with a cause: no lengths, no LF at the end. */
static const char node_exception[] =
    "{\"event_id\":\"890da9d7a189413a88a8a01b07858ee5\",\"sent_at\":\"2026-11-23T04:07:43.242Z"
    "\",\"sdk\":{\"name\":\"sentry.javascript.node\",\"version\":\"11.12.0\"},\"trace\":{\"envi"
    "ronment\":\"production\",\"release\":\"shop@1.2\",\"public_key\":\"abc\",\"trace_id\":\"23"
    "e61534a55343e0911798c2b072de61\",\"transaction\":\"GET 127.0.0.1\",\"sampled\":\"true\",\""
    "sample_rand\":\"0.0032973437372667558\",\"sample_rate\":\"1\"}}\n"
    "{\"type\":\"event\"}\n"
    "{\"exception\":{\"values\":[{\"type\":\"SyntaxError\",\"value\":\"Expected property name o"
    "r '}' in JSON at position 1\",\"stacktrace\":{\"frames\":[{\"filename\":\"node:async_hooks"
    "\",\"module\":\"node:async_hooks\",\"function\":\"AsyncLocalStorage.run\",\"lineno\":346,"
    "\"in_app\":false},{\"filename\":\"<anonymous>\",\"module\":\"<anonymous>\",\"function\":\""
    "JSON.parse\",\"in_app\":false}]},\"mechanism\":{\"handled\":true,\"type\":\"chained\",\"so"
    "urce\":\"cause\",\"exception_id\":1,\"parent_id\":0}},{\"type\":\"RangeError\",\"value\":"
    "\"cart /cart/9?x=1 broken\",\"stacktrace\":{\"frames\":[{\"filename\":\"/srv/app/node_modu"
    "les/@sentry/server-utils/build/cjs/async-context.js\",\"module\":\"@sentry.server-utils.bu"
    "ild.cjs:async-context\",\"function\":\"Object.withScope\",\"lineno\":22,\"in_app\":false,"
    "\"context_line\":\"    return asyncStorage.run({ scope, isolationScope }, () => {\"},{\"fi"
    "lename\":\"/srv/app/app.js\",\"module\":\"app\",\"function\":\"load\",\"lineno\":4,\"in_ap"
    "p\":true,\"context_line\":\"function load(n){ try { return JSON.parse('{bad'); } catch(e){"
    " throw new RangeError('cart '+n+' broken',{cause:e}); } }\"}]},\"mechanism\":{\"handled\":"
    "true,\"type\":\"generic\",\"exception_id\":0}}]},\"event_id\":\"890da9d7a189413a88a8a01b07"
    "858ee5\",\"level\":\"error\",\"platform\":\"node\",\"contexts\":{\"trace\":{\"parent_span_"
    "id\":\"806326c41837592d\",\"span_id\":\"88761a34933a7902\",\"trace_id\":\"23e61534a55343e0"
    "911798c2b072de61\"},\"cart\":{\"items\":3,\"total\":9.5,\"vip\":true},\"runtime\":{\"name"
    "\":\"node\",\"version\":\"v20.20.2\"},\"os\":{\"name\":\"Debian\"}},\"server_name\":\"web-"
    "1\",\"timestamp\":1795406863.205,\"environment\":\"production\",\"release\":\"shop@1.2\","
    "\"sdk\":{\"name\":\"sentry.javascript.node\",\"version\":\"11.12.0\"},\"extra\":{\"note\":"
    "{\"x\":[1,2]}},\"tags\":{\"team\":\"check out\"},\"user\":{\"id\":42,\"ip_address\":\"127."
    "0.0.1\"},\"transaction\":\"GET /cart/9\",\"breadcrumbs\":[{\"timestamp\":1795406863.204,\""
    "category\":\"db\",\"message\":\"opened\",\"level\":\"info\"}],\"request\":{\"headers\":{\""
    "host\":\"127.0.0.1:9393\",\"x-request-id\":\"req-12345678\",\"traceparent\":\"00-0af765191"
    "6cd43dd8448eb211c80319c-b7ad6b7169203331-01\"},\"method\":\"GET\",\"url\":\"http://127.0.0"
    ".1:9393/cart/9?x=1\",\"cookies\":{},\"query_string\":\"x=1\"}}";

/* captureMessage, which sends a stack as well. */
static const char node_message[] =
    "{\"event_id\":\"de6e85232cc34b5a85e0459110e1df35\",\"sent_at\":\"2026-11-23T04:07:43.254Z"
    "\",\"sdk\":{\"name\":\"sentry.javascript.node\",\"version\":\"11.12.0\"},\"trace\":{\"envi"
    "ronment\":\"production\",\"release\":\"shop@1.2\",\"public_key\":\"abc\",\"trace_id\":\"23"
    "e61534a55343e0911798c2b072de61\",\"transaction\":\"GET 127.0.0.1\",\"sampled\":\"true\",\""
    "sample_rand\":\"0.0032973437372667558\",\"sample_rate\":\"1\"}}\n"
    "{\"type\":\"event\"}\n"
    "{\"event_id\":\"de6e85232cc34b5a85e0459110e1df35\",\"level\":\"warning\",\"exception\":{\""
    "values\":[{\"value\":\"just a message\",\"stacktrace\":{\"frames\":[{\"filename\":\"node:a"
    "sync_hooks\",\"module\":\"node:async_hooks\",\"function\":\"AsyncLocalStorage.run\",\"line"
    "no\":346,\"in_app\":false},{\"filename\":\"/srv/app/app.js\",\"module\":\"app\",\"function"
    "\":\"Server.?\",\"lineno\":10,\"in_app\":true,\"context_line\":\"  Sentry.captureMessage('"
    "just a message','warning');\"}]},\"mechanism\":{\"type\":\"generic\",\"handled\":true,\"sy"
    "nthetic\":true}}]},\"message\":\"just a message\",\"platform\":\"node\",\"contexts\":{\"tr"
    "ace\":{\"parent_span_id\":\"806326c41837592d\",\"span_id\":\"88761a34933a7902\",\"trace_id"
    "\":\"23e61534a55343e0911798c2b072de61\"},\"cart\":{\"items\":3,\"total\":9.5,\"vip\":true}"
    ",\"runtime\":{\"name\":\"node\",\"version\":\"v20.20.2\"},\"os\":{\"name\":\"Debian\"}},\""
    "server_name\":\"web-1\",\"timestamp\":1795406863.209,\"environment\":\"production\",\"rele"
    "ase\":\"shop@1.2\",\"sdk\":{\"name\":\"sentry.javascript.node\",\"version\":\"11.12.0\"},"
    "\"extra\":{\"note\":{\"x\":[1,2]}},\"tags\":{\"team\":\"check out\"},\"user\":{\"id\":42,"
    "\"ip_address\":\"127.0.0.1\"},\"transaction\":\"GET /cart/9\",\"breadcrumbs\":[{\"timestam"
    "p\":1795406863.204,\"category\":\"db\",\"message\":\"opened\",\"level\":\"info\"}],\"reque"
    "st\":{\"headers\":{\"host\":\"127.0.0.1:9393\",\"x-request-id\":\"req-12345678\",\"tracepa"
    "rent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"},\"method\":\"GET\",\"u"
    "rl\":\"http://127.0.0.1:9393/cart/9?x=1\",\"cookies\":{},\"query_string\":\"x=1\"}}";

/* A check-in. */
static const char node_check_in[] =
    "{\"sent_at\":\"2026-11-23T04:07:43.532Z\",\"sdk\":{\"name\":\"sentry.javascript.node\",\"v"
    "ersion\":\"11.12.0\"},\"trace\":{\"environment\":\"production\",\"release\":\"shop@1.2\","
    "\"public_key\":\"abc\",\"trace_id\":\"23e61534a55343e0911798c2b072de61\"}}\n"
    "{\"type\":\"check_in\"}\n"
    "{\"check_in_id\":\"50e042994a7b47a4853650a55e501bd1\",\"monitor_slug\":\"m\",\"status\":\""
    "ok\",\"release\":\"shop@1.2\",\"environment\":\"production\",\"contexts\":{\"trace\":{\"tr"
    "ace_id\":\"23e61534a55343e0911798c2b072de61\",\"span_id\":\"808591bdacaa8afe\"}}}";

/* Spans instead of a transaction. */
static const char node_spans[] =
    "{\"sent_at\":\"2026-11-23T04:07:43.533Z\",\"trace\":{\"environment\":\"production\",\"rele"
    "ase\":\"shop@1.2\",\"public_key\":\"abc\",\"trace_id\":\"23e61534a55343e0911798c2b072de61"
    "\",\"transaction\":\"GET 127.0.0.1\",\"sampled\":\"true\",\"sample_rand\":\"0.003297343737"
    "2667558\",\"sample_rate\":\"1\"},\"sdk\":{\"name\":\"sentry.javascript.node\",\"version\":"
    "\"11.12.0\"}}\n"
    "{\"type\":\"span\",\"item_count\":2,\"content_type\":\"application/vnd.sentry.items.span.v"
    "2+json\"}\n"
    "{\"version\":2,\"items\":[{\"name\":\"GET\",\"span_id\":\"88761a34933a7902\",\"trace_id\":"
    "\"23e61534a55343e0911798c2b072de61\",\"parent_span_id\":\"806326c41837592d\",\"start_times"
    "tamp\":1795406863.203407,\"end_timestamp\":1795406863.213752,\"is_segment\":true,\"status"
    "\":\"ok\",\"attributes\":{\"sentry.op\":{\"value\":\"http.server\",\"type\":\"string\"},\""
    "url.path\":{\"value\":\"/cart/9\",\"type\":\"string\"},\"http.request.method\":{\"value\":"
    "\"GET\",\"type\":\"string\"},\"server.address\":{\"value\":\"127.0.0.1\",\"type\":\"string"
    "\"},\"http.request.header.x-request-id\":{\"value\":[\"req-12345678\"],\"type\":\"array\"}"
    ",\"http.response.status_code\":{\"value\":200,\"type\":\"integer\"},\"client.address\":{\""
    "value\":\"127.0.0.1\",\"type\":\"string\"},\"sentry.sdk.name\":{\"value\":\"sentry.javascr"
    "ipt.node\",\"type\":\"string\"},\"sentry.release\":{\"value\":\"shop@1.2\",\"type\":\"stri"
    "ng\"},\"sentry.environment\":{\"value\":\"production\",\"type\":\"string\"},\"user.id\":{"
    "\"value\":42,\"type\":\"integer\"}}},{\"name\":\"GET 127.0.0.1\",\"span_id\":\"806326c4183"
    "7592d\",\"trace_id\":\"23e61534a55343e0911798c2b072de61\",\"start_timestamp\":1795406863.1"
    "92111,\"end_timestamp\":1795406863.2239935,\"is_segment\":true,\"status\":\"ok\",\"attribu"
    "tes\":{\"sentry.op\":{\"value\":\"http.client\",\"type\":\"string\"},\"http.request.method"
    "\":{\"value\":\"GET\",\"type\":\"string\"},\"url.path\":{\"value\":\"/cart/9\",\"type\":\""
    "string\"},\"server.address\":{\"value\":\"127.0.0.1\",\"type\":\"string\"},\"http.response"
    ".status_code\":{\"value\":200,\"type\":\"integer\"},\"sentry.sdk.name\":{\"value\":\"sentr"
    "y.javascript.node\",\"type\":\"string\"},\"sentry.release\":{\"value\":\"shop@1.2\",\"type"
    "\":\"string\"},\"sentry.environment\":{\"value\":\"production\",\"type\":\"string\"}}}]}";

/* logger.info. */
static const char node_log[] =
    "{\"sdk\":{\"name\":\"sentry.javascript.node\",\"version\":\"11.12.0\"}}\n"
    "{\"type\":\"log\",\"item_count\":1,\"content_type\":\"application/vnd.sentry.items.log+jso"
    "n\"}\n"
    "{\"version\":2,\"items\":[{\"timestamp\":1795406863.2106774,\"level\":\"info\",\"body\":\""
    "hello\",\"trace_id\":\"23e61534a55343e0911798c2b072de61\",\"severity_number\":9,\"attribut"
    "es\":{\"a\":{\"value\":1,\"type\":\"integer\"},\"user.id\":{\"value\":42,\"type\":\"intege"
    "r\"},\"sentry.release\":{\"value\":\"shop@1.2\",\"type\":\"string\"},\"sentry.environment"
    "\":{\"value\":\"production\",\"type\":\"string\"},\"sentry.sdk.name\":{\"value\":\"sentry."
    "javascript.node\",\"type\":\"string\"},\"server.address\":{\"value\":\"web-1\",\"type\":\""
    "string\"}}}]}";

#endif
