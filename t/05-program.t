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


# Every command has its help, and says what is wrong with its arguments.
for my $command (qw(status tail find rotate verify token mask-test group trace)) {
    for my $asked ([$command, '--help'], ['help', $command]) {
        ($code, $out, $err) = call('', @$asked);
        is($code, 0, "@$asked");
        like($out, qr/^usage: t2mlog $command /, 'tells the usage');
        is($err, '', 'and nothing else');
    }
    ($code, $out, $err) = call('', $command, '--nonsense');
    is($code, 2, "$command --nonsense");
    like($err, qr/nonsense.*^usage: t2mlog $command /ms, 'names the option and tells the usage')
        if $command ne 'mask-test';
    is($out, '', 'on standard error');
}
for my $asked (['--help'], ['-h'], ['help', '--help'], ['help', 'help'], ['help'],
    ['version', '--help'], ['writer', '--help'], ['supervise', '-h']) {
    ($code, $out) = call('', @$asked);
    is($code, 0, "@$asked");
    like($out, qr/^usage: t2mlog /, 'tells the usage');
}
($code, $out) = call('', '--version');
like($out, qr/^t2mlog \d/, '--version');

my @wrong = (
    [['find'], 'name one ID'], [['find', 'a', 'b'], 'name one ID'], [['find', ''], 'no id has 0'],
    [['find', 'x' x 129], 'more than 128'], [['find', "a\nb"], 'no id has'],
    [['find', 'a', '--stream', 'none'], 'unknown stream "none"; allowed: app, errors, access, '],
    [['find', 'a', '--since', 'yesterday'], 'RFC 3339'], [['find', 'a', '--since'], 'since'],
    [['tail', 'none'], 'unknown stream "none"'], [['tail', 'app', 'errors'], 'name one stream'],
    [['tail', '-n', '-1'], 'no number of lines'], [['tail', '-n', '1x'], 'no number of lines'],
    [['tail', '-n', '99999999999999999999'], 'no number of lines'],
    [['tail', 'a', 'b', 'c', 'd'], '"d" is too much'],
    [['rotate'], 'name one stream, or all'], [['rotate', 'none'], 'unknown stream'],
    [['status', 'x'], '"x" is too much'],
    [['token'], 'say: new NAME'], [['token', 'new'], 'say: new'],
    [['token', 'make', 'a'], 'say: new'], [['token', 'list', 'a'], 'say: new'],
    [['token', 'new', 'ops'], 'name the file with --file'],
    [['token', 'new', 'a b', '--file', '/x'], 'no name for a token'],
    [['version', 'x'], 'too much'], [['help', 'none'], 'unknown command "none"'],
);
for my $case (@wrong) {
    my ($arguments, $says) = @$case;
    ($code, $out, $err) = call('', @$arguments);
    my $what = join ' ', map { length > 20 ? 'x...' : s/\n/?/r } @$arguments;
    is($code, 2, "$what: refused");
    like($err, qr/^t2mlog.*\Q$says\E.*^usage: /ms, "$what: and why");
    is($out, '', "$what: on standard error");
}

