#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# Whatever bytes a client sends: each line is one line of strict JSON without a byte that a terminal
# would act on, within T2MLogMaxRecord.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Client;
use T2M::Root qw(read_file);
use T2M::Server;

my $server = T2M::Server->new(name => 'encoding', t2mlog => "T2MLog On\nT2MLogMaxRecord 1K\n",
    conf => "LogLevel debug\nHttpProtocolOptions Unsafe\n");
$server->announce(qr{AH10244: invalid URI path})->start;

sub ask {
    my ($request) = @_;
    my $client = T2M::Client->new($server->port);
    $client->put($request);
    return $client->read_all(5);
}

# Each byte that can stand in a field at all, in each field.
my $sent = 0;
for my $code (1 .. 9, 11, 12, 14 .. 255) {
    my $byte = chr $code;
    ask("GET /index.html?byte=$code HTTP/1.1\r\nHost: bytes.example\r\nUser-Agent: a${byte}b\r\n"
        . "Referer: http://x/${byte}y\r\nConnection: close\r\n\r\n");
    ask("GET /p${byte}q?r${byte}s=t${byte}u HTTP/1.1\r\nHost: bytes.example\r\n"
        . "Connection: close\r\n\r\n") if $byte !~ /[ \r\n]/;
    $sent++;
}
my $long = join '', map { chr(97 + $_ % 26) } 1 .. 4000;
ask("GET /long?$long HTTP/1.1\r\nHost: long.example\r\nUser-Agent: $long\r\nConnection: close\r\n\r\n");
my $wide = "\xe2\x82\xac" x 1500; # euro signs: three bytes each
ask("GET /wide HTTP/1.1\r\nHost: wide.example\r\nUser-Agent: $wide\r\nConnection: close\r\n\r\n");
ok($server->stop, 'the server stops');

my @access = $server->records('access');
my %agent = map { (($_->{query} // '') =~ /^byte=(\d+)$/ ? $1 : 'other') => $_ } @access;
is(scalar(grep { $agent{$_} } 1 .. 255), $sent, 'each request has its line');
is($agent{65}{user_agent}, 'aAb', 'an ordinary byte');
is($agent{34}{user_agent}, 'a"b', 'a quote');
is($agent{92}{user_agent}, 'a\\b', 'a backslash');
is($agent{27}{user_agent}, "a\eb", 'an escape comes back from its \u001b');
is($agent{255}{user_agent}, "a\x{fffd}b", 'a byte that is no UTF-8');
ok($agent{255}{lossy}, 'and the record says that something was lost');
ok(!$agent{65}{lossy}, 'as others do not');

my ($long_line) = grep { ($_->{host} // '') eq 'long.example' } @access;
ok($long_line->{truncated}, 'what is too long is cut, and says so');
like($long, qr/^\Q$long_line->{query}\E/, 'at its end');
my ($wide_line) = grep { ($_->{host} // '') eq 'wide.example' } @access;
like($wide_line->{user_agent}, qr/^\x{20ac}+$/, 'on a character boundary');
ok(!$wide_line->{lossy}, 'with nothing broken');

for my $stream ('access', 'app', 'performance') {
    my %name = (access => 'access.log', app => 'talk2me.log', performance => 'performance.log');
    my $bytes = read_file($server->log_dir . "/$name{$stream}");
    is(() = $bytes =~ /[\x00-\x09\x0b-\x1f\x7f]/g, 0, "$stream: no control byte");
    is(() = $bytes =~ /\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]/g, 0,
        "$stream: no C1 control, line separator or bidi control as it is");
    is((grep { length > 1024 } split /^/m, $bytes), 0, "$stream: no line over the limit");
}

T2M::Server->finish;
