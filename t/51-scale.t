#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# What grows with a site and what does not: instructions of a request and of a start, and bytes of
# memory. All of it is counted; no clock is asked. `prove -v` shows what docs/performance.md has.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use T2M::Cost qw(load request);
use T2M::Httpd qw(has_module tool);
use T2M::Module;
use T2M::Process qw(children descendants role_of wait_until);
use T2M::Root qw(write_file);
use T2M::Scale qw(allocated config_instructions many_clients memory_of pool_bytes vhosts word);
use T2M::Server;

# Instructions by which two counts of the same thing may differ: where a text happens to lie decides
# how the C library compares it. And how much a request may cost more on a large site.
my ($NOISE, $GROWTH) = (200, 0.02);

# The most that a virtual host may add to `httpd -t`, in instructions.
my %START = (plain => 500, app => 12_000, mask => 32_000, files => 48_000);

my %LINES = (
    plain => '',
    app => "T2MLogApp app%d\n",
    mask => "T2MLogApp app%d\nT2MLogMask key secret%d card%d\nT2MLogLevel app DEBUG\n",
    files => join('', map { "T2MLogFile $_ v%d.$_.log\n" }
        qw(app errors access security performance)),
);

# MiB of the board, KiB of a slot beside the ring of T2MLogBuffer, bytes that may come from pools.
my ($BOARD, $BESIDE, $REQUEST_POOL, $CONNECTION_POOL) = (64, 112, 1024, 1024);

my $groups = eval { T2M::Module::compiled('t/module/mod_t2mlog_groups.c') };
my $valgrind = tool('valgrind');

# ---- memory --------------------------------------------------------------------------------------

my %DEFAULTS = (
    prefork => "ServerLimit 256\nMaxRequestWorkers 256\nStartServers 5\n",
    worker => "ServerLimit 16\nThreadsPerChild 25\nMaxRequestWorkers 400\nStartServers 3\n",
    event => "ServerLimit 16\nThreadsPerChild 25\nMaxRequestWorkers 400\nStartServers 3\n",
);

# {role => [memories of each of its processes]}.
sub memories_by_role {
    my ($server) = @_;
    my %found;
    for my $pid ($server->pid, descendants($server->pid)) {
        my $role = $pid == $server->pid ? 'parent' : role_of($pid) || 'worker';
        push @{ $found{$role} }, memory_of($pid);
    }
    return \%found;
}

