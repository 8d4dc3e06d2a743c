#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The processes behind the logs: who they are, that killing one loses nothing, that restarts and
# stops lose nothing, and that they hold nothing of httpd's.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use T2M::Client qw(get header);
use T2M::Load;
use T2M::Process qw(alive children command_line descendants descriptors listening_descriptors
    role_of wait_until);
use T2M::Root qw(read_file);
use T2M::Server;

# Event itself, with any modules, crashes now and then as a process of an old generation ends: its
# main thread still walks connections whose memory a worker thread has given back. With sanitizers
# the summary says where: a crash of ours is not excused.
sub may_crash_at_exit {
    my ($server) = @_;
    return if mpm() ne 'event';
    $server->announce(qr/\(9\)Bad file descriptor: AH03093/); # it closes what its threads still use
    $server->announce(qr/AH00052: child pid \d+ exit signal Segmentation fault/,
        qr/AddressSanitizer:DEADLYSIGNAL|ERROR: AddressSanitizer: SEGV/,
        qr/SUMMARY: AddressSanitizer: SEGV .*(?:mod_mpm_event|libapr-1)/);
    return;
}

# The parent looks after its children once a second: what comes until then must find room.
my $ROOMY = "T2MLogBuffer 4M\n";

sub server { return T2M::Server->new(@_) }

# The processes of ours below a server: (supervise, writer); undef for one that is not there.
sub ours {
    my ($server) = @_;
    my ($supervise) = grep { role_of($_) eq 'supervise' } children($server->pid);
    my ($writer) = $supervise ? grep { role_of($_) eq 'writer' } children($supervise) : ();
    return ($supervise, $writer);
}

# Waits until both are there and neither is one of those named.
sub fresh {
    my ($server, $seconds, @old) = @_;
    my %old = map { ($_ => 1) } @old;
    my @now;
    wait_until($seconds, sub {
        @now = ours($server);
        return $now[0] && $now[1] && !grep { $old{$_} } @now;
    });
    return @now;
}

# Both of a server that has just started; empty, with a failed test, when they do not come.
sub running {
    my ($server) = @_;
    my @both = grep { defined } fresh($server, 5);
    return is(@both, 2, 'supervisor and writer run') ? @both : ();
}

# Under a load: the code does harm; afterwards each answered request has exactly one line.
sub under_load {
    my ($server, $what, $harm, %option) = @_;
    my $load = T2M::Load->start($server->port, path => '/index.html', clients => 4, %option);
    sleep 0.3;
    $harm->();
    sleep 0.3;
    my ($answered, $other) = $load->stop;
    ok($server->stop, "$what: the server stops");
    my ($lost, $doubled) = T2M::Load::compare($answered, $server->records('access'));
    cmp_ok(scalar(keys %$answered), '>', 50, "$what: there was a load");
    is_deeply($lost, [], "$what: nothing is lost");
    is_deeply($doubled, [], "$what: nothing is doubled");
    note "$what: " . keys(%$answered) . ' answered, ' . keys(%$other) . ' not';
}

