#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# A real rsyslogd with conf/rsyslog.conf reads the access stream while it rotates under load, and
# hands every line to a log server: none is missing there, and none comes twice.
use strict;
use warnings;
use FindBin;
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

use T2M::Client qw(get);
use T2M::Httpd qw(run tool);
use T2M::Load;
use T2M::Process qw(alive wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server;
use T2M::Source qw(text_of);

plan skip_all => 'no rsyslogd' if !tool('rsyslogd');

my $ROTATIONS = 5;
my ($server, %pids);
my $owner = $$;

END {
    my $status = $?;
    stop_process($_) for $$ == $owner ? sort keys %pids : ();
    $? = $status;
}

# Starts a process of this test's own; it must not return from the code.
sub start_process {
    my ($name, $code) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        $code->();
        POSIX::_exit(127);
    }
    $pids{$name} = $pid;
    return $pid;
}

# Ends it; true when it came to an end by itself.
sub stop_process {
    my ($name) = @_;
    my $pid = delete $pids{$name} or return 0;
    kill 'TERM', $pid;
    my $ended = wait_until(20, sub { waitpid($pid, POSIX::WNOHANG()) });
    if (!$ended) {
        kill 'KILL', $pid;
        waitpid($pid, 0);
    }
    return !!$ended;
}

# The log server: writes what comes over any connection to a file, line by line.
sub collect {
    my ($listener, $path) = @_;
    open(my $out, '>:raw', $path) or POSIX::_exit(1);
    my ($select, %pending) = (IO::Select->new($listener));
    while (1) {
        for my $socket ($select->can_read) {
            if ($socket == $listener) {
                $select->add(scalar $listener->accept);
            } elsif (sysread($socket, $pending{$socket}, 1 << 16, length($pending{$socket} // ''))) {
                while ($pending{$socket} =~ s/\A(.*\n)//) { syswrite($out, $1) }
            } else {
                $select->remove($socket);
                close $socket;
            }
        }
    }
}

# The shipped file with our directories and our log server in it.
sub configuration {
    my ($port, $spool) = @_;
    my $text = text_of('conf/rsyslog.conf');
    my %ours = ('/var/log/apache2/t2mlog' => $server->log_dir, '/var/spool/rsyslog' => $spool,
        'logs.example.com' => '127.0.0.1', '"6514"' => qq("$port"));
    for my $theirs (sort keys %ours) {
        ok($text =~ s/\Q$theirs\E/$ours{$theirs}/g, "conf/rsyslog.conf names $theirs");
    }
    return $text;
}

sub start_rsyslogd {
    my ($listener) = @_;
    my $root = $server->root;
    mkdir "$root/spool";
    write_file("$root/rsyslog.conf", configuration($listener->sockport, "$root/spool"));
    my ($code, $output) = run(tool('rsyslogd'), '-N1', '-f', "$root/rsyslog.conf");
    is($code, 0, 'rsyslogd takes the configuration') or diag $output;
    return start_process('rsyslogd', sub {
        open(STDOUT, '>', "$root/rsyslogd.output");
        open(STDERR, '>&', \*STDOUT);
        exec(tool('rsyslogd'), '-n', '-f', "$root/rsyslog.conf", '-i', "$root/rsyslogd.pid");
    });
}

# The rotated files of the access stream, the oldest first.
sub rotated {
    my %number = map { ($_ => /\.(\d+)$/ ? $1 : 0) } glob($server->log_dir . '/access.log.*');
    my @files = sort { $number{$b} <=> $number{$a} } grep { $number{$_} } keys %number;
    return @files;
}

sub files { return (rotated(), $server->log_dir . '/access.log') }

sub lines { return map { split /\n/, read_file($_) } files() }

sub written { return map { eval { JSON::PP::decode_json($_) } // () } lines() }

sub numbers {
    my @numbers = map { /"seq":(\d+)\}$/ ? $1 : () } @_;
    return @numbers;
}

sub received {
    my ($path) = @_;
    my @lines = grep { /^\{"stream":"access",/ } split /\n/, read_file($path);
    return @lines;
}

$server = T2M::Server->new(conf => "T2MLogRotate access size=64K keep=50\n");
$server->start;
# The file must be there before the load begins: otherwise there is nothing to rotate yet.
get($server->port, '/');
ok($server->wait_for_lines('access', 1), 'the first line is written');

my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5) or die "port: $!";
my $file = $server->root . '/received';
start_process('server', sub { collect($listener, $file) });
my $rsyslogd = start_rsyslogd($listener);
close $listener;
ok(wait_until(20, sub { received($file) }), 'the first line arrives')
    or diag read_file($server->root . '/rsyslogd.output');

my $load = T2M::Load->start($server->port, clients => 2, seconds => 60);
ok(wait_until(60, sub { rotated() >= $ROTATIONS }), "the stream rotates $ROTATIONS times under load");
my ($answered) = $load->stop;
cmp_ok(scalar keys %$answered, '>', 100, 'requests were answered');
ok(wait_until(30, sub { !@{ (T2M::Load::compare($answered, written()))[0] } }), 'and logged');

# rsyslogd ends before the server: it holds the server's files open.
ok(wait_until(30, sub { received($file) >= numbers(lines()) }), 'as many lines arrive');
sleep 0.5; # for what may come twice
ok(alive($rsyslogd), 'rsyslogd is still there');
ok(stop_process('rsyslogd'), 'and stops');
stop_process('server');

subtest 'what arrived' => sub {
    my @lines = received($file);
    my %times;
    $times{$_}++ for map { numbers($_), /"seq":\d+\}$/ ? () : 'none' } @lines;
    my @wanted = numbers(lines());
    is_deeply([@wanted], [1 .. @wanted], 'the files hold every number once and in order');
    is_deeply([grep { !$times{$_} } @wanted], [], 'no line is lost');
    is_deeply([sort grep { $times{$_} > 1 } keys %times], [], 'no line is doubled');
    is(scalar keys %times, scalar @wanted, 'nothing else came');
    my @records = map { eval { JSON::PP::decode_json($_) } // () } @lines;
    is(@records, @lines, 'every line is one JSON object');
    my %written = map { ($_ => 1) } lines();
    my @changed = grep { !$written{ s/^\{"stream":"access",/{/r } } @lines;
    is_deeply(\@changed, [], 'and, but for its stream, as it was written');
    my ($lost, $doubled) = T2M::Load::compare($answered, @records);
    is_deeply($lost, [], 'every answered request arrived');
    is_deeply($doubled, [], 'once');
};

finish();
