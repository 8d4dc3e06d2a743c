#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Each kind of blocks (core/block) gives the same answers: the unit tests of blocks, of the first
# look of masking and of JSON with the machine's own kind and the portable one; the first two on
# AArch64, too, where the cross compiler and qemu-user are (Debian: gcc-aarch64-linux-gnu,
# libc6-dev-arm64-cross, qemu-user).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use Test::More;

use T2M::Httpd qw(run source_dir tool);
use T2M::Source qw(files_in);

my $source = source_dir();
my $scratch = File::Temp::tempdir('t2mlog-blocks-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my @flags = qw(-std=gnu11 -O2 -D_GNU_SOURCE);
push @flags, "-I$source/modules", "-I$source/t/unit";

my %parts = (
    block => [],
    mask_look => [files_in(qr{/mask\w*\.c$}, 'modules/core')],
    json => ['modules/core/json.c'],
);

sub words {
    my ($code, $output) = run(@_);
    return $code == 0 ? split(' ', $output) : ();
}

# Compiles the unit test, runs it and looks at its TAP.
sub check {
    my ($unit, $kind, $compiler, $runner, @more) = @_;
    my ($code, $output) = run(@$compiler, @flags, words('pkg-config', '--cflags', 'apr-1'),
        (map { "$source/$_" } "t/unit/core/$unit.c", @{ $parts{$unit} }), '-o', "$scratch/$unit",
        @more);
    is($code, 0, "$unit compiles") or return diag $output;
    ($code, $output) = run(@$runner, "$scratch/$unit");
    is($code, 0, "$unit passes") or diag join "\n", grep { !/^ok/ } split(/\n/, $output);
    like($output, qr/^# blocks: $kind$/m, "$unit has $kind blocks") if $unit ne 'json';
    like($output, qr/^1\.\.[1-9]/m, "$unit has a plan");
}

my @compiler = split(' ', $ENV{CC} || 'cc');
my $machine = `uname -m`;
my $own = $machine =~ /^x86_64/ ? 'SSE2' : $machine =~ /^aarch64/ ? 'NEON' : 'portable';
my @libraries = words('pkg-config', '--libs', 'apr-1', 'jansson');

for my $kind ($own, 'portable') {
    subtest "$kind, this machine" => sub {
        my @forced = $kind eq 'portable' ? '-DT2M_BLOCK_PORTABLE' : ();
        check($_, $kind, [@compiler, @forced], [], @libraries) for sort keys %parts;
    };
}

subtest 'AArch64' => sub {
    my ($cross) = grep { tool($_) } 'aarch64-linux-gnu-gcc';
    my ($qemu) = grep { tool($_) } qw(qemu-aarch64 qemu-aarch64-static);
    plan skip_all => 'no aarch64-linux-gnu-gcc' if !$cross;
    plan skip_all => 'no qemu-aarch64' if !$qemu;
    plan skip_all => 'no C library for AArch64' if !-e (words($cross, '-print-file-name=libc.a'))[0];
    # Nothing of APR is called; what would call it is left out.
    my @static = ('-static', '-ffunction-sections', '-Wl,--gc-sections');
    for my $kind ('NEON', 'portable') {
        my @forced = $kind eq 'portable' ? '-DT2M_BLOCK_PORTABLE' : ();
        check($_, $kind, [$cross, @forced], [$qemu], @static) for 'block', 'mask_look';
    }
};

done_testing();
