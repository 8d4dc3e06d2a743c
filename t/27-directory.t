#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The log directory and the settings of a running server: whose it is, that no second server takes
# it, that a restart with other files reaches the writer.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Client qw(get);
use T2M::Process qw(alive children role_of wait_until);
use T2M::Server;

my $ON = "T2MLog On\nT2MLogDir %s\n";

# Rewrites the configuration in place, as an administrator does before a graceful restart.
sub reconfigure {
    my ($server, $from, $to) = @_;
    my $path = $server->root . '/httpd.conf';
    open my $in, '<', $path or die "$path: $!";
    my $text = do { local $/; <$in> };
    close $in;
    $text =~ s/$from/$to/ or die "$from is not in $path";
    open my $out, '>', $path or die "$path: $!";
    print $out $text;
    close $out or die "$path: $!";
}

sub lines {
    my ($path) = @_;
    open my $in, '<', $path or return 0;
    my @lines = <$in>;
    return scalar @lines;
}

sub writer_of {
    my ($server) = @_;
    my ($supervise) = grep { role_of($_) eq 'supervise' } children($server->pid);
    my ($writer) = $supervise ? grep { role_of($_) eq 'writer' } children($supervise) : ();
    return $writer;
}

subtest 'a second server on the directory' => sub {
    my $first = T2M::Server->new(name => 'first')->start;
    get($first->port, '/index.html');
    my $directory = $first->log_dir;
    my $second = T2M::Server->new(name => 'second', t2mlog => sprintf $ON, $directory);
    $second->announce(qr/T2M0101|AH00020|AH00016/);
    $second->try_start; # its port may answer for a moment, before post_config
    ok(wait_until(5, sub { $second->ended }), 'does not start');
    like($second->error_log . $second->output,
        qr/T2M0101: another server writes its logs there; give each its own T2MLogDir: \Q$directory/,
        'and says why');
    ok($first->stop, 'the first stops');
    $second->start;
    get($second->port, '/index.html');
    ok($second->stop, 'then the second has it');
    is(scalar(lines("$directory/access.log")), 2, 'and goes on in its files');
    my @seq = map { $_->{seq} } $first->records('access');
    is_deeply(\@seq, [1, 2], 'with their numbers');
};

subtest 'other files after a graceful restart' => sub {
    my $server = T2M::Server->new(name => 'files',
        t2mlog => "T2MLog On\nT2MLogFile access access.log\n")->start;
    my $writer = wait_until(5, sub { writer_of($server) }) && writer_of($server);
    get($server->port, '/index.html');
    reconfigure($server, 'T2MLogFile access access.log', 'T2MLogFile access requests.log');
    ok($server->graceful, 'a new generation');
    ok(wait_until(5, sub {
        get($server->port, '/index.html');
        return lines($server->log_dir . '/requests.log');
    }), 'lines come in the new file');
    is(writer_of($server), $writer, 'of the same writer');
    is(lines($server->log_dir . '/access.log') >= 1, 1, 'the old one keeps its lines');
    ok($server->stop, 'the server stops');
};

subtest 'another directory after a graceful restart' => sub {
    my $server = T2M::Server->new(name => 'moved', t2mlog => sprintf $ON, 'logs/t2mlog')->start;
    get($server->port, '/index.html');
    reconfigure($server, 'T2MLogDir logs/t2mlog', 'T2MLogDir logs/elsewhere');
    ok($server->graceful, 'a new generation');
    my $moved = $server->root . '/logs/elsewhere/access.log';
    ok(wait_until(5, sub { get($server->port, '/index.html'); return lines($moved) }),
        'lines come in the new directory');
    is((stat $server->root . '/logs/elsewhere')[2] & 07777, 0750, 'which was made');
    ok($server->stop, 'the server stops');
};

