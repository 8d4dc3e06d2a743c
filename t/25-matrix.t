#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Processes that are neither parent nor worker: which of them has which of the two memories, and
# whose lines come through. The table is printed as it was found.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Basename qw(dirname);
use File::Path qw(make_path);
use Test::More;
use Time::HiRes qw(sleep time);

use T2M::Client qw(get post header);
use T2M::Http2;
use T2M::Httpd qw(has_module run server_user tool);
use T2M::Process qw(command_line children descendants memories role_of uid_of wait_until);
use T2M::Server;

my %has = map { ($_ => has_module($_)) } qw(cgi cgid wsgi fcgid http2);
my $root_start = $> == 0;
my @table;

my %CONF = (
    cgi => qq{ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"\n},
    wsgi => <<'CONF',
WSGISocketPrefix "@ROOT@/run/wsgi"
WSGIDaemonProcess site processes=1 threads=2 display-name=wsgi-daemon
WSGIProcessGroup site
WSGIScriptAlias /wsgi "@ROOT@/wsgi/application.wsgi"
CONF
    fcgid => <<'CONF',
FcgidIPCDir "@ROOT@/run/fcgid"
FcgidProcessTableFile "@ROOT@/run/fcgid-table"
Alias /fcgi "@ROOT@/fcgi-bin"
<Location "/fcgi">
SetHandler fcgid-script
Options +ExecCGI
</Location>
CONF
    http2 => "Protocols h2c http/1.1\n",
    piped => qq{CustomLog "||/bin/cat" "%h %r"\n},
);
$CONF{cgid} = $CONF{cgi};

# What a process is: by its command line, and for daemons that look like httpd by their children.
sub what_is {
    my ($pid, $server) = @_;
    my $line = command_line($pid);
    return 'parent' if $pid == $server->pid;
    return role_of($pid) if role_of($pid);
    return 'wsgi daemon' if $line =~ /wsgi-daemon/;
    return 'script' if $line =~ /slow\.pl/;
    return 'responder' if $line =~ /respond\.fcgi/;
    return 'piped log' if $line =~ m{^/bin/cat};
    my @below = map { command_line($_) } children($pid);
    return 'fcgid manager' if grep { /respond\.fcgi/ } @below;
    return 'cgid daemon' if $server->{with}{cgid} && grep { /slow\.pl/ } @below;
    return 'worker';
}

# The words of a process for the table.
sub shown {
    my ($memory) = @_;
    my @words;
    push @words, "fd" if $memory->{fd};
    push @words, "$memory->{permissions} " . int($memory->{bytes} / 1024) . 'K' if $memory->{bytes};
    return @words ? "@words" : '-';
}

# A writer may be a moment behind the first answer.
sub wait_for_writer {
    my ($server) = @_;
    wait_until(5, sub {
        grep { role_of($_) && role_of($_) eq 'writer' && memories($_)->{board}{bytes} }
            descendants($server->pid);
    });
    return;
}

# Every process of the server while a script runs: {kind => [memories]}.
sub survey {
    my ($server) = @_;
    my %found;
    wait_for_writer($server);
    for my $pid ($server->pid, descendants($server->pid)) {
        my $kind = what_is($pid, $server);
        my $memories = memories($pid);
        push @{ $found{$kind} }, $memories;
        my $row = sprintf '%-22s %-14s uid %-6s slots %-18s board %s', $server->{name}, $kind,
            uid_of($pid) // '?', shown($memories->{slots}), shown($memories->{board});
        push @table, $row if !grep { $_ eq $row } @table;
    }
    return \%found;
}

sub bare {
    my ($found, $kind) = @_;
    for my $memories (@{ $found->{$kind} // [] }) {
        is(shown($memories->{$_}), '-', "$kind: nothing of $_") for qw(slots board);
    }
}

# Which process may have what; isolated: httpd was started as root.
sub check_memories {
    my ($found, $isolated) = @_;
    my ($writer) = @{ $found->{writer} // [] };
    ok($writer, 'there is a writer') or return;
    my $whole = $writer->{slots}{bytes};
    ok($whole && $writer->{board}{bytes}, 'the writer maps both');
    for my $worker (@{ $found->{worker} // [] }) {
        ok($worker->{slots}{bytes}, 'a worker maps a slot');
        next if !$isolated;
        cmp_ok($worker->{slots}{bytes}, '<', $whole, 'and not all of them');
        unlike($worker->{board}{permissions}, qr/w/, 'the board it cannot write');
        is($worker->{$_}{fd}, 0, "it holds no descriptor of $_") for qw(slots board);
    }
    bare($found, $_) for 'script', 'responder', 'piped log';
    for my $daemon (@{ $found->{'wsgi daemon'} // [] }) {
        ok($daemon->{slots}{bytes}, 'the wsgi daemon has a slot after its first line');
        next if !$isolated;
        cmp_ok($daemon->{slots}{bytes}, '<', $whole, 'and no more');
        unlike($daemon->{board}{permissions}, qr/w/, 'the board it cannot write');
    }
}

sub errors_with {
    my ($server, $pattern) = @_;
    return grep { $_->{message} =~ $pattern
        || ($_->{exception} && "$_->{exception}{type} $_->{exception}{message}" =~ $pattern) }
        map { $server->records($_) } qw(errors app);
}

# A thread cannot end in a ChrootDir without this library, which glibc loads only then.
sub thread_library {
    my (undef, $known) = run(tool('ldconfig') // 'true', '-p');
    return $known =~ /libgcc_s\.so\.1 .*=> (\S+)/ ? "LoadFile $1\n" : '';
}

# One row of the matrix: a server with these helpers in this mode.
sub row {
    my ($name, $helpers, %option) = @_;
    my @helpers = grep { $_ eq 'piped' || $has{$_} } @$helpers;
    my $server = T2M::Server->new(name => $name, modules => [grep { $_ ne 'piped' } @helpers], %option,
        with => { map { ($_ => 1) } @helpers }, conf => join('', map { $CONF{$_} } @helpers));
    $server->announce(qr/AH01215|End of script|wsgi:error|mod_fcgid|AH00170/);
    make_path($server->root . '/run/fcgid');
    my $owner = $option{as} // (server_user())[0];
    chown((getpwnam $owner)[2, 3], $server->root . '/run/fcgid') if $root_start;
    $server->start;
    subtest $name => sub { visit_all($server, $option{isolated}) };
}

sub visit_all {
    my ($server, $isolated) = @_;
    my ($with, $port) = ($server->{with}, $server->port);
    my %id;
    my $visit = sub {
        my ($what, $answer, $status) = @_;
        is($answer->{status}, $status // 200, "$what: answers");
        $id{$what} = header($answer, 'X-Request-ID') // '';
    };
    $visit->('page', get($port, '/index.html'));
    if ($with->{wsgi}) {
        my $answer = get($port, '/wsgi/x');
        $visit->('wsgi', $answer);
        like($answer->{body}, qr/^T2M_REQUEST_ID=\Q$id{wsgi}\E$/m, 'wsgi: the id is in the environment');
        $visit->('wsgi raises', get($port, '/wsgi/raise'), 500);
    }
    if ($with->{fcgid}) {
        my $answer = get($port, '/fcgi/respond.fcgi?complain');
        $visit->('fcgid', $answer);
        like($answer->{body}, qr/^T2M_REQUEST_ID=\Q$id{fcgid}\E$/m, 'fcgid: the id is in the environment');
    }
    if ($with->{http2}) {
        my $client = T2M::Http2->new($port);
        ok($client->get(1, '/index.html?h2')->wait_for('DATA', 1), 'HTTP/2: answers');
        $client->close;
    }
    if ($with->{cgi} || $with->{cgid}) {
        $visit->('script', get($port, '/cgi-bin/env.pl'));
        $visit->('script complains', post($port, '/cgi-bin/stderr.pl', 'a line from the script'));
        my $slow = T2M::Client->new($port);
        $slow->put("GET /cgi-bin/slow.pl?2 HTTP/1.1\r\nHost: a\r\n\r\n");
        wait_until(2, sub { grep { command_line($_) =~ /slow\.pl/ } descendants($server->pid) });
        check_memories(survey($server), $isolated);
        is($slow->read_answer(6)->{status}, 200, 'the script is left in peace');
        $slow->close;
    }
    else { check_memories(survey($server), $isolated) }
    ok($server->stop, 'the server stops');
    check_lines($server, \%id);
}

sub check_lines {
    my ($server, $id) = @_;
    my $with = $server->{with};
    for my $what (sort keys %$id) {
        my $found = $server->by_id($id->{$what});
        is(@{ $found->{access} }, 1, "$what: one access line");
        is(@{ $found->{performance} }, 1, "$what: one performance line");
    }
    ok((grep { ($_->{query} // '') eq 'h2' } $server->records('access')), 'HTTP/2: access line')
        if $with->{http2};
    ok(errors_with($server, qr/the model is not loaded/), 'lines of the wsgi daemon come through')
        if $with->{wsgi};
    ok(errors_with($server, qr/a line from the responder/), 'lines of the responder come through')
        if $with->{fcgid};
    if ($with->{cgi}) {
        my @said = errors_with($server, qr/a line from the script/);
        ok(@said, 'lines of the script come through');
        is($said[0]{request_id}, $id->{'script complains'}, 'with the id of the request');
    }
    my @processes = map { $_->{process} } $server->records('app');
    push @table, sprintf '%-22s lines of %d processes in app', $server->{name},
        scalar keys %{ { map { ($_ => 1) } @processes } };
}

my @all = ('cgi', 'wsgi', 'fcgid', 'piped', mpm() eq 'prefork' ? () : 'http2');
row(mpm(), \@all, isolated => $root_start);
row(mpm() . ' cgid', ['cgid', 'piped'], isolated => $root_start) if $has{cgid};
row(mpm() . ' -X', ['cgi', 'piped'], mode => 'single') if mpm() ne 'worker';
if ($root_start) {
    row(mpm() . ' ordinary user', ['cgi', 'piped'], as => (server_user())[0]);
    my $chroot = T2M::Server->new(name => mpm() . ' ChrootDir', with => {},
        conf => qq{ChrootDir "\@ROOT\@"\n} . thread_library());
    # Inside, the names that were configured outside must lead to the same files.
    make_path($chroot->root . dirname($chroot->root));
    symlink '/', $chroot->root . $chroot->root;
    $chroot->start;
    subtest $chroot->{name} => sub { visit_all($chroot, 1) };
}

diag($_) for '', @table;
finish();
