#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The odd ends of HTTP: which requests have an access line, exactly one or none, and what stands
# in it. httpd's own log, written beside it, is the second witness: as many lines, the same status
# and the same id.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use T2M::Client qw(exchange parse header);
use T2M::Http2;
use T2M::Httpd qw(has_module run tool);
use T2M::Log qw(count_lines);
use T2M::Process qw(wait_until);
use T2M::Root qw(read_file);
use T2M::Server;

my $tls = has_module('ssl') && tool('openssl') && tool('curl');
my $h2 = has_module('http2') && mpm() ne 'prefork';
my $BIG = 30_000_000;

my $server = T2M::Server->new(
    modules => [qw(cgi include proxy proxy_http), $tls ? 'ssl' : (), $h2 ? 'http2' : ()],
    conf => <<'CONF' . ($h2 ? "Protocols h2c http/1.1\n" : '') . ($tls ? <<'TLS' : ''));
Timeout 2
KeepAliveTimeout 2
LimitRequestFields 20
LimitRequestFieldSize 4000
LimitRequestLine 4000
LogFormat "%{c}p|%m|%>s|%L" witness
CustomLog "@ROOT@/logs/witness.log" witness
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
ErrorDocument 404 /gone.html
ProxyPass /self/ "http://127.0.0.1:@PORT@/"
Options +Includes
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
CONF
Listen 127.0.0.1:@PORT:tls@
<VirtualHost 127.0.0.1:@PORT:tls@>
SSLEngine on
SSLCertificateFile "@ROOT@/cert.pem"
SSLCertificateKeyFile "@ROOT@/key.pem"
CustomLog "@ROOT@/logs/witness.log" witness
</VirtualHost>
TLS
my $root = $server->root;
if ($tls) {
    my ($code, $output) = run(tool('openssl'), qw(req -x509 -newkey rsa:2048 -nodes -days 2 -batch
        -subj /CN=test.example -keyout), "$root/key.pem", '-out', "$root/cert.pem");
    is($code, 0, 'a certificate') or diag $output;
}
open(my $big, '>', "$root/htdocs/big.txt") or die $!;
truncate($big, $BIG) or die $!;
close $big;
$server->announce(qr/AH00135/); # the method nobody knows
$server->start;
my $port = $server->port;

sub raw {
    my ($bytes) = @_;
    return sub { exchange($port, $bytes, 6) };
}

sub request {
    my ($line, @fields) = @_;
    return raw(join("\r\n", $line, @fields, 'Host: test.example', 'Connection: close', '', ''));
}

# Talks over a connection of its own: the code gets the client.
sub talk {
    my ($code, %option) = @_;
    return sub {
        my $client = T2M::Client->new($port, %option);
        my $answer = $code->($client);
        $client->close;
        return $answer;
    };
}

sub http2 {
    my ($code) = @_;
    return sub {
        my $client = T2M::Http2->new($port);
        $code->($client);
        sleep 0.1; # a client that goes at once counts as gone too early
        $client->close;
        return undef;
    };
}

sub tls_bytes {
    my ($bytes) = @_;
    return sub { exchange($server->port('tls'), $bytes, 4) };
}

sub curl {
    my (@arguments) = @_;
    return sub {
        my (undef, $output) = run(tool('curl'), '-sik', '--max-time', 8, @arguments);
        return $output;
    };
}

my %ok = (outcome => 'ok');
my %none = (method => undef, path => undef);