subtest 'who is there' => sub {
    my $server = server(name => 'who');
    $server->start;
    get($server->port, '/index.html');
    my ($supervise, $writer) = fresh($server, 5);
    ok($supervise, 'the parent has a child "t2mlog supervise"');
    ok($writer, 'which has a child "t2mlog writer"') or return;
    my @all = grep { role_of($_) } descendants($server->pid);
    is(@all, 2, 'and there are no others');
    for my $pid ($supervise, $writer) {
        my $role = role_of($pid);
        is_deeply([listening_descriptors($pid)], [], "$role: holds no listening socket");
        my $open = descriptors($pid);
        delete $open->{2}; # what it has to complain of goes to the classic log
        my @sockets = grep { $open->{$_} =~ /^socket:/ } sort keys %$open;
        is(@sockets, $role eq 'writer' ? 1 : 0, "$role: its control socket and no other");
        delete @$open{@sockets};
        my $own = qr{^/dev/null$|^/memfd:t2mlog-|^pipe:|^anon_inode:inotify|pidfd|/logs/t2mlog\b};
        is_deeply([grep { $_ !~ $own } values %$open], [], "$role: holds no file of httpd's");
        isnt(getpgrp($pid), getpgrp($server->pid), "$role: is not in httpd's process group");
    }
    SKIP: {
        my $stat = eval { read_file("/proc/$writer/stat") } or skip 'no /proc/PID/stat', 1;
        my $policy = (split ' ', $stat =~ s/^.*\)//sr)[38];
        is($policy, 3, 'the writer is a batch process, which gives way to those that answer');
    }
    my $open = descriptors($writer);
    my @logs = grep { m{/logs/t2mlog/} } values %$open;
    cmp_ok(scalar @logs, '>=', 1, 'the writer holds the log files');
    for my $worker (grep { !role_of($_) } children($server->pid)) {
        is_deeply([grep { m{/logs/t2mlog/} } values %{ descriptors($worker) }], [],
            'a worker holds none of them');
    }
    my @modes = map { sprintf '%s %04o', (split m{/})[-1], (stat $_)[2] & 07777 }
        $server->log_dir, sort glob($server->log_dir . '/*.log');
    is(shift @modes, 't2mlog 0750', 'mode of the directory');
    is_deeply([grep { !/ 0640$/ } @modes], [], 'modes of the files');
    my @pids = ($supervise, $writer);
    ok($server->stop, 'the server stops');
    is_deeply([grep { alive($_) } @pids], [], 'and both are gone when the parent is');
};

subtest 'the writer is killed' => sub {
    my $server = server(name => 'writer killed')->start;
    my @old = running($server) or return;
    under_load($server, 'writer', sub {
        for (1 .. 5) {
            my $killed = time;
            kill 'KILL', $old[1];
            my @new = fresh($server, 3, $old[1]);
            defined $new[1] or return fail('a new writer');
            is($new[0], $old[0], 'the supervisor stays');
            cmp_ok(time - $killed, '<', 1, 'a new writer within a second');
            @old = @new;
            sleep 0.1;
        }
    });
};

subtest 'the supervisor is killed' => sub {
    my $server = server(name => 'supervisor killed')->start;
    my @old = running($server) or return;
    under_load($server, 'supervisor', sub {
        kill 'KILL', $old[0];
        my @new = fresh($server, 5, @old);
        ok($new[0] && $new[1], 'the parent starts both again') or diag explain [@new];
        ok(wait_until(5, sub { !alive($old[1]) }), 'the old writer does not stay');
    });
};

subtest 'both are killed' => sub {
    # Nobody writes until the parent's main loop comes round, which takes up to a second: longer
    # than prefork's default ring bridges under this load. What does not fit is counted and told.
    my $server = server(name => 'both killed', conf => $ROOMY)->start;
    my @old = running($server) or return;
    under_load($server, 'both', sub {
        kill 'KILL', @old;
        my @new = fresh($server, 5, @old);
        ok($new[0] && $new[1], 'the parent starts both again');
    });
};

