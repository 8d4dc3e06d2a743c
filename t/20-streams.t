#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Four streams of a small real site with real trouble in it: which records there are, what they
# hold, and in which order.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Client qw(get post header);
use T2M::Httpd qw(tool);
use T2M::Log qw(is_number key_order);
use T2M::Server;

my $server = T2M::Server->new(
    modules => [qw(cgi auth_basic authn_core authn_file authz_user proxy proxy_http)],
    files => { 'users' => "ada:{SHA}x\n" },
    conf => <<'CONF');
LogLevel info
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
ProxyPass /down/ "http://127.0.0.1:@PORT:nobody@/" retry=0
T2MLogApp shop
T2MLogEnvironment staging
<Directory "@ROOT@/htdocs/private">
AuthType Basic
AuthName members
AuthUserFile "@ROOT@/users"
Require valid-user
</Directory>
<Location "/cgi-bin/slow.pl">
T2MLogSlow 300ms
</Location>
CONF
$server->announce(qr/AH01215/, qr/End of script output/, qr/AH00957|AH01114/, qr/AH01797/);
$server->start;

my $port = $server->port;
my %answer = (
    page => get($port, '/index.html?lang=en', 'User-Agent' => 'Tester/1.0', Referer => 'http://ref.example/x'),
    missing => get($port, '/missing'),
    perl => get($port, '/cgi-bin/die.pl'),
    unexplained => get($port, '/cgi-bin/status.pl?503'),
    down => get($port, '/down/page'),
    private => get($port, '/private/page.txt'),
    slow => get($port, '/cgi-bin/slow.pl?0.6'),
    number => get($port, '/cgi-bin/status.pl/user/12345/photo?200'),
    post => post($port, '/cgi-bin/status.pl', 'x' x 1000),
);
$answer{python} = get($port, '/cgi-bin/traceback.py') if tool('python3');
ok($server->stop, 'the server stops');

my %expected = (page => 200, missing => 404, python => 500, perl => 500, unexplained => 503,
    down => 503, private => 401, slow => 200, number => 200, post => 200);
my %id;
for my $name (sort keys %answer) {
    is($answer{$name}{status}, $expected{$name}, "$name: status $expected{$name}");
    $id{$name} = header($answer{$name}, 'X-Request-ID');
    like($id{$name}, qr/^[0-9a-f-]{36}$/, "$name: the answer carries a request id");
}
my %found = map { ($_ => $server->by_id($id{$_})) } keys %answer;

