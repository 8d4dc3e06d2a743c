#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# A server that nobody asks: the writer and its supervisor sleep, write nothing, and yet miss
# nothing that they must see to: the next record, a file that somebody takes away, the end of a
# period, the death of a worker.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Time::Local qw(timegm);

use T2M::Client qw(get);
use T2M::Httpd qw(httpd);
use T2M::Module qw(compiled);
use T2M::Process qw(children descendants role_of wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server;

plan skip_all => 'no httpd on this machine' if !httpd();

my $SETTLED = 9;   # seconds after the last line: nobody has anything left to say of it
my $WATCHED = 25;
my $WAKE_UPS = 2;  # in that time; by themselves they are two in a minute
my $PROMPT = 0.05; # the first line after a rest is in its file

# The full hour, which ends periods of files, comes whenever it likes.
my $NO_PERIODS = join q{}, map { "T2MLogRotate $_ size=100M\n" }
    qw(app errors access security performance);

sub ours { return grep { role_of($_) } descendants($_[0]->pid) }

# How often any thread of writer and supervisor has gone to sleep so far.
sub wake_ups {
    my ($server) = @_;
    my $sum = 0;
    for my $status (map { glob("/proc/$_/task/*/status") } ours($server)) {
        $sum += $1 if (eval { read_file($status) } // q{}) =~ /^voluntary_ctxt_switches:\s+(\d+)/m;
    }
    return $sum;
}

# Size and time of all files of the logs.
sub state_of {
    my ($server) = @_;
    return { map { ($_ => join ' ', (stat)[1, 7, 9, 10]) } glob($server->log_dir . '/*') };
}

sub has_line {
    my ($server, $mark) = @_;
    return index(read_file($server->log_dir . '/access.log'), $mark) >= 0;
}

# Seconds from the answer to a request until its line is in the file.
sub latency {
    my ($server, $mark) = @_;
    get($server->port, "/index.html?n=$mark");
    my $began = time;
    sleep 0.001 while !has_line($server, "n=$mark\"") && time - $began < 5;
    return time - $began;
}

sub used {
    my ($server) = @_;
    get($server->port, "/index.html?n=$_") for 1 .. 50;
    $server->wait_for_lines('access', 50);
    return $server;
}

subtest 'asleep' => sub {
    my $server = used(T2M::Server->new(name => 'idle', conf => $NO_PERIODS)->start);
    is(scalar(ours($server)), 2, 'supervisor and writer');
    my $busy = wake_ups($server);
    sleep $SETTLED;
    my ($before, $state) = (wake_ups($server), state_of($server));
    cmp_ok($before - $busy, '>', 2 * $WAKE_UPS, 'wake-ups are seen where there are any');
    sleep $WATCHED;
    my $count = wake_ups($server) - $before;
    cmp_ok($count, '<=', $WAKE_UPS, "wake-ups in $WATCHED s");
    note "$count wake-ups in $WATCHED s";
    is_deeply(state_of($server), $state, 'no file was touched');

    my @latencies = (latency($server, 'first'), map { sleep 0.5; latency($server, "after$_") } 1 .. 4);
    my ($least) = sort { $a <=> $b } @latencies; # the machine has others to serve, too
    note sprintf 'first lines after %s ms', join ', ', map { sprintf '%.1f', 1000 * $_ } @latencies;
    cmp_ok($least, '<=', $PROMPT, 'the first line after a rest is there at once');

    sleep $SETTLED;
    my $path = $server->log_dir . '/access.log';
    rename $path, "$path.taken" or die "rename: $!";
    ok(wait_until(2, sub { -e $path }), 'a file that was moved away is made anew');
    get($server->port, '/index.html?n=moved');
    ok(wait_until(2, sub { has_line($server, 'n=moved"') }), 'where the next line is');
    unlink "$path.taken";
    sleep $SETTLED;
    unlink $path or die "unlink: $!";
    ok(wait_until(2, sub { -e $path }), 'so is one that was deleted');
    $server->graceful;
    ok(latency($server, 'restarted') < 2, 'new settings and processes are no trouble');
    $server->stop;
};

# A request is being served when its worker dies, long after anything else happened.
subtest 'a worker is killed' => sub {
    my $module = compiled('t/module/mod_t2mlog_slow.c') or plan skip_all => 'no apxs or no compiler';
    my $server = T2M::Server->new(name => 'killed', conf => <<"CONF")->announce(qr/AH0005[12]/);
LoadModule t2mlog_slow_module "$module"
<Location "/slow">
SetHandler t2mlog-slow
</Location>
CONF
    used($server->start);
    my $client = T2M::Client->new($server->port);
    $client->put("GET /slow/60000 HTTP/1.1\r\nHost: idle.example\r\n\r\n");
    sleep $SETTLED;
    kill 'KILL', grep { !role_of($_) } children($server->pid);
    my $began = time;
    my @lines;
    wait_until(10, sub {
        @lines = grep { $_->{path} eq '/slow/60000' } $server->records('access');
        return @lines;
    });
    my $seconds = time - $began;
    note sprintf 'after %.2f s', $seconds;
    is(@lines, 1, 'its request has its line');
    is($lines[0]{outcome}, 'worker_died', 'which says so');
    cmp_ok($seconds, '<', 4, 'soon'); # httpd looks once a second, and so may we twice
    $server->stop;
};

# A period ends while nothing happens. The time is a library's, as in 48-clock.t.
subtest 'the end of a day' => sub {
    my ($library) = grep { -e } map { "$_/faketime/libfaketimeMT.so.1" } glob('/usr/lib/*'),
        '/usr/lib', '/usr/lib64';
    plan skip_all => 'no libfaketime here: package faketime' if !$library;
    plan skip_all => 'another library is loaded first' if $ENV{T2M_PRELOAD};
    my $server = T2M::Server->new(name => 'period', conf => <<'CONF');
T2MLogRotate access daily local
T2MLogConfine Off
CONF
    my $midnight = timegm(0, 0, 0, 16, 0, 2024);
    my $ahead = $midnight - 14 - time;
    write_file($server->root . '/clock', sprintf("%+.3f\n", $ahead), 0644);
    {
        local $ENV{T2M_PRELOAD} = $library;
        local @ENV{qw(FAKETIME_TIMESTAMP_FILE FAKETIME_NO_CACHE DONT_FAKE_MONOTONIC NO_FAKE_STAT TZ)}
            = ($server->root . '/clock', 1, 1, 1, 'UTC');
        $server->start;
    }
    used($server);
    my $rotated = $server->log_dir . '/access.log.1';
    ok(!-e $rotated, 'not before it ends');
    cmp_ok(time + $ahead, '<', $midnight - 7, 'there is time to fall asleep')
        or diag 'a slow machine';
    wait_until(40, sub { -e $rotated });
    my $late = time + $ahead - $midnight;
    note sprintf '%.2f s after midnight', $late;
    ok(-e $rotated, 'the file is rotated');
    ok($late > -0.1 && $late < 3, 'when it ends, and nobody asked');
    $server->stop;
};

T2M::Server->finish;
