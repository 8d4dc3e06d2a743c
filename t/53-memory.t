#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Allocations that fail: the first, the second, ... of the writer's, and of httpd's. A writer may
# end of it, and the next one goes on; no line is lost or doubled. httpd ends itself when a pool
# finds no memory, but not by a wild pointer, and requests that were answered have their line.
# T2M_MEMORY_STEPS: more of them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use T2M::Admin qw(admin_conf admin_files ask);
use T2M::Client;
use T2M::Ledger qw(compiled_tool);
use T2M::Process qw(wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server;

my $shim = eval { compiled_tool('faults.so', 't/shim/faults.c', '-ldl') };
plan skip_all => 'no C compiler' if !$shim;
plan skip_all => 'a sanitizer has an allocator of its own' if $ENV{T2M_PRELOAD};

my @writer = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233);
my @httpd = (1, 10, 100, 400, 1600, 3200, 6400);
if (my $steps = $ENV{T2M_MEMORY_STEPS}) {
    @writer = 1 .. $steps;
    @httpd = map { 25 * $_ } 1 .. $steps;
}

# A server in whose processes with that word among their arguments one allocation fails. The code is
# given the server.
sub with_failure {
    my ($role, $number, $code) = @_;
    local %ENV = %ENV;
    my $server = T2M::Server->new(name => "$role $number", files => { admin_files() },
        conf => "T2MLogRequestID trust=127.0.0.1\n" . admin_conf());
    $server->announce(qr/T2M0\d\d\d|AH00052|AH00051|AH00050|exit signal|Cannot allocate|AH\d+/);
    $ENV{T2M_PRELOAD} = $shim;
    $ENV{T2M_FAULT} = "malloc:once/$number";
    $ENV{T2M_FAULT_ROLE} = $role;
    $ENV{T2M_FAULT_COUNT} = $server->root . '/counts';
    write_file($ENV{T2M_FAULT_COUNT}, "\0" x 64, 0666);
    $code->($server);
    my (undef, undef, undef, undef, undef, $failed) = unpack 'Q*', read_file($ENV{T2M_FAULT_COUNT});
    return $failed;
}

# Ids of the requests that were answered, and of those that were sent and not.
sub requests {
    my ($server, $count) = @_;
    my (@answered, @open);
    for my $number (1 .. $count) {
        my $id = sprintf 'memory-%06d', $number;
        my $client = eval { T2M::Client->new($server->port) } // next;
        my $path = $number % 5 ? '/index.html' : '/absent?password=x';
        $client->put(join "\r\n", "GET $path HTTP/1.1", 'Host: a', "X-Request-ID: $id",
            'Connection: close', '', '');
        my $status = eval { $client->read_answer(5)->{status} };
        push @{ $status ? \@answered : \@open }, $id;
        eval { $client->close };
    }
    return (\@answered, \@open);
}

# What is wrong with the lines of these requests.
sub missing {
    my ($server, $answered, $open) = @_;
    my %lines;
    $lines{ $_->{request_id} // '' }++ for $server->records('access');
    return ((grep { ($lines{$_} // 0) != 1 } @$answered), grep { ($lines{$_} // 0) > 1 } @$open);
}

sub writer_fails {
    my ($number) = @_;
    return with_failure('writer', $number, sub {
        my ($server) = @_;
        if (!$server->try_start) {
            fail("writer $number: httpd starts");
            return;
        }
        my ($answered, $open) = requests($server, 10);
        eval { ask($server, '/health') };
        is(@$answered, 10, "writer, allocation $number: all requests are answered");
        ok($server->stop, 'and the server stops');
        is_deeply([missing($server, $answered, $open)], [], 'each has one line');
    });
}

sub httpd_fails {
    my ($number) = @_;
    return with_failure('-DFOREGROUND', $number, sub {
        my ($server) = @_;
        my $up = $server->try_start;
        my ($answered, $open) = $up ? requests($server, 10) : ([], []);
        $server->stop;
        my $signal = ($server->{status} // 0) & 127;
        ok($signal == 0 || $signal == 6, "httpd, allocation $number: " . ($up ? 'starts' : 'ends'))
            or diag("signal $signal");
        unlike($server->error_log . $server->output, qr/Segmentation fault|signal 11/, 'in order');
        is_deeply([missing($server, $answered, $open)], [], 'each answer has one line') if $up;
    });
}

my $failed = 0;
$failed += writer_fails($_) ? 1 : 0 for @writer;
cmp_ok($failed, '>=', 5, "the writer had $failed allocations that failed");
$failed = 0;
$failed += httpd_fails($_) ? 1 : 0 for @httpd;
cmp_ok($failed, '>=', 2, "httpd had $failed allocations that failed");
T2M::Server::finish();
