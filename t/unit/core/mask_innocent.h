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

/* What masking must leave alone: words that hold a sensitive word inside, and lines, paths,
 * queries and user agents of every day. */
#ifndef T2M_UNIT_MASK_INNOCENT_H
#define T2M_UNIT_MASK_INNOCENT_H

#include "core/mask.h"

/* clang-format off */
static const char *const innocent_words[] = {
    "passenger", "passengers", "passage", "passages", "passion", "passive", "passing", "passerby",
    "passport", "passable", "compass", "compasses", "bypass", "bypassed", "surpass", "trespass",
    "overpass", "underpass", "encompass", "impasse", "author", "authors", "authority",
    "authorities", "authored", "authoring", "coauthor", "authentic", "authenticity", "tokenizer",
    "tokenize", "tokenized", "tokenizing", "tokens", "betoken", "keyboard", "keyboards", "keynote",
    "keynotes", "keyhole", "keypad", "keystone", "keystroke", "keyframe", "keyframes", "keyword",
    "keywords", "keys", "monkey", "monkeys", "donkey", "turkey", "hockey", "jockey", "whiskey",
    "hotkey", "hotkeys", "mickey", "secretary", "secretariat", "secretion", "secretive",
    "pinned", "pinning", "pinball", "pineapple", "pinnacle", "pinpoint", "pink", "spin", "spins",
    "spinner", "spinach", "opinion", "opinions", "shipping", "shopping", "mapping", "dripping",
    "hotpot", "hotspot", "laptop", "desktop", "topic", "stop", "option", "options", "adopt",
    "sessions", "sessional", "obsession", "obsessions", "possession", "cardinal", "cardiff",
    "cardiac", "cardboard", "cardio", "cardigan", "discard", "discarded", "wildcard", "postcard",
    "scorecard", "placard", "standard", "codec", "codecs", "postcode", "zipcode", "barcode",
    "encoder", "decoder", "coded", "codebase", "unicode", "ssnake", "lessness", "crossness",
    "signal", "signals", "signup", "signed", "signin", "signage", "design", "designer", "assign",
    "assigned", "resign", "insight", "sight", "signify", "salty", "saltwater", "asphalt",
    "exalted", "basalt", "pancake", "pants", "panel", "panels", "expand", "japan", "company",
    "companies", "campaign", "panorama", "panic", "span", "spanish", "urban", "caliban", "banner",
    "ticketing", "tickets", "resets", "preset", "presets", "invited", "invitee", "inviting",
    "magical", "magician", "magicians", "imagic", "magnet", "dsnap", "hmacro", "inside", "outside",
    "reside", "resident", "president", "side", "sidebar", "sidewalk", "siding", "obsidian",
    "aside", "residue", "nonces", "announce", "pronounce", "once", "certify", "certified",
    "certification", "otpal", "cvcx", "cryptic", "encrypted", "jwtx", "pwds", "pwnage", "mfaq",
    "csrfx", "xsrfx", "apikeyless", "accessible", "accession", "private", "public", "client",
    "connection", "string", "number", "factor", "id", "user", "username", "name", "email", "state",
    "page", "query", "sort", "order", "lang", "limit", "offset", "filter", "assert", "assertive",
    "credit", "credits", "incredible", "bearers", "bear", "forbearance", "digest", "basic",
    "svelte", "svg", "sigma", "significant", "iban2go", "urbane"
};

