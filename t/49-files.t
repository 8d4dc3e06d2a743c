#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Log files in the hands of others: deleted, moved, cut short, replaced by a link, a pipe, a
# directory, somebody else's file; in a directory full of strange names; on a disk that is full,
# read-only, or under a limit. At most what was destroyed is lost, nothing foreign is touched, the
# administrator is told, the other streams go on, and when all is well again every line is there.
#
# Shown to fail: with O_NOFOLLOW, the check of st_nlink or that of the owner taken out of
# modules/writer/sink.c, with the spill never written (drain_refusal.c).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fcntl qw(S_IMODE);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use T2M::Client qw(get);
use T2M::Httpd qw(run tool);
use T2M::Load;
use T2M::Process qw(descendants role_of wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server;

my $SECONDS = 2; # within which a file is open again

# A server whose access.log has a directory of its own.
sub server {
    my ($name, $conf) = @_;
    my $server = T2M::Server->new(name => $name,
        conf => qq(T2MLogFile access "\@ROOT\@/own/access.log"\nT2MLogMinFree 0\n) . ($conf // ''));
    mkdir $server->root . '/own', 0750;
    return $server;
}

sub own { my ($server, $file) = @_; return $server->root . '/own' . ($file ? "/$file" : '') }

# One request; remembered when it was answered.
sub ask {
    my ($server, @headers) = @_;
    my $token = '0-' . ++$server->{asked};
    my $answer = get($server->port, "/index.html?n=$token", @headers);
    $server->{answered}{$token} = 1 if ($answer->{status} // 0) == 200;
    return $token;
}

sub holds { my ($path, $token) = @_; return index(read_file($path), "n=$token\"") >= 0 }

sub arrives {
    my ($path, $token, $seconds) = @_;
    return wait_until($seconds // $SECONDS, sub { holds($path, $token) });
}

# The performance stream has no query: its lines are counted.
sub others_go_on {
    my ($server, $what) = @_;
    my $path = $server->log_dir . '/performance.log';
    my $before = T2M::Log::count_lines($path);
    ask($server) for 1 .. 3;
    ok(wait_until($SECONDS, sub { T2M::Log::count_lines($path) >= $before + 3 }),
        "$what: the other streams go on");
}

# Lines of these files in this order: no request without one or with two, each number a line or in
# a gap. Returns the records.
sub is_whole {
    my ($server, $what, $answered, @files) = @_;
    my $joined = $server->root . "/joined-$what";
    $joined =~ tr/ /-/;
    write_file($joined, join '', map { read_file($_) } @files);
    my $log = T2M::Log->new($joined);
    my @records = $log->records;
    my ($lost, $doubled) = T2M::Load::compare($answered, @records);
    is_deeply([@$lost, @$doubled], [], "$what: nothing is lost or doubled");
    is_deeply([$log->problems], [], "$what: the lines are whole and numbered through");
    return @records;
}

# The chain of a file, from the oldest on.
sub chain {
    my ($path) = @_;
    my @numbers = sort { $b <=> $a } map { /\.([1-9]\d{0,5})\z/ && -f ? $1 : () } glob("$path.*");
    return ((map { "$path.$_" } @numbers), $path);
}

# The parent passes on what is left when the server stops: ask after that.
sub complained {
    my ($server, $what, $pattern) = @_;
    like($server->error_log, $pattern, "$what: the administrator is told");
}

# ---- taken away ----------------------------------------------------------------------------------

subtest 'rm, mv, rm -rf' => sub {
    my $server = server('taken')->start;
    my $path = own($server, 'access.log');
    ok(arrives($path, ask($server)), 'a line');
    unlink $path;
    ok(wait_until($SECONDS, sub { -e $path }), 'rm: a new file in time');
    my $first = ask($server);
    ok(arrives($path, $first), 'with the next line');
    is((T2M::Log->new($path)->records)[0]{seq}, 2, 'whose number goes on');
    rename $path, "$path.moved";
    ok(wait_until($SECONDS, sub { -e $path }), 'mv: a new file in time');
    ok(arrives($path, ask($server)), 'with the next line');
    my $load = T2M::Load->start($server->port, path => '/index.html', clients => 2);
    rename own($server), own($server) . '.gone';
    sleep 0.6;
    others_go_on($server, 'no directory');
    mkdir own($server), 0750;
    ok(wait_until($SECONDS, sub { -s $path }), 'rm -rf: a new file when there is a directory');
    my ($answered) = $load->stop;
    delete $server->{answered}{'0-1'}; # went with the file that was deleted
    $server->announce(qr/T2M0201/);
    ok($server->stop, 'the server stops');
    complained($server, 'no directory', qr/T2M0201.*access\.log.*directory/);
    my $gone = own($server) . '.gone';
    is_whole($server, 'taken', { %$answered, %{ $server->{answered} } },
        "$gone/access.log.moved", "$gone/access.log", $path);
};

# What copytruncate loses is what comes between the copy and the cut: each missing number is one of
# those, and no line is torn or behind a hole.
subtest 'copytruncate and > file' => sub {
    my $server = server('cut')->start;
    my $path = own($server, 'access.log');
    my $load = T2M::Load->start($server->port, path => '/index.html', clients => 2);
    my @copies;
    for my $round (1 .. 3) {
        wait_until(5, sub { -s $path && -s $path > 20000 });
        write_file("$path.copy$round", read_file($path)); # its last line may be torn by the copy
        truncate $path, 0;
        push @copies, "$path.copy$round";
    }
    wait_until(5, sub { -s $path && -s $path > 20000 });
    my ($answered) = $load->stop;
    ok($server->stop, 'the server stops');
    my @problems = grep { !/are missing|stands after/ } T2M::Log->new($path)->problems;
    is_deeply(\@problems, [], 'what is written after the cut is whole');
    my %seen = map { ($_->{seq} => 1) } map { T2M::Log->new($_, growing => 1)->records }
        @copies, $path;
    my ($highest) = sort { $b <=> $a } keys %seen;
    my $missing = grep { !$seen{$_} } 1 .. $highest;
    cmp_ok($missing, '<', $highest / 4, "at most what was cut: $missing of $highest lines");
    is((T2M::Log->new($path)->records)[-1]{seq}, $highest, 'the numbers go on');
};

# ---- replaced ------------------------------------------------------------------------------------

# Puts something in the live file's place at once; the file keeps the name access.log.kept-KIND.
sub replace {
    my ($server, $kind, $make) = @_;
    my ($path, $new) = (own($server, 'access.log'), own($server, 'new'));
    link $path, own($server, "kept-$kind") or die "link: $!";
    $make->($new);
    if (-d $new && !-l $new) {
        unlink $path;
    }
    rename $new, $path or die "rename: $!";
}

my %target = map { ($_ => "not ours: $_\n") } qw(symlink hardlink owner);

my @kinds = (
    [symlink => 'symbolic link', sub { symlink $_[1], $_[0] }],
    [fifo => 'regular file', sub { POSIX::mkfifo($_[0], 0600) }],
    [hardlink => 'second name', sub { link $_[1], $_[0] }],
    [directory => 'directory', sub { mkdir $_[0], 0700 }],
    [owner => 'another user', sub { write_file($_[0], $target{owner}, 0666); chown 12345, 12345, $_[0] }],
);

subtest 'replaced' => sub {
    my $server = server('replaced')->start;
    my $path = own($server, 'access.log');
    $server->announce(qr/T2M0201/);
    my @kept;
    for my $one (grep { $_->[0] ne 'owner' || $> == 0 } @kinds) {
        my ($kind, $why, $make) = @$one;
        my $foreign = own($server, "foreign-$kind");
        write_file($foreign, $target{$kind} // '', 0666);
        ok(arrives($path, ask($server)), "$kind: a line before");
        replace($server, $kind, sub { $make->($_[0], $foreign) });
        push @kept, own($server, "kept-$kind");
        sleep 0.6;
        others_go_on($server, $kind);
        my $waiting = ask($server);
        is(read_file($foreign), $target{$kind} // '', "$kind: not a byte is written there");
        is(read_file($path), $target{owner}, 'owner: nor there') if $kind eq 'owner';
        -d $path && !-l $path ? rmdir $path : unlink $path;
        ok(arrives($path, $waiting), "$kind: when it is gone, what waited is written");
    }
    ok($server->stop, 'the server stops');
    complained($server, $_->[0], qr/T2M0201.*access\.log.*\Q$_->[1]\E/)
        for grep { $_->[0] ne 'owner' || $> == 0 } @kinds;
    is_whole($server, 'replaced', $server->{answered}, @kept, $path);
};

# ---- strange names -------------------------------------------------------------------------------

# Everything in the directory but the chain itself: name, kind, mode and content.
sub strangers {
    my ($directory) = @_;
    opendir(my $handle, $directory) or die $!;
    return { map {
        my @status = lstat "$directory/$_";
        ($_ => join ' ', -l _ ? 'link' : -d _ ? 'directory' : -f _ ? read_file("$directory/$_") : 'other',
            S_IMODE($status[2]))
    } grep { !/^access\.log(?:\.\d+)?\z/ || /\.(?:[34]|777)\z/ } grep { !/^\.\.?$/ } readdir $handle };
}

subtest 'a directory full of strange names' => sub {
    my $server = server('strange', "T2MLogRotate access size=64K keep=20\nT2MLogFile performance off\n");
    my $directory = own($server);
    my @names = ('access.log.1.bak', 'access.log.2~', 'access.log.02', "access.log.5\n",
        "access.log.\n6", 'access.log.7.gz.old', 'access.log.+8', 'access.log.1000000', 'access.log.0',
        'access.log. 9', 'xaccess.log.1', 'access.log.4294967297', (map { "file$_" } 1 .. 10000));
    write_file("$directory/$_", "of $_", 0640) for @names;
    mkdir "$directory/access.log.3";
    write_file("$directory/access.log.4", 'unreadable', 0);
    symlink 'file1', "$directory/access.log.777";
    my $before = strangers($directory);
    $server->start;
    my $load = T2M::Load->start($server->port, path => '/index.html', clients => 4);
    ok(wait_until(15, sub { -e "$directory/access.log.7" }), 'it rotates');
    my ($answered) = $load->stop;
    ok($server->stop, 'the server stops');
    chmod 0, "$directory/access.log.4";
    is_deeply(strangers($directory), $before, scalar(keys %$before) . ' of them are as they were');
    my @chain = grep { !/\.(?:[34]|777)$/ } chain("$directory/access.log");
    is_whole($server, 'strange', $answered, @chain);
    unlink glob("$directory/file*");
};

# ---- disks ---------------------------------------------------------------------------------------

# Mounts over the directory. Returns false when that is not possible here.
sub mounted {
    my ($server, @how) = @_;
    my ($code, $output) = run('mount', @how, own($server));
    diag $output if $code;
    push @{ $server->{mounts} }, own($server) if !$code;
    return !$code;
}

sub unmount_all {
    my ($server) = @_;
    run('umount', '-l', $_) for @{ delete $server->{mounts} // [] };
}

# The file refuses for a while: what was asked meanwhile waits and comes when it is mended.
sub refuses {
    my ($server, $what, $break, $mend) = @_;
    my $path = own($server, 'access.log');
    ok(arrives($path, ask($server)), "$what: a line before");
    my $size = -s $path;
    my $before = substr(read_file($path), 0, $size);
    $break->();
    my $waiting = ask($server);
    others_go_on($server, $what);
    sleep 0.2;
    ok(!holds($path, $waiting), "$what: it refuses");
    $mend->();
    ok(arrives($path, $waiting, 5), "$what: in at most five seconds it is written");
    is(substr(read_file($path), 0, $size), $before, "$what: nothing that was there is gone");
}

sub fill_up {
    my ($server) = @_;
    my $filler = own($server, 'filler');
    open(my $handle, '>>', $filler) or die $!;
    my ($left, $chunk) = (1 << 24, 'x' x 4096);
    while ($left > 0 && (my $got = syswrite $handle, $chunk)) { $left -= $got }
    close $handle;
}

# Fills the room behind the live file's end too, so that not even one more line fits.
sub fill_last_page {
    my ($server) = @_;
    my $path = own($server, 'access.log');
    for (1 .. 400) {
        last if !holds($path, ask($server)) && !arrives($path, "0-$server->{asked}", 0.1);
    }
}

sub writer_of { return (grep { role_of($_) eq 'writer' } descendants($_[0]->pid))[0] }

subtest 'disks that refuse' => sub {
    plan skip_all => 'only root may mount' if $> != 0;
    my $server = server('disk');
    my $path = own($server, 'access.log');
    plan skip_all => 'no tmpfs here'
        if !mounted($server, '-t', 'tmpfs', '-o', 'size=256K,mode=0750', 'tmpfs');
    $server->announce(qr/T2M0201/)->start;
    eval {
        refuses($server, 'full', sub { fill_up($server); fill_last_page($server) },
            sub { unlink own($server, 'filler') });
        refuses_by_kernel($server, $path);
        1;
    } or fail("died: $@");
    ok($server->stop, 'the server stops');
    complained($server, 'disk', qr/T2M0201.*access\.log.*No space left/);
    is_whole($server, 'disk', $server->{answered}, $path);
    unmount_all($server);
};

sub refuses_by_kernel {
    my ($server, $path) = @_;
    if (tool('prlimit')) {
        refuses($server, 'EFBIG', sub {
            run('prlimit', '--pid', writer_of($server), '--fsize=' . (-s $path) . ':unlimited');
        }, sub { run('prlimit', '--pid', writer_of($server), '--fsize=unlimited:unlimited') });
    }
    # A read-only file system in its place, as after an error: nothing can be made there.
    mounted($server, '-t', 'tmpfs', '-o', 'ro,size=64K', 'tmpfs') or return;
    sleep 0.6;
    my $waiting = ask($server);
    others_go_on($server, 'EROFS');
    run('umount', '-l', pop @{ $server->{mounts} });
    ok(arrives($path, $waiting, 5), 'EROFS: in at most five seconds it is written');
}

subtest 'a file system on a loop device' => sub {
    plan skip_all => 'only root may mount' if $> != 0;
    plan skip_all => 'no mkfs.ext4 or chattr here' if !tool('mkfs.ext4') || !tool('chattr');
    my $server = server('loop', "T2MLogRotate access size=64K keep=9\n");
    my ($path, $image) = (own($server, 'access.log'), $server->root . '/image');
    write_file($image, '');
    truncate $image, 8 << 20;
    my ($code, $output) = run('mkfs.ext4', '-q', '-m', '0', $image);
    plan skip_all => "no ext4 here: $output" if $code;
    plan skip_all => 'no loop device here' if !mounted($server, '-o', 'loop', $image);
    chmod 0750, own($server);
    $server->announce(qr/T2M0201|T2M0206/)->start;
    eval {
        refuses($server, 'full', sub { fill_up($server); fill_last_page($server) },
            sub { unlink own($server, 'filler') });
        refuses($server, 'immutable', sub { run('chattr', '+i', $path) },
            sub { run('chattr', '-i', $path) });
        append_only($server, $path);
        1;
    } or fail("died: $@");
    ok($server->stop, 'the server stops');
    complained($server, 'append-only', qr/T2M0206.*access\.log/);
    is_whole($server, 'loop', $server->{answered}, chain($path));
    unmount_all($server);
};

# An append-only file takes lines; it cannot be renamed, so that it grows over its limit.
sub append_only {
    my ($server, $path) = @_;
    run('chattr', '+a', $path);
    my $last;
    for (1 .. 60) { $last = ask($server, 'User-Agent' => 'x' x 2000) }
    ok(arrives($path, $last), 'append-only: lines are written');
    cmp_ok(-s $path, '>', 65536, 'append-only: also over the limit');
    run('chattr', '-a', $path);
}

# More than a spill holds: what found no place is named by a gap, exactly.
subtest 'more than can wait' => sub {
    my $server = server('gap')->start;
    my $path = own($server, 'access.log');
    $server->announce(qr/T2M0201|T2M0217/);
    ok(arrives($path, ask($server)), 'a line before');
    replace($server, 'directory', sub { mkdir $_[0], 0700 });
    sleep 0.6;
    my $client = T2M::Client->new($server->port);
    my ($sent, $headers) = (0, "Host: test.example\r\nUser-Agent: " . 'y' x 6000);
    for (1 .. 1000) {
        $client->put("GET /index.html?n=7-$_ HTTP/1.1\r\n$headers\r\n\r\n");
        my $answer = $client->read_answer(5);
        $sent++ if ($answer->{status} // 0) == 200;
        $client = T2M::Client->new($server->port)
            if grep { /close/i } T2M::Client::header($answer, 'Connection');
    }
    is($sent, 1000, 'every request is answered meanwhile');
    others_go_on($server, 'a full spill');
    rmdir $path;
    ok(wait_until(5, sub { arrives($path, ask($server), 0.2) }),
        'mended: in at most five seconds lines come');
    ok($server->stop, 'the server stops');
    my $kept = own($server, 'kept-directory');
    my $log = T2M::Log->new($path);
    my @records = $log->records;
    is_deeply([$log->problems], [], 'each number is a line or named by a gap');
    my @gaps = grep { $_->{message} eq 'gap' } @records;
    my $missing = 0;
    $missing += $_->{count} for @gaps;
    my $asked = $sent + keys %{ $server->{answered} };
    cmp_ok($missing, '>', 0, "something found no place: $missing of $asked");
    is($missing + @records - @gaps + T2M::Log::count_lines($kept), $asked,
        'the gap has exactly what is missing');
    cmp_ok(-s $path, '>', 3 << 20, 'what could wait has waited');
};

finish();
