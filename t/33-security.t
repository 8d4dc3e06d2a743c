#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The stream security: which requests are an event, once each, with what cause and how many
# attempts.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(encode_base64);
use Test::More;
use Time::HiRes qw(sleep);

use T2M::Admin qw(admin_conf admin_files events settle);
use T2M::Client qw(exchange get header parse post);
use T2M::Log qw(is_number key_order);
use T2M::Root qw(read_file);
use T2M::Server;

my $password = 'open-sesame-7';
my $server = T2M::Server->new(
    name => 'events',
    modules => [qw(cgi include rewrite authn_core authn_file auth_basic authz_user remoteip)],
    files => { admin_files(), users => "ali:$password\n", 'htdocs/secret/page.txt' => "gold\n",
        'htdocs/with-secret.shtml' => qq{a <!--#include virtual="/denied/page.txt" --> b\n},
        'htdocs/denied/page.txt' => "nothing\n", 'htdocs/moved/page.txt' => "moved\n" },
    conf => admin_conf() . <<'CONF');
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
LimitRequestFieldSize 4000
LimitRequestLine 4000
LimitRequestFields 30
Timeout 2
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
<Directory "@ROOT@/htdocs">
Options +Includes
</Directory>
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
<Location "/secret">
AuthType Basic
AuthName treasure
AuthBasicProvider file
AuthUserFile "@ROOT@/users.hashed"
Require valid-user
</Location>
<Location "/denied">
Require all denied
ErrorDocument 403 /cgi-bin/status.pl?403
</Location>
<Location "/plainly-denied">
Require all denied
</Location>
<Directory "@ROOT@/htdocs/moved">
RewriteEngine on
RewriteRule ^page /plainly-denied
</Directory>
<Location "/quiet">
T2MLog Off
Require all denied
</Location>
Redirect 429 /busy
T2MLogField security shop "teapots"
CONF
$server->announce(qr/\[cgi:error\]|AH00135|AH10244|AH01617|AH01618|AH01630|unable to include|AH00126|AH01215|AH01271|AH02429|AH00036/);
T2M::Root::write_file($server->root . '/users.hashed',
    'ali:' . '{SHA}' . encode_base64(Digest::SHA::sha1($password), '') . "\n");
T2M::Admin::start($server);
my $port = $server->port;
my %seen; # events of each name so far

sub basic { return (Authorization => 'Basic ' . encode_base64(join(':', @_), '')) }

# From another network each time, so that no count depends on the test before.
my $network = 0;
sub somewhere { return ('X-Forwarded-For' => sprintf '198.18.%d.7', ++$network) }

# The events that code brings about, once the writer has taken everything in.
sub new_events {
    my ($code) = @_;
    my $before = events($server);
    my $answer = $code->();
    settle($server);
    my @events = events($server);
    return ($answer, @events[$before .. $#events]);
}

# One event of that name and status, with these members.
sub one_event {
    my ($what, $code, $name, %members) = @_;
    my ($answer, @events) = new_events($code);
    is_deeply([map { $_->{event} } @events], [$name], "$what: one $name")
        or diag explain \@events;
    my $event = $events[0] // {};
    for my $member (sort keys %members) {
        my $want = $members{$member};
        if (ref $want eq 'Regexp') { like($event->{$member} // '', $want, "$what: $member") }
        else { is($event->{$member}, $want, "$what: $member") }
    }
    return ($event, $answer);
}

sub no_event {
    my ($what, $code) = @_;
    my ($answer, @events) = new_events($code);
    is_deeply([map { $_->{event} } @events], [], "$what: no event");
    return $answer;
}

subtest 'the record' => sub {
    my ($event, $answer) = one_event('a wrong password',
        sub { get($port, '/secret/page.txt?id=5', basic('ali', 'guess-1'), somewhere(),
            'User-Agent' => 'teapot/1', traceparent => '00-' . 'ab' x 16 . '-' . 'cd' x 8 . '-01') },
        'unauthorized_access', level => 'WARNING', severity => 'warning', ip => '198.18.1.7',
        endpoint => 'GET /secret/page.txt', attempts => 1, path => '/secret/page.txt',
        method => 'GET', user_agent => 'teapot/1', detail => qr/^AH01617: user ali: .*Mismatch/,
        status => 401, user => 'ali', message => 'Security event: unauthorized_access',
        trace_id => 'ab' x 16);
    is($event->{request_id}, header($answer, 'X-Request-ID'), 'the request');
    is_deeply($event->{blocked}, JSON::PP::true(), 'it was blocked');
    is_deeply([key_order($event)], [qw(timestamp level message event severity ip endpoint attempts
        blocked request_id path method user_agent detail trace_id status user shop prev seq)], 'the order');
    ok(is_number($event, $_), "$_ is a number") for qw(attempts status);
    is($event->{shop}, 'teapots', 'T2MLogField adds to it');
    my ($access) = $server->log('access')->by_id($event->{request_id});
    is($access->{status}, 401, 'the access line has the same id');
};

subtest 'unauthorized_access' => sub {
    my @elsewhere = somewhere();
    my ($event) = one_event('the question for a password', sub { get($port, '/secret/page.txt', @elsewhere) },
        'unauthorized_access', level => 'INFO', severity => 'info', attempts => 1, status => 401);
    is_deeply($event->{blocked}, JSON::PP::false(), 'asked: nobody was blocked');
    one_event('an unknown user', sub { get($port, '/secret/page.txt', basic('bob', 'x'), @elsewhere) },
        'unauthorized_access', attempts => 1, detail => qr/^AH01618: user bob not found/, user => 'bob');
    one_event('a wrong password', sub { get($port, '/secret/page.txt', basic('ali', 'x'), @elsewhere) },
        'unauthorized_access', attempts => 2);
    one_event('what is denied to all', sub { get($port, '/plainly-denied', @elsewhere) },
        'unauthorized_access', attempts => 3, status => 403, level => 'WARNING',
        detail => qr/^AH01630: client denied by server configuration/);
    one_event('where httpd itself redirects to', sub { get($port, '/moved/page.txt', @elsewhere) },
        'unauthorized_access', attempts => 4, status => 403, path => '/moved/page.txt');
    one_event('with an ErrorDocument that is a script', sub { get($port, '/denied/page.txt', @elsewhere) },
        'unauthorized_access', attempts => 5, status => 403, detail => qr/^AH01630/,
        path => '/denied/page.txt');
    ($event) = one_event('by a script that says nothing', sub { get($port, '/cgi-bin/status.pl?403', @elsewhere) },
        'unauthorized_access', status => 403);
    ok(!exists $event->{detail}, 'no cause, no detail');
    one_event('in a directory with T2MLog Off', sub { get($port, '/quiet', @elsewhere) },
        'unauthorized_access', status => 403);
    is(no_event('a right password', sub { get($port, '/secret/page.txt', basic('ali', $password)) })->{status},
        200, 'lets in');
    is(no_event('a page that includes what is denied', sub { get($port, '/with-secret.shtml') })->{status},
        200, 'is a page');
    no_event('what is not there', sub { get($port, '/none') });
};

subtest 'attempts are of a network' => sub {
    my $from = sub {
        my ($address, $attempts) = @_;
        one_event("from $address", sub { get($port, '/plainly-denied', 'X-Forwarded-For' => $address) },
            'unauthorized_access', attempts => $attempts, ip => $address);
    };
    $from->('203.0.113.7', 1);
    $from->('203.0.113.200', 2);
    $from->('203.0.114.7', 1);
    $from->('2001:db8:1:2::1', 1);
    $from->('2001:db8:1:2:ffff::9', 2);
    $from->('2001:db8:1:3::1', 1);
    $from->('203.0.113.8', 3);
};

subtest 'rate_limit_exceeded' => sub {
    my @elsewhere = somewhere();
    my ($event) = one_event('a 429', sub { get($port, '/busy', @elsewhere) }, 'rate_limit_exceeded',
        status => 429, severity => 'warning', attempts => 1, endpoint => 'GET /busy');
    is_deeply($event->{blocked}, JSON::PP::true(), 'is blocked');
    one_event('another', sub { get($port, '/cgi-bin/status.pl?429', @elsewhere) },
        'rate_limit_exceeded', attempts => 2);
    one_event('something else', sub { get($port, '/plainly-denied', @elsewhere) },
        'unauthorized_access', attempts => 1);
};

sub raw {
    my ($bytes, $seconds) = @_;
    return sub { parse(exchange($port, $bytes, $seconds // 5)) };
}

subtest 'malformed_request' => sub {
    my @cases = (
        ['no host', "GET / HTTP/1.1\r\n\r\n", 400], ['garbage', "\x16\x03\x01\x02\r\n\r\n", 400],
        ['a header without a colon', "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400],
        ['a bad length', "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 6\r\n\r\n", 400],
        ['a request line too long', 'GET /' . 'x' x 5000 . " HTTP/1.1\r\nHost: a\r\n\r\n", 414],
        ['a header too long', "GET / HTTP/1.1\r\nHost: a\r\nX: " . 'x' x 5000 . "\r\n\r\n", 400],
        ['too many headers', "GET / HTTP/1.1\r\nHost: a\r\n" . "X: y\r\n" x 40 . "\r\n", 400],
        ['an expectation', "GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417],
        ['headers that never end', "GET / HTTP/1.1\r\nHost: a\r\n", 408],
        ['an unknown method', "FOO /index.html HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 501],
        ['a path out of the tree', "GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    );
    for my $case (@cases) {
        my ($what, $bytes, $status) = @$case;
        my ($event, $answer) = one_event($what, raw($bytes), 'malformed_request', status => $status,
            level => 'WARNING', severity => 'warning', detail => qr/./);
        is($answer->{status}, $status, "$what: $status");
        is_deeply($event->{blocked}, JSON::PP::true(), "$what: blocked");
    }
    is(no_event('a script that answers 400', sub { get($port, '/cgi-bin/status.pl?400') })->{status}, 400,
        'the request was well formed');
    my $idle = no_event('a connection on which nothing is asked', raw("\r\n"));
    ok(!defined $idle->{status}, 'has no answer');
    is(scalar(grep { $_->{status} == 408 && !exists $_->{path} } $server->records('access')), 1,
        'but a line of access');
    no_event('a connection that closes', sub { T2M::Client->new($port)->close; sleep 0.2 });
};

# Sends these bytes, then ends the connection that way.
sub breaking {
    my ($bytes, $how) = @_;
    return sub {
        my $client = T2M::Client->new($port)->put($bytes);
        sleep 0.3;
        my $lines = T2M::Log::count_lines($server->log('access')->path);
        if ($how eq 'reset') { $client->reset }
        elsif ($how eq 'half-close') { $client->half_close->read_all(5) }
        else { $client->read_all(6) }
        ok($server->wait_for_lines('access', $lines + 1), "$how: the request ends");
    };
}

subtest 'aborted_upload' => sub {
    my $head = "POST /cgi-bin/stderr.pl HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
    my $long = $head . "Content-Length: 100000\r\n\r\n" . 'x' x 1000;
    my $chunked = $head . "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" . 'x' x 1000;
    my $static = "POST /index.html HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc";
    for my $case (['a length', $long], ['chunks', $chunked], ['a page', $static]) {
        my ($what, $bytes) = @$case;
        for my $how (qw(reset half-close)) {
            my ($event) = one_event("$what, $how", breaking($bytes, $how), 'aborted_upload',
                level => 'INFO', severity => 'info', method => 'POST',
                detail => 'The client ended before the request\'s body did');
            is_deeply($event->{blocked}, JSON::PP::false(), 'nobody was blocked');
        }
    }
    one_event('a client that waits', breaking($long, 'stall'), 'aborted_upload',
        detail => 'No more of the request\'s body came in time');
    no_event('a whole body', sub { post($port, '/cgi-bin/stderr.pl', 'x' x 10000) });
    no_event('a whole body in chunks', raw($head . "Transfer-Encoding: chunked\r\n\r\n"
        . "5\r\nhello\r\n0\r\n\r\n"));
    no_event('an answer that nobody waits for', sub {
        T2M::Client->new($port)->put("GET /cgi-bin/slow.pl HTTP/1.1\r\nHost: a\r\n\r\n")->reset;
        sleep 0.5;
    });
};

subtest 'no credentials in any file' => sub {
    settle($server);
    my $encoded = encode_base64("ali:$password", '');
    for my $file (glob($server->log_dir . '/*.log')) {
        unlike(read_file($file), qr/\Q$password\E|\Q$encoded\E|guess-1/, $file);
    }
};

my $silent = T2M::Server->new(name => 'level', t2mlog => "T2MLog On\nT2MLogLevel security ERROR",
    files => { admin_files() },
    conf => admin_conf() . qq{<Location "/denied">\nRequire all denied\n</Location>\n});
$silent->announce(qr/AH01630/);
T2M::Admin::start($silent);

subtest 'below the level an event is only counted' => sub {
    get($silent->port, '/denied') for 1 .. 3;
    my $summary = T2M::Admin::body(T2M::Admin::ask($silent, '/security'))->{event_summary};
    is($summary->{unauthorized_access}, 3, 'in the summary');
    is_deeply([events($silent)], [], 'no line');
};

my $hidden = T2M::Server->new(name => 'addresses', t2mlog => "T2MLog On\nT2MLogClientIP truncate",
    files => { admin_files() },
    conf => admin_conf() . qq{<Location "/denied">\nRequire all denied\n</Location>\n});
$hidden->announce(qr/AH01630/);
T2M::Admin::start($hidden);
get($hidden->port, '/denied');
settle($hidden);
is((events($hidden))[0]{ip}, '127.0.0.0', 'T2MLogClientIP holds for events too');

my $off = T2M::Server->new(name => 'switched off', t2mlog => "T2MLog On\nT2MLogFile security off",
    conf => qq{<Location "/denied">\nRequire all denied\n</Location>\n});
$off->announce(qr/AH01630/);
$off->start;
is(get($off->port, '/denied')->{status}, 403, 'without the stream the site goes on');
ok($off->wait_for_lines('access', 1), 'and the others are written');
ok(!-e $off->log_dir . '/security.log', 'and this one is not there');

finish();