static const char *const innocent_messages[] = {
    "AH00128: File does not exist: /var/www/html/favicon.ico",
    "AH01617: user ada: authentication failure for \"/private\": Password Mismatch",
    "AH01617: user ada: authentication failure for \"/token\": Password Mismatch",
    "AH01618: user ada not found: /secret",
    "AH01630: client denied by server configuration: /srv/www/auth",
    "AH02572: Failed to configure at least one certificate and key for www.example.org:443",
    "AH01909: www.example.org:443:0 server certificate does NOT include an ID which matches",
    "AH02008: SSL library error 1 in handshake (server www.example.org:443)",
    "SSL Library Error: error:0A000416:SSL routines::sslv3 alert certificate unknown",
    "SSLCertificateFile: file '/etc/ssl/site.pem' does not exist or is empty",
    "AH01114: HTTP: failed to make connection to backend: 127.0.0.1",
    "AH00957: http: attempt to connect to 10.1.2.3:8009 (backend.example.org:8009) failed",
    "(104)Connection reset by peer: AH01102: error reading status line from remote server",
    "AH00094: Command line: '/usr/sbin/apache2 -k start'",
    "AH00489: Apache/2.4.62 (Debian) OpenSSL/3.0.15 configured -- resuming normal operations",
    "AH10518: h2 session(12-3,IDLE,0): terminated",
    "PHP Warning:  Undefined array key \"password\" in /var/www/html/login.php on line 12",
    "PHP Notice:  Undefined index: page in /var/www/html/session.php:33",
    "PHP Fatal error:  Uncaught Error: Call to undefined method Auth::login() in /srv/Auth.php:7",
    "PHP Parse error:  syntax error, unexpected token \";\" in /srv/www/index.php on line 4",
    "PHP Warning:  session_start(): Failed to decode session object in /srv/a.php on line 3",
    "Access denied for user 'app'@'localhost' (using password: YES)",
    "Traceback (most recent call last):",
    "  File \"/srv/app/auth/session.py\", line 33, in login",
    "  File \"/srv/app/token/views.py\", line 10, in refresh",
    "KeyError: 'password'",
    "KeyError: session",
    "google.auth.exceptions.RefreshError: the server said no",
    "jsonwebtoken.TokenExpiredError: jwt expired",
    "jwt.exceptions.InvalidTokenError: Not enough segments",
    "java.security.cert.CertificateExpiredException: NotAfter was yesterday",
    "\tat org.example.auth.TokenService.login(TokenService.java:42)",
    "\tat org.example.Session.lambda$start$0(Session.java:120)",
    "    at Auth.login (/srv/app/lib/auth.js:10:5)",
    "session.go:33: cannot open",
    "basic authentication failed, the bearer of bad news; token expired",
    "Unexpected token / in JSON, unexpected token 5, basic HTTP and basic OAuth",
    "Basic auth is required. Digest mismatch, Negotiate not supported",
    "scope=token:write granted by org.example:session:commit",
    "took 0.4111111111111111 s, then 12.4111111111111111x",
    "order 4111111111111112 and order 1234567890123456 shipped",
    "ids 550e8400-e29b-41d4-a716-446655440000 and 41111111111111111111111",
    "11 22 33 44 55 66 77 88 99 10 11 12 13 14 15 16",
    "call 555-1234 or 2024-10-11, ref 000-12-3456 666-12-3456 900-12-3456 123-00-4567",
    "GB83 WEST 1234 5698 7654 32 is no account",
    "root@localhost wrote to ada@10.0.0.5 about icon@2x.png and jquery@3.6.0.min.js",
    "time 12:30:45 host:8080 http://[::1]:8080/x ratio 3:4",
    "eyJust.a.word and heyJude.is.a.song",
    "cannot open /usr/share/doc/very-long-directory-name-with-words-2024/file",
    "a % b %zz \\ \\u12 \\x + % 100%",
    "[client 127.0.0.1:5555] AH02811: script not found: /srv/cgi-bin/reset.pl",
};

static const char *const innocent_paths[] = {
    "/", "", "/index.html", "/static/css/main.css", "/sessions/12", "/articles/the-compass",
    "/compass/monkey", "/images/keyboard.png", "/static/reset.css", "/oauth/token", "/reset",
    "/reset/", "/magic-mouse/reviews", "/tokenizer/model",
    "/assets/app.3f2a9b1c7d4e5f60718293a4b5c6d7e8.js",
    "/assets/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.css",
    "/assets/app-3f2a9b1c7d4e5f60718293a4b5c6d7e8f901.min.js",
    "/users/a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d",
    "/users/550e8400-e29b-41d4-a716-446655440000", "/users/550E8400-E29B-41D4-A716-446655440000/x",
    "/blog/how-to-install-apache-on-debian-12-step-by-step-guide",
    "/wiki/List_of_Apache_Software_Foundation_projects_2024",
    "/wiki/How-To-Install-Apache-On-Debian-12-Bookworm-2024",
    "/archive/2024/10/11/12345678901234567890123456789012",
    "/a%20b/c%2Fd", "/caf%C3%A9/menu", "/MyLongCamelCaseClassNameForHandlingThings2024/x",
    "/authors/ada/keynotes/3", "/.well-known/acme-challenge",
};

static const char *const innocent_queries[] = {
    "page=2&sort=asc&lang=en", "author=x&passenger=2&tokenizer=bpe&keyboard=de&page=7",
    "q=hello+world&limit=10", "q=caf%C3%A9%20cr%C3%A8me", "a&b&c", "&&==;;", "=", "",
    "cookie=accepted&u=%2F",
    "code=404&status=closed", "order=4111111111111112", "q=site:example.org+compass",
    "scope=session:read+token:write", "time=12:30", "u=https%3A%2F%2Fexample.org%2Findex.html",
    "id=550e8400-e29b-41d4-a716-446655440000", "v=20241011123045", "lat=52.5200066&lon=13.404954",
    "token_type=x&session_timeout=30&password_length=8", "postcode=12345&country_code=de",
    "ids=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", "mail=ada@example.org", "x=%", "x=%4", "x=%zz",
};

static const char *const innocent_names[] = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0",
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/126.0.0.0 Safari/537.36"),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.5.0", "www.example.org:8443", "2001:db8::1", "192.168.100.200", "proxy-server",
    "password=shown", "12345678901 password: shown", "ada@example.org", "basic", "Token", "Bearer ",
};
/* clang-format on */

#endif