sub show {
    my ($title, $server) = @_;
    my ($found, $there) = (memories_by_role($server), allocated($server->pid));
    note $title;
    note sprintf '%-10s %10s %10s', 'KiB', 'mapped', 'there';
    note sprintf '%-10s %10d %10d', $_, map { $_ / 1024 } @{ $there->{$_} } for sort keys %$there;
    for my $role (sort keys %$found) {
        for my $of (@{ $found->{$role} }) {
            note sprintf '%-10s anonymous %6d, file %6d, shared %6d; slots %7d/%6d, board %6d/%6d',
                $role, @$of{qw(anonymous file shared)},
                map { @{ $of->{$_} // [0, 0] } } qw(slots board);
        }
    }
    return ($found, $there);
}

# By T2MLogBuffer's default and the MPM's own limits.
sub check_memory {
    my $ring = T2M::Server::mpm() eq 'prefork' ? 256 : 8192;
    my $server = T2M::Server->new(name => 'memory',
        conf => $DEFAULTS{ T2M::Server::mpm() } . "MaxKeepAliveRequests 0\n")->start;
    load($server->port, request('/index.html'), connections => 4)->(20);
    my ($found, $there) = show('at the start', $server);
    cmp_ok($there->{board}[0], '<=', $BOARD << 20, 'the board');
    cmp_ok($there->{board}[1], '<=', 4 << 20, 'the board as far as it is used');
    cmp_ok($_->{slots}[0], '<=', $ring + $BESIDE, 'a slot') for @{ $found->{worker} };
    cmp_ok($found->{parent}[0]{slots}[0], '<=', $ring + $BESIDE, 'the parent has one of them');
    cmp_ok($found->{parent}[0]{board}[0] << 10, '<=', $there->{board}[0], 'and the board once');

    load($server->port, request('/index.html?' . 'x' x 3000), connections => 16)->(8000);
    wait_until(5, sub { allocated($server->pid)->{slots}[1] });
    ($found, $there) = show('after 8000 long requests', $server);
    my $live = 1 + @{ $found->{worker} };
    cmp_ok($there->{slots}[1] >> 10, '<=', $live * ($ring + $BESIDE) + 9216,
        "the slots of $live processes, with the settings");
    cmp_ok($there->{board}[1], '<=', 12 << 20, 'the board with full rings of recent records');
    end_of($server);
}

# Stops the server. Of so many lines the shape need not be looked at: others do.
sub end_of {
    my ($server) = @_;
    $server->stop;
    unlink glob($server->log_dir . '/*.log*');
}

sub check_pools {
    my @with = pool_bytes('/index.html', name => 'pools', t2mlog => 'T2MLog On');
    my @without = pool_bytes('/index.html', name => 'pools without', t2mlog => undef);
    my ($request, $connection) = map { $with[$_] - $without[$_] } 0, 1;
    note sprintf 'from pools: %d bytes a request (%d without), %d a connection (%d without)',
        $request, $without[0], $connection, $without[1];
    cmp_ok($request, '<=', $REQUEST_POOL, 'a request');
    cmp_ok($connection, '<=', $CONNECTION_POOL, 'a connection');
}

# ---- a request -----------------------------------------------------------------------------------

my @MODULES = has_module('remoteip') ? ('remoteip') : ();
my $PROXY = "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n";
my $SITE = (@MODULES ? $PROXY : '') . <<'CONF';
MaxKeepAliveRequests 0
KeepAliveTimeout 60
<Location "/groups">
SetHandler t2mlog-groups
</Location>
<Location "/count">
SetHandler t2mlog-count
</Location>
CONF

# Below prefork, whatever MPM the rest is for: no other thread then does anything in between.
sub counting {
    my ($name, %option) = @_;
    my $server = T2M::Cost->new(count => 'instructions', name => $name, modules => \@MODULES,
        mpm => has_module('mpm_prefork') ? 'prefork' : T2M::Server::mpm(), %option,
        conf => qq{LoadModule t2mlog_groups_module "$groups"\n} . $SITE . ($option{conf} // ''));
    return $server->announce(qr/ failed: no reason/);
}

# The last of so many virtual hosts has an address of its own: httpd finds it without a look at the
# others, whatever that may cost.
sub site {
    my ($count) = @_;
    return vhosts($count - 1, $LINES{app}, '192.0.2.1')
        . "<VirtualHost 127.0.0.1>\nServerName last.example\nT2MLogApp last\n</VirtualHost>\n";
}

# How an error's line is written each time, or none of those that are counted here: after so many of
# its group the next milestone is far away.
my @REPEATS = (
    { name => 'written', conf => "T2MLogRepeat off\n", before => 0 },
    { name => 'counted', conf => "T2MLogRepeat first=1 every=24h\n", before => 650 },
);

# Instructions of a request for the page, and of one that logs an error.
sub requests {
    my ($server, $repeat) = @_;
    many_clients($server, clients => $repeat->{before}, endpoints => 1, same_group => 1);
    my @texts = (request('/index.html', 'X-Forwarded-For: 10.1.2.3'),
        request('/groups/' . word(1) . '?' . word(1), 'X-Forwarded-For: 10.1.2.3'));
    return map {
        ($server->instructions_per_request(load($server->port, $_), few => 20, many => 120))[0]
    } @texts;
}

# Starts the server, measures, stops it.
sub requests_of {
    my ($server, $repeat) = @_;
    my @figures = requests($server->start, $repeat);
    $server->stop;
    return @figures;
}

my (@small, @own); # of a small site, and what of it is ours

sub are_flat {
    my ($what, @large) = @_;
    for my $i (0, 1) {
        my $name = $i ? "$what, with an error line" : $what;
        my $more = $own[$i] * $GROWTH > $NOISE ? $own[$i] * $GROWTH : $NOISE;
        note sprintf '%-60s %8.0f -> %8.0f, of which ours %6.0f', $name, $small[$i], $large[$i],
            $own[$i];
        cmp_ok($large[$i], '<=', $small[$i] + $more, $name);
    }
}

sub check_requests {
    my ($repeat) = @_;
    my $of = sub {
        my ($name, $hosts) = @_;
        return counting("$name, $repeat->{name}", conf => site($hosts) . $repeat->{conf});
    };
    my @bare = requests_of(counting("no module, $repeat->{name}", t2mlog => undef,
        conf => site(1) =~ s/T2M.*\n//r), $repeat);
    my $server = $of->('small', 1)->start;
    many_clients($server, clients => 10, endpoints => 10, groups => 10);
    @small = requests($server, $repeat);
    @own = map { $small[$_] - $bare[$_] } 0, 1;
    many_clients($server, clients => 10_000, endpoints => 3000, groups => 1000);
    are_flat('3000 endpoints, 1000 groups, 10 000 clients', requests($server, $repeat));
    end_of($server);

    are_flat('1000 hosts', requests_of($of->('1000 hosts', 1000), $repeat));

    my $full = $of->('large files', 1);
    grow($full, $_) for qw(access.log errors.log performance.log talk2me.log);
    are_flat('1 GB of logs', requests_of($full, $repeat));
    end_of($full);
}

# A file of 1 GB: a line behind a hole.
sub grow {
    my ($server, $name) = @_;
    my $directory = $server->log_dir;
    mkdir $directory, 0750;
    write_file("$directory/$name", '');
    truncate("$directory/$name", 1_000_000_000);
    open(my $handle, '>>', "$directory/$name") or die "$name: $!";
    print $handle qq(\n{"timestamp":"2026-01-02T03:04:05.000Z","level":"INFO","message":"x",),
        qq("seq":7}\n);
    close($handle);
    chown((getpwnam $server->{as})[2, 3], $directory, "$directory/$name") if $server->{as};
}

# ---- a start -------------------------------------------------------------------------------------

# `httpd -t` with and without the module.
sub check_configuration {
    my %bare = map { ($_ => config_instructions(vhosts($_))) } 10, 210;
    for my $kind (sort keys %LINES) {
        my ($few, $many) = map { config_instructions(vhosts($_, $LINES{$kind}), 1) - $bare{$_} }
            10, 210;
        note sprintf '%-6s a host adds %6.0f instructions to httpd -t', $kind, ($many - $few) / 200;
        cmp_ok(($many - $few) / 200, '<=', $START{$kind}, "$kind: a host");
    }
    ok(!eval { config_instructions(vhosts(819, $LINES{files}), 1) }, '4100 files are refused');
    like($@, qr/T2M0025: 4100 log files; allowed: 4096; let virtual hosts share/, 'with a cure');
}

# A whole start, until it answers, with files of each host's own.
sub check_start {
    my ($few, $some, $many) = map {
        my $server = counting("$_ hosts start", conf => vhosts($_, $LINES{files}))->start;
        my $functions = T2M::Cost::functions_of($server->mark);
        $server->stop;
        my $sum = 0;
        $sum += $_ for values %$functions;
        $sum;
    } 10, 60, 310;
    note sprintf 'a host with its files adds %.0f instructions to a start, the last ones %.0f',
        ($some - $few) / 50, ($many - $some) / 250;
    cmp_ok(($many - $some) / 250, '<=', 1.1 * ($some - $few) / 50,
        'a start: the last host is as cheap as the first');
}

subtest 'memory' => \&check_memory;
subtest 'pools' => \&check_pools;
SKIP: {
    skip 'no valgrind', 4 if !$valgrind;
    skip 'no apxs', 4 if !$groups;
    subtest 'a configuration' => \&check_configuration;
    subtest 'a start' => \&check_start;
    for my $repeat (@REPEATS) {
        subtest "a request, its error $repeat->{name}" => sub { check_requests($repeat) };
    }
}
T2M::Server::finish();
