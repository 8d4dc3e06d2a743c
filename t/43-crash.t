#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Processes that end in the middle of their requests: each request has exactly one access line,
# which says how, each crash one errors record, which names the request and where the code was; and
# whoever handled the signal before us still does.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use T2M::Client qw(get);
use T2M::Httpd qw(httpd run tool);
use T2M::Log qw(is_number key_order);
use T2M::Module qw(compiled);
use T2M::Process qw(children mapped role_of wait_until);
use T2M::Server;

plan skip_all => 'no httpd on this machine' if !httpd();
my $module = compiled('t/module/mod_t2mlog_crash.c', '-Wc,-g')
    or plan skip_all => 'no apxs or no compiler';

my $SITE = <<"CONF";
LoadModule t2mlog_crash_module "$module"
CoreDumpDirectory "\@ROOT\@/run"
<Location "/crash">
SetHandler t2mlog-crash
</Location>
ErrorDocument 404 /crash/segfault
<Location "/page.html">
Options +Includes
SetOutputFilter INCLUDES
</Location>
CONF

# How each way ends its process: the signal, and the function in which it was.
my %WAYS = (
    segfault => ['SIGSEGV', 't2m_crash_segfault'],
    abort => ['SIGABRT', 't2m_crash_abort'],
    overflow => ['SIGSEGV', 't2m_crash_overflow'],
    divide => ['SIGFPE', 't2m_crash_divide'],
    illegal => ['SIGILL', 't2m_crash_illegal'],
    bus => ['SIGBUS', 't2m_crash_bus'],
    nowhere => ['SIGSEGV', 't2m_crash_call_nowhere'],
);
# Where a division by zero is no fault, nothing crashes.
delete $WAYS{divide} if `uname -m` !~ /^(?:x86_64|i.86)/;

