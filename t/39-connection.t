#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# What requests of one connection share, and what they must not: agents, hosts, addresses and
# virtual hosts that change from one to the next, also when the next is read before the one ahead is
# logged; and what modules change of a request before it is served. Seen to fail without the stamp in
# common_of of access.c (worker, prefork), without the look at a size of 0 in connection.c
# (sanitizers), with texts of the client as words of our own in a record (T2MLogMaxRecord), with
# client texts that are never filled in again (slot.c), with headers that are read before
# mod_headers, with the method asked for again at the end.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use T2M::Client qw(exchange);
use T2M::Httpd qw(has_module);
use T2M::Process qw(children role_of);
use T2M::Server;

sub request {
    my ($number, %header) = @_;
    return join "\r\n", "GET /none?n=$number HTTP/1.1",
        (map { "$_: $header{$_}" } sort keys %header), '', '';
}

# The access records by their number.
sub by_number {
    my ($server) = @_;
    return map { ($_->{query} // '') =~ /^n=(\d+)/ ? ($1 => $_) : () } $server->records('access');
}

subtest 'in turns' => sub {
    my $server = T2M::Server->new(name => 'in turns');
    $server->start;
    my $client = T2M::Client->new($server->port);
    my @agents = ('agent x', 'agent y', 'Bearer abcdefghijklmnopqrstuv0123', "quo\"te", 'a' x 300);
    my @want = ('agent x', 'agent y', 'Bearer [REDACTED:authorization]', "quo\"te", 'a' x 300);
    my $count = 60;
    for my $n (0 .. $count - 1) {
        $client->put(request($n, Host => 'host' . $n % 3 . '.example',
                $n % 7 ? ('User-Agent' => $agents[$n / 2 % @agents]) : ()));
        is($client->read_answer(5)->{status}, 404, "answer $n") or last;
    }
    ok($server->wait_for_lines('access', $count), 'all lines come');
    my %found = by_number($server);
    for my $n (0 .. $count - 1) {
        is($found{$n}{host}, 'host' . $n % 3 . '.example', "host of $n");
        my $agent = $n % 7 ? $want[$n / 2 % @want] : undef;
        is($found{$n}{user_agent}, $agent, "agent of $n");
    }
    ok($server->stop, 'the server stops');
};

subtest 'one behind the other' => sub {
    my $server = T2M::Server->new(name => 'pipeline');
    $server->start;
    my $client = T2M::Client->new($server->port);
    $client->put(request(0, Host => 'x.example', 'User-Agent' => 'agent x'));
    $client->read_answer(5);
    ok($server->wait_for_lines('access', 1), 'a first one');
    my @other = (Host => 'y.example', 'User-Agent' => 'agent y');
    my @same = (Host => 'x.example', 'User-Agent' => 'agent x');
    # The last one does not end the connection: nothing would be kept for a next one.
    $client->put(request(1, @other) . request(2, @same) . request(3, @other) . request(4, @same)
            . request(5, @same));
    is($client->read_answer(5)->{status}, 404, "answer $_") for 1 .. 5;
    ok($server->wait_for_lines('access', 6), 'all lines come');
    my %found = by_number($server);
    is($found{$_}{host}, ($_ == 1 || $_ == 3 ? 'y' : 'x') . '.example', "host of $_") for 1 .. 5;
    is($found{$_}{user_agent}, 'agent ' . ($_ == 1 || $_ == 3 ? 'y' : 'x'), "agent of $_") for 1 .. 5;
    ok($server->stop, 'the server stops');
};

# Two sites behind a front end that sends one request after the other; one masks nothing and has a
# file of its own.
subtest 'sites behind a front end' => sub {
    plan skip_all => 'no mod_remoteip' if !has_module('remoteip');
    my $server = T2M::Server->new(name => 'sites', modules => ['remoteip'], conf => <<'CONF');
RemoteIPHeader X-Forwarded-For
RemoteIPTrustedProxy 127.0.0.0/8
<VirtualHost 127.0.0.1:@PORT@>
ServerName one.example
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT@>
ServerName two.example
T2MLogMask off
T2MLogFile access two.log
</VirtualHost>
CONF
    $server->announce(qr/AH02156/);
    $server->start;
    my $client = T2M::Client->new($server->port);
    my @one = (Host => 'one.example', 'User-Agent' => 'agent', 'X-Forwarded-For' => '203.0.113.1');
    $client->put(request(0, @one));
    $client->read_answer(5);
    ok($server->wait_for_lines('access', 1), 'a first one');
    $client->put(request(1, Host => 'two.example', 'X-Forwarded-For' => '198.51.100.66',
                'User-Agent' => 'Robot Bearer abcdefghijklmnopqrstuv0123')
            . request(2, @one, Connection => 'close'));
    $client->read_all(5);
    ok($server->wait_for_lines('access', 2), 'a second one of the same site');
    my %found = by_number($server);
    is_deeply([@{ $found{2} }{qw(ip vhost host user_agent)}],
        ['203.0.113.1', 'one.example', 'one.example', 'agent'], 'has nothing of the other site');
    ok($server->stop, 'the server stops');
};

# All texts too long together: each is cut, none left out.
subtest 'a short limit' => sub {
    my $name = join '.', 'h' x 50, 'i' x 20, 'example';
    my $server = T2M::Server->new(name => 'limit', conf => <<"CONF");
T2MLogMaxRecord 1K
<VirtualHost 127.0.0.1:\@PORT\@>
ServerName $name
</VirtualHost>
CONF
    $server->announce(qr/AH00135|AH00127/);
    $server->start;
    exchange($server->port, join("\r\n", 'GET /' . 'some/' x 100 . '?a=' . 'q' x 300 . ' HTTP/1.1',
            "Host: $name", 'User-Agent: Mozilla/5.0 ' . 'w ' x 200,
            'Referer: https://ref.example/' . 'ab/' x 100,
            'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
            'Connection: close', '', ''), 5);
    ok($server->wait_for_lines('access', 1), 'a line comes');
    my ($found) = $server->records('access');
    ok($found->{truncated}, 'it says that it is cut');
    ok(defined $found->{$_}, "$_ is there")
        for qw(status path query ip user_agent trace_id vhost host protocol referer endpoint outcome);
    ok($server->stop, 'the server stops');
};

# A killed process leaves its requests in memory, where the client's texts stay from one to the next.
subtest 'the last request of a killed process' => sub {
    my $server = T2M::Server->new(name => 'killed', modules => ['cgi'],
        conf => qq{ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"\n})->announce(qr/AH00052|AH00051/);
    $server->start;
    my @headers = (Host => 'a', 'User-Agent' => 'agent x');
    for my $agent ('agent x', 'agent y') {
        my $client = T2M::Client->new($server->port);
        for my $n (1 .. 3) {
            $client->put(request($n, @headers));
            $client->read_answer(5);
        }
        $client->put("GET /cgi-bin/slow.pl?2 HTTP/1.1\r\nHost: a\r\nUser-Agent: $agent\r\n\r\n");
        sleep 0.5;
        kill 'KILL', grep { !role_of($_) } children($server->pid);
        my $died = sub { grep { $_->{outcome} eq 'worker_died' && $_->{user_agent} eq $agent } @_ };
        ok($server->wait_for_lines('access', $died), "$agent: the line of its last request");
    }
    sleep 2; # until its script has ended too
    ok($server->stop, 'the server stops');
};

# What an administrator takes out or replaces before all else is in no log.
subtest 'headers changed early' => sub {
    plan skip_all => 'no mod_headers' if !has_module('headers');
    my $server = T2M::Server->new(name => 'early', modules => ['headers'], conf => <<'CONF');
RequestHeader set User-Agent changed early
RequestHeader unset Referer early
CONF
    $server->start;
    my $client = T2M::Client->new($server->port);
    for my $n (0 .. 2) {
        $client->put(request($n, Host => 'a', 'User-Agent' => 'original', Referer => 'http://r/'));
        $client->read_answer(5);
    }
    ok($server->wait_for_lines('access', 3), 'all lines come');
    my %found = by_number($server);
    for my $n (0 .. 2) {
        is($found{$n}{user_agent}, 'changed', "agent of $n");
        is($found{$n}{referer}, undef, "referer of $n");
    }
    ok($server->stop, 'the server stops');
};

# The handler makes a GET of it; line and endpoint say what the client sent.
subtest 'a local redirect' => sub {
    my $server = T2M::Server->new(name => 'redirect', modules => ['cgi'],
        conf => qq{ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"\n});
    $server->start;
    my $client = T2M::Client->new($server->port);
    $client->put("POST /cgi-bin/local.pl HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
    is($client->read_answer(5)->{status}, 200, 'the other page');
    ok($server->wait_for_lines('access', 1) && $server->wait_for_lines('performance', 1), 'logged');
    my ($access, $performance) = map { ($server->records($_))[0] } 'access', 'performance';
    is($access->{method}, 'POST', 'method');
    is($access->{endpoint}, 'POST /cgi-bin/local.pl', 'endpoint');
    is($performance->{metric}, 'POST /cgi-bin/local.pl', 'metric');
    ok($server->stop, 'the server stops');
};

finish();
