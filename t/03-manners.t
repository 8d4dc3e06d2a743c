#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# What every file of the project owes the next reader: licence, layout, names, a test.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Source qw(files_in sources text_of without_comments);

my $LICENSED = qr/Licensed under the Apache License, Version 2\.0/;
my $ROOM = qr/core|shared|server|writer/;
my $BANNED = qr/\b(sprintf|vsprintf|strcpy|strcat|strncat|strtok|gets|gmtime|localtime|alloca)\s*\(/;
my $LEFT_OVER = join '|', map { scalar reverse } (qw(ODOT EMXIF KCAH), 'X' x 3); # not in this file
my %most = (columns => 100);

# Units without a test program of their own, and what tests them instead.
my %tested_elsewhere = (
    'core/event_sentry_batch' => 'a part of core/event_sentry',
    'core/event_sentry_event' => 'a part of core/event_sentry',
    'core/event_sentry_exception' => 'a part of core/event_sentry',
    'core/event_values' => 'a part of core/event',
    'core/mask_extent' => 'a part of core/mask',
    'core/mask_keys' => 'a part of core/mask',
    'core/mask_numbers' => 'a part of core/mask',
    'core/mask_parts' => 'a part of core/mask',
    'core/mask_path' => 'a part of core/mask',
    'core/mask_scan' => 'a part of core/mask',
    'core/mask_values' => 'a part of core/mask',
    'core/mask_self_test' => 'a part of core/mask',
    'core/mask_view' => 'a part of core/mask',
    'core/stack_languages' => 'a table, of which core/stack_join makes use',
);

my @tests_c = files_in(qr/\.[ch]$/, 't/unit', 't/fuzz');
my @c = (sources(), @tests_c);
my @scripts = ('bootstrap', '.ci/run', 'configure.ac', 'Makefile.am', 'modules/sources.am',
    't/tests.am', files_in(qr/\.(?:t|pm)$/, 't'), files_in(qr{/(?!.*\.(?:html|txt|css)$)[^/]+$}, 'demo'));

# What is wrong with a C source: [line, what].
sub problems {
    my ($text, $product) = @_;
    my @found;
    my @code = split(/\n/, without_comments($text));
    my @lines = split(/\n/, $text);
    for my $number (1 .. @lines) {
        my ($line, $code) = ($lines[$number - 1], $code[$number - 1] // '');
        push @found, [$number, 'a tab'] if $line =~ /\t/;
        push @found, [$number, 'blanks at the end'] if $line =~ /\s$/;
        push @found, [$number, 'too long'] if columns($line) > $most{columns};
        push @found, [$number, $1] if $code =~ $BANNED;
        push @found, [$number, "includes $1"] if $product && $line =~ /^#\s*include\s+"([^"]+)"/
            && $1 !~ m{^$ROOM/\w+\.h$};
    }
    return @found;
}

sub columns {
    my ($line) = @_;
    utf8::decode($line);
    return length $line;
}

sub is_clean {
    my ($what, @found) = @_;
    ok(!@found, $what) or diag join "\n", map { "$what:$_->[0]: $_->[1]" } @found;
}

subtest 'the checks see what is wrong' => sub {
    is_deeply([problems(qq(#include "core/mask.h"\n/* gets("x") */\n), 1)], [], 'nothing wrong');
    my @wrong = (
        ["\tint a;", 'a tab'], ['int a; ', 'blanks at the end'], ['x' x 101, 'too long'],
        ['strcpy(a, b);', 'strcpy'], ['#include "mask.h"', 'includes mask.h'],
        ['#include "../core/mask.h"', 'includes ../core/mask.h'],
    );
    is_deeply([problems("int a;\n$_->[0]\n", 1)], [[2, $_->[1]]], $_->[1]) for @wrong;
};

subtest 'C' => sub { is_clean($_, problems(text_of($_), !m{^t/})) for @c };

subtest 'licence' => sub {
    ok(text_of($_) =~ /\A(?:.*\n){0,4}.*$LICENSED/, $_) for @c, @scripts;
};

subtest 'nothing left over' => sub {
    like('a ' . reverse('ODOT') . ': b', qr/\b(?:$LEFT_OVER)\b/, 'is seen');
    ok(text_of($_) !~ /\b(?:$LEFT_OVER)\b/, $_) for @c, @scripts,
        files_in(qr/./, 'docs', 'conf'), 'README.md', 'CHANGES';
};

subtest 'header guards' => sub {
    for my $file (files_in(qr/\.h$/, 'modules')) {
        my $name = 'T2M_' . uc($file =~ s{^modules/}{}r =~ s/\W/_/gr);
        like(text_of($file), qr/^#ifndef $name\n#define $name$/m, $file);
    }
};

subtest 'tests mirror modules' => sub {
    my %unit = map { (s{^modules/|\.c$}{}gr => 1) } files_in(qr/\.c$/, 'modules');
    my %program = map { (s{^t/unit/|\.c$}{}gr => 1) } files_in(qr/\.c$/, 't/unit');
    for my $name (sort grep { m{^(?:core|shared)/} } keys %unit) {
        my $test = $program{$name} || $tested_elsewhere{$name};
        ok($test, "$name has a test");
    }
    ok($unit{$_} && !$program{$_}, "$_ stands among the exceptions rightly")
        for sort keys %tested_elsewhere;
    delete $program{'core/block'}; # of a header
    # What their tests would be too long with: the way to the lines, and what has two of them.
    delete @program{qw(core/packed_exchange_lines shared/slot_exchange shared/slot_twin
        shared/suppressed_writer)};
    delete @program{qw(shared/model shared/model_errors)}; # of shared and writer/drain together
    delete @program{qw(shared/hostile shared/threads writer/hostile writer/killed_errors)}; # of a whole room
    ok($unit{$_}, "the test $_ has a unit") for sort keys %program;
};

# A list of the makefiles: the words of a variable.
sub makefile_list {
    my ($file, $variable) = @_;
    my ($value) = text_of($file) =~ /^$variable =((?:[^\n]*\\\n)*[^\n]*)/m;
    return sort grep { $_ ne '\\' } split(' ', $value // '');
}

subtest 'the makefiles name every file' => sub {
    my %lists = (
        unit_programs => [map { s/\.c$//r } files_in(qr/\.c$/, 't/unit')],
        replay_programs => [map { s/\.c$//r } grep { !/replay/ } files_in(qr/\.c$/, 't/fuzz')],
        server_tests => [grep { m{^t/[^/]+$} } files_in(qr/\.t$/, 't')],
    );
    for my $name (sort keys %lists) {
        is_deeply([makefile_list('t/tests.am', $name)], [sort @{ $lists{$name} }], $name);
    }
    my @named = map { makefile_list('modules/sources.am', "${_}_sources") } qw(core shared server writer);
    push @named, 'modules/writer/main.c'; # the program's own
    is_deeply([sort @named], [files_in(qr/\.[ch]$/, 'modules')], 'sources');
};

subtest 'a corpus for every fuzzer' => sub {
    for my $file (grep { !/replay/ } files_in(qr/\.c$/, 't/fuzz')) {
        my ($name) = $file =~ m{(\w+)\.c$};
        my @seeds = files_in(qr/./, "t/fuzz/corpus/$name");
        cmp_ok(scalar @seeds, '>', 0, $name);
    }
};

done_testing();
