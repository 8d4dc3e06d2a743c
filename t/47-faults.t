#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Ordinary faults under load: of every request that was answered there is one whole line, or a gap
# record names it, and the ledger of /admin/logs/health agrees with the files. This is the short
# set; bench/faults does the same for longer, faster, and to others. How fast things are is judged
# there.
#
# Each check is shown what is wrong first, in 'what is wrong is seen'. Shown to fail: kill -9 of
# workers, without the lines of t2m_batch_bury; of the writer, with a t2m_sink_rewind that returns
# at once; failing calls, with a write_all that takes a short write for a whole one; SIGSTOP, with a
# gap line that counts one more; graceful restarts, with a writer that does not read what a process
# that has ended left. Other systems fail as well: bench/faults --system customlog,rotatelogs.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use Test::More;

use T2M::Faults qw(missing_tools problems);
use T2M::Httpd qw(httpd run);
use T2M::Ledger qw(count ledger_problems);
use T2M::Root qw(write_file);
use T2M::Server;

plan skip_all => 'no httpd on this machine' if !httpd();
plan skip_all => 'missing: ' . join ', ', missing_tools() if missing_tools();

my $RATE = $ENV{T2M_PRELOAD} ? 500 : 1500; # with sanitizers all is slower
my $SMALL = "T2MLogBuffer 64K\n"; # so that little is too much
my $seed = $ENV{T2M_SEED} || 100000 + int rand 800000;
note "T2M_SEED=$seed repeats the kills";

sub faults { return T2M::Faults->new(mpm => mpm(), rate => $RATE, seed => $seed, @_) }

# Nothing is lost, doubled or torn, and the ledger is right; with gap => 1 lines may be missing that
# gap records name.
sub holds {
    my ($what, $run, $result, %may) = @_;
    $run->keep_sample(100);
    is_deeply([problems($result, %may)], [], "$what: lines and ledger are right")
        or diag $result->{complaints};
    cmp_ok($result->{received}, '>', $RATE, "$what: there was a load");
    note "$what: $result->{lost} lost, $result->{doubled} doubled, $result->{torn} torn of "
        . "$result->{received}; gaps name $result->{gap_count}; $result->{unanswered} not answered";
}

# ---- the checks themselves -----------------------------------------------------------------------

my $place = File::Temp::tempdir('t2mlog-faults-XXXXXX', TMPDIR => 1, CLEANUP => 1);

sub json_line {
    my ($number, $seq) = @_;
    return qq({"message":"request_complete","request_id":"n-123456-1-$number","outcome":"ok",)
        . qq("seq":$seq}\n);
}

sub gap_line {
    my ($first, $count, $seq) = @_;
    my $last = $first + $count - 1;
    return qq({"message":"gap","count":$count,"first_seq":$first,"last_seq":$last,)
        . qq("reason":"memory_full","seq":$seq}\n);
}

