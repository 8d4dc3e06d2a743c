#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Lines that a killed writer has written but not yet brought to the disk: the next one does that,
# without waiting for a line of its own. Each synchronisation of the file fails here, so that it is
# counted. Seen to fail without the call of t2m_sync_written in sync_opened of drain_refusal.c.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Client qw(get);
use T2M::Ledger qw(compiled_tool);
use T2M::Process qw(descendants role_of wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server;

my $shim = eval { compiled_tool('faults.so', 't/shim/faults.c', '-ldl') };
plan skip_all => 'no C compiler' if !$shim;
plan skip_all => 'a sanitizer wants to be loaded first' if $ENV{T2M_PRELOAD};

my $server = T2M::Server->new(name => 'sync', conf => <<'CONF');
T2MLogSync errors batch
T2MLogSync access none
<Location "/denied">
Require all denied
</Location>
CONF
$server->announce(qr/AH01630|T2M0215|T2M0104|T2M0103/);
my $counts = $server->root . '/counts';
write_file($counts, "\0" x 64, 0666);

sub synchronised { return (unpack 'Q*', read_file($counts))[1] }

sub writer {
    return (grep { (role_of($_) // '') eq 'writer' } descendants($server->pid))[0];
}

{
    local %ENV = (%ENV, T2M_PRELOAD => $shim, T2M_FAULT => 'fdatasync:EIO/1,fsync:EIO/1',
        T2M_FAULT_PATH => 'errors.log', T2M_FAULT_ROLE => 'writer', T2M_FAULT_COUNT => $counts);
    $server->start;
}
is(get($server->port, '/denied/x')->{status}, 403, 'a request that logs an error');
ok(wait_until(5, sub { synchronised() > 0 }), 'its line is to be on the disk at once');
my ($before, $first) = (synchronised(), writer());
kill 'KILL', $first;
ok(wait_until(5, sub { my $next = writer(); $next && $next != $first }), 'a new writer comes');
ok(wait_until(5, sub { synchronised() > $before }),
    'and brings to the disk what the first one has written');
is(scalar $server->records('errors'), 1, 'the line stands there once');
ok($server->stop, 'the server stops');
finish();
