#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The guards of the other tests can fail: each of them is shown something that is wrong.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Client qw(get);
use T2M::Log qw(is_number key_order);
use T2M::Root qw(write_file);
use T2M::Server;

my $server = T2M::Server->new(t2mlog => undef, modules => ['cgi'],
    conf => qq{ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"\n});
my $file = $server->root . '/lines';

sub problems {
    my ($text) = @_;
    write_file($file, $text);
    return join "\n", T2M::Log->new($file)->problems;
}

sub line {
    my ($seq, $more) = @_;
    return qq({"timestamp":"2024-01-15T10:30:45.123Z","level":"INFO","message":"m")
        . ($more // '') . qq(,"seq":$seq}\n);
}

is(problems(line(7) . line(8) . line(9)), '', 'good lines');
is(problems(line(7) . line(9, ',"first_seq":8,"last_seq":8,"count":1') =~ s/"m"(?=,"first)/"gap"/r
    . line(10)), '', 'a hole that a gap record names');
my @wrong = (
    [line(1) . line(3), qr/seq 2 to 2 are missing/, 'a hole'],
    [line(1) . line(1), qr/seq 1 stands after 1/, 'a number twice'],
    [line(2) . line(1), qr/seq 1 stands after 2/, 'numbers that go back'],
    [line(1) =~ s/\n//r, qr/does not end in LF/, 'no LF'],
    [line(1, ',"a":'), qr/is not JSON/, 'no JSON'],
    [substr(line(1), 0, 40) . "\n" . line(2), qr/is not JSON/, 'a torn line'],
    [line(1, ',"a":1,"a":2'), qr/names a twice/, 'a name twice'],
    [line(1, ',"a":{"b":1},"b":null'), qr/b without a value/, 'null'],
    [line(1, ',"a":"-"'), qr/a without a value/, 'a dash'],
    [line(1, qq(,"a":"\x1b[31m")), qr/control byte/, 'an escape'],
    [line(1, qq(,"a":"\x7f")), qr/control byte/, 'DEL'],
    [line(1, qq(,"a":"\xff")), qr/not UTF-8/, 'a byte that is no UTF-8'],
    [line(1, qq(,"a":"\xe2\x80\xa8")), qr/raw C1/, 'U+2028'],
    [line(1, ', "a":1'), qr/blanks/, 'a blank'],
    [line('"1"'), qr/end with seq/, 'seq that is no number'],
    [line(1) =~ s/,"seq":1//r, qr/end with seq/, 'no seq'],
    [line(1) =~ s/INFO/LOUD/r, qr/wrong level/, 'a level nobody knows'],
    [line(1) =~ s/\.123Z/Z/r, qr/wrong timestamp/, 'no milliseconds'],
);
like(problems($_->[0]), $_->[1], $_->[2]) for @wrong;

write_file($file, line(1, ',"n":12.345,"s":"12.345","deep":{"x":[{"y":1}]},"t":"a\"b:{"'));
my ($record) = T2M::Log->new($file)->records;
ok(is_number($record, 'n'), 'a number');
ok(!is_number($record, 's'), 'a text of digits');
is(join(' ', key_order($record)), 'timestamp level message n s deep t seq', 'order of the names');

$server->start;
get($server->port, '/cgi-bin/die.pl');
cmp_ok(scalar($server->unannounced), '>=', 2, 'an error that was not announced is found');
$server->announce(qr/AH01215/, qr/End of script output/);
is_deeply([$server->unannounced], [], 'one that was is not');
my ($code, $output) = $server->configtest("NoSuchDirective On\n");
isnt($code, 0, 'httpd -t says no');
like($output, qr/NoSuchDirective/, 'and why');
my $broken = T2M::Server->new(name => 'broken', t2mlog => undef, conf => "NoSuchDirective On\n");
ok(!$broken->try_start, 'a server that does not start');

finish();
