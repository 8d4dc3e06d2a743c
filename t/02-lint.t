#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# clang-tidy, cppcheck and shellcheck find nothing. Each is first shown something that is wrong.
# A tool that is not there is skipped; `./bootstrap check` installs them all.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use POSIX ();
use Test::More;

use T2M::Httpd qw(run source_dir tool);
use T2M::Root qw(write_file);
use T2M::Source qw(files_in sources text_of);

my $source = source_dir();
my $scratch = File::Temp::tempdir('t2mlog-lint-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chdir $source or die "$source: $!";

my @CPPCHECK = split(' ', '--quiet --std=c11 --enable=warning,performance,portability
    --error-exitcode=1 -D_GNU_SOURCE -UT2M_MODEL -Imodules --suppress=missingInclude');

sub answer {
    my (@command) = @_;
    my ($code, $output) = run(@command);
    return $code == 0 ? split(' ', $output) : ();
}

sub compile_flags {
    my $apxs = $ENV{APXS} || tool('apxs') || tool('apxs2');
    my $include = (answer($apxs, '-q', 'INCLUDEDIR'))[0];
    return ('-std=gnu11', '-D_GNU_SOURCE', '-DT2M_VERSION="0"', "-I$source", "-I$source/modules",
        answer('pkg-config', '--cflags', 'apr-1', 'apr-util-1'), "-I$include",
        answer($apxs, '-q', 'EXTRA_CPPFLAGS'));
}

# What clang-tidy says of the files, which are shared out among the processors.
sub tidy {
    my (@files) = @_;
    my @flags = compile_flags();
    my ($count) = (answer('getconf', '_NPROCESSORS_ONLN'), 1);
    my (@share, @pipes);
    push @{ $share[$_ % $count] }, $files[$_] for 0 .. $#files;
    for my $files (@share) {
        my $pid = open(my $pipe, '-|') // die "fork: $!";
        if (!$pid) {
            open(STDERR, '>', '/dev/null');
            exec('clang-tidy', '--quiet', @$files, '--', @flags) or POSIX::_exit(127);
        }
        push @pipes, $pipe;
    }
    my @found = map { grep { /: (?:error|warning): / } <$_> } @pipes;
    chomp @found;
    return @found;
}

subtest 'clang-tidy' => sub {
    plan skip_all => 'no clang-tidy' if !tool('clang-tidy');
    my $config = text_of('.clang-tidy');
    my ($reasons) = $config =~ /\A((?:#.*\n)+)/;
    like($reasons, qr/\Q$_\E/, "$_ is off for a reason") for $config =~ /^  -([a-z][\w.-]+)/mg;

    write_file("$scratch/.clang-tidy", $config);
    write_file("$scratch/wrong.c", "int wrong(int *p);\n"
        . "int wrong(int *p)\n{\n    int a;\n    return p ? a : *p;\n}\n");
    like(join("\n", tidy("$scratch/wrong.c")), qr/clang-analyzer/, 'a NULL pointer is seen');
    my @found = tidy(grep { /\.c$/ } sources());
    is(scalar @found, 0, 'the sources') or diag join "\n", @found;
};

subtest 'cppcheck' => sub {
    plan skip_all => 'no cppcheck' if !tool('cppcheck');
    write_file("$scratch/bounds.c", "int bounds(void)\n{\n    int a[2] = {0};\n    return a[2];\n}\n");
    my ($code, $output) = run('cppcheck', @CPPCHECK, "$scratch/bounds.c");
    is($code, 1, 'a bound that is crossed is seen') or diag $output;
    ($code, $output) = run('cppcheck', @CPPCHECK, 'mod_t2mlog.c', 'modules');
    is($code, 0, 'the sources') or diag $output;
};

subtest 'shellcheck' => sub {
    plan skip_all => 'no shellcheck' if !tool('shellcheck');
    write_file("$scratch/wrong.sh", "#!/bin/bash\ncd \$1\n");
    my ($code) = run('shellcheck', "$scratch/wrong.sh");
    isnt($code, 0, 'a word that may split is seen');
    for my $file ('bootstrap', '.ci/run', grep { text_of($_) =~ m{^#!.*/(?:env )?(?:ba)?sh\b} }
        files_in(qr/./, 'demo', 't')) {
        ($code, my $output) = run('shellcheck', $file);
        is($code, 0, $file) or diag $output;
    }
};

done_testing();
