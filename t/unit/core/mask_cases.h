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

/* What masking makes of a text: secrets and evasions that must go, and the exact rest. */
#ifndef T2M_UNIT_MASK_CASES_H
#define T2M_UNIT_MASK_CASES_H

#include "core/mask.h"

#define JWT "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl-_0"
#define X16 "ABCDEFGH12345678"
#define X36 "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3gH6"
#define R "[REDACTED]"
#define MESSAGE T2M_CONTENT_MESSAGE
#define QUERY T2M_CONTENT_QUERY
#define PATH T2M_CONTENT_PATH
#define URL T2M_CONTENT_URL
#define COOKIE T2M_CONTENT_COOKIE
#define NAME T2M_CONTENT_NAME

typedef struct {
    t2m_content_e content;
    const char *text;
    const char *masked;
} mask_case_t;

static const mask_case_t mask_cases[] = {
    /* Keys in messages. */
    { MESSAGE, "password=canary", "password=" R },
    { MESSAGE, "login failed for ada, password=canary", "login failed for ada, password=" R },
    { MESSAGE, "password=canary, user=ada", "password=" R ", user=ada" },
    { MESSAGE, "password=canary,user=ada", "password=" R ",user=ada" },
    { MESSAGE, "password=canary;user=ada", "password=" R ";user=ada" },
    { MESSAGE, "password=can,ary user=ada", "password=" R " user=ada" },
    { MESSAGE, "password=can;ary)x", "password=" R },
    { MESSAGE, "(password=canary)", "(password=" R ")" },
    { MESSAGE, "password = canary", "password = " R },
    { MESSAGE, "password: canary", "password: " R },
    { MESSAGE, "Password:canary", "Password:" R },
    { MESSAGE, "password := canary", "password := " R },
    { MESSAGE, "password => canary", "password => " R },
    { MESSAGE, "password==canary", "password==" R },
    { MESSAGE, "--password=canary --host=db", "--password=" R " --host=db" },
    { MESSAGE, "password=\"can ary\" x=1", "password=\"" R "\" x=1" },
    { MESSAGE, "password='can ary' x=1", "password='" R "' x=1" },
    { MESSAGE, "password=\"can\\\"ary\" x", "password=\"" R "\" x" },
    { MESSAGE, "password=\"can\"ary x", "password=" R " x" },
    { MESSAGE, "password=\"cut off he", "password=\"" R },
    { MESSAGE, "password=b'can ary' x", "password=b'" R "' x" },
    { MESSAGE, "\"password=canary\" x", "\"password=" R "\" x" },
    { MESSAGE, "{\"user\":\"ada\",\"password\":\"can ary\"}",
      "{\"user\":\"ada\",\"password\":\"" R "\"}" },
    { MESSAGE, "{\"password\" : \"canary\"}", "{\"password\" : \"" R "\"}" },
    { MESSAGE, "{'password': 'canary', 'x': 1}", "{'password': '" R "', 'x': 1}" },
    { MESSAGE, "{\"pin\":1234,\"x\":1}", "{\"pin\":" R ",\"x\":1}" },
    { MESSAGE, "{\"passwords\":[\"canary\",\"b]\"],\"x\":1}", "{\"passwords\":" R ",\"x\":1}" },
    { MESSAGE, "{\"secret\":{\"a\":\"canary\",\"b\":{}},\"x\":1}", "{\"secret\":" R ",\"x\":1}" },
    { MESSAGE, "{\\\"password\\\":\\\"can ary\\\",\\\"x\\\":1}",
      "{\\\"password\\\":\\\"" R "\\\",\\\"x\\\":1}" },
    { MESSAGE, "{\\\"password\\\":\\\"can\\\\\\\"ary\\\",\\\"x\\\":1}",
      "{\\\"password\\\":\\\"" R "\\\",\\\"x\\\":1}" },
    { MESSAGE, "\"line\\npassword=canary\"", "\"line\\npassword=" R "\"" },
    { MESSAGE, "App\\token=canary", "App\\token=" R },
    { MESSAGE, "[password] => canary", "[password] => " R },
    { MESSAGE, "$_POST['password'] = 'canary';", "$_POST['password'] = '" R "';" },
    { MESSAGE, "client_secret=canary", "client_secret=" R },
    { MESSAGE, "clientSecret: canary1", "clientSecret: " R },
    { MESSAGE, "AWS_SECRET_ACCESS_KEY=canary", "AWS_SECRET_ACCESS_KEY=" R },
    { MESSAGE, "PGPASSWORD=canary psql", "PGPASSWORD=" R " psql" },
    { MESSAGE, "session: started", "session: " R },
    { MESSAGE, "key=canary", "key=" R },
    { MESSAGE, "cvv=123 card_number=x1", "cvv=" R " card_number=" R },
    { MESSAGE, "GET /a?x=1&password=can%20ary&y=2 HTTP/1.1",
      "GET /a?x=1&password=" R "&y=2 HTTP/1.1" },
    { MESSAGE, "GET /cb?code=canary&state=xyz HTTP/1.1",
      "GET /cb?code=" R "&state=xyz HTTP/1.1" },
    { MESSAGE, "password2=canary", "password2=" R },
    { MESSAGE, "authorization=Bearer can.ary x=1", "authorization=" R " x=1" },
    { MESSAGE, "SQL error (password=canary).", "SQL error (password=" R ")." },
    { MESSAGE, "caf\xc3\xa9 password=\xc3\xa9t\xc3\xa9 fin", "caf\xc3\xa9 password=" R " fin" },
    /* Header lines in messages. */
    { MESSAGE, "Authorization: Bearer x", "Authorization: " R },
    { MESSAGE, "sent authorization: Basic YTpi\nHost: a", "sent authorization: " R "\nHost: a" },
    { MESSAGE, "Cookie: a=canary; b=canary", "Cookie: " R },
    { MESSAGE, "Set-Cookie: sid=canary; Path=/\r\nX: y", "Set-Cookie: " R "\r\nX: y" },
    { MESSAGE, "HTTP_COOKIE=a=canary; b=canary", "HTTP_COOKIE=" R },
    { MESSAGE, "HTTP_AUTHORIZATION=Basic Y2FuYXJ5", "HTTP_AUTHORIZATION=" R },
    { MESSAGE, "X-Api-Key: canary", "X-Api-Key: " R },
    { MESSAGE, "Stripe-Signature: t=1,v1=canary", "Stripe-Signature: " R },
    { MESSAGE, "curl -H 'Authorization: Bearer canary' http://a/",
      "curl -H '" "Authorization: " R "' http://a/" },
    { MESSAGE, "{'Authorization': 'Bearer canary', 'Accept': '*/*'}",
      "{'Authorization': '" R "', 'Accept': '*/*'}" },
    { MESSAGE, "Sec-WebSocket-Protocol: chat, canary", "Sec-WebSocket-Protocol: " R },
    /* Queries. */
    { QUERY, "page=1&password=canary&lang=en", "page=1&password=" R "&lang=en" },
    { QUERY, "password=canary", "password=" R },
    { QUERY, "password=", "password=" },
    { QUERY, "a=1;password=canary;b=2", "a=1;password=" R ";b=2" },
    { QUERY, "password=can;ary&b=2", "password=" R "&b=2" },
    { QUERY, "pass%77ord=canary", "pass%77ord=" R },
    { QUERY, "pass%2577ord=canary", "pass%2577ord=" R },
    { QUERY, "%70%61%73%73=canary", "%70%61%73%73=" R },
    { QUERY, "PassWord=canary", "PassWord=" R },
    { QUERY, "PASSWORD=canary", "PASSWORD=" R },
    { QUERY, "PaSsWoRd=canary", "PaSsWoRd=" R },
    { QUERY, "password[]=canary&password[1]=canary", "password[]=" R "&password[1]=" R },
    { QUERY, "user[password]=canary", "user[password]=" R },
    { QUERY, "user%5Bpassword%5D=canary", "user%5Bpassword%5D=" R },
    { QUERY, "pass+word=canary", "pass+word=" R },
    { QUERY, "+password=canary", "+password=" R },
    { QUERY, "\xef\xbb\xbfpassword=canary", "\xef\xbb\xbfpassword=" R },
    { QUERY, "%EF%BB%BFpassword=canary", "%EF%BB%BFpassword=" R },
    { QUERY, "\\u0070assword=canary", "\\u0070assword=" R },
    { QUERY, "\xef\xbd\x90\xef\xbd\x81\xef\xbd\x93\xef\xbd\x93=canary",
      "\xef\xbd\x90\xef\xbd\x81\xef\xbd\x93\xef\xbd\x93=" R },
    { QUERY, "%EF%BD%90ass=canary", "%EF%BD%90ass=" R },
    { QUERY, "accessToken=canary&refreshToken=canary", "accessToken=" R "&refreshToken=" R },
    { QUERY, "X-Amz-Signature=canary&X-Amz-Credential=c%2Fd",
      "X-Amz-Signature=" R "&X-Amz-Credential=" R },
    { QUERY, "sv=2020-08-04&sig=canary", "sv=" R "&sig=" R },
    { QUERY, "sv=2020-08-04&x=1", "sv=2020-08-04&x=1" },
    { QUERY, "code=canary&state=abc", "code=" R "&state=abc" },
    { QUERY, "state=abc&code=canary", "state=abc&code=" R },
    { QUERY, "code=404&page=1", "code=404&page=1" },
    { QUERY, "SAMLResponse=canary", "SAMLResponse=" R },
    { QUERY, "PHPSESSID=canary&jsessionid=canary", "PHPSESSID=" R "&jsessionid=" R },
    { QUERY, "two_factor=1&two-factor=2&twoFactor=3",
      "two_factor=" R "&two-factor=" R "&twoFactor=" R },
    { QUERY, "connection_string=Server%3Da%3BPassword%3Dcanary", "connection_string=" R },
    { QUERY, "q=login%20failed%20password%3Dx", "q=login%20failed%20password%3D" R },
    { QUERY, "q=login+failed+password%3Dx+now", "q=login+failed+password%3D" R "+now" },
    { QUERY, "q=password%253Dcanary", "q=password%253D" R },
    { QUERY, "q=password:+canary&b=1", "q=password:+" R "&b=1" },
    { QUERY, "q=password=canary", "q=password=" R },
    { QUERY, "next=%2Flogin%3Ftoken%3Dcanary%26x%3D1", "next=%2Flogin%3Ftoken%3D" R "%26x%3D1" },
    { QUERY, "next=%2Freset%2Fcanary", "next=%2Freset%2F[REDACTED:path]" },
    { QUERY, "j=%7B%22password%22%3A%22can%20ary%22%7D", "j=%7B%22password%22%3A%22" R "%22%7D" },
    { QUERY, "j=%7B%22password%22:%22can%20ary%22%7D", "j=%7B%22password%22:%22" R "%22%7D" },
    { QUERY, "{\"\\u0070assword\":\"can & ary\"}", "{\"\\u0070assword\":\"" R "\"}" },
    { QUERY, "t=" JWT "&x=1", "t=[REDACTED:jwt]&x=1" },
    { QUERY, "n=4111%201111%201111%201111", "n=[REDACTED:card-1111]" },
    { QUERY, "n=4111+1111+1111+1111&x=1", "n=[REDACTED:card-1111]&x=1" },
    { QUERY, "u=https%3A%2F%2Fada%3Acanary%40example.org%2F",
      "u=https%3A%2F%2F[REDACTED:userinfo]%40example.org%2F" },
    { QUERY, "h=Bearer+canary", "h=Bearer+[REDACTED:authorization]" },
    { QUERY, "key=canary&api_key=canary&apikey=canary", "key=" R "&api_key=" R "&apikey=" R },
    { QUERY, "a=1&&;&password=canary&", "a=1&&;&password=" R "&" },
    { QUERY, "password=" R, "password=" R },
    { QUERY, "password=" R "canary", "password=" R },
    /* Paths. */
    { PATH, "/reset/canary", "/reset/[REDACTED:path]" },
    { PATH, "/a/Token/canary/edit/", "/a/Token/[REDACTED:path]/" },
    { PATH, "/invite/canary", "/invite/[REDACTED:path]" },
    { PATH, "/magic/canary", "/magic/[REDACTED:path]" },
    { PATH, "/account/password-reset/NA/canary", "/account/password-reset/[REDACTED:path]" },
    { PATH, "/%72eset/canary", "/%72eset/[REDACTED:path]" },
    { PATH, "/reset%2Fcanary", "/reset%2F[REDACTED:path]" },
    { PATH, "reset/canary", "reset/[REDACTED:path]" },
    { PATH, "/a;jsessionid=canary", "/a;jsessionid=" R },
    { PATH, "/x/password=canary/y", "/x/password=" R },
    { PATH, "/x/password%3Dcanary", "/x/password%3D" R },
    { PATH, "/share/" X36, "/share/[REDACTED:path]" },
    { PATH, "/share/" X36 "/view", "/share/[REDACTED:path]/view" },
    { PATH, "/share/" X36 ".pdf", "/share/[REDACTED:path].pdf" },
    { PATH, "/s/Zx9_kQ2-vB7nM4pL8wR1tY6uJ3hG5fD0", "/s/[REDACTED:path]" },
    { PATH, "/k/k3j5h2g8f1d9s4a7q6w0e2r5t8y1u4i7", "/k/[REDACTED:path]" },
    { PATH, "/h/9f86d081884c7d659a2feaa0c55ad015", "/h/[REDACTED:path]" },
    { PATH, "/u/" JWT "/file", "/u/[REDACTED:jwt]/file" },
    { PATH, "/pay/4111-1111-1111-1111", "/pay/[REDACTED:card-1111]" },
    /* URLs. */
    { URL, "https://ada:canary@example.org/a?b=1",
      "https://[REDACTED:userinfo]@example.org/a?b=1" },
    { URL, "https://ref.example/p?api_key=canary#x", "https://ref.example/p?api_key=" R "#x" },
    { URL, "https://a.example/cb#access_token=canary&x=1",
      "https://a.example/cb#access_token=" R "&x=1" },
    { URL, "https://a.example/#/route?token=can%20ary", "https://a.example/#/route?token=" R },
    { URL, "https://a.example/reset/canary?x=1", "https://a.example/reset/[REDACTED:path]?x=1" },
    { URL, "/login?password=canary", "/login?password=" R },
    { URL, "https://a.example/cb?code=canary&state=s", "https://a.example/cb?code=" R "&state=s" },
    { URL, "https://auth:8080/x", "https://auth:8080/x" },
    { URL, "https://a:canary@auth:8080/x", "https://[REDACTED:userinfo]@auth:8080/x" },
    { URL, "https://internal-k8s-a1b2c3d4e5-f6a7b8c9d0e1f2.elb.example/token",
      "https://internal-k8s-a1b2c3d4e5-f6a7b8c9d0e1f2.elb.example/token" },
    /* Cookies. */
    { COOKIE, "theme=canary; sid=canary", "theme=" R "; sid=" R },
    { COOKIE, "sid=canary; Path=/; HttpOnly", "sid=" R "; Path=" R "; HttpOnly" },
    { COOKIE, "canary", R },
    { COOKIE, "a=;b==x;;=c", "a=;b=" R ";;=" R },
    /* Values by their form. */
    { NAME, "Robot/1.0 Bearer canary", "Robot/1.0 Bearer [REDACTED:authorization]" },
    { NAME, "Robot/1.0 (" JWT ")", "Robot/1.0 ([REDACTED:jwt])" },
    { NAME, "Robot password=shown", "Robot password=shown" },
    { MESSAGE, "header was basic YWRhOmNhbmFyeQ==", "header was basic [REDACTED:authorization]" },
    { MESSAGE, "got Negotiate YIIFxgYGKwYBBQ", "got Negotiate [REDACTED:authorization]" },
    { MESSAGE, "got Token 0123abc", "got Token [REDACTED:authorization]" },
    { MESSAGE, "sent Digest username=\"ada\", response=\"canary\"\nnext",
      "sent Digest [REDACTED:authorization]\nnext" },
    { MESSAGE, "token " JWT " is bad", "token [REDACTED:authorization] is bad" },
    { MESSAGE, "got " JWT ".", "got [REDACTED:jwt]" },
    { MESSAGE, "x -----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY----- y",
      "x [REDACTED:pem] y" },
    { MESSAGE, "x -----BEGIN PRIVATE KEY----- cut", "x [REDACTED:pem]" },
    { MESSAGE, "key AKIA" X16 " refused", "key [REDACTED:token] refused" },
    { MESSAGE, "ASIA" X16, "[REDACTED:token]" },
    { MESSAGE, "ghp_" X36 " ghs_" X36, "[REDACTED:token] [REDACTED:token]" },
    { MESSAGE, "github_pat_11ABCDEFG0_" X36, "[REDACTED:token]" },
    { MESSAGE, "glpat-abcdefghij0123456789", "[REDACTED:token]" },
    { MESSAGE, "xoxb-123456789012-abcdefABCDEF", "[REDACTED:token]" },
    { MESSAGE, "sk_live_" X16 " rk_live_" X16, "[REDACTED:token] [REDACTED:token]" },
    { MESSAGE, "AIzaSyA-" X36, "[REDACTED:token]" },
    { MESSAGE, "ya29.a0Af" X16, "[REDACTED:token]" },
    { MESSAGE, "npm_" X36, "[REDACTED:token]" },
    { MESSAGE, "SG." X16 "." X36, "[REDACTED:token]" },
    { MESSAGE, "postgres://app:canary@db/shop failed",
      "postgres://[REDACTED:userinfo]@db/shop failed" },
    { MESSAGE, "redis://:can@ary@db:6379/0", "redis://[REDACTED:userinfo]@db:6379/0" },
    { MESSAGE, "{\"u\":\"http:\\/\\/a:canary@b\\/\"}",
      "{\"u\":\"http:\\/\\/[REDACTED:userinfo]@b\\/\"}" },
    { MESSAGE, "card 4111 1111 1111 1111 declined", "card [REDACTED:card-1111] declined" },
    { MESSAGE, "card 4111-1111-1111-1111.", "card [REDACTED:card-1111]." },
    { MESSAGE, "5555555555554444", "[REDACTED:card-4444]" },
    { MESSAGE, "amex 3782 822463 10005 x", "amex [REDACTED:card-0005] x" },
    { MESSAGE, "2024 4111 1111 1111 1111", "2024 [REDACTED:card-1111]" },
    { MESSAGE, "4222222222222 6011111111111117 3530111333300000",
      "[REDACTED:card-2222] [REDACTED:card-1117] [REDACTED:card-0000]" },
    { MESSAGE, "ssn is 219-09-9999.", "ssn is [REDACTED:ssn]." },
    { MESSAGE, "to DE89370400440532013000 now", "to [REDACTED:iban] now" },
    { MESSAGE, "to DE89-3704-0044-0532-0130-00, ok", "to [REDACTED:iban], ok" },
    { MESSAGE, "DE442853001500 password=canary", "DE442853001500 password=" R },
    { MESSAGE, "glpat-abcdefghij-password=canary", "[REDACTED:token]" },
    { MESSAGE, "to gb82 west 1234 5698 7654 32", "to [REDACTED:iban]" },
    { MESSAGE, "cannot mail grace.hopper+x@mail.example.org!", "cannot mail [REDACTED:email]!" },
    { MESSAGE, "mailto:a%40b.example <ada@example.org>",
      "mailto:[REDACTED:email] <[REDACTED:email]>" },
    { QUERY, "mail=ada@example.org", "mail=ada@example.org" },
    { MESSAGE, "stat /srv/www/reset/canary failed", "stat /srv/www/reset/[REDACTED:path] failed" },
    { MESSAGE, "no file /srv/" X36, "no file /srv/[REDACTED:path]" },
};

#undef R
#undef MESSAGE
#undef QUERY
#undef PATH
#undef URL
#undef COOKIE
#undef NAME

#endif