subtest 'a worker is killed' => sub {
    my $server = server(name => 'worker killed');
    $server->announce(qr/AH00052|exit signal/)->start;
    running($server) or return;
    my $load = T2M::Load->start($server->port, path => '/index.html', clients => 4);
    for (1 .. 3) {
        sleep 0.3;
        my ($worker) = grep { !role_of($_) } children($server->pid);
        kill 'KILL', $worker if $worker;
    }
    sleep 1.5;
    my ($answered) = $load->stop;
    ok($server->stop, 'the server stops');
    my ($lost, $doubled) = T2M::Load::compare($answered, $server->records('access'));
    is_deeply($doubled, [], 'nothing is doubled');
    my %outcome;
    $outcome{ $_->{outcome} }++ for $server->records('access');
    # A process can die between its answer and its line: then the line says worker_died, and has no
    # query to be matched by.
    cmp_ok(scalar(@$lost), '<=', $outcome{worker_died} // 0, 'nothing is lost') or diag "@$lost";
    note join ', ', map { "$_ $outcome{$_}" } sort keys %outcome;
};

# A request that a process takes with it when it dies still has its line.
sub cut_short {
    my ($what, $outcome, $harm) = @_;
    my $server = T2M::Server->new(name => $what, modules => ['cgi'], strays => qr/slow\.pl/,
        conf => qq{ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"\n});
    $server->announce(qr/AH00052|AH00045|AH00046|AH01215|AH01220/)->start;
    running($server) or return;
    my $client = T2M::Client->new($server->port);
    $client->put("GET /cgi-bin/slow.pl?20 HTTP/1.1\r\nHost: cut.example\r\nUser-Agent: Cut/1\r\n\r\n");
    my $script;
    wait_until(3, sub { ($script) = grep { command_line($_) =~ /slow\.pl/ } descendants($server->pid) });
    ok($script, "$what: the script runs") or return;
    $harm->($server);
    ok($server->stop, "$what: the server stops");
    my @records = $server->records('access');
    is(@records, 1, "$what: one line") or return;
    my $record = $records[0];
    is($record->{outcome}, $outcome, "$what: outcome");
    is($record->{path}, '/cgi-bin/slow.pl', "$what: path");
    is($record->{method}, 'GET', "$what: method");
    is($record->{ip}, '127.0.0.1', "$what: ip");
    is($record->{user_agent}, 'Cut/1', "$what: user agent");
    like($record->{request_id}, qr/^[0-9a-f-]{36}$/, "$what: id");
    ok($record->{duration_ms} > 0, "$what: duration");
    ok(!exists $record->{status}, "$what: there was no status") or diag $record->{status};
}

subtest 'a request of a killed worker' => sub {
    cut_short('worker dies', 'worker_died', sub {
        my ($server) = @_;
        kill 'KILL', grep { !role_of($_) } children($server->pid);
        ok($server->wait_for_lines('access', 1, 5), 'the line comes while the server runs');
    });
};

subtest 'a request that the stop cut short' => sub {
    cut_short('stop', 'killed_at_stop', sub { });
};

subtest 'graceful restarts' => sub {
    my $server = server(name => 'graceful');
    may_crash_at_exit($server);
    $server->start;
    my @old = running($server) or return;
    under_load($server, 'graceful', sub {
        for (1 .. 5) {
            ok($server->graceful, 'a new generation');
            sleep 0.2;
        }
        is_deeply([ours($server)], \@old, 'supervisor and writer are the same');
    });
};

subtest 'restarts' => sub {
    my $server = server(name => 'hup');
    may_crash_at_exit($server);
    $server->start;
    my @old = running($server) or return;
    get($server->port, '/index.html?before');
    for (1 .. 3) { ok($server->restart, 'a new generation') }
    is_deeply([ours($server)], \@old, 'supervisor and writer are the same');
    get($server->port, '/index.html?after');
    ok($server->stop, 'the server stops');
    is_deeply([map { $_->{query} } $server->records('access')], ['before', 'after'],
        'lines of before and after');
};

subtest 'restarts in quick succession' => sub {
    my $server = server(name => 'quick');
    may_crash_at_exit($server);
    $server->start;
    running($server) or return;
    my @ids;
    for (1 .. 25) {
        push @ids, header(get($server->port, '/index.html'), 'X-Request-ID');
        $server->restart or return fail('a new generation');
    }
    ok($server->stop, 'the server stops');
    my %line = map { ($_->{request_id} => 1) } $server->records('access');
    is_deeply([grep { !$line{$_} } @ids], [], 'nothing is lost') or diag scalar(keys %line), ' lines';
};

# What finds no room is dropped, counted exactly, and said in the stream it concerns.
subtest 'no room' => sub {
    my $server = server(name => 'no room', conf => "T2MLogBuffer 64K\n");
    $server->announce(qr/T2M02(?:03|16)/)->start;
    my @ours = running($server) or return;
    get($server->port, '/index.html?first');
    $server->wait_for_lines('access', 1);
    kill 'STOP', @ours;
    my $answered = 1;
    for (1 .. 1500) {
        $answered++ if (get($server->port, "/index.html?n=$_")->{status} // 0) == 200;
    }
    kill 'CONT', @ours;
    sleep 0.5;
    get($server->port, '/index.html?last');
    ok($server->stop, 'the server stops');
    my ($said, $missing) = (0, 2 * ($answered + 1));
    $said += $_ for $server->error_log =~ /T2M02(?:03|16): (\d+) /g;
    for my $stream (qw(access performance)) {
        my @records = $server->records($stream);
        $missing -= grep { $_->{message} ne 'gap' } @records;
        my @gaps = grep { $_->{message} eq 'gap' } @records;
        my $dropped = 0;
        $dropped += $_->{count} for @gaps;
        cmp_ok($dropped, '>', 0, "$stream: something was dropped");
        is(@records - @gaps + $dropped, $answered + 1, "$stream: and not one more than is said");
        is($gaps[0]{stream}, $stream, "$stream: the gap names its stream");
        ok(length $gaps[0]{reason}, "$stream: and the reason");
    }
    is($said, $missing, 'the classic log counts the same');
};

subtest 'a stop writes everything' => sub {
    for my $signal (qw(TERM WINCH)) {
        my $server = server(name => "stop $signal")->start;
        my @ids = map { header(get($server->port, '/index.html'), 'X-Request-ID') } 1 .. 200;
        ok($server->stop($signal), "$signal: the server stops");
        is_deeply([sort map { $_->{request_id} } $server->records('access')], [sort @ids],
            "$signal: every line is there when the parent is gone");
        $server->start;
        get($server->port, '/index.html?again');
        ok($server->stop, "$signal: it stops again");
        my @records = $server->records('access');
        is(@records, 201, "$signal: the file goes on");
    }
};

subtest 'httpd -t creates nothing' => sub {
    my $server = server(name => 'configtest');
    my ($code, $output) = $server->configtest;
    is($code, 0, 'Syntax OK') or diag $output;
    ok(!-e $server->log_dir, 'no directory');
    is_deeply([T2M::Process::holders($server->root)], [], 'no process');
    ($code, $output) = $server->configtest(undef, '-D', 'DUMP_VHOSTS');
    ok(!-e $server->log_dir, 'neither does -t -D DUMP_VHOSTS');
    for my $wrong ('T2MLogLevel LOUD', 'T2MLogMaxRecord 1', 'T2MLogFile nothing x.log',
        'T2MLogRequestID trust=nobody', 'T2MLogSlow fast', 'T2MLogClientIP half', 'T2MLog Maybe') {
        ($code, $output) = $server->configtest("$wrong\n");
        isnt($code, 0, "$wrong: refused");
        like($output, qr/T2MLog/, "$wrong: named");
        unlike($output, qr/core dumped|Segmentation/, "$wrong: no crash");
    }
};

subtest 'one process' => sub {
    plan skip_all => 'worker says nothing under -X that event does not' if mpm() eq 'worker';
    my $server = server(name => 'single', mode => 'single')->start;
    my ($supervise, $writer) = fresh($server, 5);
    ok($supervise && $writer, 'the writer is a process of its own under -X');
    get($server->port, '/index.html');
    ok($server->wait_for_lines('access', 1), 'the line comes');
    ok($server->stop, 'it stops');
    ok(!alive($_), 'and so do they') for grep { defined } $supervise, $writer;
};

subtest daemon => sub {
    my $server = server(name => 'daemon', mode => 'daemon')->start;
    my ($supervise, $writer) = fresh($server, 5);
    ok($supervise && $writer, 'both belong to the parent that stays');
    get($server->port, '/index.html');
    ok($server->stop, 'it stops');
    is(scalar(my @records = $server->records('access')), 1, 'the line is there');
};

subtest 'the parent is killed' => sub {
    my $server = server(name => 'parent killed')->start;
    my @ours = running($server) or return;
    my @workers = grep { !role_of($_) } children($server->pid);
    get($server->port, '/index.html');
    kill 'KILL', $server->pid;
    wait_until(5, sub { $server->ended });
    kill 'KILL', @workers;
    ok(wait_until(5, sub { !grep { alive($_) } @ours }),
        'supervisor and writer end when the last that could log is gone');
    my @records = $server->records('access');
    is(@records, 1, 'after writing what was there');
};

finish();
