#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# `t2mlog verify` on what a server wrote, over rotations, restarts and kills: all is proven. Then on
# copies that were tampered with in one way each: what was done is named, with file and line.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Basename qw(basename);
use JSON::PP ();
use POSIX ();
use Test::More;

use T2M::Client qw(get);
use T2M::Httpd qw(built);
use T2M::Log qw(count_lines);
use T2M::Process qw(wait_until);
use T2M::Root qw(read_file write_file);
use T2M::Server;

my $server = T2M::Server->new(name => 'server', conf => <<'CONF');
T2MLogRotate security size=50M keep=20 compress=gzip
<Location "/denied">
Require all denied
</Location>
CONF
$server->announce(qr/AH01630/);
$server->start;
my $dir = $server->log_dir;
my $program = built('t2mlog');
my $base = $server->root . '/run/call';
my $denied = 0;

# Exit code, standard output and standard error.
sub call {
    my (@arguments) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        $ENV{T2MLOG_DIR} = $dir;
        open(STDIN, '<', $ENV{T2M_INPUT} // '/dev/null');
        open(STDOUT, '>', "$base.out") or POSIX::_exit(126);
        open(STDERR, '>', "$base.err") or POSIX::_exit(126);
        exec($program, @arguments) or POSIX::_exit(127);
    }
    waitpid($pid, 0);
    return ($? >> 8, read_file("$base.out"), read_file("$base.err"));
}

# The security file and its rotated ones, oldest first.
sub files {
    my ($where, $name) = @_;
    my %number = map { ($_ => /\.(\d+)(?:\.gz)?$/ ? $1 : 0) } glob("$where/$name $where/$name.[0-9]*");
    return sort { $number{$b} <=> $number{$a} } keys %number;
}

sub content { return $_[0] =~ /gz$/ ? `gzip -dc '$_[0]'` : read_file($_[0]) }

sub security_lines { return map { split /\n/, content($_) } files($dir, 'security.log') }

sub deny {
    my ($count) = @_;
    get($server->port, "/denied?$_") for 1 .. $count;
    $denied += $count;
    ok(wait_until(10, sub { (grep { /unauthorized_access/ } security_lines()) >= $denied }),
        "$denied events are there");
}

sub rotate { is((call('rotate', 'security'))[0], 0, 'rotated') }

sub kill_writer {
    my ($code, $text) = call('status', '--json');
    my $pid = JSON::PP->new->decode($text)->{writer_pid};
    kill 'KILL', $pid;
    ok(wait_until(10, sub {
        ($code, $text) = call('status', '--json');
        $code == 0 && JSON::PP->new->decode($text)->{writer_pid} != $pid;
    }), 'another writer');
}

sub verified {
    my ($what, @arguments) = @_;
    my ($code, $text, $error) = call('verify', @arguments);
    is($code, 0, "$what: all is proven") or diag $text, $error;
    return ($text, $error);
}

# ---- what the server writes ----------------------------------------------------------------------

subtest 'a chain over rotations, restarts and kills' => sub {
    deny(20);
    rotate();
    deny(20);
    ok($server->graceful, 'graceful restart');
    deny(10);
    kill_writer();
    deny(10);
    rotate();
    kill_writer();
    deny(5);
    ok($server->restart, 'restart');
    rotate();
    deny(20);
    my @lines = security_lines();
    is(scalar(grep { !/,"prev":"[0-9a-f]{64}","seq":\d+\}$/ } @lines), 0, 'each line has a prev');
    my %seen;
    is(scalar(grep { /"prev":"(\w+)"/ && $seen{$1}++ } @lines), 0, 'each another one');
    my ($text) = verified('the running server');
    like($text, qr/security\.log: \d+ files, .* nothing lost, doubled or torn$/m, 'says so');
    like($text, qr/chain: \d+ lines from \S+ line 1 \(seq 1\) on: none was changed/, 'of the chain too');
    like($text, qr/the last line cannot be proven by the file itself.*seq \d+, [0-9a-f]{64}.*--anchors/,
        'and what it cannot prove');
    ok((grep { /"admin_log_access"/ && /t2mlog verify/ } security_lines()), 'the reading is recorded');
    is(sprintf('%o', (stat "$dir/t2mlog.key")[2] & 07777), '400', 'the key is the writer\'s alone');
    like(read_file("$dir/t2mlog.key"), qr/^[0-9a-f]{64}\n\z/, 'and is one');
};

