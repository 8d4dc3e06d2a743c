#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Messages of which people say which belong together: `t2mlog group` puts them into the same groups.
# t/groups/messages.tsv is what the rules were made with. t/groups/frozen.tsv was written after they
# were frozen, and the rules were not touched for it; its figures are what they were that day.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use POSIX ();
use Test::More;

use T2M::Client qw(get post);
use T2M::Httpd qw(built source_dir);
use T2M::Root qw(read_file write_file);
use T2M::Server;

my $program = built('t2mlog');
my $scratch = File::Temp::tempdir('t2mlog-groups-XXXXXX', TMPDIR => 1, CLEANUP => 1);

# What must be reached: shares of pairs of one true group that are together, and of pairs of two
# that are apart; how large the corpus is.
my %corpora = (
    messages => { together => 0.99, apart => 0.99, messages => 300, groups => 60 },
    frozen => { together => 0.9019, apart => 0.9996, messages => 120, groups => 30 },
);

# Exit code, standard output and standard error of the program with that standard input.
sub call {
    my ($input, @arguments) = @_;
    write_file("$scratch/in", $input);
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open(STDIN, '<', "$scratch/in") or POSIX::_exit(126);
        open(STDOUT, '>', "$scratch/out") or POSIX::_exit(126);
        open(STDERR, '>', "$scratch/err") or POSIX::_exit(126);
        exec($program, 'group', @arguments) or POSIX::_exit(127);
    }
    waitpid($pid, 0);
    return ($? >> 8, read_file("$scratch/out"), read_file("$scratch/err"));
}

# [group, pattern] of each message.
sub groups_of {
    my ($code, $output) = call(join('', map { "$_\n" } @_));
    die "t2mlog group: $code" if $code;
    return map { [split(/\t/, $_, 2)] } split(/\n/, $output);
}

# Of pairs of messages, given as [true group, group found, pattern]: the shares on the right side
# and what went wrong, worst first.
sub judge {
    my (@rows) = @_;
    my (%pairs, %wrong);
    for my $i (0 .. $#rows) {
        for my $j (0 .. $i - 1) {
            my ($one, $other) = @rows[$i, $j];
            my $side = $one->[0] eq $other->[0] ? 'together' : 'apart';
            my $right = ($one->[1] eq $other->[1]) == ($side eq 'together');
            $pairs{$side}{all}++;
            $pairs{$side}{right} += $right ? 1 : 0;
            my $names = join ', ', sort $one->[0], $other->[0];
            push @{ $wrong{"$side: $names"} }, "$other->[2] | $one->[2]" if !$right;
        }
    }
    my %share = map { ($_ => $pairs{$_}{right} / $pairs{$_}{all}) } keys %pairs;
    my @wrong = map { sprintf '%d not %s, as %s', scalar @{ $wrong{$_} }, $_, $wrong{$_}[0] }
        sort { @{ $wrong{$b} } <=> @{ $wrong{$a} } || $a cmp $b } keys %wrong;
    return (\%pairs, \%share, @wrong);
}

subtest 'the judge' => sub {
    my (undef, $share, @wrong) = judge(['a', 1, 'x'], ['a', 2, 'y'], ['a', 1, 'z'], ['b', 1, 'w']);
    is(sprintf('%.3f', $share->{together}), '0.333', 'one pair of three is together');
    is(sprintf('%.3f', $share->{apart}), '0.333', 'one of three is apart');
    is(scalar @wrong, 2, 'two confusions');
    like($wrong[0], qr/^2 not apart: a, b, as x \| w$/, 'are named, the worst first');
};