sub server {
    my ($name, %option) = @_;
    my $server = T2M::Server->new(name => $name, modules => ['include'], %option,
        conf => $SITE . ($option{conf} // ''),
        files => { 'htdocs/page.html' => qq{<!--#include virtual="/crash/abort" -->\n} });
    chmod 0777, $server->root . '/run';
    return $server->announce(qr/AH0005[12]/)->start;
}

sub workers { return grep { !role_of($_) } children($_[0]->pid) }

# Sends a request whose process will not answer it; the client, so that the connection stays.
sub ask {
    my ($server, $path, %option) = @_;
    my $client = $option{client} // T2M::Client->new($server->port);
    return $client->put("GET $path HTTP/1.1\r\nHost: crash.example\r\nUser-Agent: Crash/1\r\n\r\n");
}

# The access lines and the CRITICAL records so far.
sub access { return grep { $_->{message} ne 'gap' } $_[0]->records('access') }
sub crashes { return grep { $_->{level} eq 'CRITICAL' } $_[0]->records('errors') }

# Those of a path, once there is one of each; a moment later still one of each.
sub told {
    my ($server, $path) = @_;
    my ($lines, $records) = ([], []);
    wait_until(5, sub {
        $lines = [grep { $_->{path} eq $path } access($server)];
        $records = [grep { ($_->{path} // '') eq $path } crashes($server)];
        return @$lines && @$records;
    });
    is(@$lines, 1, "$path: one access line");
    is(@$records, 1, "$path: one errors record");
    return ($lines->[0] // {}, $records->[0] // {});
}

# The functions of our module in a traceback.
sub functions {
    my ($record) = @_;
    my @offsets = map { /^\Qmod_t2mlog_crash.so\E\+(0x[0-9a-f]+)$/ ? $1 : () }
        @{ $record->{exception}{traceback} // [] };
    return () if !@offsets;
    my ($code, $output) = run(tool('addr2line'), '-f', '-e', $module, @offsets);
    return map { /^t2m_/ ? $_ : () } split /\n/, $output;
}

sub same_process {
    my ($server, $line, $record, $signal, $what) = @_;
    is($line->{outcome}, 'worker_died', "$what: outcome");
    is($line->{signal}, $signal, "$what: signal");
    ok(!exists $line->{status}, "$what: no status");
    is($record->{exception}{type}, $signal // 'exit', "$what: type of the exception");
    is($record->{error_type}, $signal // 'exit', "$what: error_type");
    is($record->{request_id}, $line->{request_id}, "$what: the request's id");
    is($record->{ip}, '127.0.0.1', "$what: ip");
    like($record->{error_id} // '', qr/^[0-9a-f]{12}$/, "$what: the group");
}

subtest 'each way to crash' => sub {
    my $server = server('ways', conf => "T2MLogCrashTrace On\n");
    for my $way (sort keys %WAYS) {
        my ($signal, $function) = @{ $WAYS{$way} };
        my $path = "/crash/$way";
        my $client = ask($server, $path);
        my ($line, $record) = told($server, $path);
        same_process($server, $line, $record, $signal, $way);
        like($record->{message} // '',
            qr/^Process \d+ was ended by $signal while it served GET \Q$path\E$/,
            "$way: message");
        my $process = $record->{process} // 0;
        is($record->{endpoint}, "GET $path", "$way: endpoint");
        ok(is_number($record, 'requests') && $record->{requests} == 1, "$way: in flight");
        my @trace = @{ $record->{exception}{traceback} // [] };
        cmp_ok(scalar @trace, '>', 3, "$way: a stack") or diag explain $record;
        is_deeply([grep { !/^(?:[^+\/]+\+)?0x[0-9a-f]+$/ } @trace], [], "$way: module and offset");
        my ($first) = $way eq 'nowhere' ? shift @trace : ();
        is($first // '', '0x0', 'nowhere: where it went') if $way eq 'nowhere';
        like($trace[0] // '', qr/^mod_t2mlog_crash\.so\+/, "$way: it begins where it crashed")
            if $way ne 'abort';
        SKIP: {
            skip 'no addr2line', 1 if !tool('addr2line');
            is((functions($record))[0], $function, "$way: the function") or diag explain \@trace;
        }
        like($record->{address} // '', qr/^0x[0-9a-f]+$/, "$way: address") if $way ne 'abort';
        my ($said) = $server->error_log =~ /AH0005[12]: child pid $process exit signal (\w+)/;
        ok($said, "$way: httpd's own handling follows");
        ok(wait_until(5, sub { (get($server->port, '/index.html')->{status} // 0) == 200 }),
            "$way: the site goes on");
    }
    my @lines = access($server);
    is(scalar(grep { $_->{outcome} eq 'worker_died' } @lines), scalar keys %WAYS,
        'one line for each of them');
};

subtest 'without a trace' => sub {
    my $server = server('no trace');
    ask($server, '/crash/segfault');
    my ($line, $record) = told($server, '/crash/segfault');
    same_process($server, $line, $record, 'SIGSEGV', 'no trace');
    is_deeply($record->{exception}{traceback}, [], 'no stack');
    is("@{[key_order($record)]}", 'timestamp level logger message exception request_id endpoint '
        . 'method path ip app environment hostname thread process error_type error_id requests '
        . 'address seq', 'all members, in this order');
    is($record->{logger}, 'talk2me', 'logger');
};

subtest 'which request it was' => sub {
    my $server = server('which');
    my $client = ask($server, '/index.html');
    is($client->read_answer->{status}, 200, 'a request before, on the same connection');
    ask($server, '/crash/segfault', client => $client);
    my ($line, $record) = told($server, '/crash/segfault');
    same_process($server, $line, $record, 'SIGSEGV', 'the second');
    ask($server, '/missing');
    ($line, $record) = told($server, '/missing');
    same_process($server, $line, $record, 'SIGSEGV', 'an internal redirect');
    ask($server, '/page.html');
    ($line, $record) = told($server, '/page.html');
    same_process($server, $line, $record, 'SIGABRT', 'a subrequest');
    is(scalar(my @all = crashes($server)), 3, 'no others');
};

# Among many requests the one that crashed is named; the others die with it.
subtest 'others in flight' => sub {
    # One process has them all, where it has threads.
    my $threaded = mpm() ne 'prefork';
    my $server = server('others', conf => $threaded ? "StartServers 1\nMinSpareThreads 1\n"
        : "StartServers 8\n");
    my @sleeping = map { ask($server, '/crash/sleep?4000') } 1 .. 6;
    sleep 0.5;
    ask($server, '/crash/segfault');
    my ($line, $record) = told($server, '/crash/segfault');
    same_process($server, $line, $record, 'SIGSEGV', 'among others');
    ok($server->wait_for_lines('access', 7, 15), 'every request has its line');
    my @lines = grep { $_->{path} eq '/crash/sleep' } access($server);
    is(@lines, 6, 'the others have one each');
    my @died = grep { $_->{outcome} eq 'worker_died' } @lines;
    is($record->{requests}, 1 + @died, 'the record counts those that went with it');
    is(scalar @died, 6, 'all of them are in its process') if $threaded;
    is_deeply([grep { $_->{signal} ne 'SIGSEGV' } @died], [], 'by the same signal');
    is(scalar(grep { $_->{outcome} eq 'ok' && $_->{status} == 200 } @lines), 6 - @died,
        'what other processes served is served');
    is(scalar(my @all = crashes($server)), 1, 'one record for all of them');
};

# Nobody hears of SIGKILL: httpd says nothing of it.
subtest 'killed from outside' => sub {
    my $server = server('killed', conf => "StartServers 6\n");
    my @sleeping = map { ask($server, '/crash/sleep?20000') } 1 .. 4;
    sleep 0.5;
    my @workers = workers($server);
    kill 'KILL', @workers;
    ok($server->wait_for_lines('access', 4, 5), 'every request has its line');
    my @lines = access($server);
    is(@lines, 4, 'and one only');
    is_deeply([map { "$_->{outcome} $_->{signal}" } @lines], [('worker_died unknown') x 4],
        'the signal is not known');
    ok($server->wait_for_lines('errors', sub { grep { $_->{level} eq 'CRITICAL' } @_ }),
        'a record');
    my @records = crashes($server);
    my $sum = 0;
    $sum += $_->{requests} for @records;
    is($sum, 4, 'each record counts its requests');
    for my $record (@records) {
        is($record->{exception}{type}, 'unknown', 'type');
        my $alone = $record->{requests} == 1;
        is(exists $record->{request_id}, $alone, $alone ? 'the only one is named' : 'none is');
        my $what = $alone ? 'GET /crash/sleep' : "$record->{requests} requests";
        like($record->{message}, qr/ended without a word while it served \Q$what\E$/, 'message');
    }
    ok(wait_until(5, sub { (get($server->port, '/index.html')->{status} // 0) == 200 }),
        'the site goes on');
    my ($idle) = workers($server);
    kill 'SEGV', $idle;
    ok($server->wait_for_lines('errors', sub { grep { $_->{exception}{type} eq 'SIGSEGV' } @_ }, 5),
        'a signal from outside');
    my ($record) = grep { $_->{exception}{type} eq 'SIGSEGV' } crashes($server);
    is($record->{message}, "Process $idle was ended by SIGSEGV", 'without a request');
    ok(!exists $record->{path} && $record->{requests} == 0 && !exists $record->{address},
        'nor a place');
};

subtest 'exit' => sub {
    my $server = server('exit');
    wait_until(5, sub { $server->generations }); # it takes no signal before
    ok($server->restart, 'also after a restart');
    ask($server, '/crash/exit');
    my ($line, $record) = told($server, '/crash/exit');
    SKIP: {
        # What httpd and its libraries do at an exit amid their threads may crash.
        skip 'it crashed on its way out', 4 if $line->{signal};
        same_process($server, $line, $record, undef, 'exit');
        like($record->{message}, qr/^Process \d+ called exit while it served GET \/crash\/exit$/,
            'message');
    }
    ok(wait_until(5, sub { (get($server->port, '/index.html')->{status} // 0) == 200 }),
        'the site goes on');
};

subtest 'an end in order is no crash' => sub {
    my $server = server('orderly');
    wait_until(5, sub { $server->generations });
    $server->announce(qr/AH0004[56]/);
    get($server->port, '/index.html');
    ok($server->graceful, 'a new generation');
    get($server->port, '/index.html');
    ask($server, '/crash/sleep?30000');
    sleep 0.3;
    ok($server->stop, 'a stop');
    my ($cut) = grep { $_->{path} eq '/crash/sleep' } access($server);
    # Under worker the thread wakes when the connection is closed, and ends its request.
    like($cut->{outcome}, qr/^(?:killed_at_stop|aborted)$/, 'cuts a request short');
    ok(!exists $cut->{signal}, 'by no signal of its own');
    my @records = crashes($server);
    # Event itself crashes now and then as an old process ends: then httpd says so as well.
    my $said = () = $server->error_log =~ /AH0005[12]/g;
    cmp_ok(scalar @records, '<=', $said, 'and makes no record');
};

# A handler that another module installed before us mends what is wrong, and the process lives.
subtest 'a handler that mends' => sub {
    my $server = server('mending', arguments => ['-D', 'MENDING']);
    like(get($server->port, '/crash/mend')->{body}, qr/mended 1.*alive/s, 'the request is served');
    is((get($server->port, '/index.html')->{status} // 0), 200, 'the process lives');
    ok($server->stop, 'it stops');
    is_deeply([map { $_->{outcome} } access($server)], ['ok', 'ok'], 'all went well');
    is_deeply([crashes($server)], [], 'nothing crashed');
};

subtest 'a handler that forks' => sub {
    my $server = server('forking');
    my $client = T2M::Client->new($server->port);
    $client->put("GET /crash/fork HTTP/1.1\r\nHost: crash.example\r\nConnection: close\r\n\r\n");
    like($client->read_all(5), qr/the child ended with 0$/m, 'the child comes to no harm');
    ok($server->stop, 'it stops');
    is_deeply([map { $_->{outcome} } access($server)], ['ok'], 'the request has one line');
    is_deeply([crashes($server)], [], 'nothing crashed');
};

# What httpd's own tests of a switched off module see: no handler of ours.
subtest 'switched off' => sub {
    my $server = T2M::Server->new(name => 'off', t2mlog => 'T2MLog Off',
        modules => ['include'], conf => $SITE);
    $server->announce(qr/AH0005[12]/)->start;
    my ($worker) = wait_until(5, sub { (workers($server))[0] });
    is(scalar(my @slots = mapped($worker, qr/t2mlog-slots/)), 0, 'there is no slot');
    ask($server, '/crash/segfault');
    ok(wait_until(5, sub { $server->error_log =~ /AH0005[12].*Segmentation/ }), 'httpd tells');
    ok(wait_until(5, sub { (get($server->port, '/index.html')->{status} // 0) == 200 }),
        'the site goes on');
};

finish();