subtest 'the head in the error log' => sub {
    rotate();
    deny(1);
    ok(wait_until(30, sub { $server->error_log =~ /T2M0218/ }), 'is told after a rotation');
    like($server->error_log, qr/\[t2mlog:notice\].*T2M0218: head of the chain of \Q$dir\E\/security\.log: seq \d+, [0-9a-f]{64}$/m,
        'with number and HMAC');
    my ($text) = verified('with anchors', '--anchors', $server->root . '/logs/error.log');
    like($text, qr/up to seq \d+ the error log tells the same head/, 'and says how far');
};

subtest 'while lines come' => sub {
    for my $round (1 .. 5) {
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            eval { get($server->port, "/index.html?$_") for 1 .. 200 };
            POSIX::_exit(0);
        }
        call('rotate', 'all') if $round % 2;
        verified("round $round");
        waitpid($pid, 0);
    }
};

ok($server->stop, 'the server stops');

subtest 'over a stop and a start' => sub {
    my ($text, $error) = verified('stopped');
    like($error, qr/no writer runs .* not recorded/, 'says that this is not recorded');
    ($text) = verified('anchored', '--anchors', $server->root . '/logs/error.log',
        '--stream', 'security');
    like($text, qr/the error log tells the same head: nothing was cut off behind seq \d+/,
        'the last head is told at the stop');
    $server->start;
    deny(10);
    rotate();
    deny(10);
    ok($server->stop, 'it stops again');
    verified('both lives', '--anchors', $server->root . '/logs/error.log');
};

# ---- what somebody does to it ----------------------------------------------------------------------

my @live = files($dir, 'security.log');
my ($rotated) = grep { /\.1$/ } @live;
my @plain = split /^/, read_file($rotated);
cmp_ok(scalar @plain, '>=', 10, 'a rotated file with lines enough');
my $copies = 0;

# A copy of the directory in which code has changed the lines of a file.
sub tampered {
    my ($name, $code) = @_;
    my $copy = $server->root . '/copy' . ++$copies;
    mkdir $copy or die "$copy: $!";
    system('cp', '-p', (grep { -f $_ } glob("$dir/*")), $copy);
    my @lines = split /^/, read_file("$copy/$name");
    $code->(\@lines);
    write_file("$copy/$name", join '', @lines);
    return $copy;
}