# The names come in the promised order; what is added to it comes after.
sub in_order {
    my ($record, $what, @reference) = @_;
    my %place = map { ($reference[$_] => $_) } 0 .. $#reference;
    my @names = key_order($record);
    my @known = grep { defined $place{$_} } @names;
    is_deeply(\@known, [sort { $place{$a} <=> $place{$b} } @known], "$what: names in order");
    is_deeply([@names[0 .. $#known]], \@known, "$what: what is added comes after") or diag "@names";
    is($names[-1], 'seq', "$what: seq is last");
}

sub numbers {
    my ($record, $what, @names) = @_;
    ok(is_number($record, $_), "$what: $_ is a number") for grep { exists $record->{$_} } @names;
}

my @ACCESS = qw(timestamp level message request_id method path query status duration_ms content_length
    ip user_agent);
my @APP = qw(timestamp level logger message app environment hostname thread process);
my @ERRORS = qw(timestamp level logger message exception request_id endpoint method path ip);
my @PERFORMANCE = qw(timestamp level message metric duration_ms function module request_id);

subtest access => sub {
    for my $name (sort keys %answer) {
        my @lines = @{ $found{$name}{access} };
        is(@lines, 1, "$name: one line") or next;
        my $record = $lines[0];
        is($record->{status}, $expected{$name}, "$name: status");
        is($record->{message}, 'request_complete', "$name: message");
        is($record->{ip}, '127.0.0.1', "$name: ip");
        is($record->{outcome}, 'ok', "$name: outcome");
        is($record->{protocol}, 'HTTP/1.1', "$name: protocol");
        is($record->{host}, 'test.example', "$name: host");
        in_order($record, $name, @ACCESS);
        numbers($record, $name, qw(status duration_ms content_length ttfb_ms bytes_in bytes_out
            seq));
        ok($record->{duration_ms} >= ($record->{ttfb_ms} // 0), "$name: ttfb within duration");
    }
    my ($page) = @{ $found{page}{access} };
    is($page->{method}, 'GET', 'method');
    is($page->{path}, '/index.html', 'path');
    is($page->{query}, 'lang=en', 'query');
    is($page->{user_agent}, 'Tester/1.0', 'user agent');
    is($page->{referer}, 'http://ref.example/x', 'referer');
    is($page->{content_length}, length $answer{page}{body}, 'content_length is the size of the body');
    cmp_ok($page->{bytes_out}, '>', $page->{content_length}, 'bytes_out counts the headers too');
    cmp_ok($page->{bytes_in}, '>', 60, 'bytes_in counts the request');
    ok(!exists $found{missing}{access}[0]{$_}, "what is absent has no name: $_")
        for qw(query user_agent referer user trace_id);
    cmp_ok($found{slow}{access}[0]{duration_ms}, '>=', 600, 'the slow page took its time');
    cmp_ok($found{slow}{access}[0]{duration_ms}, '<', 5000, 'and not much more');
    cmp_ok($found{post}{access}[0]{bytes_in}, '>', 1000, 'bytes_in counts the body');
    is($found{post}{access}[0]{method}, 'POST', 'POST');
};

subtest performance => sub {
    for my $name (sort keys %answer) {
        my @lines = @{ $found{$name}{performance} };
        is(@lines, 1, "$name: one line") or next;
        my ($record, $access) = ($lines[0], $found{$name}{access}[0]);
        is($record->{message}, "Performance metric: $record->{metric}", "$name: message");
        is($record->{duration_ms}, $access->{duration_ms}, "$name: the same figure as on access");
        is($record->{status}, $expected{$name}, "$name: status");
        is($record->{module}, 'httpd', "$name: module");
        in_order($record, $name, @PERFORMANCE);
        numbers($record, $name, qw(duration_ms status seq));
    }
    is($found{page}{performance}[0]{metric}, 'GET /index.html', 'the metric is method and route');
    is($found{number}{performance}[0]{metric}, 'GET /cgi-bin/status.pl/user/:n/photo',
        'a number in the path becomes :n');
    is($found{page}{performance}[0]{function}, 'default-handler', 'function of a file');
    is($found{slow}{performance}[0]{function}, 'cgi-script', 'function of a script');
    ok($found{slow}{performance}[0]{slow}, 'the slow page is called slow');
    ok(!$found{page}{performance}[0]{slow}, 'the page is not');
    is($found{slow}{performance}[0]{path}, '/cgi-bin/slow.pl', 'a slow one says its path');
    ok(!exists $found{page}{performance}[0]{path}, 'others do not');
};

sub check_error {
    my ($record, $what) = @_;
    is(ref $record->{exception}, 'HASH', "$what: an exception") or return;
    my $traced = @{ $record->{exception}{traceback} // [] };
    is(join(' ', sort keys %{ $record->{exception} }),
        $traced ? 'frames message traceback type' : 'message traceback type',
        "$what: its members");
    for my $frame (@{ $record->{exception}{frames} // [] }) {
        is_deeply([grep { !/^(?:function|file|line|in_app)$/ } keys %$frame], [], "$what: a frame");
        like($frame->{line} // 1, qr/^[1-9]\d*$/, "$what: its line");
    }
    is(ref $record->{exception}{traceback}, 'ARRAY', "$what: the traceback is a list");
    is($record->{error_type}, $record->{exception}{type}, "$what: error_type is its type");
    like($record->{error_id}, qr/^[0-9a-f]{12}$/, "$what: error_id");
    is($record->{app}, 'shop', "$what: app");
    is($record->{environment}, 'staging', "$what: environment");
    in_order($record, $what, @ERRORS);
    numbers($record, $what, qw(process line errno repeated seq));
}

subtest errors => sub {
    for my $name (sort grep { $expected{$_} >= 500 } keys %answer) {
        my @lines = @{ $found{$name}{errors} };
        cmp_ok(@lines, '>=', 1, "$name: explained");
        check_error($_, $name) for @lines;
        for my $record (@lines) {
            is($record->{method}, 'GET', "$name: method");
            is($record->{ip}, '127.0.0.1', "$name: ip");
            is($record->{path}, $found{$name}{access}[0]{path}, "$name: path");
        }
    }
    is_deeply($found{page}{errors}, [], 'a good page has none');
    is_deeply($found{missing}{errors}, [], 'neither has a page that is not there');

    my ($unexplained, @more) = @{ $found{unexplained}{errors} };
    is($unexplained->{exception}{type}, 'HTTP 503', 'a 503 that no line explained');
    is_deeply($unexplained->{exception}{traceback}, [], 'has an empty traceback');
    is(@more, 0, 'and one record');

    my @perl = map { $_->{message} } @{ $found{perl}{errors} };
    ok((grep { /the back room is on fire/ } @perl), 'the words of a dying Perl script');
    ok((grep { /End of script output before headers/ } @perl), 'and what httpd says of it');
    ok(!(grep { $_->{exception}{type} eq 'HTTP 500' } @{ $found{perl}{errors} }),
        'an explained 500 gets no line of its own');

    my @down = @{ $found{down}{errors} };
    ok((grep { $_->{exception}{type} =~ /^AH\d+$/ } @down), 'an httpd line has its AH code as type')
        or diag explain [map { $_->{exception} } @down];
};

subtest traceback => sub {
    plan skip_all => 'no python3' if !$found{python};
    my @lines = @{ $found{python}{errors} };
    my @tracebacks = grep { @{ $_->{exception}{traceback} } } @lines;
    is(@tracebacks, 1, 'the lines of a traceback are one record');
    my $exception = $tracebacks[0]{exception};
    is($exception->{type}, 'ValueError', 'type');
    is($exception->{message}, 'Audio file exceeds maximum size: speech.wav', 'message');
    is($tracebacks[0]{error_type}, 'ValueError', 'error_type');
    my @frames = @{ $exception->{traceback} };
    ok((grep { /traceback\.py", line 13, in <module>/ } @frames), 'the outermost frame');
    ok((grep { /in read_audio/ && /raise ValueError/ } @frames), 'the innermost, with its source');
    ok(!(grep { $_->{message} =~ /^\s+File "/ } @lines), 'no frame is a record of its own');
};

subtest app => sub {
    my @records = $server->records('app');
    my ($ready) = grep { $_->{message} =~ /resuming normal operations/ } @records;
    ok($ready, 'the line of the parent that the server is ready') or return;
    like($ready->{logger}, qr/^shop\.mpm_/, 'the logger is the app and the httpd module');
    ok(!exists $ready->{$_}, "a line without a request has no $_") for qw(request_id ip path method);
    for my $record (@records) {
        in_order($record, "line $record->{seq}", @APP);
        numbers($record, "line $record->{seq}", qw(process line errno seq));
        is($record->{app}, 'shop', 'app');
        is($record->{environment}, 'staging', 'environment');
        ok(length $record->{hostname}, 'hostname');
        ok(is_number($record, 'process'), 'process');
        ok(defined $record->{thread}, 'thread');
    }
    my ($denied) = @{ $found{private}{app} };
    ok(!$denied || $denied->{request_id} eq $id{private}, 'lines of a request carry its id');
    cmp_ok(scalar @{ $found{perl}{app} }, '>=', 2, 'error lines are in app too');
    is($found{perl}{app}[0]{endpoint}, $found{perl}{performance}[0]{metric},
        'endpoint is the metric of the request');
};

finish();