subtest 'what is wrong at a restart ends no site' => sub {
    my $server = T2M::Server->new(name => 'drift', t2mlog => sprintf $ON, 'logs/t2mlog');
    $server->announce(qr{T2M001[02]|T2M0102|T2M0201})->start;
    get($server->port, '/index.html');
    $server->wait_for_lines('access', 1, 5);
    chmod 0770, $server->log_dir or die "chmod: $!";
    ok($server->graceful, 'a directory that others may write to: a new generation all the same');
    like($server->error_log, qr/T2M0010/, 'which says what is wrong');
    ok(get($server->port, '/index.html')->{status}, 'and serves');
    chmod 0750, $server->log_dir or die "chmod: $!";
    my $place = $server->root . '/logs/taken';
    open my $file, '>', $place or die "$place: $!";
    close $file;
    reconfigure($server, 'T2MLogDir logs/t2mlog', 'T2MLogDir logs/taken');
    my $before = lines($server->log_dir . '/access.log');
    ok($server->graceful, 'a directory that cannot be made: a new generation all the same');
    is(get($server->port, '/index.html?stays')->{status}, 200, 'and serves');
    ok(wait_until(5, sub { lines($server->log_dir . '/access.log') > $before }),
        'and logs where it did');
    unlink $place or die "$place: $!";
    ok($server->graceful, 'mended');
    get($server->port, '/index.html?there');
    ok(wait_until(8, sub { lines("$place/access.log") }), 'lines go there');
    ok($server->stop, 'the server stops');
};

subtest 'T2MLogUser' => sub {
    plan skip_all => 'only root can start a program as another user' if $>;
    my $name = getpwuid($>) && (getpwnam('www-data') ? 'www-data' : 'nobody');
    my $server = T2M::Server->new(name => 'user',
        t2mlog => "T2MLog On\nT2MLogUser $name\n")->start;
    get($server->port, '/index.html');
    ok($server->wait_for_lines('access', 1, 5), 'lines are written');
    my $uid = getpwnam $name;
    is((stat '/proc/' . writer_of($server))[4], $uid, 'by that user') if -d '/proc/self';
    is((stat $server->log_dir . '/access.log')[4], $uid, 'whose the files are');
    is((stat $server->log_dir)[4], $uid, 'and the directory');
    ok($server->stop, 'the server stops');
};

subtest 'a file that refuses until the end' => sub {
    my $server = T2M::Server->new(name => 'refuses')->start;
    $server->announce(qr/T2M0201/);
    get($server->port, '/index.html?first');
    ok($server->wait_for_lines('access', 1, 5), 'a line is written');
    my ($supervise) = grep { role_of($_) eq 'supervise' } children($server->pid);
    my $file = $server->log_dir . '/access.log';
    rename $file, "$file.kept" or die "rename: $!";
    symlink '/dev/null', $file or die "symlink: $!";
    sleep 1; # until it is noticed that the file was moved
    get($server->port, '/index.html?second');
    kill 'TERM', $server->pid;
    ok(wait_until(25, sub { !alive($supervise) }), 'it does not wait for ever when the server has ended');
    like($server->error_log, qr/T2M0201: .*symbolic link/, 'the writer says that it cannot write');
    like($server->error_log, qr/T2M0213: .*access\.log refuses .*: \d+ bytes/, 'and says what is lost');
    unlink $file;
    rename "$file.kept", $file or die "rename: $!";
    $server->stop;
};

subtest 'nothing on the disk' => sub {
    my $files = join '', map { "T2MLogFile $_ /dev/stdout\n" }
        qw(app errors access security performance);
    my $server = T2M::Server->new(name => 'container', mode => 'foreground',
        t2mlog => "T2MLog On\nT2MLogMinFree 1G\n$files")->start;
    get($server->port, '/index.html');
    ok(wait_until(5, sub { $server->output =~ /"stream":"access","seq":1\}/ }),
        'all streams on standard output');
    sleep 2; # by then free space is looked at, where there is a directory
    get($server->port, '/index.html?later');
    ok(wait_until(5, sub { $server->output =~ /"stream":"access","seq":2\}/ }),
        'and T2MLogMinFree, which has no file system to look at, takes none of it away');
    ok($server->stop, 'the server stops');
    ok(!-e $server->log_dir, 'no directory is made');
};

T2M::Server->finish;