my $dir = ($ENV{TMPDIR} // '/tmp') . "/t2mlog-program-$$.d";
mkdir $dir or die "$dir: $!";

# The log directory of an option, the environment, or nowhere.
for my $command (['status'], ['tail'], ['find', 'a'], ['rotate', 'all']) {
    ($code, $out, $err) = call('', @$command, '--dir', "$dir/none");
    is($code, 2, "@$command: a directory that is not there");
    like($err, qr{\Q$dir\E/none: No such file}, 'is named');
    ($code, $out, $err) = call('', @$command, '--dir', $dir);
    is($code, $command->[0] eq 'tail' ? 0 : 1, "@$command: an empty one");
    like($out . $err, qr/no writer runs in \Q$dir\E|writer    none runs/, 'has no writer');
    local $ENV{T2MLOG_DIR} = "$dir/environment";
    ($code, $out, $err) = call('', @$command);
    like($err, qr{\Q$dir\E/environment: No such file}, 'T2MLOG_DIR');
}

# Tokens, whatever the umask.
for my $umask (0, 022, 077, 0777) {
    my $file = "$dir/tokens";
    unlink $file;
    my $mask = sprintf '%o', $umask;
    my $made = `umask $mask; '$program' token new ops --file '$file' 2>/dev/null`;
    like($made, qr/^t2m_[A-Za-z0-9_-]{43}$/, sprintf 'umask %03o: a token', $umask);
    is(sprintf('%o', (stat $file)[2] & 07777), '600', 'in a file of 0600');
}
($code, $out, $err) = call('', 'token', 'new', 'ops', '--file', "$dir/tokens");
is($code, 2, 'a name that is there');
is($out, '', 'gets no token');
like($err, qr/has a token of that name/, 'and is named');
($code, $out) = call('', 'token', 'list', '--file', "$dir/tokens");
like($out, qr/\Aops\s+[0-9a-f]{12}\n\z/, 'token list');
($code, $out) = call('', 'token', 'revoke', 'ops', '--file', "$dir/tokens");
is($code, 0, 'token revoke');
($code, $out, $err) = call('', 'token', 'revoke', 'ops', '--file', "$dir/tokens");
is($code, 2, 'once');
($code, $out, $err) = call('', 'token', 'list', '--file', "$dir/tokens");
is($code . $out, '0', 'an empty list');
like($err, qr/has no token/, 'says so');
for my $case (['640', 'others than its owner'], ['604', 'others than its owner']) {
    chmod oct $case->[0], "$dir/tokens";
    ($code, $out, $err) = call('', 'token', 'new', 'b', '--file', "$dir/tokens");
    is($code . $out, '2', "mode $case->[0] is refused");
    like($err, qr/$case->[1]/, 'with the reason');
}
chmod 0600, "$dir/tokens";
symlink "$dir/tokens", "$dir/link";
($code, $out, $err) = call('', 'token', 'new', 'b', '--file', "$dir/link");
like($code . $out . $err, qr/^2t2mlog token: .*is a symbolic link$/, 'so is a symbolic link');
($code, $out, $err) = call('', 'token', 'list', '--file', "$dir/missing");
like($code . $out . $err, qr/^2t2mlog token: .*does not exist$/, 'and a missing file');

# Two at once both land; a token that nobody could see is taken back.
system "'$program' token new c --file '$dir/tokens' >/dev/null 2>&1 & "
    . "'$program' token new d --file '$dir/tokens' >/dev/null 2>&1; wait";
($code, $out) = call('', 'token', 'list', '--file', "$dir/tokens");
is(join(' ', sort $out =~ /^(\w+)/mg), 'c d', 'two at once');
if (-e '/dev/full') {
    $err = `'$program' token new e --file '$dir/tokens' 2>&1 >/dev/full`;
    like($err, qr/no token was made/, 'a token that could not be printed');
    (undef, $out) = call('', 'token', 'list', '--file', "$dir/tokens");
    unlike($out, qr/^e /m, 'is taken back');
    open my $log, '>', "$dir/errors.log" or die "$dir/errors.log: $!";
    print $log qq({"request_id":"aa"}\n);
    close $log;
    for my $words ('tail', 'find aa') {
        $err = `'$program' $words --dir '$dir' 2>&1 >/dev/full; echo "code \$?"`;
        like($err, qr/standard output cannot be written\ncode 2$/, "$words: a full disk is told");
    }
}
unlink glob("$dir/*");
rmdir $dir;

# The manual page.
my $page = "$FindBin::Bin/../docs/t2mlog.1";
open my $handle, '<', $page or die "$page: $!";
my $text = do { local $/; <$handle> };
for my $command (qw(status tail find rotate verify token mask-test group trace version help)) {
    my $roff = quotemeta($command =~ s/-/\\-/gr);
    like($text, qr/^\.SS t2mlog $roff\b/m, "the manual page has $command");
    my (undef, $help) = call('', $command, '--help');
    for my $option ($help =~ /^\s+(?:-\w, )?--([a-z]+)/mg) {
        next if $option eq 'help' || $command eq 'help';
        my ($section) = $text =~ /^\.SS t2mlog $roff\b(.*?)(?=^\.S[SH])/ms;
        like($section // '', qr/\\-\\-$option\b/, "and $command --$option");
    }
}
SKIP: {
    skip 'no groff', 1 if !grep { -x "$_/groff" } split /:/, $ENV{PATH};
    is(`groff -man -ww -Tutf8 -z '$page' 2>&1`, '', 'groff has nothing against it');
}

done_testing;