sub plain_line {
    return qq{127.0.0.1 - - [22/Nov/2026:12:00:00 +0000] "GET /index.html?n=123456-1-$_[0] }
        . qq{HTTP/1.1" 200 5 "-" "t2mlog-load"\n};
}

# The counts of that text, when the answers to these requests were received.
sub counted {
    my ($format, $text, @received) = @_;
    write_file("$place/received", join '', map { "$_\n" } @received);
    write_file("$place/log", $text);
    my $counts = count(format => $format, seed => 123456, received => "$place/received",
        files => ["$place/log"]);
    return { map { ($_ => $counts->{$_}) } grep { $counts->{$_} }
        qw(lost doubled torn holes seq_back gap_wrong gap_count) };
}

subtest 'what is wrong is seen' => sub {
    my ($one, $two, $three) = map { json_line($_, $_) } 1 .. 3;
    is_deeply(counted('json', $one . $two, 1, 2), {}, 'two lines');
    is_deeply(counted('json', $one . $two, 1, 2, 3), { lost => 1 }, 'no line');
    is_deeply(counted('json', $one . json_line(1, 2), 1), { doubled => 1 },
        'two lines of a request');
    is_deeply(counted('json', $one . $one, 1), { doubled => 1, seq_back => 1 }, 'a line twice');
    is_deeply(counted('json', $one . $three, 1, 3), { holes => 1 }, 'a hole');
    is_deeply(counted('json', $three, 3), { holes => 2 }, 'a hole at the beginning');
    is_deeply(counted('json', $three . $one, 1, 3), { holes => 2, seq_back => 1 }, 'a wrong order');
    is_deeply(counted('json', $one . gap_line(2, 2, 4), 1, 7), { lost => 1, gap_count => 2 },
        'a gap');
    is_deeply(counted('json', $one . gap_line(2, 2, 5), 1), { holes => 1, gap_count => 2 },
        'a gap that names too little');
    is_deeply(counted('json', $one . gap_line(2, 3, 4), 1),
        { holes => 2, gap_wrong => 1, gap_count => 3 }, 'a gap that names too much');
    is_deeply(counted('json', $one . $two . gap_line(2, 1, 3), 1, 2),
        { gap_wrong => 1, gap_count => 1 }, 'a gap that names a line');
    is_deeply(counted('json', $one . substr($two, 0, 30), 1), { torn => 1 }, 'half a line');
    is_deeply(counted('json', $one . substr($two, 0, 30) . $two, 1, 2), { lost => 1, torn => 1 },
        'two lines in one');
    is_deeply(counted('json', $one . "\0" . $two, 1, 2), { lost => 1, torn => 1 }, 'a zero');
    is_deeply(counted('plain', plain_line(1) . plain_line(2), 1, 2), {}, 'plain: two lines');
    is_deeply(counted('plain', plain_line(1) . plain_line(1), 1, 2), { lost => 1, doubled => 1 },
        'plain: one twice');
    is_deeply(counted('plain', substr(plain_line(1), 0, $_) . plain_line(2), 1, 2),
        { lost => 2, torn => 1 }, "plain: melted after $_ bytes") for 20, 60, 100;
    is_deeply(counted('plain', plain_line(1) . substr(plain_line(2), 0, 50), 1, 2),
        { lost => 1, torn => 1 }, 'plain: half a line');
};

subtest 'a wrong ledger is seen' => sub {
    my %row = (accepted => 10, written => 8, suppressed => 0, dropped => { full => 1 },
        waiting => 1);
    my %health = (balanced => 1, ledger => { access => {%row} },
        requests => { begun => 11, logged => 9, dropped => 1, in_flight => 1 });
    my %files = (access => { records => 9, gap_count => 1 });
    is_deeply([ledger_problems(\%health, %files)], [], 'a right one');
    for my $name (qw(accepted written suppressed waiting)) {
        local $health{ledger}{access} = { %row, $name => $row{$name} + 1 };
        cmp_ok(scalar(ledger_problems(\%health, %files)), '>', 0, "$name: one too many");
    }
    my @problems = ledger_problems(\%health, access => { records => 8, gap_count => 1 });
    is(@problems, 1, 'a line too few in the files');
    @problems = ledger_problems(\%health, access => { records => 9, gap_count => 2 });
    is(@problems, 1, 'a gap that names more than was dropped');
    $health{requests}{begun}++;
    @problems = ledger_problems(\%health, %files);
    is(@problems, 1, 'a request without a line');
    my %good = (lost => 0, stopped => 1, unanswered => 0, refused => 0,
        map { ($_ => 0) } qw(doubled torn seq_back holes gap_wrong gap_count));
    is_deeply([problems(\%good)], [], 'a good result');
    is(scalar(my @found = problems({ %good, $_ => 1 })), 1, "$_: seen")
        for qw(lost doubled torn seq_back holes gap_wrong gap_count);
    is_deeply([problems({ %good, lost => 3, gap_count => 3 }, gap => 1)], [], 'an exact gap');
    is(scalar(@found = problems({ %good, lost => 3, gap_count => $_ }, gap => 1)), 1,
        "a gap that names $_ of 3") for 2, 4;
};

# ---- faults --------------------------------------------------------------------------------------

subtest 'workers are killed' => sub {
    my $run = faults(name => 'workers');
    my $result = $run->kill_workers(kills => 20, every => 0.15, slow => 10);
    holds('kill -9 of workers', $run, $result);
    is($result->{kills}, 20, 'twenty kills');
    cmp_ok($result->{outcomes}{worker_died} // 0, '>', 0, 'requests died, and have their line');
};

subtest 'the writer is killed' => sub {
    # In the middle of a write as often as not: a kill at any moment hits one in a hundred.
    my $run = faults(name => 'writer', fault => 'write:short/2,write:slow/1', fault_ms => 5);
    my $result = $run->kill_writer(kills => 30, every => 0.1);
    holds('kill -9 of the writer', $run, $result);
    cmp_ok($result->{back_ms}, '<', 5000, 'there was always another one');
    note "back after at most $result->{back_ms} ms, median $result->{back_median_ms}";
};

subtest 'graceful restarts' => sub {
    my $run = faults(name => 'graceful');
    my $result = $run->graceful(restarts => 5, every => 0.8, slow => 10);
    holds('graceful', $run, $result);
    cmp_ok($result->{restarts}, '>=', 3, 'there were restarts');
};

subtest 'the disk is full' => sub {
    plan skip_all => 'only root may mount' if $> != 0;
    # More than memory and spill hold, on a machine that is not too slow.
    my $run = eval { faults(name => 'full', rate => 2 * $RATE, tmpfs => '2m',
        conf => "T2MLogMaxTotal none\n$SMALL") };
    plan skip_all => $@ if !$run;
    holds('full disk', $run, $run->full_disk(seconds => 4), gap => 1);
};

subtest 'calls that fail' => sub {
    my $run = faults(name => 'calls', fault => 'write:short/7,write:EINTR/3,write:EIO/50');
    holds('failing calls', $run, $run->failing_calls(seconds => 3), gap => 1);
};

subtest 'the writer is stopped' => sub {
    my $run = faults(name => 'stopped', conf => $SMALL);
    my $result = $run->stop_writer(before => 1, seconds => 3, after => 1);
    holds('SIGSTOP', $run, $result, gap => 1);
    cmp_ok($result->{gap_count}, '>', 0, 'more came than the memory holds');
};

finish();
