#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# `t2mlog find` reads what the time in an id says, and misses nothing: nine days of logs, made here,
# whose requests are known, with all that is awkward: requests of an hour over a rotation, killed
# workers, requests without an access line, ids of others that look like ours, a clock set back by
# an hour, by six and by a second, plain, gzip and zstd. Each answer is compared with all lines that
# have the id in them, and where the time is known little must have been read.
#
# Shown to fail: with halving in place of looking at all places of a file (find_start); with a search
# that ends at the access line's own time, not at the latest before it (see); without search_all;
# with a search that has no end, and with one that begins at a file's first line.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use POSIX ();
use Test::More;
use Time::Local qw(timegm);

use T2M::Httpd qw(built run tool);
use T2M::Root qw(read_file write_file);

use constant { DAYS => 9, DAY => 86_400, PER_DAY => 2500 };

my $program = built('t2mlog');
my $scratch = File::Temp::tempdir('t2mlog-find-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my @STREAMS = qw(access talk2me errors performance);
my $BEGIN = timegm(0, 0, 0, 10, 0, 2024);

srand 4; # with which the second of these fails

sub stamp {
    my ($time) = @_;
    my $ms = int($time * 1000 + 0.5);
    return POSIX::strftime('%Y-%m-%dT%H:%M:%S', gmtime int($ms / 1000))
        . sprintf('.%03dZ', $ms % 1000);
}

sub uuid {
    my ($time) = @_;
    my $hex = sprintf '%012x', int($time * 1000);
    return sprintf '%s-%s-7%03x-%04x-%04x%08x', substr($hex, 0, 8), substr($hex, 8),
        rand 4096, 0x8000 | rand 0x4000, rand 65536, rand 2**32;
}

# The clock: what it shows at a real moment. In the middle of these days it was set back.
my @JUMPS = ([$BEGIN + 3.5 * DAY, 3600], [$BEGIN + 5.5 * DAY, 6 * 3600],
    [$BEGIN + 6.2 * DAY, 1], [$BEGIN + 7.1 * DAY, 1200]);

sub shown {
    my ($real) = @_;
    my $shown = $real;
    $_->[0] <= $real and $shown -= $_->[1] for @JUMPS;
    return $shown;
}

my @records; # [real moment, stream, line without seq]

sub put {
    my ($real, $stream, $rest, $time) = @_;
    push @records, [$real, $stream, '{"timestamp":"' . stamp($time // shown($real)) . "\",$rest"];
    return;
}

# Returns the id. How: seconds it takes, lines it has, how it ends.
sub request {
    my ($real, %how) = @_;
    my $id = $how{id} // uuid(shown($real));
    my $end = $real + ($how{takes} // 0.02);
    my $of = qq("request_id":"$id") . ($how{trace} ? qq(,"trace_id":"$how{trace}") : '');
    my $pad = 'x' x (40 + rand 80);
    put($_, 'talk2me', qq("level":"INFO","message":"said $pad",$of)) for @{ $how{app} // [] };
    put($_, 'errors', qq("level":"ERROR","message":"bad",$of,"error_id":"0123456789ab"))
        for @{ $how{errors} // [] };
    return $id if $how{silent};
    my $outcome = $how{outcome} // 'ok';
    # a request's end is its start plus its duration, whatever the clock did meanwhile
    my $time = shown($real) + $end - $real;
    put($end, 'access', qq("level":"INFO","message":"request_complete",$of,"method":"GET",)
        . qq("path":"/$pad","status":200,"duration_ms":12.3,"outcome":"$outcome"), $time);
    put($end, 'performance', qq("level":"INFO","message":"Performance metric: GET /",$of), $time);
    return $id;
}

my %special;
{
    my $at = sub { $BEGIN + $_[0] * DAY };
    my $near = sub { map { $_[0] + $_ } @_[1 .. $#_] };
    my $noon = $at->(2.5);
    $special{'with a complaint'} = request($noon, app => [$noon + 0.01], errors => [$noon + 0.01]);
    my $midnight = $at->(3) - 1800;
    $special{'of an hour, over midnight'} = request($midnight, takes => 3600,
        app => [$near->($midnight, 1, 1700, 3500)], errors => [$midnight + 1900]);
    $special{'of a killed worker'} = request($noon + 100, takes => 40, outcome => 'worker_died',
        app => [$noon + 100.5], errors => [$noon + 139.9]);
    $special{'without an access line'} = request($noon + 200, silent => 1, app => [$noon + 200.1],
        errors => [$noon + 4000]);
    $special{'that still runs'} = request($at->(DAYS) - 60, silent => 1, app => [$at->(DAYS) - 59]);
    $special{'the very first'} = request($BEGIN, app => [$BEGIN + 0.001]);
    $special{'the very last'} = request($at->(DAYS) - 1, app => [$at->(DAYS) - 1]);
    for my $jump (0 .. $#JUMPS) {
        my ($real, $back) = @{ $JUMPS[$jump] };
        for my $offset (-$back * 1.1, -$back * 0.5, -$back * 0.05, -0.5, 0.5, $back * 0.05,
            $back * 0.5, $back * 1.1) {
            my $start = $real + $offset;
            $special{"$offset s from the clock's step of $back s"} = request($start,
                app => [$start + 0.01], errors => [$start + 0.02]);
        }
        $special{"over the clock's step of $back s"} = request($real - 5, takes => 10,
            app => [$near->($real, -4, 4)], errors => [$near->($real, -3, 3)]);
    }
}
my %foreign;
{
    my $noon = $BEGIN + 4.4 * DAY;
    my $wrong = uuid($BEGIN + 7 * DAY);
    $foreign{'a time of later in a foreign id'} = request($noon, id => $wrong, app => [$noon]);
    $wrong = uuid($BEGIN + 70 * DAY);
    $foreign{'a time to come in a foreign id'} = request($noon, id => $wrong, errors => [$noon]);
    $foreign{'an id without a time'} = request($noon, id => 'client-4711', app => [$noon]);
    my $trace = '0af7651916cd43dd8448eb211c80319c';
    request($noon + $_ * DAY, trace => $trace, app => [$noon + $_ * DAY]) for -2 .. 2;
    $foreign{'a trace id'} = $trace;
    $foreign{'an error_id'} = '0123456789ab';
}
my @usual = map { request($BEGIN + rand(DAYS) * DAY, app => []) } 1 .. 15;
for my $i (1 .. DAYS * PER_DAY) {
    my $day = rand DAYS;
    $day = int($day) + ($day - int $day)**2 if rand() < 0.5; # more by night than by day
    my $real = $BEGIN + $day * DAY;
    request($real, rand() < 0.3 ? (app => [$real + 0.01]) : (),
        rand() < 0.05 ? (errors => [$real + 0.01]) : ());
}

# The files of a stream by real days, out of order by as much as processes are, the oldest first.
my %days;
{
    my %seq;
    my @order = sort { $a->[0] <=> $b->[0] } map { [$_->[0] + rand 0.2, $_] } @records;
    for my $record (map { $_->[1] } @order) {
        my ($real, $stream, $line) = @$record;
        my $day = int(($real - $BEGIN) / DAY);
        $day = DAYS - 1 if $day >= DAYS;
        push @{ $days{$stream}[$day] }, $line . ',"seq":' . ++$seq{$stream} . "}\n";
    }
}

# A directory with these files: the newest three plain, what is older packed.
sub directory {
    my ($name, @packer) = @_;
    my $directory = "$scratch/$name";
    mkdir $directory or die "$directory: $!";
    for my $stream (@STREAMS) {
        for my $day (0 .. DAYS - 1) {
            my $number = DAYS - 1 - $day;
            my $path = "$directory/$stream.log" . ($number ? ".$number" : '');
            write_file($path, join('', @{ $days{$stream}[$day] // [] }));
            next if $number < 3 || !@packer;
            my ($code, $output) = run(@packer, $path);
            die $output if $code;
        }
    }
    return $directory;
}

my $everything = join '', map { map { join '', @{ $_ // [] } } @{ $days{$_} } } @STREAMS;
my @everything = split /\n/, $everything;

# All lines with that id, by id.
my %lines;
for my $line (@everything) {
    push @{ $lines{$_} }, $line for $line =~ /"(?:request_id|trace_id|error_id)":"([^"]+)"/g;
}

# Exit code, lines, standard error.
sub find {
    my ($directory, @arguments) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open(STDIN, '<', '/dev/null');
        open(STDOUT, '>', "$scratch/out") or POSIX::_exit(126);
        open(STDERR, '>', "$scratch/err") or POSIX::_exit(126);
        exec($program, 'find', @arguments, '--dir', $directory) or POSIX::_exit(127);
    }
    waitpid($pid, 0);
    return ($? >> 8, [split /\n/, read_file("$scratch/out")], read_file("$scratch/err"));
}

sub finds {
    my ($directory, $id, $what, @more) = @_;
    my ($code, $got, $error) = find($directory, $id, '-v', @more);
    my @want = sort @{ $lines{$id} };
    my @times = map { /"timestamp":"([^"]+)"/ } @$got;
    my $right = is_deeply([sort @$got], \@want, "$what: " . @want . ' lines');
    $right &&= is_deeply(\@times, [sort @times], "$what: in the order of time");
    diag $error if !$right || $code;
    my ($read, $all, $searched, $files) =
        $error =~ /(\d+) of (\d+) bytes read, (\d+) of (\d+) files searched/;
    is($files, @STREAMS * DAYS, "$what: says what it read") if !defined $files;
    return { share => $read / $all, searched => $searched, error => $error };
}

my %packers = (plain => [], gzip => ['gzip'], zstd => ['zstd', '-q', '--rm']);
for my $packing (sort keys %packers) {
    subtest $packing => sub {
        my @packer = @{ $packers{$packing} };
        plan skip_all => "no $packing here" if @packer && !tool($packer[0]);
        my $directory = directory($packing, @packer);
        if ($packing eq 'zstd' && (find($directory, 'client-4711'))[2] =~ /built without zstd/) {
            plan skip_all => 'built without zstd';
        }
        finds($directory, $special{$_}, $_) for sort keys %special;
        my @shares;
        for my $id (@usual) {
            my $cost = finds($directory, $id, 'a usual one');
            push @shares, $cost->{share};
            cmp_ok($cost->{searched}, '<=', 2 * @STREAMS, 'few files are searched');
            unlike($cost->{error}, qr/reading all/, 'and not all');
        }
        my $worst = (sort { $b <=> $a } @shares)[0];
        note "at most $worst of the bytes";
        cmp_ok($worst, '<', 0.25, 'of which little is read');
        for my $what (sort keys %foreign) {
            my $cost = finds($directory, $foreign{$what}, $what);
            like($cost->{error}, qr/reading all/, "$what: says that it reads all")
                if $what =~ /time of|time to/;
        }
        finds($directory, $usual[0], 'with --all', '--all');
    };
}

my $directory = "$scratch/gzip";
subtest 'a part of it' => sub {
    my $id = $special{'of an hour, over midnight'};
    for my $stream (qw(access errors app performance)) {
        my ($code, $got, $error) = find($directory, $id, '-v', '--stream', $stream);
        my ($kind) = $stream eq 'access' ? 'request_complete' : $stream eq 'errors' ? '"bad"'
            : $stream eq 'app' ? '"said ' : 'Performance metric';
        is_deeply([sort @$got], [sort grep { /\Q$kind\E/ } @{ $lines{$id} }], $stream)
            or diag $error;
        my ($searched) = $error =~ /(\d+) of \d+ files searched/;
        cmp_ok($searched, '<=', 5, 'its access line bounds it');
    }
    my @sorted = sort @{ $lines{$id} };
    my ($time) = $sorted[1] =~ /"timestamp":"([^"]+)"/;
    my (undef, $got) = find($directory, $id, '--until', $time);
    is_deeply([sort @$got], [grep { /"timestamp":"([^"]+)"/ && $1 le $time } @sorted], 'until');
    (undef, $got) = find($directory, $id, '--since', $time);
    is_deeply([sort @$got], [grep { /"timestamp":"([^"]+)"/ && $1 ge $time } @sorted], 'since');
    my ($since, $until) = ('2024-01-12T00:00:00.000Z', '2024-01-13T12:00:00.000Z');
    (undef, $got, my $error) = find($directory, '0123456789ab', '-v', '--since', $since,
        '--until', $until);
    is_deeply([sort @$got], [sort grep { /"timestamp":"([^"]+)"/ && $1 ge $since
        && $1 le $until } @{ $lines{'0123456789ab'} }], 'an error_id between two moments');
    my ($searched) = $error =~ /(\d+) of 36 files/;
    cmp_ok($searched, '<=', 3 * @STREAMS, 'which are few');
    my ($code) = find($directory, $id, '--until', 'yesterday');
    is($code, 2, 'what is no time is refused');
    ($code, $got) = find($directory, uuid($BEGIN + 2.25 * DAY));
    is_deeply([$code, @$got], [1], 'what is not there is not found');
};

subtest memory => sub {
    plan skip_all => 'no /usr/bin/time' if !-x '/usr/bin/time';
    my ($code, $output) = run('/usr/bin/time', '-f', '%M KiB', $program, 'find', '0123456789ab',
        '--dir', "$scratch/plain");
    my ($used) = $output =~ /(\d+) KiB/;
    cmp_ok($used, '<', 40_000, 'no more than its window needs');
};

done_testing();