sub findings {
    my ($copy, @more) = @_;
    my ($code, $text, $error) = call('verify', '--dir', $copy, '--json', @more);
    my $result = eval { JSON::PP->new->utf8->decode($text) } // {};
    return ($code, map { @{ $_->{findings} } } @{ $result->{files} // [] });
}

# One finding, of that kind, in that file, at that line (and the other).
sub tells {
    my ($what, $name, $code, $kind, $line, $other, @more) = @_;
    my $copy = tampered($name, $code);
    my ($exit, @found) = findings($copy, @more);
    is($exit, 1, "$what: something is wrong");
    is(scalar @found, 1, "$what: one finding") or diag explain \@found;
    my $found = $found[0] // {};
    is($found->{kind}, $kind, "$what: $kind");
    is(basename($found->{at}{file} // ''), $name, "$what: the file");
    is($found->{at}{line}, $line, "$what: line $line");
    is($found->{to}{line}, $other, "$what: and line $other") if defined $other;
    my ($code_of, $text) = call('verify', '--dir', $copy, @more);
    is($code_of, 1, "$what: the same as text");
    like($text, qr/^  $kind: .*\Q$copy\E\/\Q$name\E line $line\b/m, "$what: names it");
    return $found;
}

my $name = basename($rotated);
my $seq_of = sub { return $plain[$_[0] - 1] =~ /"seq":(\d+)\}$/ ? $1 : 0 };

subtest 'one byte' => sub {
    my $found = tells('a status', $name, sub { $_[0][4] =~ s/"status":403/"status":200/ or die },
        'changed', 5);
    is($found->{at}{seq}, $seq_of->(5), 'its number');
    like($found->{at}{timestamp}, qr/^\d{4}-\d\d-\d\dT.*Z$/, 'its time');
    tells('its prev', $name, sub { $_[0][4] =~ s/("prev":")(.)/$1 . ($2 eq 'a' ? 'b' : 'a')/e or die },
        'changed', 5);
    tells('its number', $name, sub { $_[0][4] =~ s/"seq":\d+\}/"seq":7777}/ or die }, 'changed', 5);
    tells('a quote', $name, sub { $_[0][4] =~ s/"event":/ event":/ or die }, 'changed', 5);
    tells('the last line of a file', $name, sub { $_[0][-1] =~ s/"status":403/"status":200/ or die },
        'changed', scalar @plain);
    tells('the first line of all', basename($live[0]) =~ s/\.gz$//r,
        sub { $_[0][0] =~ s/"status":403/"status":200/ or die }, 'changed', 1)
        if $live[0] !~ /gz$/;
};

# A sample of all bytes of a line: whichever it is, the line is named.
subtest 'any byte' => sub {
    my $size = length $plain[4];
    my $wrong = 0;
    for my $at (map { int($_ * ($size - 1) / 40) } 0 .. 39) {
        my $copy = tampered($name, sub { substr($_[0][4], $at, 1) =~ tr/\x00-\xff/\x01-\xff\x00/ });
        my ($code, @found) = findings($copy, '--stream', 'security');
        my @lines = map { ($_->{at}{line}, $_->{to} ? $_->{to}{line} : ()) } @found;
        $wrong++, diag "byte $at", explain \@found
            if $code != 1 || !@found || grep { $_ < 4 || $_ > 6 } @lines;
        system('rm', '-r', $copy);
    }
    is($wrong, 0, 'line 5, or that a line between 4 and 6 is gone');
};

subtest 'lines' => sub {
    my $found = tells('one dropped', $name, sub { splice @{ $_[0] }, 4, 1 }, 'dropped', 4, 5);
    is($found->{first_seq}, $seq_of->(5), 'its number');
    is($found->{last_seq}, $seq_of->(5), 'and no other');
    $found = tells('three dropped', $name, sub { splice @{ $_[0] }, 4, 3 }, 'dropped', 4, 5);
    is($found->{last_seq} - $found->{first_seq}, 2, 'three numbers');
    tells('two swapped', $name, sub { @{ $_[0] }[4, 5] = @{ $_[0] }[5, 4] }, 'swapped', 5, 6);
    tells('two that stand apart', $name, sub { @{ $_[0] }[2, 7] = @{ $_[0] }[7, 2] }, 'swapped', 3, 8);
    tells('a copy', $name, sub { splice @{ $_[0] }, 7, 0, $_[0][2] }, 'inserted', 8);
    tells('a copy right behind', $name, sub { splice @{ $_[0] }, 3, 0, $_[0][2] }, 'inserted', 4);
    tells('a copy before', $name, sub { splice @{ $_[0] }, 2, 0, $_[0][7] }, 'inserted', 3);
    tells('one of another\'s making', $name, sub {
        splice @{ $_[0] }, 4, 0, $_[0][4] =~ s/"status":403/"status":200/r;
    }, 'inserted', 5);
    tells('one moved', $name, sub { splice @{ $_[0] }, 7, 0, splice @{ $_[0] }, 2, 1 }, 'misplaced', 8);
    $found = tells('one replaced by a copy', $name, sub { $_[0][4] = $_[0][2] }, 'changed', 5);
    is($found->{first_seq}, $seq_of->(5), 'its number');
};

subtest 'two things at once are both told' => sub {
    my $copy = tampered($name, sub {
        $_[0][2] =~ s/"status":403/"status":200/ or die;
        splice @{ $_[0] }, 6, 1;
    });
    my ($code, @found) = findings($copy);
    is(join(' ', map { "$_->{kind} $_->{at}{line}" } @found), 'changed 3 dropped 6', 'both');
    $copy = tampered($name, sub { $_[0][4] =~ s/"prev":"\w+",// or die });
    ($code, @found) = findings($copy);
    is(join(' ', sort map { "$_->{kind} $_->{at}{line}" } @found), 'changed 5 unchained 5',
        'a line without its prev');
    $copy = tampered($name, sub { s/"status":403/"status":200/ for @{ $_[0] }[3, 4, 5] });
    ($code, @found) = findings($copy);
    is(join(' ', map { "$_->{kind} $_->{at}{line}" } @found), 'changed 4 changed 5 changed 6',
        'three lines that follow each other');
};

subtest 'the tail' => sub {
    my @anchors = ('--anchors', $server->root . '/logs/error.log', '--stream', 'security');
    my $copy = tampered('security.log', sub { splice @{ $_[0] }, -3 });
    my ($code, $text) = call('verify', '--dir', $copy, '--stream', 'security');
    is($code, 0, 'the file itself does not show that it was cut');
    like($text, qr/cannot be proven by the file itself, nor that none was cut off/, 'which is said');
    my ($exit, @found) = findings($copy, @anchors);
    is($exit, 1, 'the error log does');
    is(join(' ', map { $_->{kind} } @found), 'cut', 'it was cut');
    is($found[0]{last_seq} - $found[0]{first_seq}, 2, 'three lines at least');
    is($found[0]{at}{line}, scalar(split(/^/, read_file("$copy/security.log"))), 'behind the last one');
    {
        local $ENV{T2M_INPUT} = $server->root . '/logs/error.log';
        ($exit) = findings($copy, '--anchors', '-');
        is($exit, 1, 'from standard input too');
    }
    unlink glob("$copy/security.log*");
    ($exit, @found) = findings($copy, @anchors);
    is(join(' ', $exit, map { $_->{kind} } @found), '1 cut', 'all files gone: the same');
    $copy = tampered('security.log', sub { $_[0][-1] =~ s/"status":403/"status":200/ or die });
    is((findings($copy))[0], 0, 'nor does it show that the last line was changed');
    ($exit, @found) = findings($copy, @anchors);
    is(join(' ', $exit, map { "$_->{kind} $_->{at}{seq}" } @found), "1 changed $found[0]{at}{seq}",
        'the error log does');
    is(scalar @found, 1, 'once');
};

subtest 'the key' => sub {
    my $copy = tampered('security.log', sub { });
    is((call('verify', '--dir', $copy))[0], 0, 'a copy is proven');
    write_file("$copy/other.key", '0' x 64 . "\n", 0600);
    my ($code, @found) = findings($copy, '--key', "$copy/other.key");
    is($code, 1, 'not with another key');
    chmod 0600, "$copy/t2mlog.key";
    unlink "$copy/t2mlog.key";
    ($code, my $text) = call('verify', '--dir', $copy);
    is($code, 2, 'nor without one');
    like($text, qr/the chain of \d+ lines is not verified: \S+t2mlog\.key: does not exist/, 'which is said');
    ($code) = call('verify', '--dir', $copy, '--key', "$dir/t2mlog.key");
    is($code, 0, 'with the right one it is');
    ($code, undef, my $error) = call('verify', '--dir', $copy, '--key', "$copy/none");
    is($code, 2, 'a key that is not there');
    like($error, qr/none: does not exist/, 'is named');
    my $bare = tampered('security.log', sub { });
    for my $file (files($bare, 'security.log')) {
        my $text = content($file) =~ s/"prev":"\w+",//gr;
        unlink $file;
        write_file($file =~ s/\.gz$//r, $text);
    }
    ($code, @found) = findings($bare, '--stream', 'security');
    is(join(' ', $code, map { $_->{kind} } @found), '1 unchained', 'a file without a chain');
};

subtest 'other streams' => sub {
    my $lines = count_lines("$dir/access.log");
    cmp_ok($lines, '>', 20, 'access has lines enough');
    tells('a line twice', 'access.log', sub { splice @{ $_[0] }, 9, 0, $_[0][8] }, 'doubled', 10);
    my $found = tells('a line lost', 'access.log', sub { splice @{ $_[0] }, 9, 1 }, 'lost', 9, 10);
    is($found->{first_seq}, $found->{at}{seq} + 1, 'its number');
    tells('two swapped', 'access.log', sub { @{ $_[0] }[8, 9] = @{ $_[0] }[9, 8] }, 'swapped', 9, 10);
    tells('half a line', 'access.log', sub { $_[0][-1] = substr $_[0][-1], 0, 50 }, 'torn', $lines);
    tells('no end', 'access.log', sub { $_[0][-1] =~ s/\n// }, 'torn', $lines);
    tells('no JSON', 'access.log', sub { $_[0][9] =~ s/":/"/ }, 'malformed', 10);
    $found = tells('no number', 'access.log', sub { $_[0][9] =~ s/"seq":\d+/"sex":1/ }, 'malformed', 10);
    ok($found->{first_seq}, 'the number that it must have had');
    tells('too long', 'access.log', sub { $_[0][9] =~ s/\{/'{"a":"' . 'x' x 70000 . '",'/e },
        'malformed', 10);
    my $copy = tampered('access.log', sub { });
    unlink((files($copy, 'access.log'))[0]);
    my ($code, $text) = call('verify', '--dir', $copy, '--stream', 'access');
    is($code, 0, 'that the oldest file is gone is no loss');
    unlike($text, qr/seq 1 to/, 'and said');
};

subtest 'what is asked' => sub {
    my $file = "$dir/access.log";
    my ($text) = verified('a file', $file);
    like($text, qr/\A\Q$file\E: .*\n\z/, 'alone');
    my ($code, undef, $error) = call('verify', "$dir/none.log");
    is($code, 2, 'a file that is not there');
    like($error, qr/none\.log: is not there/, 'is named');
    ($code, undef, $error) = call('verify', '--stream', 'none');
    is($code, 2, 'an unknown stream');
    like($error, qr/allowed: app, errors/, 'says what is allowed');
    ($code, undef, $error) = call('verify', '--anchors', "$dir/none");
    is($code, 2, 'an error log that is not there');
    ($code, undef, $error) = call('verify', '--anchors', $file, '--stream', 'access');
    like($error, qr/tells of no chain's head/, 'or that has no heads');
    my $empty = $server->root . '/empty';
    mkdir $empty;
    ($code, undef, $error) = call('verify', '--dir', $empty);
    is($code, 2, 'nothing to verify');
    like($error, qr/there are no log files/, 'says so');
    ($code, $text) = call('verify', '--stream', 'ALL', '--json');
    is_deeply([$code, JSON::PP->new->decode($text)->{ok}], [0, JSON::PP::true()], 'all, as JSON');
    my $copy = tampered('access.log', sub { });
    system('gzip', "$copy/errors.log.1") if -e "$copy/errors.log.1";
    my ($packed) = files($copy, 'security.log');
    truncate $packed, (-s $packed) / 2;
    ($code, undef, $error) = call('verify', '--dir', $copy);
    isnt($code, 0, 'a damaged file');
    like($error, qr/\Q$packed\E: ends too early/, 'is named') if $packed =~ /gz$/;
};

finish();
