#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Lines that are logged before there is a memory to log into: those of the real configuration pass
# are told once it is there; a start that fails is in the classic log only.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Client qw(get);
use T2M::Process qw(wait_until);
use T2M::Server;

$ENV{LOG_LEVEL} = 'LOUD'; # no level: check_config warns in each pass

subtest 'a start' => sub {
    my $server = T2M::Server->new(name => 'early')->start;
    get($server->port, '/index.html');
    ok($server->stop, 'the server stops');
    my @early = grep { ($_->{code} // '') eq 'T2M0001' } $server->records('app');
    is(@early, 1, 'what check_config said is told once') or return;
    is($early[0]{level}, 'WARNING', 'with its level');
    is($early[0]{logger}, 'talk2me.t2mlog', 'its logger');
    is($early[0]{module}, 't2mlog', 'and its module');
    like($early[0]{message}, qr/^environment variable LOG_LEVEL: unknown level "LOUD"/, 'message');
    is(($server->records('app'))[0]{code}, 'T2M0001', 'before all later lines');
};

subtest 'a graceful restart' => sub {
    my $server = T2M::Server->new(name => 'again')->start;
    get($server->port, '/index.html');
    ok($server->graceful, 'a new generation');
    ok($server->stop, 'the server stops');
    is(scalar(grep { ($_->{code} // '') eq 'T2M0001' } $server->records('app')), 2,
        'is told again');
};

subtest 'a start that fails' => sub {
    my $server = T2M::Server->new(name => 'fails', conf => "T2MLogProgram /nonexistent/t2mlog\n");
    $server->announce(qr/T2M0014|AH00018|AH00014/);
    $server->try_start;
    ok(wait_until(5, sub { $server->ended }), 'does not start');
    like($server->output . $server->error_log, qr/T2M0014.*cannot be run/, 'the classic log says why');
    ok(!-e $server->log_dir, 'and nothing was made');
};

T2M::Server->finish;
