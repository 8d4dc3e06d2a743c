#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Arrows between the rooms point one way: server and writer use shared, shared uses core, and
# httpd stops at server. Each check is first shown something that is wrong.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use Test::More;

use T2M::Httpd qw(built httpd run source_dir tool);
use T2M::Root qw(write_file);
use T2M::Source qw(build_dir sources text_of);

my %uses = (
    core => [qw(core)],
    shared => [qw(core shared)],
    writer => [qw(core shared writer)],
    server => [qw(core shared server)],
);
# What httpd installs beside APR's headers.
my $HTTPD_HEADER = qr/^(?:httpd|http_\w+|ap_\w+|mod_\w+|mpm_\w+|util_\w+|scoreboard|unixd|heartbeat)\.h$/;

# What a source of a room includes that it must not.
sub wrong_includes {
    my ($room, $text) = @_;
    my %may = map { ($_ => 1) } @{ $uses{$room} };
    my @wrong;
    while ($text =~ /^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]/mg) {
        my $header = $1;
        my ($other) = $header =~ m{^(\w+)/};
        push @wrong, $header if $other && $uses{$other} && !$may{$other};
        push @wrong, $header if $header =~ /\.\./;
        push @wrong, $header if $room ne 'server' && $header =~ $HTTPD_HEADER;
    }
    return @wrong;
}

# The functions of httpd that an object, archive or program needs.
sub needs_of_httpd {
    my ($file) = @_;
    my ($code, $symbols) = run('nm', '-u', $file);
    die "nm: $symbols" if $code;
    return sort $symbols =~ /\bU (_?ap_\w+)/g;
}

sub compile {
    my ($text, $object) = @_;
    write_file("$object.c", $text);
    my (undef, $flags) = run('pkg-config', '--cflags', 'apr-1', 'apr-util-1');
    return run($ENV{CC} || 'cc', '-std=gnu11', '-D_GNU_SOURCE', '-I', source_dir() . '/modules',
        split(' ', $flags), '-c', "$object.c", '-o', $object);
}

subtest 'the checks see what is smuggled in' => sub {
    my $text = text_of('modules/core/route.c');
    is_deeply([wrong_includes('core', $text)], [], 'a unit as it is');
    is_deeply([wrong_includes('core', qq(#include "httpd.h"\n$text))], ['httpd.h'], 'httpd.h');
    is_deeply([wrong_includes('writer', "#  include <http_log.h>\n")], ['http_log.h'],
        'http_log.h in the writer');
    is_deeply([wrong_includes('core', qq(#include "shared/slot.h"\n))], ['shared/slot.h'],
        'core that looks up');
    is_deeply([wrong_includes('writer', qq(#include "server/config.h"\n))], ['server/config.h'],
        'writer that looks across');
    is_deeply([wrong_includes('server', qq(#include "../writer/sink.h"\n))], ['../writer/sink.h'],
        'a way round');

    plan skip_all => 'no compiler or no nm' if !tool($ENV{CC} || 'cc') || !tool('nm');
    my $directory = File::Temp::tempdir('t2mlog-layers-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my ($code) = compile($text, "$directory/route.o");
    is($code, 0, 'a unit of core compiles without httpd');
    is_deeply([needs_of_httpd("$directory/route.o")], [], 'and needs nothing of it');
    SKIP: {
        my (undef, $flags) = run('pkg-config', '--cflags-only-I', 'apr-1');
        skip 'APR and httpd share a directory of headers', 1
            if grep { -e "$_/httpd.h" } $flags =~ /-I(\S+)/g;
        ($code) = compile(qq(#include "httpd.h"\n$text), "$directory/header.o");
        isnt($code, 0, 'with httpd.h it does not compile');
    }
    ($code) = compile("$text\nchar *ap_escape(const char *);\n"
        . "char *smuggled(const char *text);\n"
        . "char *smuggled(const char *text) { return ap_escape(text); }\n", "$directory/call.o");
    is($code, 0, 'a call of httpd compiles');
    is_deeply([needs_of_httpd("$directory/call.o")], ['ap_escape'], 'and is seen');
};

subtest 'includes' => sub {
    for my $file (sources()) {
        my ($room) = $file =~ m{^modules/(\w+)/} or next;
        ok($uses{$room}, "$file is in a room that has a rule") or next;
        is_deeply([wrong_includes($room, text_of($file))], [], $file);
    }
};

subtest 'symbols' => sub {
    plan skip_all => 'no nm' if !tool('nm');
    my $library = build_dir() . '/.libs/libt2mlog.a';
    for my $file ($library, built('t2mlog')) {
        ok(-s $file, "$file is there") or next;
        is_deeply([needs_of_httpd($file)], [], 'and needs nothing of httpd');
    }
    my (undef, $symbols) = run('nm', '-D', '--defined-only', built('mod_t2mlog.so'));
    my @names = $symbols =~ /^\w+ [A-TV-Z] (\S+)$/mg;
    is_deeply(\@names, ['t2mlog_module'], 'the module exports its record and nothing else');
    my @needs = needs_of_httpd(built('mod_t2mlog.so'));
    cmp_ok(scalar @needs, '>', 0, 'nm shows what the module needs of httpd');
};

done_testing();
