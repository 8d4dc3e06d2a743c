#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Each fuzzer's property holds for the files of its corpus.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Httpd qw(run source_dir);
use T2M::Source qw(build_dir files_in);

for my $file (grep { !m{/replay\.c$} } files_in(qr{^\Q@{[source_dir()]}\E/t/fuzz/\w+\.c$}, 't/fuzz')) {
    my ($name) = $file =~ m{(\w+)\.c$};
    my $program = build_dir() . "/t/fuzz/$name";
    if (!-x $program) {
        fail("$name: $program is not there: make check_PROGRAMS first");
        next;
    }
    my ($code, $output) = run($program, source_dir() . "/t/fuzz/corpus/$name");
    my $passed = () = $output =~ /^ok /mg;
    ok($code == 0 && $passed > 0, "$name: its corpus of $passed files") or diag $output;
}

done_testing();