for my $name (sort keys %corpora) {
    subtest $name => sub {
        my $least = $corpora{$name};
        my @lines = grep { !/^#/ } split(/\n/, read_file(source_dir() . "/t/groups/$name.tsv"));
        my @rows = map { [split(/\t/, $_, 2)] } @lines;
        my %names = map { ($_->[0] => 1) } @rows;
        cmp_ok(scalar @rows, '>=', $least->{messages}, 'messages');
        cmp_ok(scalar keys %names, '>=', $least->{groups}, 'groups');
        is(scalar(grep { @$_ != 2 || $_->[1] eq '' } @rows), 0, 'each has both');

        my @found = groups_of(map { $_->[1] } @rows);
        is(scalar @found, scalar @rows, 'a line for each');
        my ($pairs, $share, @wrong)
            = judge(map { [$rows[$_][0], @{ $found[$_] }] } 0 .. $#rows);
        for my $side (qw(together apart)) {
            cmp_ok($share->{$side}, '>=', $least->{$side}, $side);
            note sprintf '%s: %d of %d pairs %s, %.3f %%', $name, $pairs->{$side}{right},
                $pairs->{$side}{all}, $side, 100 * $share->{$side};
        }
        note $_ for @wrong;

        my @again = groups_of(map { $_->[1] } @found);
        my @moved = grep { "@{ $again[$_] }" ne "@{ $found[$_] }" } 0 .. $#found;
        is_deeply([map { $found[$_][1] } @moved], [], 'a pattern is its own pattern');
    };
}

subtest 'any line' => sub {
    my ($code, $output, $error) = call('');
    is_deeply([$code, $output, $error], [1, '', ''], 'no line is told by the exit code');
    ($code, $output) = call("\n");
    is($code, 0, 'an empty line');
    like($output, qr/\A[0-9a-f]{12}\t\n\z/, 'has a group');
    ($code, $output) = call("worker 5 died");
    like($output, qr/\A[0-9a-f]{12}\tworker \* died\n\z/, 'a last line without its end');
    my $bytes = join '', map { chr } grep { $_ != 10 } 0 .. 255;
    ($code, $output) = call("$bytes\n" . 'a ' x (1 << 20) . "\n" . '7' x (1 << 21) . "\n");
    my @lines = split(/\n/, $output, -1);
    is($code, 0, 'every byte, and lines of megabytes');
    is(scalar @lines, 4, 'are three lines');
    cmp_ok(length $lines[1], '<=', 12 + 1 + 512, 'a long one is cut');
    like($lines[2], qr/\t\*\z/, 'a long number is a mark');
    ($code, undef, $error) = call('', 'word');
    is($code, 2, 'arguments are refused');
    like($error, qr/"word" is too much.*^usage: t2mlog group /ms, 'and named');
};

# The server groups what scripts say by the same rules, and tracebacks by what was raised.
subtest 'in the log' => sub {
    my $server = T2M::Server->new(name => 'scripts', modules => ['cgi'],
        conf => qq{ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"\n});
    $server->announce(qr{AH01215|AH02811|End of script output|stderr from});
    $server->start;
    my @said = ('Order 4711 of ada@example.org failed after 12.5 s',
        'Order 9 of bob@example.org failed after 3 s', 'Payment 4711 of ada@example.org failed');
    post($server->port, '/cgi-bin/stderr.pl', $_) for @said, @said;
    get($server->port, '/cgi-bin/traceback.py') for 1 .. 2;
    get($server->port, '/cgi-bin/absent.pl') for 1 .. 2;
    my $enough = sub { grep({ $_->{error_type} eq 'ValueError' } @_) == 2 && @_ >= 10 };
    ok($server->wait_for_lines('errors', $enough), 'the records come') or return;
    my @records = $server->records('errors');
    my %ids;
    for my $record (@records) {
        my ($what) = $record->{message} =~ /(Order|Payment|ValueError|script not found)/ or next;
        $ids{$what}{ $record->{error_id} }++;
    }
    is_deeply({ map { $_ => [values %{ $ids{$_} }] } keys %ids },
        { Order => [4], Payment => [2], ValueError => [2], 'script not found' => [2] },
        'what is alike is one group') or diag explain \%ids;
    my %all = map { %{ $ids{$_} } } keys %ids;
    is(keys %all, 4, 'and what is not is another');
    my ($order) = map { $_->{message} } grep { $_->{message} =~ /Order/ } @records;
    my ($code, $output) = call("$order\n");
    is_deeply([split /\t/, $output], [keys %{ $ids{Order} }, "Order * of [REDACTED:email] failed after * s\n"],
        'which the command finds too');
    ok($server->stop, 'the server stops');
};

finish();
