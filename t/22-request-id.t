#!/usr/bin/env perl
# Licensed under the Apache License, Version 2.0; see the file LICENSE.
#
# The id of a request: where it comes from, and every place where it must stand.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use T2M::Client qw(get post exchange parse header);
use T2M::Httpd qw(has_module);
use T2M::Root qw(read_file);
use T2M::Server;

my $cache = has_module('cache') && has_module('cache_disk');

# A back end that knows nothing of ids.
my $plain = T2M::Server->new(name => 'back end', t2mlog => undef, modules => ['cgi'],
    conf => qq{ScriptAlias /cgi-bin/ "\@ROOT\@/cgi-bin/"\n});
$plain->start;

sub settings {
    my ($more) = @_;
    return $more . 'ProxyPass /plain/ "http://127.0.0.1:' . $plain->port . qq{/cgi-bin/"\n} . <<'CONF';
LimitRequestFieldSize 4000
LimitRequestLine 4000
Timeout 3
ErrorLogFormat "%L|%M"
LogFormat "%L|%{T2M_REQUEST_ID}e|%U" ids
CustomLog "@ROOT@/logs/ids.log" ids
LogLevel info
ScriptAlias /cgi-bin/ "@ROOT@/cgi-bin/"
ErrorDocument 404 /cgi-bin/env.pl
ErrorDocument 410 /gone.html
Redirect 410 /over
ProxyPass /back/ "http://127.0.0.1:@PORT@/cgi-bin/"
CONF
}

my $server = T2M::Server->new(
    name => 'strangers',
    modules => [qw(cgi proxy proxy_http), $cache ? qw(cache cache_disk) : ()],
    conf => settings('') . ($cache ? <<'CACHE' : ''));
CacheRoot "@ROOT@/run/cache"
CacheQuickHandler on
CacheEnable disk "/cached.txt"
<Location "/cached.txt">
Header set Cache-Control max-age=600
</Location>
CACHE
$server->announce(qr/AH01215|End of script|AH01071/);
if ($cache) {
    my $root = $server->root;
    mkdir "$root/run/cache";
    chmod 0777, "$root/run/cache";
    T2M::Root::write_file("$root/htdocs/cached.txt", "kept\n");
}
$server->start;
my $port = $server->port;

my $UUID7 = qr/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
my %seen;

# One id in the answer, a UUID of version 7 that was never seen before.
sub only_id {
    my ($answer, $what) = @_;
    my @ids = header($answer, 'X-Request-ID');
    is(@ids, 1, "$what: one X-Request-ID") or diag explain \@ids;
    like($ids[0] // '', $UUID7, "$what: a UUID of version 7");
    ok(!$seen{ $ids[0] // '' }++, "$what: used once");
    return $ids[0] // '';
}

sub variable {
    my ($answer, $name) = @_;
    return $answer->{body} =~ /^\Q$name\E=(.*)$/m ? $1 : undef;
}

subtest 'in every answer' => sub {
    my %raw = (
        'bad request' => ["GET / HTTP/1.1\r\n\r\n", 400],
        'request line too long' => ['GET /' . 'x' x 9000 . " HTTP/1.1\r\nHost: a\r\n\r\n", 414],
        'header too long' => ["GET / HTTP/1.1\r\nHost: a\r\nX-A: " . 'x' x 9000 . "\r\n\r\n", 400],
        'headers that never end' => ["GET / HTTP/1.1\r\nHost: a\r\n", 408],
    );
    my %plain = ('a page' => ['/index.html', 200], 'a page that is not there' => ['/none', 404],
        'an ErrorDocument' => ['/over', 410], 'a script' => ['/cgi-bin/env.pl', 200],
        'a script with an id of its own' => ['/cgi-bin/own-id.pl', 200],
        'a script that dies' => ['/cgi-bin/die.pl', 500],
        'a back end' => ['/back/env.pl', 200],
        'a back end with an id of its own' => ['/back/own-id.pl', 200]);
    for my $name (sort keys %raw) {
        my $answer = parse(exchange($port, $raw{$name}[0], 8));
        is($answer->{status}, $raw{$name}[1], "$name: status $raw{$name}[1]");
        only_id($answer, $name);
    }
    for my $name (sort keys %plain) {
        my $answer = get($port, $plain{$name}[0]);
        is($answer->{status}, $plain{$name}[1], "$name: status $plain{$name}[1]");
        only_id($answer, $name);
    }
};

subtest 'a hit of the cache has an id of its own' => sub {
    plan skip_all => 'no mod_cache_disk' if !$cache;
    my @answers = map { get($port, '/cached.txt') } 1 .. 3;
    only_id($_, 'cached page') for @answers;
    ok(defined header($answers[2], 'Age'), 'the last came from the cache');
};

subtest 'time goes up' => sub {
    my @ids = map { header(get($port, '/index.html'), 'X-Request-ID') } 1 .. 5;
    is_deeply([map { substr($_, 0, 13) } @ids], [sort map { substr($_, 0, 13) } @ids], 'sorted');
    no warnings 'portable';
    my $made = hex(join '', $ids[0] =~ /^(\w{8})-(\w{4})/) / 1000;
    cmp_ok(abs($made - time), '<', 10, 'the id holds the time of day');
};

subtest 'in the environment' => sub {
    my $answer = get($port, '/cgi-bin/env.pl');
    is(variable($answer, 'T2M_REQUEST_ID'), header($answer, 'X-Request-ID'), 'of a script');
    $answer = get($port, '/none');
    is(variable($answer, 'T2M_REQUEST_ID'), header($answer, 'X-Request-ID'), 'of an ErrorDocument');
    $answer = get($port, '/plain/env.pl');
    is(variable($answer, 'HTTP_X_REQUEST_ID'), header($answer, 'X-Request-ID'),
        'a back end is told the id of the request it serves');
    $answer = get($port, '/plain/env.pl', 'X-Request-ID' => 'chosen-by-a-stranger');
    is(variable($answer, 'HTTP_X_REQUEST_ID'), header($answer, 'X-Request-ID'), 'and no other');
};

subtest 'a stranger cannot choose' => sub {
    my $answer = get($port, '/cgi-bin/env.pl', 'X-Request-ID' => 'chosen-by-a-stranger');
    isnt(only_id($answer, 'untrusted'), 'chosen-by-a-stranger', 'the id is ours');
    isnt(variable($answer, 'HTTP_X_REQUEST_ID') // '', 'chosen-by-a-stranger',
        'the script does not see his');
};

my $trace = '0af7651916cd43dd8448eb211c80319c';
my $span = 'b7ad6b7169203331';
my @accepted = (
    ["00-$trace-$span-01", '01'], ["00-$trace-$span-00", '00'], ["  00-$trace-$span-03  ", '03'],
    ["00-$trace-$span-ff", '03'], ["01-$trace-$span-01", '01'], ["fe-$trace-$span-01-what-comes", '01'],
    ["cc-$trace-$span-01-", '01'],
);
my @refused = (
    "00-$trace-$span-01-more", "00-$trace-$span-01.", "01-$trace-${span}-01xyz", "ff-$trace-$span-01",
    '00-' . uc($trace) . "-$span-01", '00-' . '0' x 32 . "-$span-01", "00-$trace-" . '0' x 16 . '-01',
    "00-$trace-$span-1", "00-$trace-$span", "00-${trace}0-$span-01", "00-$trace-$span-0G", '',
    "00-$trace-$span-01, 00-$trace-$span-01", "0-$trace-$span-01", 'nonsense',
);

subtest traceparent => sub {
    for my $case (@accepted) {
        my ($value, $flags) = @$case;
        my $answer = get($port, '/cgi-bin/env.pl', traceparent => $value, tracestate => 'a=1');
        my $passed = variable($answer, 'HTTP_TRACEPARENT') // '';
        my ($there, $parent, $passed_flags) = $passed =~ /^00-(\w{32})-(\w{16})-(\w\w)$/;
        is($there, $trace, "'$value': the trace goes on") or diag $passed;
        isnt($parent, $span, "'$value': with a span of ours");
        is($passed_flags, $flags, "'$value': flags");
        is(variable($answer, 'HTTP_TRACESTATE'), 'a=1', "'$value': tracestate goes on");
        like_traced($answer, $trace, "'$value'");
    }
    for my $value (@refused) {
        my $answer = get($port, '/cgi-bin/env.pl', traceparent => $value, tracestate => 'a=1');
        my $passed = variable($answer, 'HTTP_TRACEPARENT') // '';
        unlike($passed, qr/$trace/i, "'$value': not taken over");
        ok(!defined variable($answer, 'HTTP_TRACESTATE'), "'$value': neither is tracestate");
        like_traced($answer, $1, "'$value'") if $passed =~ /^00-(\w{32})/;
    }
    my $twice = parse(exchange($port, "GET /cgi-bin/env.pl HTTP/1.1\r\nHost: a\r\n"
        . "Connection: close\r\n" . "traceparent: 00-$trace-$span-01\r\n" x 2 . "\r\n"));
    unlike(variable($twice, 'HTTP_TRACEPARENT') // '', qr/$trace/, 'sent twice: not taken over');
    my $back = get($port, '/plain/env.pl', traceparent => "00-$trace-$span-01");
    like(variable($back, 'HTTP_TRACEPARENT') // '', qr/^00-$trace-(?!$span)\w{16}-01$/,
        'a back end gets the trace with another span');
};

my @traced;

# Remembers what the lines of a request must say of its trace; the files are read at the end.
sub like_traced {
    my ($answer, $wanted, $what) = @_;
    push @traced, [header($answer, 'X-Request-ID'), $wanted, $what];
}

my $complaint = post($port, '/cgi-bin/stderr.pl', 'a complaint');
ok($server->stop, 'the server stops');

subtest 'in every stream and in the classic logs' => sub {
    my %access = map { ($_->{request_id} => $_) } $server->records('access');
    is($access{ $_->[0] }{trace_id}, $_->[1], "$_->[2]: trace_id on the access line") for @traced;
    my $id = header($complaint, 'X-Request-ID');
    my $found = $server->by_id($id);
    ok(@{ $found->{$_} }, "on $_") for qw(app errors access performance);
    my @native = split /\n/, read_file($server->root . '/logs/ids.log');
    for my $line (@native) {
        my ($log_id, $variable, $path) = split /\|/, $line;
        ok($access{$log_id}, "$path: %L is an id of the access stream");
        is($variable, $log_id, "$path: T2M_REQUEST_ID is the same") if $variable ne '-';
    }
    my ($page) = grep { /\/index\.html$/ } @native;
    like($page, qr/^([0-9a-f-]{36})\|\1\|/, 'LogFormat reads it from the environment');
    like($server->error_log, qr/^\Q$id\E\|.*a complaint/m, '%L in ErrorLogFormat');
};

# Peers that may choose.
my $trusting = T2M::Server->new(
    name => 'trusted', modules => [qw(cgi proxy proxy_http)],
    conf => settings("T2MLogRequestID header=X-Correlation-ID trust=127.0.0.1\n"));
$trusting->start;
$port = $trusting->port;

subtest 'a trusted peer may choose' => sub {
    for my $id ('from-the-gateway', 'a' x 128, 'A.b_c~d:e@f-0123') {
        my $answer = get($port, '/cgi-bin/env.pl', 'X-Correlation-ID' => $id);
        is_deeply([header($answer, 'X-Correlation-ID')], [$id], "'$id' comes back once");
        is(variable($answer, 'T2M_REQUEST_ID'), $id, "'$id' is in the environment");
        ok($trusting->wait_for_lines('access', sub { grep { $_->{request_id} eq $id } @_ }),
            "'$id' is on the access line");
    }
    for my $id ('short', 'a' x 129, 'with blank in it', 'semi;colon;;', "caf\xc3\xa9-table", '<script>x') {
        my $answer = get($port, '/index.html', 'X-Correlation-ID' => $id);
        my @ids = header($answer, 'X-Correlation-ID');
        is(@ids, 1, 'one id');
        like($ids[0], $UUID7, 'what is not an id is replaced');
    }
    my $answer = get($port, '/back/env.pl', 'X-Correlation-ID' => 'through-the-proxy');
    is(variable($answer, 'T2M_REQUEST_ID'), 'through-the-proxy', 'the id reaches a back end that trusts');
};

my $silent = T2M::Server->new(name => 'silent', modules => ['cgi'],
    conf => "T2MLogRequestID respond=off\n");
$silent->start;
my $answer = get($silent->port, '/index.html');
is_deeply([header($answer, 'X-Request-ID')], [], 'respond=off says nothing');
ok($silent->wait_for_lines('access', 1), 'but logs');
like(($silent->records('access'))[0]{request_id}, $UUID7, 'the id');

finish();
