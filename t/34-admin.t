#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The admin endpoints in ordinary use: every endpoint, every way to authenticate, what an access
# leaves in the security stream.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(encode_base64);
use Test::More;
use Time::HiRes qw(sleep time);

use T2M::Admin qw(admin_conf admin_files ask body events settle write_tokens $TOKEN);
use T2M::Client qw(exchange get header parse post);
use T2M::Log qw(is_number key_order);
use T2M::Process qw(wait_until);
use T2M::Root qw(read_file);
use T2M::Server;

my %HEADERS = (
    'Cache-Control' => 'no-store', 'X-Content-Type-Options' => 'nosniff',
    'Referrer-Policy' => 'no-referrer', 'Vary' => 'Accept, Authorization, X-Admin-Token',
    'Content-Security-Policy' => "default-src 'none'; script-src 'self'; style-src 'self'; "
        . "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

my $server = T2M::Server->new(
    name => 'admin', modules => ['cgi'],
    files => { admin_files(tester => $TOKEN, other => 'another-token-of-somebody-else-123456') },
    t2mlog => "T2MLog On\nT2MLogLevel app DEBUG",
    conf => admin_conf() . <<'CONF');
LogLevel info http:trace4
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
<Location "/cgi-bin/slow.pl">
T2MLogSlow 1ms
</Location>
CONF
$server->announce(qr/AH01215|End of script/);
T2M::Admin::start($server);
my $port = $server->port;

sub has_headers {
    my ($what, $answer) = @_;
    is(join('|', header($answer, $_)) =~ s{,\s*}{, }gr, $HEADERS{$_}, "$what: $_") for sort keys %HEADERS;
    ok(!(grep { $_->[0] =~ /^Access-Control/i } @{ $answer->{headers} }), "$what: nothing for CORS");
    is(header($answer, 'Content-Length'), length $answer->{body}, "$what: Content-Length");
    is(scalar(my @ids = header($answer, 'X-Request-ID')), 1, "$what: X-Request-ID");
}

my $failed = get($port, '/cgi-bin/die.pl?<b>', 'User-Agent' => '<script>alert(1)</script>&');
my $id = header($failed, 'X-Request-ID');
get($port, '/index.html');

subtest 'every endpoint' => sub {
    my %members = (
        errors => [qw(error_summary recent_errors total_errors_logged)],
        performance => [qw(performance_metrics slow_requests)],
        security => [qw(event_summary security_events total_events)],
        "requests/$id" => [], health => [], '' => [],
    );
    for my $name (sort keys %members) {
        my $answer = ask($server, "/$name");
        is($answer->{status}, 200, "$name: 200");
        is(header($answer, 'Content-Type'), 'application/json', "$name: JSON");
        has_headers($name, $answer);
        my $body = body($answer);
        ok($body, "$name: is JSON") or diag $answer->{body};
        ok(exists $body->{$_}, "$name: has $_") for @{ $members{$name} };
        unlike($answer->{body}, qr/[<>&]|[^\x20-\x7e\n]/, "$name: nothing that a browser takes for a page");
    }
    is(ask($server, '')->{status}, 200, 'the index without a slash');
    my $metrics = ask($server, '/metrics');
    is($metrics->{status}, 200, 'metrics');
    is(header($metrics, 'Content-Type'), 'text/plain; version=0.0.4; charset=utf-8', 'of Prometheus');
    has_headers('metrics', $metrics);
    like($metrics->{body}, qr/^# TYPE t2mlog_\w+ \w+$/m, 'in its form');
};

subtest 'what is said of a request' => sub {
    my $answer = ask($server, "/requests/$id");
    like($answer->{body}, qr/\\u003cscript\\u003ealert\(1\)\\u003c\/script\\u003e\\u0026/,
        'no tag as it came');
    my $all = JSON::PP->new->canonical->encode(body($answer));
    like($all, qr/\Q$id\E/, 'its id');
    like($all, qr/request_complete/, 'its access record');
    like($all, qr/Performance metric/, 'its performance record');
    like($all, qr/error_type/, 'its error');
};

subtest 'an answer includes what was answered before' => sub {
    my $missing = 0;
    for my $round (1 .. 25) {
        my $asked = header(get($port, "/index.html?round=$round"), 'X-Request-ID');
        $missing++ if ask($server, "/requests/$asked")->{body} !~ /request_complete/;
    }
    is($missing, 0, 'every time');
};

subtest 'the token in either header' => sub {
    my %good = ('X-Admin-Token' => $TOKEN, Authorization => "Bearer $TOKEN");
    is(ask($server, '/health', $_ => $good{$_})->{status}, 200, $_) for sort keys %good;
    is(ask($server, '/health', %good)->{status}, 200, 'in both');
    is(ask($server, '/health', Authorization => "bearer  $TOKEN")->{status}, 200, 'whatever the case');
    is(ask($server, '/health', 'x-admin-TOKEN' => $TOKEN, Authorization => 'Basic YTpi')->{status}, 200,
        'beside a password');
    is(ask($server, '/health', 'X-Admin-Token' => $TOKEN, 'Sec-Fetch-Site' => 'same-origin')->{status}, 200,
        'from a page of this site');
};

subtest 'HEAD' => sub {
    for my $path (qw(/errors /metrics /none)) {
        my @raw = map { exchange($port, "$_ /admin/logs$path HTTP/1.1\r\nHost: a\r\n"
            . "X-Admin-Token: $TOKEN\r\nConnection: close\r\n\r\n") } qw(HEAD GET);
        my ($head, $get) = map { parse($_) } @raw;
        is($head->{status}, $get->{status}, "$path: the same status");
        is($head->{body}, '', "$path: no body");
        my %changes = map { ($_ => 1) } qw(Date X-Request-ID Content-Length);
        is_deeply([map { $_->[0] } @{ $head->{headers} }], [map { $_->[0] } @{ $get->{headers} }],
            "$path: the same headers");
        cmp_ok(header($head, 'Content-Length'), '>', 0, "$path: a length");
    }
};

subtest 'tables for a terminal' => sub {
    my %format = ('text/plain' => qr{^text/plain}, '*/*' => qr{^application/json},
        'text/plain;q=0.5, application/json' => qr{^application/json},
        'text/html,application/xhtml+xml,*/*;q=0.8' => qr{^application/json});
    for my $accept (sort keys %format) {
        my $answer = ask($server, '/performance', 'X-Admin-Token' => $TOKEN, Accept => $accept);
        like(header($answer, 'Content-Type'), $format{$accept}, $accept);
        has_headers($accept, $answer);
    }
    my $answer = ask($server, '/errors', 'X-Admin-Token' => $TOKEN, Accept => 'text/plain');
    ok(!body($answer), 'no JSON');
    unlike($answer->{body}, qr/[\x00-\x09\x0b-\x1f\x7f]/, 'no control byte');
};

subtest 'problems' => sub {
    my %problem = (
        '/none' => [404, 'Not Found', qr/errors, performance, security/],
        '/errors?limit=0' => [400, 'Bad Request', qr/limit.*1000/],
        '/errors?colour=red' => [400, 'Bad Request', qr/allowed: .*limit/],
        '/health?limit=5' => [400, 'Bad Request', qr/./],
    );
    for my $path (sort keys %problem) {
        my ($status, $title, $detail) = @{ $problem{$path} };
        my $answer = ask($server, $path);
        is($answer->{status}, $status, "$path: $status");
        is(header($answer, 'Content-Type'), 'application/problem+json', "$path: a problem document");
        has_headers($path, $answer);
        my $body = body($answer);
        my $request = header($answer, 'X-Request-ID');
        is_deeply({ %$body, detail => '' }, { type => 'about:blank', title => $title, detail => '',
            status => $status, instance => "/admin/logs/requests/$request", request_id => $request },
            "$path: of RFC 9457");
        like($body->{detail}, $detail, "$path: says what is allowed");
        unlike($answer->{body}, qr/colour|red/, "$path: echoes nothing");
    }
};

# The events of accesses with these members, once the writer has them.
sub accesses {
    my (%members) = @_;
    return grep {
        my $event = $_;
        !grep { ($event->{$_} // '') ne $members{$_} } keys %members
    } events($server, 'admin_log_access');
}

subtest 'an access is an event' => sub {
    my $answer = ask($server, '/security?limit=5&q=' . 'password%3Dhush-hush');
    my $request = header($answer, 'X-Request-ID');
    my ($own) = grep { ($_->{request_id} // '') eq $request } @{ body($answer)->{security_events} };
    is($own, undef, 'q leaves it out of its own answer');
    $answer = ask($server, '/security?limit=1');
    is(body($answer)->{security_events}[0]{request_id}, header($answer, 'X-Request-ID'),
        'it is written before the answer goes out');
    my ($event) = accesses(request_id => $request);
    is_deeply([key_order($event)], [qw(timestamp level message event severity ip endpoint attempts
        blocked request_id path method token resource parameters result status prev seq)], 'the order');
    is($event->{level}, 'INFO', 'INFO');
    is($event->{token}, 'tester', "the token's name");
    is($event->{resource}, 'security', 'what was asked for');
    like($event->{parameters}, qr/^limit=5&q=.*REDACTED/, 'the parameters, masked');
    is($event->{result}, 'granted', 'granted');
    is($event->{status}, 200, 'with that status');
    is($event->{attempts}, 1, 'one');
    is_deeply($event->{blocked}, JSON::PP::false(), 'not blocked');
    $answer = ask($server, '/errors', 'X-Admin-Token' => 'a-wrong-one');
    settle($server);
    my @found = grep { ($_->{request_id} // '') eq header($answer, 'X-Request-ID') } $server->records('security');
    is(@found, 1, 'a refused one is one event');
    is($found[0]{result}, 'refused', 'refused');
    is($found[0]{reason}, 'no right token', 'why');
    is($found[0]{level}, 'WARNING', 'a warning');
    ok(!exists $found[0]{token}, 'of nobody');
    is_deeply($found[0]{blocked}, JSON::PP::true(), 'blocked');
    my ($access) = $server->log('access')->by_id(header($answer, 'X-Request-ID'));
    is($access->{status}, 401, 'and an ordinary line of access');
};

subtest 'polls' => sub {
    my $minute = sub { int(time / 60) };
    wait_until(70, sub { time % 60 < 50 }); # the polls below belong to one minute
    my $started = $minute->();
    my $before = accesses(resource => 'errors');
    ask($server, '/errors?after=1') for 1 .. 4;
    ask($server, '/errors?after=1', Authorization => 'Bearer another-token-of-somebody-else-123456') for 1 .. 2;
    settle($server);
    my @polls = accesses(resource => 'errors');
    @polls = @polls[$before .. $#polls];
    SKIP: {
        skip 'the minute was over', 2 if $minute->() != $started;
        is_deeply([sort map { $_->{token} } @polls], [qw(other tester)], 'one record for each token');
        is_deeply([map { $_->{attempts} } @polls], [1, 1], 'of one poll each, so far');
    }
    my $total = body(ask($server, '/security'))->{event_summary}{admin_log_access};
    is($total, scalar accesses(), 'the summary counts records');
    is(scalar accesses(resource => 'metrics', result => 'granted', token => 'tester') > 0, 1,
        'metrics are a poll');
};

subtest 'tokens come and go' => sub {
    my $new = 'a-new-token-0123456789-0123456789-0123456789';
    my $status = sub { ask($server, '/health', 'X-Admin-Token' => $_[0])->{status} };
    # Asks with a token that counted until now, for failures are limited.
    my $ends = sub { my ($token) = @_; wait_until(10, sub { $status->($token) != 200 }) };
    my $returns = sub { wait_until(10, sub { $status->($TOKEN) == 200 }) };
    write_tokens($server, tester => $new);
    ok($ends->($TOKEN), 'the old one does no more');
    is($status->($new), 200, 'the new one counts');
    write_tokens($server, tester => $TOKEN);
    ok($ends->($new), 'and goes');
    is($status->($TOKEN), 200, 'the first one is back');
    $server->announce(qr/T2M0207/);
    chmod 0644, $server->root . '/admin.tokens';
    ok($ends->($TOKEN), 'a file that others can read');
    is($status->($TOKEN), 404, 'switches all off');
    like(ask($server, '/health')->{body}, qr/T2MLogAdminTokenFile/, 'and the answer says which');
    chmod 0600, $server->root . '/admin.tokens';
    ok($returns->(), 'until it is mended');
    write_tokens($server, map { ("name$_" => "token-$_") } 1 .. 64);
    ok($ends->($TOKEN), 'another list');
    is($status->($_), 200, $_) for 'token-1', 'token-64';
    write_tokens($server, tester => $TOKEN);
    ok($ends->('token-7'), 'and back');
    ok($server->graceful, 'graceful');
    is($status->($TOKEN), 200, 'after a restart');
};

subtest 'no token in any stream' => sub {
    settle($server);
    unlike(read_file($_), qr/\Q$TOKEN\E|another-token-of|hush-hush/, $_) for glob($server->log_dir . '/*.log');
};

sub location {
    my ($open, $more) = @_;
    return qq{T2MLogAdminTokenFile "\@ROOT\@/admin.tokens"\n<$open>\nSetHandler t2mlog-admin\n</}
        . ($open =~ /^(\w+)/)[0] . ">\n" . ($more // '');
}

# Where else the endpoints can hang: [section, path, status of these].
my @mounts = (
    ['Location "/ops/logs/"', '/ops/logs', { '/health' => 200, '/' => 200, '' => 404, '/x/health' => 404 }],
    ['Location "/"', '', { '/health' => 200, '/x/health' => 404, '/index.html' => 404 }],
    ['LocationMatch "^/m/[a-z]+"', '/m/a', { '/health' => 200, '/' => 200, '' => 404, '/x/health' => 200 }],
    ['Location ~ "^/r"', '/r', { '/health' => 200, '/none' => 404 }],
    ['Directory "@ROOT@/htdocs/dir"', '/dir', { '/health' => 200, '/none' => 404 }],
    ['Location "/a"', '/a', { '/b/health' => 200, '/health' => 200, '/b' => 200 },
        "<Location \"/a/b\">\nSetHandler t2mlog-admin\n</Location>\n<Location \"/a/b/health\">\nHeader set A b\n</Location>\n"],
);
for my $mount (@mounts) {
    my ($open, $path, $status, $more) = @$mount;
    my $place = T2M::Server->new(name => $open, files => { admin_files() }, conf => location($open, $more));
    $place->start;
    wait_until(10, sub { get($place->port, "$path/health", 'X-Admin-Token' => $TOKEN)->{status} == 200 })
        if $status->{'/health'};
    for my $rest (sort keys %$status) {
        my $answer = get($place->port, "$path$rest", 'X-Admin-Token' => $TOKEN);
        is($answer->{status}, $status->{$rest}, "<$open> $path$rest: $status->{$rest}");
        unlike($answer->{body}, qr/error_summary/, 'nothing by mistake') if $answer->{status} != 200;
    }
    $place->stop;
}

# Whom httpd has authenticated.
my $basic = <<'CONF';
<Location "/admin/logs">
AuthType Basic
AuthName logs
AuthBasicProvider file
AuthUserFile "@ROOT@/users"
Require valid-user
</Location>
CONF
my @modules = qw(authn_core authn_file auth_basic authz_user authz_host);
my %users = (users => 'ali:{SHA}' . encode_base64(Digest::SHA::sha1('sesame'), '') . "\n");
my @ali = (Authorization => 'Basic ' . encode_base64('ali:sesame', ''));

subtest 'T2MLogAdminAuth httpd' => sub {
    my $auth = T2M::Server->new(name => 'httpd', modules => \@modules, files => { admin_files(), %users },
        conf => admin_conf() . "T2MLogAdminAuth httpd\n$basic");
    $auth->announce(qr/AH01617/);
    $auth->start;
    is(ask($auth, '/health', @ali)->{status}, 200, 'a user');
    is(ask($auth, '/health')->{status}, 401, 'a token is none');
    is(ask($auth, '/health', @ali, 'Sec-Fetch-Site' => 'cross-site')->{status}, 403,
        'not for the page of another site');
    my $post = sub { post($auth->port, '/admin/logs/health', '', @ali, @_) };
    is($post->()->{status}, 403, 'a POST that any form can send');
    is($post->('X-Requested-With' => 'page')->{status}, 405, 'with a header of its own it comes further');
    is($post->('X-Admin-Token' => 'anything')->{status}, 405, 'this one, too');
    is($post->('X-Requested-With' => 'page', 'Sec-Fetch-Site' => 'same-origin')->{status}, 405, 'same origin');
    is($post->('X-Requested-With' => 'page', 'Sec-Fetch-Site' => 'same-site')->{status}, 403, 'same site');
    settle($auth);
    get($auth->port, '/admin/logs/health', @ali);
    my ($event) = grep { $_->{result} eq 'granted' } events($auth, 'admin_log_access');
    is($event->{user}, 'ali', 'the event names the user');
    ok(!exists $event->{token}, 'and no token');
    is((grep { $_->{event} eq 'unauthorized_access' } $auth->records('security'))[0]{status}, 401,
        'what httpd refuses is its own event');
};

subtest 'T2MLogAdminAuth either' => sub {
    my $auth = T2M::Server->new(name => 'either', modules => \@modules, files => { admin_files(), %users },
        conf => admin_conf() . "T2MLogAdminAuth either\n" . ($basic =~ s/Require valid-user/Require all granted/r));
    T2M::Admin::start($auth);
    is(ask($auth, '/health')->{status}, 200, 'a token');
    is(ask($auth, '/health', @ali)->{status}, 401, 'a name that nobody has asked for is none');
    $auth->stop;
    $auth = T2M::Server->new(name => 'either, asked', modules => \@modules, files => { admin_files(), %users },
        conf => admin_conf() . "T2MLogAdminAuth either\n$basic");
    $auth->start;
    wait_until(10, sub { ask($auth, '/health', @ali)->{status} == 200 });
    is(ask($auth, '/health', @ali)->{status}, 200, 'a user');
    is(ask($auth, '/health', @ali, 'X-Admin-Token' => $TOKEN)->{status}, 200, 'a user and a token');
    settle($auth);
};

subtest 'T2MLogAdminAuth token' => sub {
    my $auth = T2M::Server->new(name => 'token', modules => \@modules, files => { admin_files(), %users },
        conf => admin_conf() . $basic);
    $auth->start;
    my @both = (@ali, 'X-Admin-Token' => $TOKEN);
    ok(wait_until(10, sub { ask($auth, '/health', @both)->{status} == 200 }), 'a user and a token');
    my $answer = ask($auth, '/health', @ali);
    is($answer->{status}, 401, 'a user alone is not enough');
    is(header($answer, 'WWW-Authenticate'), 'Bearer', 'a token is asked for');
};

subtest 'nothing to authenticate by' => sub {
    my %conf = (
        'no token file' => "<Location /admin/logs>\nSetHandler t2mlog-admin\n</Location>\n",
        'httpd that asks nobody' => admin_conf() . "T2MLogAdminAuth httpd\n<Location /admin/logs>\n"
            . "Require ip 127.0.0.1\n</Location>\n",
    );
    for my $what (sort keys %conf) {
        my $open = T2M::Server->new(name => $what, modules => \@modules, files => { admin_files() }, conf => $conf{$what});
        $open->start;
        for my $path ('/errors', '/', '/none') {
            my $answer = ask($open, $path);
            is($answer->{status}, 404, "$what, $path: 404");
            is(header($answer, 'Content-Type'), 'application/problem+json', 'with a reason');
        }
        ok($open->wait_for_lines('security', 3), 'and is told');
        $open->stop;
    }
    my $empty = T2M::Server->new(name => 'no token', files => { 'admin.tokens' => [0600, "# none yet\n"] },
        conf => admin_conf());
    $empty->start;
    wait_until(10, sub { ask($empty, '/errors')->{status} != 503 });
    is(ask($empty, '/errors', 'X-Admin-Token' => $_)->{status}, 404, "an empty file, token '$_'") for '', 'x';
    $empty->stop;
    my $off = T2M::Server->new(name => 'T2MLog Off', t2mlog => '', files => { admin_files() }, conf => admin_conf());
    $off->start;
    is(ask($off, '/errors')->{status}, 404, 'T2MLog Off');
};

subtest 'whoever reads is told of, whatever the stream is set to' => sub {
    my $quiet = T2M::Server->new(name => 'level', files => { admin_files() },
        t2mlog => "T2MLog On\nT2MLogLevel security CRITICAL", conf => admin_conf());
    T2M::Admin::start($quiet);
    is(ask($quiet, '/health', 'X-Admin-Token' => $TOKEN)->{status}, 200, 'an answer');
    settle($quiet);
    my ($last) = reverse events($quiet, 'admin_log_access');
    is(($last // {})->{result}, 'granted', 'a level does not silence its record');
    my $silent = T2M::Server->new(name => 'no stream', files => { admin_files() },
        t2mlog => "T2MLog On\nT2MLogFile security off", conf => admin_conf());
    $silent->start;
    my $reason = sub { ask($silent, $_[0], 'X-Admin-Token' => $TOKEN)->{body} };
    ok(wait_until(10, sub { $reason->('/health') =~ /T2MLogFile security off/ }), 'without the stream');
    like($reason->($_), qr/"status":503.*T2MLogFile security off/s, "$_ has no answer, and says why")
        for qw(/health /metrics /metrics /errors);
};

my $hosts = T2M::Server->new(name => 'virtual hosts', files => { admin_files() },
    conf => admin_conf() . <<'CONF');
<VirtualHost 127.0.0.1:@PORT@>
ServerName test.example
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
ServerName off.example
T2MLog Off
</VirtualHost>
CONF
T2M::Admin::start($hosts);
is(ask($hosts, '/health', Host => 'off.example', 'X-Admin-Token' => $TOKEN)->{status}, 200,
    'a virtual host with T2MLog Off has the endpoints too');
settle($hosts);
is((events($hosts, 'admin_log_access'))[-1]{result}, 'granted', 'and the access is told in the stream of another');

finish();