# name, what to do, then what each of the lines holds: undef means that the field is absent.
my @cases = (
    ['normal', request('GET /index.html HTTP/1.1'),
        { method => 'GET', path => '/index.html', status => 200, %ok }],
    ['garbage line', raw("garbage\r\n\r\n"), { method => 'garbage', status => 400, %ok }],
    ['TLS bytes on a clear port', raw("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
        { %none, status => 400 }],
    ['no Host', raw("GET / HTTP/1.1\r\n\r\n"), { method => 'GET', path => '/', status => 400 }],
    ['malformed header', request('GET /a HTTP/1.1', 'no colon here'),
        { method => 'GET', path => '/a', status => 400 }],
    ['too many headers', request('GET /a HTTP/1.1', map { "X-$_: y" } 1 .. 40),
        { method => 'GET', path => '/a', status => 400 }],
    ['bad Content-Length', request('POST /a HTTP/1.1', 'Content-Length: -5'),
        { method => 'POST', path => '/a', status => 400 }],
    ['bad Transfer-Encoding', request('POST /a HTTP/1.1', 'Transfer-Encoding: nonsense'),
        { method => 'POST', path => '/a', status => 400 }],
    ['bad Expect', request('GET /a HTTP/1.1', 'Expect: a-miracle'),
        { method => 'GET', path => '/a', status => 417 }],
    ['request line too long', request('GET /' . 'x' x 9000 . ' HTTP/1.1'),
        { method => undef, path => qr{^/x+}, status => 414 }],
    ['header too long', request('GET /a HTTP/1.1', 'X-Long: ' . 'y' x 9000),
        { method => 'GET', path => '/a', status => 400 }],
    ['timeout in the request line', raw('GET / HT'), { %none, status => 408 }],
    ['timeout in the headers', raw("GET /late HTTP/1.1\r\nHost: a\r\n"),
        { method => 'GET', path => '/late', status => 408, duration_ms => sub { $_[0] >= 1900 } }],
    ['reset in the headers', talk(sub {
        $_[0]->put("GET /torn HTTP/1.1\r\nHost: a\r\n");
        sleep 0.2;
        $_[0]->reset;
        return undef;
    }), { method => 'GET', path => '/torn', status => 400, outcome => 'aborted' }],
    ['ftp address', request('GET ftp://test.example/x HTTP/1.1'), { method => 'GET', status => 400 }],
    ['a version of its own', request('GET /index.html HTTP/9.1'),
        { method => 'GET', path => '/index.html', status => 200, protocol => 'HTTP/9.1' }],
    ['HTTP/0.9', raw("GET /index.html\r\n"),
        { method => 'GET', path => '/index.html', status => 200, protocol => 'HTTP/0.9' }],
    ['CONNECT', request('CONNECT test.example:443 HTTP/1.1'),
        { method => 'CONNECT', status => qr/^(?:400|405)$/ }],
    ['OPTIONS *', request('OPTIONS * HTTP/1.1'), { method => 'OPTIONS', path => '*', status => 200 }],
    ['a method nobody knows', request('FOO /index.html HTTP/1.1'),
        { method => 'FOO', path => '/index.html', status => 501 }],
    ['ErrorDocument', request('GET /missing?q=1 HTTP/1.1'),
        { method => 'GET', path => '/missing', query => 'q=1', status => 404, %ok }],
    ['DirectoryIndex', request('GET /dir/ HTTP/1.1'),
        { method => 'GET', path => '/dir/', status => 200, %ok }],
    ['subrequest', request('GET /page.shtml HTTP/1.1'),
        { method => 'GET', path => '/page.shtml', status => 200, %ok }],
    ['three at once', raw(join '', map {
        "GET /index.html?$_ HTTP/1.1\r\nHost: a\r\n" . ($_ == 3 ? "Connection: close\r\n" : '')
            . "\r\n" } 1 .. 3),
        map { { method => 'GET', query => $_, status => 200, %ok } } 1 .. 3],
    ['proxy to itself', request('GET /self/index.html HTTP/1.1'),
        { method => 'GET', path => '/index.html', status => 200, %ok },
        { method => 'GET', path => '/self/index.html', status => 200, %ok }],
    ['connect and close', talk(sub { undef })],
    ['partial line and close', talk(sub { $_[0]->put('GET /nev'); undef })],
    ['half a header and half-closed', talk(sub {
        $_[0]->put("GET /half HTTP/1.1\r\nHost: a\r\n")->half_close;
        return $_[0]->read_all(4);
    }), { method => 'GET', path => '/half', status => 400 }],
    ['reset while the handler works', talk(sub {
        $_[0]->put("GET /cgi-bin/slow.pl?0.7 HTTP/1.1\r\nHost: a\r\n\r\n");
        sleep 0.2;
        $_[0]->reset;
        return undef;
    }), { method => 'GET', path => '/cgi-bin/slow.pl', status => 200, outcome => 'aborted' }],
    ['reset in the middle of the body', talk(sub {
        $_[0]->put("GET /big.txt HTTP/1.1\r\nHost: a\r\n\r\n");
        $_[0]->read_until(sub { length $_[0] > 65536 });
        $_[0]->reset;
        return undef;
    }), { method => 'GET', path => '/big.txt', status => 200, outcome => 'aborted' }],
    ['a reader that stalls', talk(sub {
        $_[0]->put("GET /big.txt?stall HTTP/1.1\r\nHost: a\r\n\r\n");
        sleep 5;
        return undef;
    }, receive_buffer => 4096), { path => '/big.txt', query => 'stall', status => 200,
        outcome => 'aborted', duration_ms => sub { $_[0] >= 1500 } }],
);

push @cases, (
    ['HTTPS', curl('https://127.0.0.1:' . $server->port('tls') . '/index.html'),
        { method => 'GET', path => '/index.html', status => 200, %ok }],
    ['clear HTTP on the TLS port', tls_bytes("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
        { method => 'GET', status => 400 }],
    ['garbage on the TLS port', tls_bytes("\x80\xff\x00garbage garbage garbage")],
    ['a TLS handshake that fails', tls_bytes("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03")],
) if $tls;

push @cases, (
    ['HTTP/2', http2(sub { $_[0]->get(1, '/index.html')->wait_for('DATA', 1) }),
        { method => 'GET', path => '/index.html', status => 200, protocol => 'HTTP/2.0', %ok }],
    ['HTTP/2, two streams', http2(sub {
        $_[0]->get(1, '/index.html?1')->get(3, '/missing?3');
        $_[0]->wait_for($_->[0], $_->[1]) for ['DATA', 1], ['DATA', 3];
    }), { path => '/index.html', status => 200, %ok }, { path => '/missing', status => 404, %ok }],
    ['HTTP/2, header too long', http2(sub {
        $_[0]->get(1, '/a', 'x-long' => 'y' x 9000)->wait_for('HEADERS', 1);
    }), { method => 'GET', status => 431 }],
    ['HTTP/2, path too long', http2(sub {
        $_[0]->get(1, '/' . 'x' x 9000)->wait_for('HEADERS', 1);
    }), { method => 'GET', status => 414 }],
    ['HTTP/2, client cancels', http2(sub {
        $_[0]->get(1, '/cgi-bin/slow.pl?1');
        sleep 0.3;
        $_[0]->cancel(1);
        sleep 1.2;
    }), { method => 'GET', path => '/cgi-bin/slow.pl', outcome => 'aborted' }],
    ['HTTP/2, malformed CONNECT', http2(sub {
        $_[0]->request(1, ':method' => 'CONNECT', ':scheme' => 'http', ':path' => '/',
            ':authority' => 'test.example:443');
        $_[0]->wait_for('RST_STREAM', 1, 2);
    })],
) if $h2;

# The same with a client that can read the answer.
my $curl2 = $h2 && tool('curl') && (run(tool('curl'), '-V'))[1] =~ /HTTP2/;
my @over2 = ('--http2-prior-knowledge', "http://127.0.0.1:$port");
push @cases, (
    ['HTTP/2 by curl', curl($over2[0], "$over2[1]/missing"),
        { method => 'GET', path => '/missing', status => 404, protocol => 'HTTP/2.0', %ok }],
    ['HTTP/2 by curl, header too long', curl('-H', 'x-long: ' . 'y' x 9000, $over2[0], "$over2[1]/a"),
        { method => 'GET', status => 431 }],
    ['HTTP/2 by curl, path too long', curl($over2[0], "$over2[1]/" . 'x' x 9000),
        { method => 'GET', status => 414 }],
) if $curl2;

sub lines_so_far { return count_lines($server->log('access')->path) }

sub is_field {
    my ($record, $field, $wanted, $what) = @_;
    my $value = $record->{$field};
    return ok(!exists $record->{$field}, "$what: no $field") if !defined $wanted;
    return like($value, $wanted, "$what: $field") if ref $wanted eq 'Regexp';
    return ok(defined $value && $wanted->($value), "$what: $field") if ref $wanted;
    is($value, $wanted, "$what: $field");
}

# Lines of one case may come in any order.
sub address { my ($record) = @_; return ($record->{path} // '') . ($record->{query} // '') }

# What the answer says of the id must be what stands in the line.
sub check_id {
    my ($answer, $records, $what) = @_;
    return if !defined $answer || $answer !~ /\r\n\r\n/;
    my @ids = header(parse($answer), 'X-Request-ID');
    is(@ids, 1, "$what: the id is in the answer once");
    ok((grep { $_->{request_id} eq ($ids[0] // '') } @$records), "$what: and in the line");
}

my (@answers, @counts);
for my $case (@cases) {
    my ($name, $act, @wanted) = @$case;
    my $before = lines_so_far();
    push @answers, $act->();
    wait_until(8, sub { lines_so_far() >= $before + @wanted });
    sleep 0.15 if !@wanted;
    push @counts, lines_so_far() - $before;
}
my $many = 0;
if ($h2 && tool('h2load')) {
    my (undef, $said) = run(tool('h2load'), qw(-n 500 -c 5 -m 20), "http://127.0.0.1:$port/index.html?many");
    ($many) = $said =~ /(\d+) succeeded/;
}
ok($server->stop, 'the server stops');

my @all = $server->records('access');
my @records = grep { ($_->{query} // '') ne 'many' } @all;
is(@all - @records, $many, "$many streams on few connections have a line each");
my @performance = $server->records('performance');
for my $case (@cases) {
    my ($name, undef, @wanted) = @$case;
    my ($answer, $count) = (shift @answers, shift @counts);
    is($count, @wanted, "$name: " . @wanted . ' access lines');
    my @own = sort { address($a) cmp address($b) } splice(@records, 0, $count);
    for my $record (@own) {
        my $fields = shift @wanted // last;
        is_field($record, $_, $fields->{$_}, $name) for sort keys %$fields;
        like($record->{outcome}, qr/^(?:ok|aborted)$/, "$name: outcome") if !$fields->{outcome};
    }
    check_id($answer, \@own, $name) if @own;
}
is(@records, 0, 'no line comes later');

my %native = map { chomp; my @part = split /\|/; ($part[3] => \@part) }
    split /^/, read_file("$root/logs/witness.log");
is(keys %native, @all, 'httpd logged as many requests');
is_deeply([grep { !$native{$_} } map { $_->{request_id} } @all], [], 'each of them with our id');
is_deeply([map { "$_->{request_id} $_->{status}" } @all],
    [map { "$_->{request_id} " . ($native{ $_->{request_id} }[2] // '') } @all],
    'and with the same status');
is_deeply([sort map { $_->{request_id} } @performance], [sort map { $_->{request_id} } @all],
    'each request has one performance line');

finish();
