#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Stack traces that real programs printed (t/traces/LANGUAGE/NN-name.txt), read by `t2mlog trace`:
# type, message, frames and causes are those of NN-name.json, which people wrote by what the program
# does. Where the interpreter is at hand, in the version that printed them, the program runs again.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Basename qw(basename);
use File::Copy qw(copy);
use File::Temp ();
use JSON::PP ();
use POSIX ();
use Test::More;

use T2M::Httpd qw(built source_dir);
use T2M::Root qw(read_file write_file);

my $program = built('t2mlog');
my $scratch = File::Temp::tempdir('t2mlog-traces-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $place = "$scratch/app"; # in the texts it is /srv/app
mkdir $place or die "$place: $!";
my $json = JSON::PP->new->utf8->canonical;

use constant DEADLINE => 120; # seconds for one program

# How each language's programs run, and what its interpreter says of the version that ran them.
my %languages = (
    python => { run => ['/usr/bin/python3'], version => ['/usr/bin/python3', '-V'],
        says => qr/^Python 3\.11\./ },
    php => { run => ['php'], version => ['php', '-v'], says => qr/^PHP 8\.2\./ },
    perl => { run => ['perl'], version => ['perl', '-v'], says => qr/\(v5\.36\./ },
    ruby => { run => ['ruby'], version => ['ruby', '-v'], says => qr/^ruby 3\.1\./ },
    node => { run => ['node'], version => ['node', '-v'], says => qr/^v20\./ },
    java => { run => ['java'], version => ['java', '-version'], says => qr/version "17\./ },
    go => { run => ['go', 'run'], version => ['go', 'version'], says => qr/go1\.19/ },
);

# Two goroutines write at once: one of them says so, or both.
my %random_message = map { ($_ => 1) } qw(05-map-writes);

# Runs a program; returns its exit code and what it wrote to both. It ends by itself or is ended.
sub run {
    my ($input, @command) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        POSIX::setpgid(0, 0);
        chdir $place or POSIX::_exit(126);
        %ENV = (PATH => $ENV{PATH}, HOME => $scratch, LANG => 'C.UTF-8', GO111MODULE => 'off',
            PYTHONDONTWRITEBYTECODE => 1) if $command[0] ne $program;
        open(STDIN, '<', $input) or POSIX::_exit(126);
        open(STDOUT, '>', "$scratch/out") or POSIX::_exit(126);
        open(STDERR, '>', "$scratch/err") or POSIX::_exit(126);
        no warnings 'exec';
        exec { $command[0] } @command or POSIX::_exit(127);
    }
    local $SIG{ALRM} = sub { kill KILL => -$pid };
    alarm DEADLINE;
    waitpid $pid, 0;
    alarm 0;
    return ($? >> 8, read_file("$scratch/out"), read_file("$scratch/err"));
}

# What the program reads of a text: undef when it is no trace.
sub read_trace {
    my ($text) = @_;
    write_file("$scratch/text", $text);
    my ($code, $out) = run("$scratch/text", $program, 'trace');
    return $code == 0 ? $json->decode($out) : undef;
}

# A frame's members that say something: an empty text, or line 0, is as good as none.
sub said {
    my ($frame) = @_;
    return { map { ($_ => $frame->{$_}) } grep { $_ eq 'in_app' || $frame->{$_} } keys %$frame };
}

# Of what was read, what the samples tell.
sub told {
    my ($trace) = @_;
    return { (map { ($_ => $trace->{$_}) } qw(type message causes)),
        frames => [map { said($_) } @{ $trace->{frames} }] };
}

# Frames of the site without their files, as another machine has them elsewhere.
sub own_frames {
    return [map { join ' ', $_->{function} || '-', $_->{line} || '-', $_->{cause} // 0 }
        grep { $_->{in_app} } @{ $_[0]{frames} }];
}

sub samples_of {
    my ($language) = @_;
    return map { s/\.txt$//r } sort glob source_dir() . "/t/traces/$language/*.txt";
}

# What two threads print at once is another text each time.
my %never_the_same = ('go/05-map-writes' => 1);

sub same_again {
    my ($language, $base) = @_;
    my $name = basename($base);
    return if $never_the_same{"$language/$name"};
    my ($source) = grep { !/\.(?:txt|json)$/ } glob "$base.*";
    copy($source, "$place/" . basename($source)) or die "$source: $!";
    my (undef, undef, $text) =
        run('/dev/null', @{ $languages{$language}{run} }, "$place/" . basename($source));
    unlink "$place/" . basename($source);
    $text =~ s/\Q$place\E/\/srv\/app/g;
    my ($got, $want) = (read_trace($text), $json->decode(read_file("$base.json")));
    return ok(0, "$name: another text when it runs again") || diag($text) if !$got;
    is($got->{type}, $want->{type}, "$name, run again: the type");
    is($got->{message}, $want->{message}, "$name, run again: the message")
        if !$random_message{$name};
    is_deeply(own_frames($got), own_frames($want), "$name, run again: the frames of the site");
    is_deeply([map { $_->{type} } @{ $got->{causes} }], [map { $_->{type} } @{ $want->{causes} }],
        "$name, run again: the causes");
}

for my $language (sort keys %languages) {
    my @samples = samples_of($language);
    subtest $language => sub {
        cmp_ok(scalar @samples, '>=', 8, 'eight samples or more');
        for my $base (@samples) {
            my $name = basename($base);
            my $got = read_trace(read_file("$base.txt"));
            next if !ok($got, "$name is a trace");
            is($got->{language}, $language, "$name: of the language");
            is_deeply(told($got), told($json->decode(read_file("$base.json"))),
                "$name: type, message, frames, causes");
            ok(@{ $got->{traceback} } >= 1 || !@{ $got->{frames} }, "$name: lines for people");
        }
    };
    subtest "$language, run again" => sub {
        my ($code, $out, $err) = run('/dev/null', @{ $languages{$language}{version} });
        plan skip_all => "$languages{$language}{version}[0] is not of that version"
            if $code != 0 || "$out$err" !~ $languages{$language}{says};
        same_again($language, $_) for @samples;
    };
}

subtest 'the command' => sub {
    write_file("$scratch/none", "nothing of that kind\nat all\n");
    my ($code, $out, $err) = run("$scratch/none", $program, 'trace');
    is($code, 1, 'a text that is no stack trace');
    is($out, '', 'nothing is printed');
    like($err, qr/no stack trace/, 'which is said');
    ($code) = run('/dev/null', $program, 'trace');
    is($code, 1, 'nothing');
    ($code, undef, $err) = run('/dev/null', $program, 'trace', 'file');
    is($code, 2, 'an argument too many');
    like($err, qr/"file" is too much/, 'is named');
    ($code, $out) = run('/dev/null', $program, 'trace', '--help');
    is($code, 0, 'its help');
    like($out, qr/^usage: t2mlog trace/, 'shows how it is called');

    my $trace = "Traceback (most recent call last):\n  File \"/srv/a.py\", line 1, in f\n"
        . "    g(\"\xff\\\")\nE: \"q\" \x1b[0m\n";
    my $got = read_trace("before\n\nDied.\n$trace");
    is($got->{message}, "\"q\" \x1b[0m", 'lines before it do not matter, any byte may be in it');
    is_deeply($got->{traceback}, ["File \"/srv/a.py\", line 1, in f\ng(\"\x{fffd}\\\")"],
        'what is no UTF-8 is replaced');
    ok(!$got->{truncated}, 'nothing is left out');
    $got = read_trace('Traceback (most recent call last):' . "\n"
        . "  File \"/srv/a.py\", line 1, in f\n    g()\n" x 60000 . "E: m\n");
    ok($got && $got->{truncated} && @{ $got->{frames} } == 100, 'a long one is cut, and says so');
};

done_testing();
