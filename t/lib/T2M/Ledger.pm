# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# What became of every request: the lines of all files of a stream against what a client received,
# and the ledger of /admin/logs/health against both.
package T2M::Ledger;
use strict;
use warnings;
use Exporter 'import';
use File::Basename qw(basename);
use File::Temp ();
use JSON::PP ();
use POSIX ();

use T2M::Httpd qw(run source_dir tool);

our @EXPORT_OK = qw(compiled_tool files_of count ledger_problems requests_off);

my $WARNINGS = '-Wall -Wextra -Wshadow -Wconversion -Werror';
my (%made, $place);

# A C program, or with a name that ends in .so a library to preload, of the project's t/, compiled
# with what follows on the command line. undef without a compiler; dies with what it said.
sub compiled_tool {
    my ($name, $source, @libraries) = @_;
    return $made{$name} if $made{$name};
    my $compiler = tool((split ' ', $ENV{CC} // '')[0] || 'cc') // return undef;
    if (!$place) {
        $place = File::Temp::tempdir('t2mlog-tools-XXXXXX', TMPDIR => 1, CLEANUP => 1);
        chmod 0755, $place;
    }
    my @shared = $name =~ /\.so$/ ? qw(-shared -fPIC) : ();
    my ($code, $output) = run($compiler, qw(-std=gnu11 -O2 -D_GNU_SOURCE), split(' ', $WARNINGS),
        @shared, '-o', "$place/$name", source_dir() . "/$source", @libraries);
    die "$source: $output" if $code;
    return $made{$name} = "$place/$name";
}

# All files of a stream, the oldest first: name.2, name.1, name. Names of rotatelogs, which ends
# them in the time of their beginning, the other way round.
sub files_of {
    my ($directory, $name) = @_;
    my %number = map { /\.(\d+)$/ ? ($_ => $1) : () } glob("$directory/$name.*");
    my @numbered = sort { $number{$b} <=> $number{$a} } keys %number;
    @numbered = reverse @numbered if @numbered && $number{ $numbered[0] } > 1e6;
    return grep { -e } @numbered, "$directory/$name";
}

# The counts that t/clients/ledger.c makes; {complaints} is what it has to show.
sub count {
    my (%option) = @_;
    my $tool = compiled_tool('ledger', 't/clients/ledger.c', '-ljansson') // die "no C compiler\n";
    my @files = @{ $option{files} };
    my ($code, $output) = run($tool, $option{format}, $option{seed}, $option{received},
        $option{limit} // 0, @files);
    my ($json) = $output =~ /^(\{.*\})$/m;
    die "ledger: $output" if $code || !$json;
    my $counts = JSON::PP->new->decode($json);
    $counts->{complaints} = join '', $output =~ /^(ledger: .*\n)/mg;
    return $counts;
}

sub sum { my $sum = 0; $sum += $_ for @_; return $sum }

# Requests that are neither a line nor on their way; 0 in a ledger that balances.
sub requests_off {
    my ($health) = @_;
    my $of = $health->{requests};
    my @known = map { $of->{$_} // 0 } qw(logged dropped silenced in_flight untracked);
    return $of->{begun} - sum(@known);
}

# What does not balance in an answer of /admin/logs/health, given the counts of the files: {stream
# => counts}. The answer's own request is the only line that the files have in addition.
sub ledger_problems {
    my ($health, %counts) = @_;
    my @problems;
    for my $stream (sort keys %{ $health->{ledger} }) {
        my $row = $health->{ledger}{$stream};
        my $known = $row->{written} + $row->{suppressed} + sum(values %{ $row->{dropped} })
            + $row->{waiting};
        push @problems, "$stream: accepted $row->{accepted}, known $known"
            if $row->{accepted} != $known;
        my $files = $counts{$stream} // next;
        my $more = $files->{records} - $row->{written};
        # The stop itself has lines of the other streams.
        push @problems, "$stream: written $row->{written}, in the files $files->{records}"
            if $stream =~ /^(?:access|performance)$/ ? $more != 1 : $more < 0;
        my $dropped = sum(values %{ $row->{dropped} });
        push @problems, "$stream: dropped $dropped, named by gaps $files->{gap_count}"
            if $dropped != $files->{gap_count};
    }
    push @problems, 'not balanced' if !$health->{balanced};
    my $requests = $health->{requests};
    my $access = $health->{ledger}{access};
    push @problems, "requests: $requests->{logged} logged, access: $access->{written} written"
        if $requests->{logged} != $access->{written} + $access->{waiting};
    my $off = requests_off($health);
    push @problems, "requests: $off have neither a line nor are on their way" if $off;
    return @problems;
}

1;
