#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The program t2mlog as an administrator calls it.
use strict;
use warnings;
use FindBin;
use Test::More;

my $program = ($ENV{T2M_BUILD_DIR} // "$FindBin::Bin/../build") . '/t2mlog';
plan skip_all => "$program is not built" if !-x $program;

# Exit code, standard output and standard error of a call with that standard input.
sub call {
    my ($input, @arguments) = @_;
    my $base = ($ENV{TMPDIR} // '/tmp') . "/t2mlog-program-$$";
    open my $in, '>', "$base.in" or die "$base.in: $!";
    print $in $input;
    close $in;
    my $command = join ' ', map { "'$_'" } $program, @arguments;
    system "$command <$base.in >$base.out 2>$base.err";
    my @result = ($? >> 8);
    for my $name ('out', 'err') {
        open my $file, '<', "$base.$name" or die "$base.$name: $!";
        push @result, do { local $/; <$file> } // '';
    }
    unlink map { "$base.$_" } qw(in out err);
    return @result;
}

my ($code, $out, $err) = call('', 'version');
is($code, 0, 'version');
like($out, qr/^t2mlog \d+\.\d+\.\d+$/, 'prints it');

($code, $out) = call('', 'help');
is($code, 0, 'help');
like($out, qr/^  mask-test  /m, 'lists the commands');
unlike($out, qr/supervise .*starts/, 'without those that are not for people');

($code, $out, $err) = call('', 'nonsense');
is($code, 2, 'an unknown command');
like($err, qr/unknown command "nonsense".*usage: t2mlog/s, 'is named');
($code, $out, $err) = call('');
is($code, 2, 'no command');
like($err, qr/^usage: t2mlog/, 'tells the usage');

($code, $out, $err) = call('', 'writer');
is($code, 3, 'writer, started by hand');
like($err, qr/httpd starts it/, 'says who starts it');

($code, $out) = call("login failed password=hunter2 for ada\npassenger list\n", 'mask-test');
is($code, 0, 'mask-test');
like($out, qr/^login failed password=\[REDACTED\] for ada$/m, 'shows the line as it is logged');
like($out, qr/^\s+key\b.*22-29/m, 'and which rule took which bytes');
like($out, qr/^passenger list$/m, 'an innocent line stays');
unlike($out, qr/hunter2/, 'the secret is not shown');

($code, $out) = call("a=1&shoe_size=43\n", 'mask-test', '--content', 'query', '--key', 'shoe_size');
like($out, qr/a=1&shoe_size=\[REDACTED\]/, 'a key of one\'s own');
($code, $out, $err) = call('', 'mask-test', '--nonsense');
is($code, 2, 'an unknown option');
like($err . $out, qr/usage/i, 'tells the usage');
($code, $out) = call('', 'mask-test', '--help');
is($code, 0, 'mask-test --help');

done_testing;
