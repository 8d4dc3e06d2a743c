#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Small files, short functions, documented prototypes. The measures are printed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Httpd qw(run source_dir tool);
use T2M::Source qw(files_in lines_of sources text_of without_comments);

my %most = (file => 600, function => 100, wanted => 60, median => 14);

# The prototypes of a header's text that no comment stands above. One comment may speak for
# several prototypes that follow each other without an empty line.
sub undocumented {
    my ($text) = @_;
    my @found;
    for my $block (split(/\n\s*\n/, $text)) {
        my $code = without_comments($block);
        $code =~ s/^\s*#(?:.*\\\n)*.*$//mg;
        my @names = $code =~ /^(?!typedef|static|struct\s+\w+\s*\{)[A-Za-z_][\w\s*]*?[\s*](\w+)\([^;{}]*\)[^;{}]*;/mg;
        push @names, $code =~ /^static inline [\w\s*]*?[\s*](\w+)\([^;{}]*\)\s*\{/mg;
        push @found, @names if @names && $block !~ m{^\s*(?:#.*\n)*\s*/\*};
    }
    return @found;
}

# [lines, name, file] of each function.
sub functions {
    my @files = map { source_dir() . "/$_" } grep { /\.c$/ } @_;
    my ($code, $output) = run('ctags', '-x', '--kinds-c=f', '--_xformat=%N %n %{end} %F', @files);
    die "ctags: $output" if $code;
    my $source = source_dir();
    return map { [$_->[2] - $_->[1] + 1, $_->[0], $_->[3] =~ s{^\Q$source\E/}{}r] }
        grep { $_->[2] =~ /^\d+$/ } map { [split(' ', $_, 4)] } split(/\n/, $output);
}

is_deeply([undocumented("/* Says so. */\nint t2m_a(int b);\nint t2m_c(void);\n")], [],
    'a comment above prototypes');
is_deeply([undocumented("/* A type. */\ntypedef int t2m_t;\n\nint t2m_a(int b,\n    int c);\n")],
    ['t2m_a'], 'a prototype without one is seen');

subtest 'prototypes are documented' => sub {
    is_deeply([undocumented(text_of($_))], [], $_) for files_in(qr/\.h$/, 'modules');
};

subtest 'files' => sub {
    my %lines = map { ($_ => scalar(lines_of($_))) } sources();
    cmp_ok($lines{$_}, '<=', $most{file}, $_) for sort keys %lines;
    my @largest = sort { $lines{$b} <=> $lines{$a} } keys %lines;
    my $sum = 0;
    $sum += $_ for values %lines;
    note sprintf '%d files, %d lines; the largest: %s', scalar @largest, $sum,
        join ', ', map { "$_ $lines{$_}" } @largest[0 .. 4];
};

subtest 'functions' => sub {
    my (undef, $version) = tool('ctags') ? run('ctags', '--version') : (0, '');
    plan skip_all => 'no universal-ctags' if $version !~ /Universal Ctags/;
    my @all = sort { $b->[0] <=> $a->[0] } functions(sources());
    cmp_ok(scalar @all, '>', 100, 'functions are found');
    my @long = grep { $_->[0] > $most{function} } @all;
    is_deeply(\@long, [], "none is longer than $most{function} lines");
    my $median = $all[@all / 2][0];
    cmp_ok($median, '<=', $most{median}, 'half of them have less than 15 lines');
    my @unwanted = grep { $_->[0] > $most{wanted} } @all;
    note sprintf '%d functions, median %d lines, %d longer than %d; the longest: %s', scalar @all,
        $median, scalar @unwanted, $most{wanted},
        join ', ', map { "$_->[1] $_->[0] ($_->[2])" } @all[0 .. 4];
};

done_testing();
