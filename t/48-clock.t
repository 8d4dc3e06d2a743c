#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# A server whose clock is set while it works: a day ahead, hours back, a second back a hundred
# times, to 1970, 2038 and 9999. Each answered request has its line, no duration is negative or
# huge, no id comes twice, each period rotates once, and the administrator is told. What days and
# hours are, in awkward time zones too, is tested in t/unit/core/rotation.c.
#
# Shown to fail: with now in place of t2m_rotation_written (a clock that swings rotates each time);
# with the wall clock alone for durations (HEADERS_MAX in modules/server/request.c left out).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);
use Time::Local qw(timegm);

use T2M::Client qw(get);
use T2M::Load;
use T2M::Process qw(wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server;

my @FAKETIME = grep { -e } map { "$_/faketime/libfaketimeMT.so.1" }
    glob('/usr/lib/*'), '/usr/lib', '/usr/lib64';

plan skip_all => 'no libfaketime here: package faketime' if !@FAKETIME;
plan skip_all => 'another library is loaded first' if $ENV{T2M_PRELOAD};

# "2024-01-15 10:30:00" in UTC.
sub at {
    my ($text) = @_;
    my ($year, $month, $day, @time) = $text =~ /(\d+)/g;
    return timegm(reverse(@time), $day, $month - 1, $year);
}

# Sets the clock of the whole server to that moment; it goes on from there.
sub set_clock {
    my ($server, $moment) = @_;
    my $path = $server->root . '/clock';
    $server->{ahead} = $moment - time;
    write_file("$path.new", sprintf("%+.3f\n", $server->{ahead}), 0644);
    rename "$path.new", $path or die "rename: $!";
}

sub move_clock {
    my ($server, $seconds) = @_;
    set_clock($server, time + $server->{ahead} + $seconds);
}

sub start_at {
    my ($server, $moment) = @_;
    set_clock($server, $moment);
    $server->{conf} .= "\nT2MLogConfine Off\n"; # the clock is a file that the writer must reach
    local $ENV{T2M_PRELOAD} = $FAKETIME[0];
    local @ENV{qw(FAKETIME_TIMESTAMP_FILE FAKETIME_NO_CACHE DONT_FAKE_MONOTONIC NO_FAKE_STAT TZ)}
        = ($server->root . '/clock', 1, 1, 1, 'UTC');
    return $server->start;
}

sub numbers {
    my ($server, $file) = @_;
    return sort { $a <=> $b } map { /\.(\d+)$/ ? $1 : () } glob($server->log_dir . "/$file.*");
}

# All records of a stream, from the oldest file to the live one.
sub all_records {
    my ($server, $file) = @_;
    my $path = $server->log_dir . "/$file";
    return map { T2M::Log->new($_)->records } (map { "$path.$_" } reverse numbers($server, $file)),
        $path;
}

# Counts the rotations of access.log (daily) and performance.log (hourly) since it was asked last.
sub rotated {
    my ($server) = @_;
    my @now = map { scalar(my @list = numbers($server, $_)) } qw(access.log performance.log);
    my @before = @{ $server->{rotated} // [0, 0] };
    $server->{rotated} = \@now;
    return [$now[0] - $before[0], $now[1] - $before[1]];
}

# A few requests that stand in both files before the next thing happens.
sub ask {
    my ($server) = @_;
    my $token = '0-' . ++$server->{asked};
    $server->{answered}{$token} = 1 if get($server->port, "/index.html?n=$token")->{status} == 200;
    wait_until(5, sub { index(read_file($server->log_dir . '/access.log'), "n=$token\"") >= 0 })
        or fail("request $token has no line");
    sleep 0.03; # the performance record is of the same batch or of the next one
}

sub leap {
    my ($server, $what, $moment, $want) = @_;
    set_clock($server, $moment);
    ask($server) for 1 .. 2;
    is_deeply(rotated($server), $want, "$what: rotations of a day's and of an hour's file");
}

sub swing {
    my ($server, $what, $times, @moments) = @_;
    for my $i (1 .. $times) {
        set_clock($server, $moments[$i % @moments]);
        ask($server);
    }
    return $what;
}

# A request whose headers arrive before and after the leap.
sub torn_request {
    my ($server, $token, $seconds) = @_;
    my $client = T2M::Client->new($server->port);
    $client->put("GET /index.html?n=$token HTTP/1.1\r\nHost: test.example\r\n");
    sleep 0.1;
    move_clock($server, $seconds);
    sleep 0.1;
    $client->put("Connection: close\r\n\r\n");
    $server->{answered}{$token} = 1 if ($client->read_answer(5)->{status} // 0) == 200;
}

# ---- a server, and its clock -----------------------------------------------------------------------

my $server = T2M::Server->new(name => 'clock',
    conf => "T2MLogRotate access daily\nT2MLogRotate performance hourly\n");
start_at($server, at('2024-01-15 10:30:00'));
ask($server);
my $load = T2M::Load->start($server->port, path => '/index.html', clients => 1);
is_deeply(rotated($server), [0, 0], 'nothing rotates at the start');

subtest 'hours and days' => sub {
    leap($server, 'a day on', at('2024-01-16 10:30:00'), [1, 1]);
    leap($server, 'two hours back', at('2024-01-16 08:30:00'), [0, 0]);
    leap($server, 'an hour on', at('2024-01-16 09:30:00'), [0, 0]);
    leap($server, 'an hour that was there', at('2024-01-16 10:05:00'), [0, 0]);
    leap($server, 'the last hour of the day', at('2024-01-16 23:50:00'), [0, 1]);
    leap($server, 'three days on', at('2024-01-20 00:00:30'), [1, 1]);
};

subtest 'a second back, a hundred times' => sub {
    for (1 .. 100) {
        move_clock($server, -1);
        sleep 0.01;
    }
    ask($server);
    is_deeply(rotated($server), [0, 0], 'over midnight: nothing rotates');
    swing($server, 'swings', 30, at('2024-01-19 23:59:59'), at('2024-01-20 00:00:01'));
    is_deeply(rotated($server), [0, 0], 'nor when it swings about midnight');
    swing($server, 'swings', 30, at('2024-01-20 01:00:01'), at('2024-01-20 00:59:58'));
    is_deeply(rotated($server), [0, 1], 'an hour that begins fifteen times is one');
};

subtest 'years' => sub {
    leap($server, 'to 1970', at('1970-01-01 00:00:10'), [0, 0]);
    leap($server, 'and back', at('2024-01-20 01:10:00'), [0, 0]);
    leap($server, 'to 2038', at('2038-01-19 03:14:06'), [1, 1]);
    leap($server, 'after 2038', at('2038-01-19 03:14:10'), [0, 0]);
    leap($server, 'and back', at('2024-01-20 01:20:00'), [0, 0]);
    leap($server, 'the next hour', at('2024-01-20 02:00:01'), [0, 1]);
    leap($server, 'to 9999', at('9999-12-31 23:00:00'), [1, 1]);
    leap($server, 'and back', at('2024-01-20 02:10:00'), [0, 0]);
};

subtest 'in the middle of a request' => sub {
    torn_request($server, '9-1', -7200);
    torn_request($server, '9-2', 86400);
    torn_request($server, '9-3', -86400);
    pass('three requests');
};

my ($answered) = $load->stop;
my %answered = (%$answered, %{ $server->{answered} });

# ---- what came of it -------------------------------------------------------------------------------

subtest 'the administrator is told' => sub {
    ok(wait_until(15, sub { $server->error_log =~ /T2M0221: the clock was set forward by / }),
        'that the clock was set');
};

ok($server->stop, 'the server stops');

for my $file (qw(access.log performance.log)) {
    my @records = all_records($server, $file);
    my @numbers = numbers($server, $file);
    is_deeply(\@numbers, [1 .. @numbers], "$file: the files are numbered through");
    is_deeply([map { $_->{seq} } @records], [1 .. @records], "$file: so are the lines");
    my @odd = grep { $_->{duration_ms} < 0 || $_->{duration_ms} > 30000 }
        grep { defined $_->{duration_ms} } @records;
    is_deeply(\@odd, [], "$file: no duration is negative or huge");
    next if $file ne 'access.log';
    my ($lost, $doubled) = T2M::Load::compare(\%answered, @records);
    is_deeply([@$lost, @$doubled], [], 'no request is lost or doubled');
    my %ids = map { ($_->{request_id} => 1) } @records;
    is(scalar keys %ids, scalar @records, 'no id comes twice');
    cmp_ok(scalar keys %answered, '>', 200, 'there were requests: ' . keys %answered);
}

finish();
