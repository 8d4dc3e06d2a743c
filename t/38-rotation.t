#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Rotation and retention of a running server: by size and by the clock, by somebody else's mv and
# logrotate, packed, over its limits, on a disk that fills up, with the writer killed meanwhile.
# Every request has its line, every number is a line or is named by a gap, over all files.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::UNIX;
use Test::More;
use Time::HiRes qw(sleep time);

use T2M::Client qw(get);
use T2M::Httpd qw(run tool);
use T2M::Load;
use T2M::Log qw(count_lines);
use T2M::Process qw(children descendants role_of wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server;

my @FAKETIME = grep { -e } map { "$_/faketime/libfaketimeMT.so.1" }
    glob('/usr/lib/*'), '/usr/lib', '/usr/lib64';

# Without the stream of which nothing is asked here, where there are many lines.
my $FEW = "T2MLogFile performance off\n";

sub server { return T2M::Server->new(@_) }

sub writer_of {
    my ($server) = @_;
    return (grep { role_of($_) eq 'writer' } descendants($server->pid))[0];
}

# One command to the writer; its answer.
sub control {
    my ($server, $command) = @_;
    my $path = $server->log_dir . '/t2mlog.sock';
    my $socket = wait_until(5, sub { IO::Socket::UNIX->new($path) }) or return "no socket: $!";
    print {$socket} "$command\n";
    $socket->flush;
    local $/;
    return <$socket> // '';
}

# The numbers of the rotated files of a name, without regard to how they are packed.
sub numbers {
    my ($server, $file) = @_;
    my %seen = map { /\.(\d+)(?:\.gz|\.zst)?$/ ? ($1 => 1) : () }
        glob($server->log_dir . "/$file.*");
    return sort { $a <=> $b } keys %seen;
}

# The text of a file as it was before it was packed.
sub content {
    my ($path) = @_;
    return read_file($path) if -e $path;
    return (run('gzip', '-dc', "$path.gz"))[1] if -e "$path.gz";
    return (run('zstd', '-dcq', "$path.zst"))[1];
}

# All lines of a stream, from the oldest file to the live one.
sub all_lines {
    my ($server, $file) = @_;
    my $path = $server->log_dir . "/$file";
    return map { split /\n/, content($_) }
        (map { "$path.$_" } reverse numbers($server, $file)), $path;
}

# Writes all lines into one file, which is then held to what every file promises.
sub joined {
    my ($server, $file) = @_;
    my $path = $server->root . "/joined-$file";
    write_file($path, join '', map { "$_\n" } all_lines($server, $file));
    return T2M::Log->new($path);
}

# Every answered request has one line; the numbers begin with 1 and go on; no number of a file is
# missing.
sub is_whole {
    my ($server, $what, $answered) = @_;
    my $log = joined($server, 'access.log');
    my @records = $log->records;
    my ($lost, $doubled) = T2M::Load::compare($answered, @records);
    is_deeply($lost, [], "$what: nothing is lost");
    is_deeply($doubled, [], "$what: nothing is doubled");
    is_deeply([$log->problems], [], "$what: the lines are well formed and numbered through");
    is($records[0]{seq}, 1, "$what: from the first one on");
    my @numbers = numbers($server, 'access.log');
    is_deeply(\@numbers, [1 .. @numbers], "$what: the files are numbered through");
    return scalar @records;
}

# ---- by size -------------------------------------------------------------------------------------

subtest 'by size, under load' => sub {
    my $server = server(name => 'size', conf => "${FEW}T2MLogRotate access size=64K keep=500\n");
    $server->start;
    my $load = T2M::Load->start($server->port, path => '/index.html', clients => 6);
    ok(wait_until(15, sub { -e $server->log_dir . '/access.log.8' }), 'it rotates');
    my ($answered, $other) = $load->stop;
    ok($server->stop, 'the server stops');
    my $lines = is_whole($server, 'size', $answered);
    # The clients were told to end in the middle of their last one.
    cmp_ok($lines - keys %$answered, '<=', keys %$other, 'as many lines as requests');
    my ($large, $small) = (0, 0);
    for my $file (glob($server->log_dir . '/access.log.*')) {
        my @lines = split /\n/, read_file($file);
        $large++ if -s $file > 65536 + length $lines[-1];
        $small++ if -s $file < 65536;
    }
    is($large, 0, 'no file is over its limit by more than a record');
    is($small, 0, 'none is moved before it has reached it');
    $server->start;
    is(control($server, 'rotate access'), "ok\n", 'rotated by hand');
    ok($server->stop, 'the server stops');
    my $before = () = all_lines($server, 'access.log');
    $server->start;
    get($server->port, '/index.html?n=9-9');
    ok($server->stop, 'the server stops');
    is((joined($server, 'access.log')->records)[-1]{seq}, $before + 1,
        'numbers go on when a server starts with an empty file');
};

subtest 'the writer is killed while it rotates' => sub {
    my $server = server(name => 'killed', conf => "${FEW}T2MLogRotate access size=64K keep=500\n"
        . "T2MLogBuffer 4M\n")->start;
    my $load = T2M::Load->start($server->port, path => '/index.html', clients => 2);
    my $kills = 0;
    my $end = time + 5;
    while (time < $end) {
        my $writer = writer_of($server);
        my $socket = $writer
            && IO::Socket::UNIX->new($server->log_dir . '/t2mlog.sock');
        if ($socket) { print {$socket} "rotate access\n"; $socket->flush }
        sleep rand 0.03;
        $kills += kill 'KILL', $writer if $writer;
        sleep 0.08;
    }
    my ($answered) = $load->stop;
    ok($server->stop, 'the server stops');
    my $lines = is_whole($server, 'killed', $answered);
    cmp_ok($kills, '>=', 5, 'there were kills');
    my @files = numbers($server, 'access.log');
    cmp_ok(scalar @files, '>', 8, 'and rotations');
    note "$kills kills, " . @files . " files, $lines lines, " . keys(%$answered) . ' answered';
};

# ---- what goes -----------------------------------------------------------------------------------

sub put {
    my ($server, $name, $size, $age) = @_;
    my $path = $server->log_dir . "/$name";
    write_file($path, 'x' x $size, 0640);
    utime(time - $age, time - $age, $path) if defined $age;
}

sub there {
    my ($server, @names) = @_;
    return [grep { -e $server->log_dir . "/$_" || -l $server->log_dir . "/$_" } @names];
}

subtest 'keep, age and foreign files' => sub {
    my $server = server(name => 'retention', conf => <<'CONF')->start;
T2MLogRotate access size=64K keep=5
T2MLogRotate performance hourly age=1d
CONF
    get($server->port, '/index.html?n=1-1');
    ok($server->stop, 'the server stops');
    my $dir = $server->log_dir;
    put($server, "access.log.$_", 10) for 1 .. 9;
    put($server, "performance.log.$_", 10, $_ * 40000) for 1 .. 5;
    my @foreign = qw(access.log.10.bak access.log.011 access.log.12~ access.log.1.gz.old
        xaccess.log.13 access.log.77 performance.log.9);
    put($server, $_, 10, 9e6) for grep { !/77|\.9$/ } @foreign;
    mkdir "$dir/access.log.77";
    symlink('/etc/hostname', "$dir/performance.log.9");
    $server->start;
    get($server->port, '/index.html?n=1-2');
    is(control($server, 'rotate access'), "ok\n", 'rotate');
    ok(wait_until(10, sub { !-e "$dir/access.log.6" && !-e "$dir/performance.log.3" }),
        'what is too much and too old goes');
    sleep 0.5;
    is_deeply([grep { $_ < 70 && !/^0/ } numbers($server, 'access.log')], [1 .. 5], 'keep=5');
    is_deeply([grep { $_ < 9 } numbers($server, 'performance.log')], [1, 2], 'age=1d');
    is_deeply(there($server, @foreign), \@foreign, 'foreign files stay');
    ok($server->stop, 'the server stops');
    rmdir "$dir/access.log.77";
    unlink "$dir/performance.log.9";
};

subtest 'T2MLogMaxTotal' => sub {
    my $server = server(name => 'total')->start;
    get($server->port, '/index.html?n=1-1');
    ok($server->stop, 'the server stops');
    for my $file (qw(performance.log access.log errors.log)) {
        put($server, "$file.$_", 40000) for 1 .. 3;
    }
    $server->{conf} = "T2MLogMaxTotal 250K\n";
    $server->start;
    ok(wait_until(5, sub { !-e $server->log_dir . '/performance.log.1' }),
        'performance goes first');
    sleep 0.3;
    is_deeply([numbers($server, 'access.log')], [1 .. 3], 'then it is enough');
    ok($server->stop, 'the server stops');
    $server->{conf} = "T2MLogMaxTotal 170K\n";
    $server->start;
    ok(wait_until(5, sub { !-e $server->log_dir . '/access.log.2' }), 'access goes next');
    sleep 0.3;
    is_deeply([numbers($server, 'access.log')], [1], 'the oldest of it');
    is_deeply([numbers($server, 'errors.log')], [1 .. 3], 'errors stay');
    like($server->error_log, qr/T2M0209/, 'which is said');
};

for my $packer (['gzip', 'gz'], ['zstd', 'zst']) {
    my ($name, $suffix) = @$packer;
    subtest "compress=$name" => sub {
        plan skip_all => "no $name here" if !tool($name);
        my $server = server(name => $name, conf => "T2MLogRotate access size=64K compress=$name\n");
        my ($code, $output) = $server->configtest;
        plan skip_all => "built without $name" if $code && $output =~ /zstd/;
        $server->start;
        my %answered;
        for my $round (1 .. 4) {
            for (1 .. 5) {
                get($server->port, "/index.html?n=$round-$_");
                $answered{"$round-$_"} = 1;
            }
            $server->wait_for_lines('access', 5);
            is(control($server, 'rotate access'), "ok\n", 'rotate');
        }
        my $path = $server->log_dir . '/access.log';
        ok(wait_until(15, sub { 3 == grep { -e "$path.$_.$suffix" && !-e "$path.$_" } 2 .. 4 }),
            'from .2 on they are packed') or diag join ' ', glob("$path*");
        ok(-e "$path.1", '.1 stays as it is');
        is_deeply([glob("$path*tmp")], [], 'nothing half done is left');
        ok($server->stop, 'the server stops');
        is(is_whole($server, $name, \%answered), 20, 'every line can be read');
    };
}

# ---- moved by others -----------------------------------------------------------------------------

# The records of several files.
sub records_of { return map { T2M::Log->new($_)->records } @_ }

subtest 'mv' => sub {
    my $server = server(name => 'mv', conf => $FEW)->start;
    my $path = $server->log_dir . '/access.log';
    my $load = T2M::Load->start($server->port, path => '/index.html', clients => 2);
    my @moved;
    for my $round (1 .. 3) {
        wait_until(5, sub { -s $path });
        rename $path, "$path.backup$round";
        my $before = time;
        ok(wait_until(5, sub { -e $path }), "round $round: a new file");
        cmp_ok(time - $before, '<', 1, "round $round: within a second");
        push @moved, "$path.backup$round";
    }
    my ($answered) = $load->stop;
    ok($server->stop, 'the server stops');
    my @records = records_of(@moved, $path);
    my ($lost, $doubled) = T2M::Load::compare($answered, @records);
    is_deeply([@$lost, @$doubled], [], 'nothing is lost or doubled');
    is_deeply([map { $_->{seq} } @records], [1 .. @records], 'the numbers go on');
};

subtest 'logrotate' => sub {
    my $logrotate = tool('logrotate');
    plan skip_all => 'no logrotate here' if !$logrotate;
    plan skip_all => 'logrotate wants to be root' if $> != 0;
    my $server = server(name => 'logrotate', conf => $FEW)->start;
    my $path = $server->log_dir . '/access.log';
    my $conf = $server->root . '/logrotate.conf';
    write_file($conf, "\"$path\" {\n rotate 9\n create 0640 root root\n nocompress\n}\n", 0644);
    my $load = T2M::Load->start($server->port, path => '/index.html', clients => 2);
    for (1 .. 3) {
        wait_until(5, sub { -s $path });
        my ($code, $output) = run($logrotate, '-f', '-s', $server->root . '/state', $conf);
        is($code, 0, 'logrotate') or diag $output;
        ok(wait_until(1, sub { -s $path }), 'within a second lines come into the new file');
    }
    my ($answered) = $load->stop;
    ok($server->stop, 'the server stops');
    is_whole($server, 'logrotate', $answered);
};

# ---- by the clock --------------------------------------------------------------------------------

# Sets the clock of the whole server to that moment; it goes on from there. A writer that is
# confined could not read the file.
sub set_clock {
    my ($server, $moment) = @_;
    my $path = $server->root . '/clock';
    write_file("$path.new", sprintf("%+d\n", $moment - time), 0644);
    rename "$path.new", $path or die "rename: $!";
}

sub start_faked {
    my ($server, $moment, $zone) = @_;
    set_clock($server, $moment);
    local $ENV{T2M_PRELOAD} = $FAKETIME[0];
    local @ENV{qw(FAKETIME_TIMESTAMP_FILE FAKETIME_NO_CACHE DONT_FAKE_MONOTONIC NO_FAKE_STAT TZ)}
        = ($server->root . '/clock', 1, 1, 1, $zone);
    $server->start;
}

# 2024-01-15 in UTC.
sub at { my ($hours, $minutes) = @_; return 1705276800 + 3600 * $hours + 60 * $minutes }

sub rotated {
    my ($server) = @_;
    return [map { my $file = $_; map { "$file.$_" } numbers($server, $file) }
        qw(access.log performance.log security.log)];
}

subtest 'by the clock' => sub {
    plan skip_all => 'no libfaketime here' if !@FAKETIME;
    plan skip_all => 'another library is loaded first' if $ENV{T2M_PRELOAD};
    my $server = server(name => 'clock', conf => <<'CONF');
T2MLogRotate access daily
T2MLogRotate performance hourly
T2MLogConfine Off
CONF
    start_faked($server, at(10, 58), 'UTC');
    get($server->port, '/index.html?n=1-1');
    ok($server->wait_for_lines('access', 1), 'a line');
    like(($server->records('access'))[0]{timestamp}, qr/^2024-01-15T10:5[89]/, 'of that time');
    sleep 1.2;
    is_deeply(rotated($server), [], 'within the hour nothing rotates');
    set_clock($server, at(11, 1));
    ok(wait_until(5, sub { @{ rotated($server) } }), 'after it, and though nothing comes');
    is_deeply(rotated($server), ['performance.log.1'], 'hourly rotates');
    set_clock($server, at(15, 1));
    sleep 1.2;
    is_deeply(rotated($server), ['performance.log.1'], 'an empty file does not');
    get($server->port, '/index.html?n=1-2');
    ok($server->wait_for_lines('access', 2), 'another line');
    ok($server->wait_for_lines('performance', 1), 'and its duration');
    set_clock($server, at(24 * 3, 1));
    ok(wait_until(5, sub { @{ rotated($server) } == 3 }), 'three days later');
    is_deeply(rotated($server), ['access.log.1', 'performance.log.1', 'performance.log.2'],
        'both, once');
    get($server->port, '/index.html?n=1-3');
    ok($server->wait_for_lines('access', 1), 'another line');
    set_clock($server, at(-24, 0));
    get($server->port, '/index.html?n=1-4');
    sleep 1.2;
    is(@{ rotated($server) }, 3, 'a clock that goes back rotates nothing');
    ok($server->stop, 'the server stops');
    is(is_whole($server, 'clock', { map { ("1-$_" => 1) } 1 .. 4 }), 4, 'four lines');
};

subtest 'by the local clock' => sub {
    plan skip_all => 'no libfaketime here' if !@FAKETIME;
    plan skip_all => 'another library is loaded first' if $ENV{T2M_PRELOAD};
    my $server = server(name => 'local', conf => <<'CONF');
T2MLogRotate access daily local
T2MLogRotate performance daily
T2MLogConfine Off
CONF
    start_faked($server, at(18, 13), 'NPT-5:45'); # midnight is at 18:15 UTC
    get($server->port, '/index.html?n=1-1');
    ok($server->wait_for_lines('performance', 1), 'a line');
    sleep 1.2;
    is_deeply(rotated($server), [], 'before local midnight');
    set_clock($server, at(18, 16));
    ok(wait_until(5, sub { @{ rotated($server) } }), 'after it');
    is_deeply(rotated($server), ['access.log.1'], 'what is local rotates, and nothing else');
    set_clock($server, at(24, 1));
    ok(wait_until(5, sub { @{ rotated($server) } == 2 }), 'after midnight of UTC');
    is_deeply(rotated($server), ['access.log.1', 'performance.log.1'], 'the other');
    ok($server->stop, 'the server stops');
};

# ---- a disk that fills up ------------------------------------------------------------------------

# Leaves so many KiB free on the small file system.
sub leave_free {
    my ($server, $kib) = @_;
    my $filler = $server->log_dir . '/filler';
    unlink $filler;
    my (undef, $text) = run('df', '-Pk', $server->log_dir);
    my $free = (split ' ', (split /\n/, $text)[-1])[3];
    write_file($filler, 'x' x (1024 * ($free - $kib))) if $free > $kib;
}

# Asks until the writer's state says that exactly these streams are shed.
sub shed_is {
    my ($server, @streams) = @_;
    my $want = join ',', map { "\"$_\"" } @streams;
    return wait_until(8, sub { control($server, 'status') =~ /"shed":\[\Q$want\E\]/ });
}

subtest 'T2MLogMinFree' => sub {
    plan skip_all => 'only root may mount' if $> != 0;
    my $server = server(name => 'full',
        conf => "T2MLogMinFree 1M\nT2MLogMaxTotal none\nRedirect 503 /down\n");
    my $dir = $server->log_dir;
    mkdir $dir, 0750;
    my ($code, $output) = run('mount', '-t', 'tmpfs', '-o', 'size=3M,mode=0750', 'tmpfs', $dir);
    plan skip_all => "no tmpfs here: $output" if $code;
    eval { fills_up($server); 1 } or fail("died: $@");
    ends_full($server);
    like($server->error_log, qr/T2M0211.*performance/, 'said when it begins');
    like($server->error_log, qr/T2M0212.*performance/, 'and when it ends');
    is_deeply([$server->check_files], [], 'every line of every stream is well formed');
    run('umount', '-l', $dir);
};

sub fills_up {
    my ($server) = @_;
    $server->start;
    my $sent = 0;
    my $ask = sub { get($server->port, $_[0] // '/index.html?n=1-' . ++$sent) };
    $ask->() for 1 .. 3;
    ok($server->wait_for_lines('performance', 3), 'all is written');
    leave_free($server, 900);
    ok(shed_is($server, 'performance'), 'under the minimum: performance is not');
    $ask->() for 1 .. 4;
    ok($server->wait_for_lines('access', 7), 'access is');
    leave_free($server, 650);
    ok(shed_is($server, 'access', 'performance'), 'under three quarters: access is not either');
    $ask->() for 1 .. 5;
    $ask->('/down');
    ok($server->wait_for_lines('errors', 1), 'errors are');
    is(count_lines($server->log_dir . '/access.log'), 7, 'no line of access');
    is(count_lines($server->log_dir . '/performance.log'), 3, 'nor of performance');
    unlink $server->log_dir . '/filler';
    ok(shed_is($server), 'room again');
    $ask->();
    ok($server->wait_for_lines('access', 9), 'it is written again');
    ok($server->wait_for_lines('performance', 5), 'performance too');
    my %lost = (access => [6, 8, 13], performance => [10, 4, 13]);
    for my $stream (sort keys %lost) {
        my @records = $server->records($stream);
        my ($gap, @more) = grep { $_->{message} eq 'gap' } @records;
        is(scalar @more, 0, "$stream: one gap");
        is_deeply([map { $gap->{$_} } qw(count first_seq last_seq reason)],
            [@{ $lost{$stream} }, 'disk_full'], "$stream: names exactly what was left out");
        is($records[-1]{seq}, 15, "$stream: the numbers go on");
    }
}

# A server that stops while the disk is full says what it left out.
sub ends_full {
    my ($server) = @_;
    leave_free($server, 900);
    ok(shed_is($server, 'performance'), 'full again');
    get($server->port, '/index.html?n=2-1');
    ok($server->wait_for_lines('access', 10), 'one more request');
    ok($server->stop, 'the server stops');
    my ($last) = reverse $server->records('performance');
    is_deeply([map { $last->{$_} } qw(message count first_seq last_seq seq)],
        ['gap', 1, 16, 16, 17], 'the last line names what was left out');
}

finish();
