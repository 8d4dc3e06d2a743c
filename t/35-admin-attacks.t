#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The admin endpoints under attack: nothing of the logs leaves without a right token, whatever path,
# method, query or header is sent, and whoever reads them is logged first.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(encode_base64);
use Test::More;
use Time::HiRes qw(sleep time);

use T2M::Admin qw(admin_conf admin_files ask body events settle $TOKEN);
use T2M::Client qw(exchange get header parse);
use T2M::Http2;
use T2M::Httpd qw(has_module run tool);
use T2M::Process qw(descendants memories role_of wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server;

my $canary = 'Canary7Qz';
my $server = T2M::Server->new(
    name => 'attacked',
    modules => [qw(remoteip rewrite include actions authn_core authz_host access_compat info)],
    files => { admin_files(), 'htdocs/index.txt' => "text\n",
        'htdocs/includes.shtml' => qq{a <!--#include virtual="/admin/logs/errors" --> b\n},
        'htdocs/rewritten/page.txt' => "text\n", 'htdocs/acted/page.acted' => "text\n",
        'htdocs/listed/page.txt' => "text\n" },
    conf => admin_conf() . <<'CONF');
T2MLogAdminInsecure On
LogFormat "%{X-Request-ID}o %{Referrer-Policy}o %>s %r %{X-Admin-Token}i %{Authorization}i" answered
CustomLog "@ROOT@/logs/answered.log" answered
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
LimitRequestLine 100000
LimitRequestFieldSize 20000
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
<Directory "@ROOT@/htdocs">
Options +Includes
</Directory>
<Directory "@ROOT@/htdocs/rewritten">
RewriteEngine on
RewriteRule ^page /admin/logs/errors
</Directory>
<Directory "@ROOT@/htdocs/listed">
DirectoryIndex /admin/logs/errors
</Directory>
<Directory "@ROOT@/htdocs/acted">
AddHandler shown .acted
Action shown /admin/logs/errors
</Directory>
<Location "/missing">
ErrorDocument 404 /admin/logs/errors
</Location>
<Location "/admin">
Require all granted
Satisfy any
</Location>
<Location "/info">
SetHandler server-info
</Location>
CONF
$server->announce(qr/AH\d+|unable to include|T2M0022/);
T2M::Admin::start($server);
my $port = $server->port;
get($port, "/none/$canary", 'User-Agent' => $canary);
settle($server);

# Another network for each request, so that none has failed before.
my $network = 0;
sub somewhere { $network++; return ('X-Forwarded-For' => sprintf '10.%d.%d.9', $network >> 8, $network & 255) }

sub has_no_data {
    my ($answer, $what) = @_;
    ok($answer->{body} !~ /$canary|error_summary|total_events/, "$what: no data") or diag $answer->{body};
}

sub raw {
    my ($first_line, %headers) = @_;
    my $text = "$first_line HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
    $text .= "$_: $headers{$_}\r\n" for sort keys %headers;
    return parse(exchange($port, "$text\r\n"));
}

# A body without what is another in each answer.
sub alike {
    my ($answer) = @_;
    my $id = header($answer, 'X-Request-ID');
    return $answer->{body} =~ s/\Q$id\E/ID/gr;
}

subtest 'A1: what is no right token' => sub {
    my $long = 'a' x 513;
    my %wrong = (
        'none' => [], 'an empty one' => ["X-Admin-Token: "], 'another' => ['X-Admin-Token: nonsense'],
        'all but the last byte' => ['X-Admin-Token: ' . substr($TOKEN, 0, -1)],
        'one byte more' => ["X-Admin-Token: ${TOKEN}x"], 'the wrong case' => ['X-Admin-Token: ' . lc $TOKEN],
        'its hash' => ['X-Admin-Token: ' . Digest::SHA::sha256_hex($TOKEN)],
        'its name' => ['X-Admin-Token: tester'],
        'its line of the file' => ['X-Admin-Token: ' . T2M::Admin::token_lines(tester => $TOKEN) =~ s/\n//r],
        'one too long' => ["X-Admin-Token: $long"], 'one far too long' => ['X-Admin-Token: ' . 'b' x 15000],
        'the same twice' => ["X-Admin-Token: $TOKEN", "X-Admin-Token: $TOKEN"],
        'a right and a wrong one' => ["X-Admin-Token: $TOKEN", 'X-Admin-Token: x'],
        'a wrong and a right one' => ['X-Admin-Token: x', "X-Admin-Token: $TOKEN"],
        'two that differ' => ["X-Admin-Token: $TOKEN", 'Authorization: Bearer x'],
        'two that differ, the other way' => ['X-Admin-Token: x', "Authorization: Bearer $TOKEN"],
        'a list' => ["X-Admin-Token: x, $TOKEN"], 'in quotes' => [qq{X-Admin-Token: "$TOKEN"}],
        'another scheme' => ["Authorization: Token $TOKEN"],
        'as a password' => ['Authorization: Basic ' . encode_base64("tester:$TOKEN", '')],
        'no scheme' => ["Authorization: $TOKEN"], 'bearer twice' => ["Authorization: Bearer Bearer $TOKEN"],
        'a cookie' => ["Cookie: X-Admin-Token=$TOKEN; token=$TOKEN"],
        'another header' => ["X-Auth-Token: $TOKEN", "X-Admin_Token: $TOKEN"],
        'bytes' => ["X-Admin-Token: \xff\xfe$TOKEN"], 'a blank inside' => ["X-Admin-Token: $TOKEN $TOKEN"],
    );
    my %answers;
    for my $what (sort keys %wrong) {
        my %from = somewhere();
        my $lines = join '', map { "$_\r\n" } @{ $wrong{$what} }, "X-Forwarded-For: $from{'X-Forwarded-For'}";
        my $answer = parse(exchange($port, "GET /admin/logs/errors HTTP/1.1\r\nHost: a\r\nConnection: close\r\n$lines\r\n"));
        is($answer->{status}, 401, "$what: 401");
        is(join('|', header($answer, 'WWW-Authenticate')), 'Bearer', "$what: asks for a token");
        has_no_data($answer, $what);
        push @{ $answers{ alike($answer) } }, $what;
    }
    is(scalar keys %answers, 1, 'one body for all') or diag explain \%answers;
    for my $query ("token=$TOKEN", "X-Admin-Token=$TOKEN", "access_token=$TOKEN") {
        my $answer = get($port, "/admin/logs/errors?$query", somewhere());
        is($answer->{status}, 401, 'a token in the query: 401');
        ok($answers{ alike($answer) }, 'the same body');
    }
};

subtest 'A2: too many failures' => sub {
    my @from = ('X-Forwarded-For' => '192.0.2.1');
    my @status = map { ask($server, '/errors', @from, 'X-Admin-Token' => "guess-$_")->{status} } 1 .. 11;
    is_deeply(\@status, [(401) x 10, 429], 'ten are answered, the eleventh has to wait');
    settle($server); # who has to wait is not waited for
    my $answer = ask($server, '/errors', 'X-Forwarded-For' => '192.0.2.77', 'X-Admin-Token' => 'guess');
    is($answer->{status}, 429, 'so has a neighbour');
    my $wait = header($answer, 'Retry-After');
    like($wait, qr/^[1-9]\d?$/, "Retry-After: $wait seconds");
    is(header($answer, 'Content-Type'), 'application/problem+json', 'with a problem document');
    has_no_data($answer, 'too many');
    is(ask($server, '/errors', @from, 'X-Admin-Token' => $TOKEN)->{status}, 200, 'a right token always passes');
    is(ask($server, '/errors', 'X-Forwarded-For' => '192.0.3.1', 'X-Admin-Token' => 'guess')->{status}, 401,
        'other networks do not wait');
    is(ask($server, '/errors', @from, 'X-Admin-Token' => $TOKEN)->{status}, 200, 'still');
    settle($server);
    my @tries = grep { ($_->{ip} // '') =~ /^192\.0\.2\./ && $_->{result} eq 'refused' }
        events($server, 'admin_log_access');
    is_deeply([map { $_->{attempts} } @tries], [1 .. 12], 'each is an event, and counted');
    is_deeply([map { $_->{status} } @tries], [(401) x 10, 429, 429], 'with what became of it');
    my @others = grep { ($_->{ip} // '') =~ /^192\.0\.2\./ } events($server);
    is_deeply(\@others, [], 'and no event of another name');
    SKIP: {
        skip 'the wait is too long for a test', 1 if $wait > 20;
        sleep $wait + 0.2;
        is(ask($server, '/errors', @from, 'X-Admin-Token' => 'guess')->{status}, 401, 'after the wait one more');
    }
};

sub writer_of { return (grep { role_of($_) eq 'writer' } descendants($_[0]->pid))[0] }

sub resident {
    my ($pid) = @_;
    return read_file("/proc/$pid/status") =~ /^VmRSS:\s+(\d+) kB/m ? $1 : 0;
}

subtest 'A2: many networks' => sub {
    my $writer = writer_of($server) or return fail('the writer is found');
    ask($server, '/errors', somewhere(), 'X-Admin-Token' => 'guess') for 1 .. 50;
    my ($before, $board) = (resident($writer), memories($writer)->{board}{bytes});
    ask($server, '/errors', somewhere(), 'X-Admin-Token' => 'guess') for 1 .. 400;
    cmp_ok(resident($writer), '<', $before + 4096, "the writer needs no more memory ($before kB)");
    is(memories($writer)->{board}{bytes}, $board, 'nor does the board');
};

# Paths that may lead a careless check astray.
sub paths {
    my @paths = map { "$_/admin/logs/errors" } '/', '/.', '/x/..', '/%2e', '/x/%2e%2e', '/%2E%2e', '/..', '/..;',
        '/%00', '/%2f', '//x//..', '/%c0%af', '/%5c', 'http://a', 'http://a:80', 'https://a', 'http://admin@a', '/;', '/%3b';
    for my $slash ('//', '///', '/./', '/.//', '/x/../', '/%2e/', '/x/%2e%2e/', '%2f', '%2F', '%252f', '%5c', '\\',
        ';/', ';a=b/', '/;/', '%00/', '%20/', '/%20', '%0a/', '/%ef%bc%8f', '.%2f', '%c0%af', '/~', ':') {
        push @paths, "/admin${slash}logs/errors", "/admin/logs${slash}errors", "${slash}admin/logs/errors",
            "/admin/logs/${slash}errors";
    }
    for my $end ('/', '//', '/.', '/..', '/./', '/../errors', '/../../logs/errors', ';a', ';', '%00', '%20', '%2f', '%2e', '.json',
        '.', '~', '%23', '?', '??', '?#', '#', '%3f', '/*', '/..;/', '/%252e', '/%2e%2e/errors', '/x', '%0d%0aX:y', "\x80", '%ff') {
        push @paths, "/admin/logs/errors$end", "/admin/logs$end";
    }
    push @paths, '/%61dmin/logs/errors', '/%2561dmin/logs/errors', '/ADMIN/LOGS/errors', '/Admin/logs/errors', '/admin/logs/ERRORS',
        '/admin/lo%67s/errors', '/admin/logs/%65rrors', '/admin/logs/e%72rors', '/admin/%6c%6f%67%73/errors', '/admin/logs/%u0065rrors',
        '/admin/logs/requests', '/admin/logs/requests/', '/admin/logs/requests/..', '/admin/logs/requests/../errors',
        '/admin/logs/requests/../../../etc/passwd', '/admin/logs/requests/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
        '/admin/logs/requests/AAAAAAAA%00', '/admin/logs/requests/' . 'A' x 5000, '/admin/logs/talk2me.log', '/admin/logs/security.log',
        '/admin/logs/index', '/admin/logs/none', '/admin/logs/errors/security', '/admin/logs/health/errors', '/admin/logsx/errors',
        '/admin/logs/' . 'x/' x 2000;
    return @paths;
}

subtest 'A3: paths' => sub {
    my (%without, %with, @wrong);
    for my $path (paths()) {
        my $answer = raw("GET $path", somewhere());
        my $status = $answer->{status} // 'none';
        $without{$status}++;
        push @wrong, "$path without a token: $status" if $status !~ /^(?:none|40[0134]|405)$/
            || $answer->{body} =~ /$canary|error_summary|total_events/;
        $answer = raw("GET $path", 'X-Admin-Token' => $TOKEN);
        $status = $answer->{status} // 'none';
        $with{$status}++;
        my $is_data = $status eq '200' && $answer->{body} =~ /^\{"/;
        push @wrong, "$path with a token: $status" if !$is_data && $status !~ /^(?:none|40[0134]|405)$/;
    }
    is_deeply(\@wrong, [], 'no path gives what it must not') or diag explain \@wrong;
    cmp_ok($without{401} // 0, '>', 40, 'many of them reach the handler');
    cmp_ok($with{200} // 0, '>', 10, 'some of them are other words for the same path');
    cmp_ok($with{404} // 0, '>', 40, 'and some are none of ours');
    note join ', ', map { "without a token $_: $without{$_}" } sort keys %without;
    note join ', ', map { "with a token $_: $with{$_}" } sort keys %with;
};

subtest 'A3: ways round' => sub {
    my %ways = ('a page that includes it' => '/includes.shtml', 'an error document' => '/missing/page',
        'a redirect within the server' => '/rewritten/page.txt', 'an action' => '/acted/page.acted',
        'the index of a directory' => '/listed/');
    for my $what (sort keys %ways) {
        for my $headers ([somewhere()], ['X-Admin-Token' => $TOKEN], [Authorization => "Bearer $TOKEN"]) {
            has_no_data(get($port, $ways{$what}, @$headers), "$what, @$headers[0]");
        }
    }
    settle($server);
    cmp_ok(scalar(grep { ($_->{reason} // '') eq 'not asked for directly' } events($server, 'admin_log_access')),
        '>=', 9, 'they are told');
};

subtest 'A4, A18: methods' => sub {
    for my $method (qw(POST PUT DELETE PATCH OPTIONS TRACE PROPFIND CONNECT get FOO MKCOL)) {
        my $target = $method eq 'CONNECT' ? 'a:80' : '/admin/logs/errors';
        for my $with (0, 1) {
            my $answer = raw("$method $target", $with ? ('X-Admin-Token' => $TOKEN) : somewhere(), 'Content-Length' => 0,
                Cookie => 'kept=secret', Origin => 'http://evil.example', 'Access-Control-Request-Method' => 'GET');
            my $what = $method . ($with ? ' with a token' : '');
            has_no_data($answer, $what);
            unlike($answer->{body}, qr/kept=secret|\Q$TOKEN\E/, "$what: nothing comes back");
            ok(!(grep { $_->[0] =~ /^Access-Control/i } @{ $answer->{headers} }), "$what: nothing for CORS");
            next if $method eq 'CONNECT';
            is($answer->{status}, $with ? 405 : 401, "$what: " . ($with ? 405 : 401));
            is(header($answer, 'Allow'), 'GET, HEAD', "$what: what is allowed") if $with;
        }
    }
    for my $site (qw(cross-site)) {
        my $answer = ask($server, '/errors', 'X-Admin-Token' => $TOKEN, 'Sec-Fetch-Site' => $site);
        is($answer->{status}, 403, "$site: 403");
        has_no_data($answer, $site);
    }
    my $trace = raw('TRACE /index.txt', 'X-Other' => 'comes back');
    is($trace->{status}, 200, 'elsewhere TRACE is what httpd makes of it');
    my $long = raw('POST /admin/logs/errors', somewhere(), 'Content-Length' => 1 << 30);
    is($long->{status}, 401, 'a long body is not waited for');
};

subtest 'A6: queries' => sub {
    my @queries = ('limit=0', 'limit=-1', 'limit=1001', 'limit=9223372036854775808', 'limit=18446744073709551616', 'limit=1e2',
        'limit=0x10', 'limit=NaN', 'limit=', 'limit', 'limit=1&limit=1', 'limit=%00', 'limit=1%00', 'limit=1;limit=2', 'since=yesterday',
        'since=-5m', 'since=99999999999999999999', 'until=15x', 'level=LOUD', 'id=../../etc', 'id=xyz', 'after=-1',
        'after=1.5', 'q=%', 'q=%zz', 'q=%ff', 'q=%00', 'x=1', '=1', '&', 'q=' . 'a' x 8000, 'q=' . 'a' x 300,
        'a&' x 10000, join('&', map { "q$_=1" } 1 .. 5000), '%6cimit=5', 'limit[]=5', 'event=a');
    my $slowest = 0;
    for my $query (@queries) {
        my $answer = raw("GET /admin/logs/errors?$query", 'X-Admin-Token' => $TOKEN);
        my $what = length $query > 40 ? substr($query, 0, 37) . '...' : $query;
        is($answer->{status}, 400, "$what: 400");
        has_no_data($answer, $what);
        my $body = body($answer);
        like($body->{detail}, qr/^The query's \w+ is wrong; allowed: [ -~]+\.$/, "$what: says what is allowed");
        cmp_ok(length $answer->{body}, '<', 700, "$what: shortly");
    }
    is(ask($server, '/errors?limit=1000&since=15m&level=ERROR&q=%3Cscript%3E&after=0')->{status}, 200, 'a good one');
    is(raw("GET /admin/logs/$_", somewhere())->{status}, 401, "without a token nothing is said of $_")
        for 'errors?limit=x', 'none';
};

subtest 'A9: every access has its record' => sub {
    settle($server);
    my (%event, %twice);
    for my $event ($server->records('security')) {
        my $id = $event->{request_id} // next;
        $twice{$id} = $event->{event} if $event{$id}++;
    }
    is_deeply(\%twice, {}, 'no request has two');
    # What the handler has answered has its headers.
    my @answered = map { [split(' ', $_, 3)] } split(/\n/, read_file($server->root . '/logs/answered.log'));
    my @ours = grep { $_->[1] eq 'no-referrer' } @answered;
    cmp_ok(scalar @ours, '>', 700, 'of all answers');
    is_deeply([grep { !$event{ $_->[0] } } @ours], [], 'none lacks one');
    my %access = map { ($_->{request_id} => 1) } $server->records('access');
    is_deeply([grep { !$access{ $_->[0] } } @ours], [], 'and each is an ordinary line of access too');
};

subtest 'A17: the configuration shows no token' => sub {
    my $hash = Digest::SHA::sha256_hex($TOKEN);
    my $info = get($port, '/info?config')->{body};
    like($info, qr/T2MLogAdminTokenFile/, 'mod_info shows the directives');
    unlike($info, qr/\Q$TOKEN\E|$hash/, 'and neither token nor hash');
    my (undef, $dump) = $server->configtest(undef, '-DDUMP_CONFIG');
    unlike($dump, qr/\Q$TOKEN\E|$hash/, 'neither does DUMP_CONFIG');
    my @granted = grep { / no-referrer 200 / } split(/\n/, read_file($server->root . '/logs/answered.log'));
    cmp_ok(scalar @granted, '>', 10, 'accesses in a log of httpd');
    is_deeply([grep { !/ - -$/ } @granted], [], 'whose format cannot show the token either');
    for my $file (glob($server->log_dir . '/*.log'), $server->root . '/logs/error.log') {
        unlike(read_file($file), qr/\Q$TOKEN\E|$hash|guess-\d/, $file);
    }
};

subtest 'A15: token files' => sub {
    my %file = ('that others can read' => [0644, T2M::Admin::token_lines(tester => $TOKEN)],
        'that others can write' => [0622, T2M::Admin::token_lines(tester => $TOKEN)]);
    for my $what (sort keys %file) {
        my $refused = T2M::Server->new(name => $what, files => { 'admin.tokens' => $file{$what} }, conf => admin_conf());
        my ($code, $output) = $refused->configtest;
        isnt($code, 0, "a file $what: httpd -t refuses it");
        like($output, qr/T2M0021: T2MLogAdminTokenFile/, 'and says so');
    }
    my %text = ('an empty hash' => 'tester:', 'a short hash' => 'tester:abc', 'a token itself' => "tester:$TOKEN", 'no name' => ':' . 'a' x 64);
    for my $what (sort keys %text) {
        my $bad = T2M::Server->new(name => $what, files => { 'admin.tokens' => [0600, "$text{$what}\n"] }, conf => admin_conf());
        $bad->announce(qr/T2M0207/);
        $bad->start;
        wait_until(10, sub { ask($bad, '/errors')->{status} != 503 });
        is(ask($bad, '/errors', 'X-Admin-Token' => $_)->{status}, 404, "$what, '" . substr($_, 0, 10) . "': 404") for $TOKEN, '', 'abc';
        $bad->stop;
    }
};

sub openssl {
    my ($dir, @arguments) = @_;
    my ($code, $output) = run('sh', '-c', 'cd "$0" && exec openssl "$@"', $dir, @arguments);
    die "openssl: $output" if $code;
}

subtest 'A16: only over TLS' => sub {
    my $plain = T2M::Server->new(name => 'plain', modules => ['remoteip'], files => { admin_files() },
        conf => admin_conf() . "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n");
    T2M::Admin::start($plain);
    my @client = ('X-Forwarded-For' => '198.51.100.4');
    for my $claim ([], ['X-Forwarded-Proto' => 'https'], ['X-Forwarded-Ssl' => 'on'], [Forwarded => 'proto=https;for=127.0.0.1'],
        ['Front-End-Https' => 'on']) {
        my $answer = ask($plain, '/errors', @client, @$claim, 'X-Admin-Token' => $TOKEN);
        is($answer->{status}, 403, "a client elsewhere @$claim: 403");
        like($answer->{body}, qr/T2MLogAdminInsecure/, 'which names the directive');
        has_no_data($answer, 'plain');
    }
    is(ask($plain, '/errors', 'X-Forwarded-For' => $_, 'X-Admin-Token' => $TOKEN)->{status}, 200, "a client at $_")
        for '127.0.0.1', '127.3.2.1', '::1', '::ffff:127.0.0.1';
    is(ask($plain, '/errors', 'X-Forwarded-For' => $_, 'X-Admin-Token' => $TOKEN)->{status}, 403, "a client at $_")
        for '::2', '126.0.0.1', '::ffff:10.0.0.1';
    $plain->stop;
    plan skip_all => 'no mod_ssl, openssl or curl' if !has_module('ssl') || !tool('openssl') || !tool('curl');
    my $tls = T2M::Server->new(name => 'TLS', modules => [qw(remoteip ssl socache_shmcb)], files => { admin_files() },
        conf => admin_conf() . <<'CONF');
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
T2MLogAdminAuth either
Listen 127.0.0.1:@PORT:tls@
<VirtualHost 127.0.0.1:@PORT:tls@>
SSLEngine on
SSLCertificateFile "@ROOT@/server.pem"
SSLCertificateKeyFile "@ROOT@/server.key"
SSLCACertificateFile "@ROOT@/ca.pem"
SSLVerifyClient optional_no_ca
</VirtualHost>
CONF
    $tls->announce(qr/AH02039/);
    my $dir = $tls->root;
    openssl($dir, qw(req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem));
    openssl($dir, qw(req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test.example -keyout server.key -out server.pem));
    openssl($dir, qw(req -newkey rsa:2048 -nodes -subj /CN=alice -keyout alice.key -out alice.csr));
    openssl($dir, qw(x509 -req -days 2 -in alice.csr -CA ca.pem -CAkey ca.key -set_serial 5 -out alice.pem));
    openssl($dir, qw(req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mallory -keyout mallory.key -out mallory.pem));
    T2M::Admin::start($tls);
    my $curl = sub {
        my (undef, $output) = run(tool('curl'), '-sk', '-o', "$dir/body", '-w', '%{http_code}', '-H', 'X-Forwarded-For: 198.51.100.4',
            @_, 'https://127.0.0.1:' . $tls->port('tls') . '/admin/logs/errors');
        return $output;
    };
    is($curl->('-H', "X-Admin-Token: $TOKEN"), 200, 'over TLS a token counts from anywhere');
    is($curl->('-H', 'X-Admin-Token: wrong'), 401, 'and a wrong one does not');
    is($curl->(), 401, 'nor does none');
    is($curl->('--cert', "$dir/alice.pem", '--key', "$dir/alice.key"), 200, 'a certificate of ours');
    is($curl->('--cert', "$dir/mallory.pem", '--key', "$dir/mallory.key"), 401, 'and not one of somebody');
    is($curl->('--cert', "$dir/alice.pem", '--key', "$dir/alice.key", '-H', 'Sec-Fetch-Site: cross-site'), 403,
        'and not for the page of another site');
    is($curl->('--cert', "$dir/alice.pem", '--key', "$dir/alice.key", '-X', 'POST'), 403, 'and not for a form');
    settle($tls);
    my ($event) = grep { ($_->{user} // '') =~ /alice/ } events($tls, 'admin_log_access');
    is($event->{result}, 'granted', 'the event names the certificate: ' . ($event->{user} // ''));
};

subtest 'HTTP/2' => sub {
    plan skip_all => 'no mod_http2 or no curl' if !has_module('http2') || !tool('curl') || T2M::Server::mpm() eq 'prefork';
    my $h2 = T2M::Server->new(name => 'HTTP/2', modules => ['http2'], files => { admin_files() },
        conf => "Protocols h2c http/1.1\n" . admin_conf());
    T2M::Admin::start($h2);
    my $curl = sub { (run(tool('curl'), qw(-s --http2-prior-knowledge -o /dev/null -w), '%{http_code}', @_,
        'http://127.0.0.1:' . $h2->port . '/admin/logs/errors'))[1] };
    is($curl->('-H', "X-Admin-Token: $TOKEN"), 200, 'a token');
    is($curl->(), 401, 'no token');
    is($curl->('-X', 'TRACE'), 401, 'TRACE');
    is($curl->('-X', 'TRACE', '-H', "X-Admin-Token: $TOKEN"), 405, 'TRACE with a token');
};

subtest 'A9: no record, no data' => sub {
    my $full = T2M::Server->new(name => 'full', mode => 'single', t2mlog => "T2MLog On\nT2MLogBuffer 64K",
        files => { admin_files() }, conf => admin_conf());
    $full->announce(qr/T2M0203/);
    T2M::Admin::start($full);
    my $writer = writer_of($full) or return fail('the writer is found');
    kill 'STOP', $writer;
    get($full->port, '/' . 'long/' x 700) for 1 .. 40; # until there is no room for such a line
    get($full->port, "/short?$_") for 1 .. 60;          # nor for a small one
    ask($full, '/errors', 'X-Other' => 1) for 1 .. 40;  # nor for one of what matters most
    my $answer = ask($full, '/errors');
    is($answer->{status}, 503, 'without room for the record there is no answer');
    has_no_data($answer, 'full');
    is(header($answer, 'Retry-After'), 1, 'but one to come');
    kill 'CONT', $writer;
    ok(wait_until(10, sub { ask($full, '/errors')->{status} == 200 }), 'which comes when there is room again');
    settle($full);
};

finish();
