#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# An error that repeats is counted and not written each time: the first lines, then ever fewer, each
# with how many were left out; the same in the streams app and errors; over all processes, exactly,
# also when processes are killed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use List::Util qw(max sum0);
use POSIX ();
use Test::More;

use T2M::Admin qw(admin_conf admin_files ask body);
use T2M::Client qw(get post);
use T2M::Process qw(command_line descendants wait_until);
use T2M::Server;

my $PREFORK = mpm() eq 'prefork';
my $DENIED = qq{<Location "/denied">\nRequire all denied\n</Location>\n};

sub server {
    my ($name, %option) = @_;
    my $server = T2M::Server->new(name => "repeats-$name", files => { admin_files() }, %option,
        conf => admin_conf() . $DENIED . ($option{conf} // ''));
    $server->announce(qr{AH01630|AH01215|stderr from|AH00161});
    return T2M::Admin::start($server);
}

# Sends the same request over and over, on several connections at once; returns how many answers of
# that status there were.
sub flood {
    my ($server, $clients, $each, $path, $status) = @_;
    my @children;
    for my $client (1 .. $clients) {
        pipe(my $read, my $write) or die "pipe: $!";
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            print {$write} send_all($server->port, $each, $path, $status);
            close $write;
            POSIX::_exit(0);
        }
        push @children, [$pid, $read];
    }
    my $answers = 0;
    for my $child (@children) {
        my $file = $child->[1];
        $answers += <$file> // 0;
        waitpid($child->[0], 0);
    }
    return $answers;
}

# On connections that stay open, some requests ahead of their answers.
sub send_all {
    my ($port, $count, $path, $status) = @_;
    my $request = "GET $path HTTP/1.1\r\nHost: test.example\r\n\r\n";
    my $answers = 0;
    while ($count > 0) {
        my $some = $count < 50 ? $count : 50;
        $count -= $some;
        my $last = "GET $path HTTP/1.1\r\nHost: test.example\r\nConnection: close\r\n\r\n";
        my $raw = eval { T2M::Client::exchange($port, $request x ($some - 1) . $last, 60) } // '';
        $answers += () = $raw =~ m{^HTTP/1\.1 $status }mg;
    }
    return $answers;
}

# The group of denied requests, as the endpoint has it.
sub denied_group {
    my ($server) = @_;
    my $summary = body(ask($server, '/errors'))->{error_summary};
    my ($group) = grep { $_->{type} eq 'AH01630' } values %$summary;
    return $group;
}

sub denied { return grep { ($_->{code} // '') eq 'AH01630' } @_ }

# What is told adds up: lines, what they say was left out before, and what none has said yet.
sub check_counts {
    my ($server, $count) = @_;
    my $group = denied_group($server);
    my @errors = denied($server->records('errors'));
    my @app = denied($server->records('app'));
    is($group->{count_total}, $count, 'the count is exact');
    is($group->{count_last_hour}, $count, 'in the last hour too');
    is(@errors + sum0(map { $_->{repeated} // 0 } @errors) + $group->{repeated_pending}, $count,
        'lines and what they say was left out');
    is_deeply([map { $_->{request_id} } @app], [map { $_->{request_id} } @errors],
        'the stream app has the same lines');
    return @errors;
}

subtest 'a flood' => sub {
    my $count = $ENV{T2M_REPEATS} // 16_000; # 100000 for the figure that docs/performance.md has
    my $server = server('flood', conf => $PREFORK ? <<'CONF' : '');
StartServers 16
MinSpareServers 16
MaxRequestWorkers 16
CONF
    is(flood($server, 16, $count / 16, '/denied', 403), $count, 'all are answered');
    my @errors = check_counts($server, $count) or return;
    cmp_ok(scalar @errors, '<=', 40, 'few lines');
    cmp_ok(scalar @errors, '>=', 5, 'but the first ones');
    is($errors[0]{repeated}, undef, 'which repeat nothing');
    ok($errors[-1]{repeated}, 'the last says what was left out');
    my $health = body(ask($server, '/health'));
    my $ledger = $health->{ledger}{errors};
    is($ledger->{suppressed}, $count - @errors, 'the ledger has the rest') or diag explain $ledger;
    ok($server->stop, 'the server stops');
};

subtest 'an answer has the error before it' => sub {
    my $server = server('fresh');
    my @wrong;
    for my $count (1 .. 30) { # written, or only counted
        get($server->port, '/denied');
        my $answer = body(ask($server, '/errors'));
        my ($group) = grep { $_->{type} eq 'AH01630' } values %{ $answer->{error_summary} };
        push @wrong, "$count: $group->{count_total}" if $group->{count_total} != $count;
        push @wrong, "$count: no record" if $count <= 5 && @{ $answer->{recent_errors} } != $count;
    }
    is_deeply(\@wrong, [], 'the one just made is counted, and its record is there');
    ok($server->stop, 'the server stops');
};

subtest 'processes are killed' => sub {
    # httpd, also without this module, forgets to end a child now and then whose brothers were killed.
    my $server = server('killed', conf => "LogLevel notice\n", strays => qr/./);
    $server->announce(qr/AH00052|AH00051|T2M0|exit signal/);
    my $each = 3000;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        for (1 .. 6) {
            select(undef, undef, undef, 0.2);
            my @mine = grep { command_line($_) =~ /t2mlog writer|\bapache2|\bhttpd/ }
                descendants($server->pid);
            kill 'KILL', $mine[rand @mine] if @mine;
        }
        POSIX::_exit(0);
    }
    my $answers = flood($server, 4, $each, '/denied', 403);
    waitpid($pid, 0);
    ok(wait_until(20, sub { eval { ask($server, '/health')->{status} } // 0 == 200 }), 'it answers');
    my $settled = wait_until(20, sub {
        my $group = denied_group($server);
        $group && $group->{count_total} >= $answers ? $group : undef;
    });
    ok($settled, 'no answered error is missing') or diag explain denied_group($server);
    cmp_ok($settled->{count_total}, '<=', 4 * $each, 'none is counted twice');
    check_counts($server, $settled->{count_total});
    ok($server->stop(60), 'the server stops');
};

# Each record with breadcrumbs, and room for longer ones than most have.
subtest 'lines that may be long' => sub {
    my $server = server('long', conf => "LogLevel debug\nT2MLogMaxRecord 16K\n"
        . ($PREFORK ? "StartServers 8\nMinSpareServers 8\n" : ''));
    is(flood($server, 8, 50, '/denied', 403), 400, 'all are answered');
    my @errors = check_counts($server, 400);
    ok((grep { $_->{breadcrumbs} } @errors), 'they say what the request did before');
    ok($server->stop, 'the server stops');
};

subtest 'off' => sub {
    my $server = server('off', conf => "T2MLogRepeat off\n");
    is(flood($server, 2, 60, '/denied', 403), 120, 'all are answered');
    my @errors = check_counts($server, 120);
    is(scalar @errors, 120, 'each has a line');
    is(scalar(grep { exists $_->{repeated} } @errors), 0, 'none repeats anything');
    ok($server->stop, 'the server stops');
};

subtest 'the numbers' => sub {
    my $server = server('numbers', conf => "T2MLogRepeat first=2 every=1s\n");
    get($server->port, '/denied') for 1 .. 4;
    is(scalar check_counts($server, 4), 2, 'the first two');
    ok(wait_until(20, sub {
        get($server->port, '/denied');
        settled($server) > 2;
    }), 'after a second another one');
    my ($last) = (denied($server->records('errors')))[-1];
    cmp_ok($last->{repeated} // 0, '>=', 2, 'says how many were left out');
    ok($server->stop, 'the server stops');
};

sub settled { my ($server) = @_; T2M::Admin::settle($server); return scalar denied($server->records('errors')) }

subtest 'groups by name, and the release' => sub {
    my $server = server('named', modules => ['cgi'], conf => <<'CONF');
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
T2MLogErrorGroup "connection to * lost" lost
T2MLogErrorGroup "lost" other
T2MLogRelease "2026.11 \"beta\""
CONF
    post($server->port, '/cgi-bin/stderr.pl', $_)
        for 'the connection to db1 lost', 'a connection to web seven lost early', 'all is lost', 'found';
    T2M::Admin::settle($server);
    my %said = map { ($_->{message} =~ /(db1|web seven|all|found)/ ? $1 : '') => $_ }
        grep { /stderr|AH01215/ || $_->{message} } $server->records('errors');
    is($said{db1}{error_id}, $said{'web seven'}{error_id}, 'two that no template joins');
    isnt($said{all}{error_id}, $said{db1}{error_id}, 'the first directive that fits counts');
    isnt($said{found}{error_id}, $said{all}{error_id}, 'others are as they were');
    is($_->{release}, '2026.11 "beta"', 'errors say the release') for $said{db1};
    my ($app) = $server->records('app');
    is($app->{release}, '2026.11 "beta"', 'and so does app');
    my $group = body(ask($server, '/errors'))->{error_summary}{ $said{db1}{error_id} };
    is($group->{release}, '2026.11 "beta"', 'in which the group appeared first');
    is($group->{count_total}, 2, 'it has both');
    ok($server->stop, 'the server stops');
};

finish();
