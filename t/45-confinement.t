#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# What the writer has given up, and that it does all of its work without it: rotation, packing,
# commands, new tokens, other directories, directories that were removed. What it can no longer do
# is asked from inside, by t/unit/writer/confine.c. Every subtest fails when t2m_confine is not
# called; those of tokens and directories when t2m_confine_outdated is not asked between two
# batches; that of Off when t2m_confine_covers is not.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::UNIX;
use Test::More;

use T2M::Admin qw(ask admin_conf admin_files token_lines $TOKEN);
use T2M::Client qw(get);
use T2M::Httpd qw(built run server_user);
use T2M::Process qw(descendants descriptors listening_descriptors role_of wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server;

# Sanitizers make system calls of their own: without a filter then.
my $SANITIZED = read_file(built('t2mlog')) =~ /__asan_init|__tsan_init/;
my $LANDLOCK = syscall(444, 0, 0, 1) > 0;

sub server { return T2M::Server->new(@_) }

sub writer_of {
    my ($server) = @_;
    return (grep { role_of($_) eq 'writer' } descendants($server->pid))[0];
}

# The writer once it has confined itself, which is before it makes its second thread.
sub confined {
    my ($server) = @_;
    return wait_until(10, sub {
        my $writer = writer_of($server) or return 0;
        my @threads = glob("/proc/$writer/task/*");
        return @threads > 1 ? $writer : 0;
    });
}

# Of each of its threads, for each thread has its own.
sub status {
    my ($pid) = @_;
    my %seen;
    for my $task (glob("/proc/$pid/task/*")) {
        my $text = read_file("$task/status");
        for my $field (qw(Uid CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp)) {
            $seen{$field}{$1} = 1 if $text =~ /^$field:\s+(\S+)/m;
        }
    }
    return { map { ($_ => join ' ', sort keys %{ $seen{$_} }) } keys %seen };
}

sub control {
    my ($server, $command) = @_;
    my $path = $server->log_dir . '/t2mlog.sock';
    my $socket = wait_until(5, sub { IO::Socket::UNIX->new($path) }) or return "no socket: $!";
    print {$socket} "$command\n";
    $socket->flush;
    local $/;
    return <$socket> // '';
}

# A request, and whether its line comes.
sub is_logged {
    my ($server, $path, $name) = @_;
    get($server->port, $path);
    my $uri = $path =~ s/\?.*//r;
    return ok($server->wait_for_lines('access', sub { grep { $_->{path} eq $uri } @_ }, 15), $name);
}

sub is_confined {
    my ($server, $name) = @_;
    my $writer = confined($server) or return fail("$name: a writer");
    my $now = status($writer);
    my $none = '0' x 16;
    is_deeply([@$now{qw(CapInh CapPrm CapEff CapAmb)}], [($none) x 4], "$name: no capabilities");
    is($now->{CapBnd}, $none, "$name: nor any to come") if $> == 0;
    is($now->{NoNewPrivs}, 1, "$name: no new privileges");
    is($now->{Seccomp}, $SANITIZED ? 0 : 2, "$name: system calls are filtered");
    like(read_file("/proc/$writer/limits"), qr/^Max core file size\s+0\s+0\s/m, "$name: no core");
    return $writer;
}

subtest 'as it was started' => sub {
    my $server = server(name => 'plain')->start;
    my $writer = is_confined($server, 'plain') or return;
    is(status($writer)->{Uid}, $>, 'it is who started httpd');
    is_deeply([listening_descriptors($writer)], [], 'it holds no listening socket');
    my $open = descriptors($writer);
    delete $open->{2}; # what it has to complain of goes to the classic log
    my $own = qr{^/dev/null$|^/memfd:t2mlog-|^pipe:|^socket:|^anon_inode:inotify|pidfd
        |/logs/t2mlog\b}x;
    is_deeply([grep { $_ !~ $own } values %$open], [], 'nor a file of httpd');
    is_logged($server, '/index.html', 'it writes');
    unlike($server->error_log, qr/T2M0219/, 'nothing is missing that would have to be told')
        if $LANDLOCK && !$SANITIZED;
    ok($server->stop, 'the server stops');
};

subtest 'T2MLogUser' => sub {
    plan skip_all => 'only root can become somebody' if $> != 0;
    my ($name) = grep { defined getpwnam $_ && $_ ne (server_user())[0] } qw(daemon nobody bin);
    plan skip_all => 'no other user here' if !$name;
    my $uid = getpwnam $name;
    my $server = server(name => 'user', conf => "T2MLogUser $name\n")->start;
    my $writer = is_confined($server, 'user') or return;
    is(status($writer)->{Uid}, $uid, "it is $name");
    is_logged($server, '/index.html', 'it writes');
    is_deeply([map { (stat $_)[4] } $server->log_dir, glob($server->log_dir . '/*.log')],
        [($uid) x (1 + (() = glob($server->log_dir . '/*.log')))],
        'directory and files are its own');
    is(control($server, 'rotate access'), "ok\n", 'it rotates');
    ok(-e $server->log_dir . '/access.log.1', 'the file is moved');
    kill 'KILL', $writer;
    ok(wait_until(10, sub { (writer_of($server) // 0) != $writer && confined($server) }),
        'killed, another comes');
    is_confined($server, 'the next');
    is_logged($server, '/small.txt', 'which writes on');
    ok($server->stop, 'the server stops');
};

subtest 'its work' => sub {
    my $server = server(name => 'work', conf => admin_conf() . <<'CONF', files => {admin_files()});
T2MLogRotate access size=64K compress=gzip keep=3
T2MLogRotate errors hourly local
CONF
    T2M::Admin::start($server);
    is_confined($server, 'work') or return;
    for my $round (1 .. 5) {
        is_logged($server, "/$round.html", "round $round");
        is(control($server, 'rotate all'), "ok\n", 'it rotates');
    }
    my $path = $server->log_dir . '/access.log';
    ok(wait_until(15, sub { -e "$path.2.gz" && -e "$path.3.gz" && !-e "$path.2" }), 'it packs');
    ok(wait_until(15, sub { !-e "$path.4" && !-e "$path.4.gz" }), 'it deletes');
    like(control($server, 'status'), qr/^ok\n\{"writer_pid":\d+/, 'it answers');
    local $ENV{T2MLOG_DIR} = $server->log_dir;
    my ($code, $output) = run(built('t2mlog'), 'tail', '-n', '1', 'access');
    is($code, 0, 'the command line reads') or diag $output;
    my ($audit) = grep { ($_->{endpoint} // '') eq 't2mlog' } $server->records('security');
    is($audit->{user}, scalar getpwuid($>), 'which is recorded, with the name of who did');
    my $before = confined($server);
    write_file($server->root . '/new.tokens', token_lines(other => "x$TOKEN"), 0600);
    rename $server->root . '/new.tokens', $server->root . '/admin.tokens';
    my @other = ('/health', 'X-Admin-Token' => "x$TOKEN");
    ok(wait_until(15, sub { ask($server, @other)->{status} == 200 }),
        'a token file that takes the place of the old one counts');
    isnt(ask($server, '/health')->{status}, 200, 'and the old one does not');
    isnt(confined($server), $before, 'read by a writer that may') if $LANDLOCK;
    is_confined($server, 'the next');
    is_logged($server, '/after.html', 'which writes on');
    ok($server->stop, 'the server stops');
    unlike($server->error_log, qr/T2M02(?:01|06|07|08)/, 'nothing was complained of');
};

subtest 'directories that change' => sub {
    my $server = server(name => 'directories')->start;
    my $first = is_confined($server, 'first') or return;
    is_logged($server, '/first.html', 'a line');
    my $dir = $server->log_dir;
    rename $dir, "$dir.old" or die "rename: $!";
    mkdir $dir, 0750 or die "mkdir: $!";
    ok(wait_until(15, sub { -e "$dir/access.log" && -S "$dir/t2mlog.sock" }),
        'a directory that was moved away and made again is written to');
    is_logged($server, '/second.html', 'a line of its own');
    isnt(is_confined($server, 'second'), $first, 'by another writer') if $LANDLOCK;
    system('rm', '-rf', $dir);
    my $writer = confined($server);
    my $removed = qr{/access\.log \(deleted\)$};
    ok(wait_until(15, sub { !grep { $_ =~ $removed } values %{ descriptors($writer) } }),
        'a removed file is closed');
    get($server->port, '/gone.html');
    mkdir $dir, 0750 or die "mkdir: $!";
    is_logged($server, '/third.html', 'removed and made again');
    is(scalar(grep { $_->{path} eq '/gone.html' } $server->records('access')), 1,
        'and what came in between is there');
    $server->announce(qr/T2M0201|T2M0202/); # it could not be written meanwhile
    mkdir $server->root . '/elsewhere', 0750;
    $server->{conf} = qq(T2MLogFile performance "$server->{root}/elsewhere/performance.log"\n);
    $server->write_configuration;
    ok($server->graceful, 'a graceful restart with a file elsewhere');
    ok(wait_until(15, sub { -e $server->root . '/elsewhere/performance.log' }), 'it is made');
    is_confined($server, 'elsewhere');
    is_logged($server, '/fourth.html', 'and the others go on');
    ok($server->stop, 'the server stops');
    rename "$dir.old/access.log", $server->root . '/first.log';
    system('rm', '-rf', "$dir.old");
};

subtest 'T2MLogConfine Off' => sub {
    my $server = server(name => 'off', conf => "T2MLogConfine Off\n")->start;
    my $writer = confined($server) or return fail('a writer');
    my $now = status($writer);
    is_deeply([@$now{qw(NoNewPrivs Seccomp)}], [0, 0], 'nothing is given up');
    isnt($now->{CapEff}, '0' x 16, 'no capability') if $> == 0;
    is_logged($server, '/index.html', 'it writes');
    $server->{conf} = "T2MLogConfine On\n";
    $server->write_configuration;
    ok($server->graceful, 'a graceful restart with On');
    ok(wait_until(15, sub { my $next = confined($server); $next && $next != $writer }),
        'brings another writer');
    is_confined($server, 'on');
    is_logged($server, '/small.txt', 'which writes on');
    ok($server->stop, 'the server stops');
};

subtest 'what has to be kept' => sub {
    plan skip_all => 'only root has capabilities' if $> != 0;
    my ($name, undef, $uid) = server_user();
    my $server = server(name => 'kept');
    mkdir $server->root . '/home', 0711;
    mkdir $server->root . '/home/logs', 0750;
    chown $uid, -1, $server->root . '/home';
    chmod 0700, $server->root . '/home';
    $server->{log_dir} = $server->root . '/home/logs';
    $server->{conf} = qq(T2MLogDir "$server->{root}/home/logs"\n);
    $server->start;
    my $writer = confined($server) or return fail('a writer');
    is(status($writer)->{CapEff}, '0000000000000004', 'CAP_DAC_READ_SEARCH, to get there');
    is_logged($server, '/index.html', 'it writes');
    ok($server->stop, 'the server stops');
    like($server->error_log, qr/:warn\].*T2M0219: .*CAP_DAC_READ_SEARCH/, 'which is told');
    chown 0, -1, $server->root . '/home';
};

T2M::Server->finish;
